//! `not_null(c)`.

use super::call::{Call, Written};
use super::kind::CheckKind;
use crate::problem::Mistake;
use std::fmt;

/// `not_null(c)`: no row is null in a column.
#[derive(Clone, Debug, PartialEq)]
pub struct NotNull {
    /// Column.
    pub column: String,
}

impl CheckKind for NotNull {
    const NAME: &'static str = "not_null";
    const EXAMPLE: &'static str = "not_null(user_id)";

    fn read(call: &Call<'_>) -> Result<Self, Mistake> {
        let column = call.texts(|count| count == 1, Self::EXAMPLE)?.next().unwrap_or_default();
        call.without_comparison(Self::EXAMPLE)?;
        Ok(Self { column })
    }

    fn columns(&self) -> &[String] {
        std::slice::from_ref(&self.column)
    }
}

impl fmt::Display for NotNull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", Self::NAME, Written(&self.column))
    }
}
