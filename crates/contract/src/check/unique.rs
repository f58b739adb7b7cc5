//! `unique(c, …)`.

use super::call::{Call, names};
use super::kind::CheckKind;
use crate::problem::Mistake;
use std::fmt;

/// `unique(c, …)`: no two rows have the same values, rows with a null among them left out.
#[derive(Clone, Debug, PartialEq)]
pub struct Unique {
    /// Columns, at least one.
    pub columns: Vec<String>,
}

impl CheckKind for Unique {
    const NAME: &'static str = "unique";
    const EXAMPLE: &'static str = "unique(order_id, line_no)";

    fn read(call: &Call<'_>) -> Result<Self, Mistake> {
        let columns = call.texts(|count| count >= 1, Self::EXAMPLE)?.collect();
        call.without_comparison(Self::EXAMPLE)?;
        Ok(Self { columns })
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }
}

impl fmt::Display for Unique {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", Self::NAME)?;
        names(f, &self.columns)?;
        f.write_str(")")
    }
}
