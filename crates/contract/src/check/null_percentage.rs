//! `null_percentage(c) < 0.01`.

use super::call::{Call, Written};
use super::compare::Compare;
use super::kind::CheckKind;
use crate::problem::Mistake;
use std::fmt;

/// `null_percentage(c) < 0.01`: the share of rows that are null in a column, 0 to 1.
#[derive(Clone, Debug, PartialEq)]
pub struct NullPercentage {
    /// Column.
    pub column: String,
    /// Relation.
    pub compare: Compare,
    /// Share, 0 to 1.
    pub limit: f64,
}

impl CheckKind for NullPercentage {
    const NAME: &'static str = "null_percentage";
    const EXAMPLE: &'static str = "null_percentage(user_id) < 0.01";

    fn read(call: &Call<'_>) -> Result<Self, Mistake> {
        let column = call.texts(|count| count == 1, Self::EXAMPLE)?.next().unwrap_or_default();
        let (compare, limit) = call.compared(Self::EXAMPLE)?;
        Ok(Self { column, compare, limit })
    }

    fn columns(&self) -> &[String] {
        std::slice::from_ref(&self.column)
    }
}

impl fmt::Display for NullPercentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}) {} {}", Self::NAME, Written(&self.column), self.compare.as_str(), self.limit)
    }
}
