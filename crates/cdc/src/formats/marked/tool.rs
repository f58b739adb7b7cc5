//! What is a tool's own: the names of its columns and what they say.

use crate::outcome::record_error::RecordError;
use crate::plan::markers::Markers;
use sluice_change::ReasonCode;

/// Whether a row has a column.
pub(crate) type HasColumn<'a> = &'a dyn Fn(&str) -> bool;

/// A replication tool.
#[derive(Debug)]
pub(crate) struct Tool {
    /// Its name in a heading.
    pub(crate) title: &'static str,
    /// Its rows in the plural.
    pub(crate) record_words: &'static str,
    /// Its columns. Those that `is_own` are no columns of silver.
    pub(crate) markers: Markers,
    /// Whether a row with these columns is one of the tool.
    pub(crate) is_of: fn(HasColumn<'_>) -> bool,
    pub(crate) operations: Operations,
    /// Which of two different events at one position is the later.
    pub(crate) ties: Ties,
    /// Lists of its columns that order the rows, the best first.
    pub(crate) orders: &'static [&'static [&'static str]],
    /// Its columns that are instants: texts, or numbers whose unit follows from how large they are.
    pub(crate) times: &'static [&'static str],
    /// What to decide where none of the lists is in all rows.
    pub(crate) no_order: &'static str,
    /// The time of a sync, which orders rows behind a watermark of the table.
    pub(crate) sync_times: &'static [&'static str],
    /// The key that the tool makes for tables without one.
    pub(crate) made_key: Option<&'static str>,
    /// Member with all columns of the table as a JSON object; the first of `markers.beside`.
    pub(crate) nested: Option<&'static str>,
    /// Its columns where it keeps versions; they are `markers.beside` in this order.
    /// A row that is there may be inserted again.
    pub(crate) may_insert_again: bool,
    pub(crate) history: Option<History>,
    /// Its JSON messages, where the row is not the record.
    pub(crate) open_message: fn(&str) -> Option<String>,
}

/// How a row says what was done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operations {
    /// By a word in `markers.operation`, in letters of any case.
    Words {
        known: &'static [(&'static str, Does)],
        /// What a row without a word is; `None`: no row is without.
        missing: Option<Does>,
    },
    /// `markers.deleted` is true in a deleted row.
    DeletedIsTrue,
    /// `markers.deleted` has a value in a deleted row.
    DeletedHasValue,
}

/// What a row says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    /// The row of a full load.
    Load,
    /// The row is new.
    Insert,
    /// The row is like this now.
    Upsert,
    Delete,
    /// The row was like this before an update.
    Before,
}

/// Which of two different events at one position is the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ties {
    /// The contract decides.
    Contract,
    /// A delete.
    Delete,
    /// What leaves a row.
    Row,
}

/// Columns of a version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct History {
    pub(crate) start: &'static str,
    pub(crate) end: &'static str,
    /// It is the current version.
    pub(crate) active: &'static str,
}

impl Tool {
    /// Whether a column is the tool's and not the table's.
    pub(crate) fn is_own(&self, name: &str) -> bool {
        let Markers { operation, deleted, time, beside, is_own, .. } = &self.markers;
        is_own(name) || beside.contains(&name) || [operation, deleted, time].into_iter().any(|own| *own == Some(name))
    }

    /// What a row says by the texts of its operation and of its mark of a delete.
    ///
    /// # Errors
    /// `UNKNOWN_OPERATION`.
    pub(crate) fn does(&self, operation: Option<&str>, deleted: Option<&str>) -> Result<Does, RecordError> {
        let unknown = |detail: String| RecordError::new(ReasonCode::UnknownOperation, detail);
        match self.operations {
            Operations::Words { known, missing } => match operation.filter(|text| !text.is_empty()) {
                Some(text) => {
                    let found = known.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
                    let words = || known.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
                    found.map(|(_, does)| *does).ok_or_else(|| unknown(format!("known are {}", words())))
                }
                None => {
                    let name = self.markers.operation.unwrap_or_default();
                    missing.ok_or_else(|| unknown(format!("the row has no {name}")))
                }
            },
            Operations::DeletedIsTrue => match deleted.unwrap_or_default() {
                "true" | "True" | "TRUE" | "t" | "1" => Ok(Does::Delete),
                "false" | "False" | "FALSE" | "f" | "0" | "" => Ok(Does::Upsert),
                _ => Err(unknown(format!("{} is neither true nor false", self.markers.deleted.unwrap_or_default()))),
            },
            Operations::DeletedHasValue if deleted.is_some_and(|text| !text.is_empty()) => Ok(Does::Delete),
            Operations::DeletedHasValue => Ok(Does::Upsert),
        }
    }
}
