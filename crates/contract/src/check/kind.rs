//! What there is to say of a kind of check, in the contract's words.

use super::call::Call;
use super::parent::Parent;
use crate::column::Column;
use crate::problem::Mistake;
use std::fmt;

/// A kind of check.
pub(crate) trait CheckKind: fmt::Display + Sized {
    /// What stands before the bracket.
    const NAME: &'static str;
    /// How it is written.
    const EXAMPLE: &'static str;

    /// Reads it from a call of its name.
    fn read(call: &Call<'_>) -> Result<Self, Mistake>;

    /// Columns of the table that it reads.
    fn columns(&self) -> &[String];

    /// An error if it can never be evaluated on a column of that type. Called for each of its columns.
    fn fits(&self, _column: &Column) -> Result<(), Mistake> {
        Ok(())
    }

    /// An error if the values of one record do not decide it, so that no record can be in quarantine because of it.
    /// Called for each of its columns. `may_keep_older`: a null of the column leaves an older value in place.
    fn decides_record(&self, _column: &Column, _may_keep_older: bool) -> Result<(), Mistake> {
        let message = format!("`{self}` looks at more than one row, so no record fails it by itself");
        Err(Mistake::new(message, "Leave on_fail out; severity says what becomes of the batch"))
    }

    /// The other table that it reads.
    fn parent(&self) -> Option<&Parent> {
        None
    }
}
