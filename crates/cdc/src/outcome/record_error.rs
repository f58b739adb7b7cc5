//! Why a record cannot become an event.

use sluice_change::{CellError, ReasonCode, RejectReason};

/// Why a record cannot become an event. Carries no value of the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RecordError {
    pub(crate) reason: ReasonCode,
    pub(crate) column: Option<String>,
    pub(crate) detail: String,
    /// What else is wrong with it.
    pub(crate) further: Vec<RejectReason>,
}

impl RecordError {
    /// An error of the record as a whole.
    pub(crate) fn new(reason: ReasonCode, detail: impl Into<String>) -> Self {
        Self { reason, column: None, detail: detail.into(), further: Vec::new() }
    }

    /// An error of one column.
    pub(crate) fn of(column: &str, reason: ReasonCode, detail: impl Into<String>) -> Self {
        Self { reason, column: Some(column.to_owned()), detail: detail.into(), further: Vec::new() }
    }

    /// A value that is not of its column's type.
    pub(crate) fn of_cell(column: &str, error: CellError) -> Self {
        Self { reason: error.reason, column: Some(column.to_owned()), detail: error.detail, further: Vec::new() }
    }

    /// Everything that is wrong with one record as one error; `None` if nothing is.
    pub(crate) fn of_all(errors: Vec<Self>, checks: impl Iterator<Item = RejectReason>) -> Option<Self> {
        let reasons =
            errors.into_iter().map(|Self { reason, column, detail, .. }| RejectReason { reason, column, detail });
        let mut all = reasons.chain(checks);
        let RejectReason { reason, column, detail } = all.next()?;
        Some(Self { reason, column, detail, further: all.collect() })
    }
}
