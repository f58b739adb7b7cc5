//! What is compared, and by what rows are matched.

use crate::diff::changed_rows::takes_part;
use crate::diff::steps::DiffStep;
use sluice_api::{JobId, TableRef};

/// The columns that tell rows apart, as far as somebody says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DiffKey {
    /// Those of the contract, or of bronze: unique by the way the table is made.
    Contract(Vec<String>),
    /// Those that the caller names; an error if they are not unique.
    Asked(Vec<String>),
    /// Those that a model declares, if it does. Where they are not unique, whole rows are counted; where there are
    /// none, the shortest beginning of the columns that is unique is taken, else whole rows are counted.
    Model(Option<Vec<String>>),
}

impl DiffKey {
    /// The columns that are named.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        match self {
            Self::Contract(key) | Self::Asked(key) | Self::Model(Some(key)) => key,
            Self::Model(None) => &[],
        }
    }
}

/// What to compare.
#[derive(Clone, Debug)]
pub struct DiffInput<'a> {
    /// Table.
    pub table: &'a TableRef,
    /// Version before.
    pub from: u64,
    /// Version after.
    pub to: u64,
    /// What tells rows apart.
    pub key: &'a DiffKey,
    /// The rows that came and went, in the direction of the comparison.
    pub steps: &'a [DiffStep],
    /// Rows of the version before.
    pub rows_before: u64,
    /// Name and type of the columns before.
    pub before: &'a [(String, String)],
    /// Name and type of the columns after.
    pub after: &'a [(String, String)],
    /// Columns that are left out besides those of Sluice (leading underscore).
    pub ignore: &'a [&'a str],
    /// Columns of numbers of which a difference up to this is none.
    pub tolerance: &'a [(String, f64)],
    /// A condition of a person over the changed rows: only those of which it holds count.
    pub filter: Option<&'a str>,
    /// Cancels the comparison, see [`QueryEngine::cancel`].
    pub job: JobId,
}

impl DiffInput<'_> {
    /// Whether a column takes part in comparisons of a table with this key.
    #[must_use]
    pub fn takes_part(name: &str, key: &[String]) -> bool {
        takes_part(name, key, &[])
    }
}
