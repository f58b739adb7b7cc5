//! Why a record cannot become an event.

use sluice_change::{CellError, ReasonCode};

/// Why a record cannot become an event. Carries no value of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordError {
    pub(crate) reason: ReasonCode,
    pub(crate) column: Option<String>,
    pub(crate) detail: String,
}

impl RecordError {
    /// An error of the record as a whole.
    pub(crate) fn new(reason: ReasonCode, detail: impl Into<String>) -> Self {
        Self { reason, column: None, detail: detail.into() }
    }

    /// An error of one column.
    pub(crate) fn of(column: &str, reason: ReasonCode, detail: impl Into<String>) -> Self {
        Self { reason, column: Some(column.to_owned()), detail: detail.into() }
    }

    /// A value that is not of its column's type.
    pub(crate) fn of_cell(column: &str, error: CellError) -> Self {
        Self { reason: error.reason, column: Some(column.to_owned()), detail: error.detail }
    }
}
