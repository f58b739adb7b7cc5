//! A record of the list, out of the cells of its row.

use crate::cx::Cx;
use crate::record_list::{row_number, texts};
use sluice_api::{RecordState, ResultView};

/// A record of a batch.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) address: String,
    pub(super) state: Option<RecordState>,
    pub(super) operation: String,
    pub(super) key: String,
    pub(super) position: String,
    pub(super) reason: String,
    pub(super) file: String,
    /// Its number in the file, from 0.
    pub(super) row: Option<u64>,
    pub(super) by: String,
    pub(super) because: String,
    pub(super) at: String,
    /// As it was delivered. Never shown as it is.
    pub(super) raw: String,
    /// The text that counts instead, if one does. Never shown as it is.
    pub(super) instead: String,
}

impl Record {
    /// The record of a row, once its page is here.
    pub(super) fn of(cx: &Cx<'_>, result: &ResultView, row: u64) -> Option<Self> {
        let text = texts(cx, result, row)?;
        let state = text("state");
        Some(Self {
            address: text("address"),
            state: RecordState::ALL.into_iter().find(|of| of.as_str() == state),
            operation: text("operation"),
            key: text("key"),
            position: text("position"),
            reason: text("reason"),
            file: text("file"),
            row: row_number(&text("row")),
            by: text("by"),
            because: text("because"),
            at: text("at"),
            raw: text("raw"),
            instead: text("record"),
        })
    }

    /// The text that counts.
    pub(super) fn counts(&self) -> &str {
        if self.instead.is_empty() { &self.raw } else { &self.instead }
    }

    /// Why it cannot be edited or dropped.
    pub(super) fn why_not(&self) -> Option<&'static str> {
        (self.state == Some(RecordState::Quarantined)).then_some("It is in quarantine: decide on it there")
    }
}
