//! `not_null(c)`.

use super::call::{Call, Written};
use super::kind::CheckKind;
use crate::column::Column;
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

    fn decides_record(&self, column: &Column, may_keep_older: bool) -> Result<(), Mistake> {
        if !may_keep_older {
            return Ok(());
        }
        let message = format!(
            "`{self}` is known of the merged row only: with null_updates: ignore a null of `{}` leaves an older value in \
             place",
            column.name
        );
        Err(Mistake::new(message, "Leave on_fail out, or name the column in null_updates_except"))
    }
}

impl fmt::Display for NotNull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({})", Self::NAME, Written(&self.column))
    }
}
