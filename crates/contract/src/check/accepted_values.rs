//! `accepted_values(c, 'a', 'b')`.

use super::call::{Call, Quoted, Written};
use super::kind::CheckKind;
use crate::problem::Mistake;
use std::fmt;

/// `accepted_values(c, 'a', 'b')`: every value of a column, as text, is one of these; null passes.
#[derive(Clone, Debug, PartialEq)]
pub struct AcceptedValues {
    /// Column.
    pub column: String,
    /// Texts, at least one.
    pub values: Vec<String>,
}

impl CheckKind for AcceptedValues {
    const NAME: &'static str = "accepted_values";
    const EXAMPLE: &'static str = "accepted_values(status, 'new', 'paid')";

    fn read(call: &Call<'_>) -> Result<Self, Mistake> {
        let mut texts = call.texts(|count| count >= 2, Self::EXAMPLE)?;
        call.without_comparison(Self::EXAMPLE)?;
        let column = texts.next().unwrap_or_default();
        Ok(Self { column, values: texts.collect() })
    }

    fn columns(&self) -> &[String] {
        std::slice::from_ref(&self.column)
    }
}

impl fmt::Display for AcceptedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}", Self::NAME, Written(&self.column))?;
        for value in &self.values {
            write!(f, ", {}", Quoted(value))?;
        }
        f.write_str(")")
    }
}
