//! `min_value(c, 0)` and `max_value(c, 100)`.

use super::call::{Call, Written};
use super::kind::CheckKind;
use crate::problem::Mistake;
use std::fmt;

/// `min_value(c, 0)`: no value of a column is below; null passes.
#[derive(Clone, Debug, PartialEq)]
pub struct MinValue {
    /// Column.
    pub column: String,
    /// Literal as written: a number, or a date or time text.
    pub limit: String,
}

/// `max_value(c, 100)`: no value of a column is above; null passes.
#[derive(Clone, Debug, PartialEq)]
pub struct MaxValue {
    /// Column.
    pub column: String,
    /// Literal as written: a number, or a date or time text.
    pub limit: String,
}

fn column_and_limit(call: &Call<'_>, example: &'static str) -> Result<(String, String), Mistake> {
    let mut texts = call.texts(|count| count == 2, example)?;
    call.without_comparison(example)?;
    Ok((texts.next().unwrap_or_default(), texts.next().unwrap_or_default()))
}

impl CheckKind for MinValue {
    const NAME: &'static str = "min_value";
    const EXAMPLE: &'static str = "min_value(amount, 0)";

    fn read(call: &Call<'_>) -> Result<Self, Mistake> {
        let (column, limit) = column_and_limit(call, Self::EXAMPLE)?;
        Ok(Self { column, limit })
    }

    fn columns(&self) -> &[String] {
        std::slice::from_ref(&self.column)
    }
}

impl CheckKind for MaxValue {
    const NAME: &'static str = "max_value";
    const EXAMPLE: &'static str = "max_value(amount, 10000)";

    fn read(call: &Call<'_>) -> Result<Self, Mistake> {
        let (column, limit) = column_and_limit(call, Self::EXAMPLE)?;
        Ok(Self { column, limit })
    }

    fn columns(&self) -> &[String] {
        std::slice::from_ref(&self.column)
    }
}

impl fmt::Display for MinValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}, {})", Self::NAME, Written(&self.column), Written(&self.limit))
    }
}

impl fmt::Display for MaxValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}, {})", Self::NAME, Written(&self.column), Written(&self.limit))
    }
}
