//! `accepted_values(c, 'a', 'b')`.

use super::call::{Call, Quoted, Written};
use super::kind::CheckKind;
use crate::column::Column;
use crate::column_type::ColumnType;
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

    /// Of other types a value has several texts.
    fn decides_record(&self, column: &Column, _may_keep_older: bool) -> Result<(), Mistake> {
        let has_one_text = matches!(
            column.data_type,
            ColumnType::Boolean
                | ColumnType::SmallInt
                | ColumnType::Int
                | ColumnType::BigInt
                | ColumnType::Decimal { .. }
                | ColumnType::Numeric
                | ColumnType::String
                | ColumnType::Date
                | ColumnType::Time
                | ColumnType::Uuid
        );
        if has_one_text {
            return Ok(());
        }
        let message = format!("`{self}` compares texts, and a {} has several for one value", column.data_type);
        Err(Mistake::new(message, "Leave on_fail out; severity says what becomes of the batch"))
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
