//! `row_count > 0`.

use super::call::Call;
use super::compare::Compare;
use super::kind::CheckKind;
use crate::problem::Mistake;
use std::fmt;

/// `row_count > 0`: the number of rows of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct RowCount {
    /// Relation.
    pub compare: Compare,
    /// Rows.
    pub limit: f64,
}

impl CheckKind for RowCount {
    const NAME: &'static str = "row_count";
    const EXAMPLE: &'static str = "row_count > 0";

    fn read(call: &Call<'_>) -> Result<Self, Mistake> {
        // As a constraint of a column it says nothing about the column.
        call.texts(|count| count <= 1, Self::EXAMPLE)?;
        let (compare, limit) = call.compared(Self::EXAMPLE)?;
        Ok(Self { compare, limit })
    }

    fn columns(&self) -> &[String] {
        &[]
    }
}

impl fmt::Display for RowCount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", Self::NAME, self.compare.as_str(), self.limit)
    }
}
