//! A record of the list, out of the cells of its row.

use crate::cx::Cx;
use crate::record_list::{row_number, texts};
use sluice_api::{QuarantineReason, QuarantineStatus, ResultView};

/// A record in quarantine.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) address: String,
    pub(super) status: Option<QuarantineStatus>,
    pub(super) reasons: Vec<QuarantineReason>,
    pub(super) batch: Option<u64>,
    pub(super) file: String,
    /// Its number in the file, from 0.
    pub(super) row: Option<u64>,
    pub(super) attempts: String,
    pub(super) by: String,
    pub(super) because: String,
    pub(super) at: String,
    /// As it was delivered. Never shown as it is.
    pub(super) raw: String,
}

impl Record {
    /// The record of a row, once its page is here.
    pub(super) fn of(cx: &Cx<'_>, result: &ResultView, row: u64) -> Option<Self> {
        let text = texts(cx, result, row)?;
        let number = |name: &str| row_number(&text(name));
        Some(Self {
            address: text("address"),
            status: text("status").parse().ok(),
            reasons: QuarantineReason::all_of(&text("reasons")),
            batch: number("batch"),
            file: text("file"),
            row: number("row"),
            attempts: text("attempts"),
            by: text("by"),
            because: text("because"),
            at: text("at"),
            raw: text("raw"),
        })
    }

    /// Whether somebody may still do something with it.
    pub(super) fn is_undecided(&self) -> bool {
        matches!(self.status, Some(QuarantineStatus::Open | QuarantineStatus::Readable))
    }
}

/// All reasons of a record in one line: codes with their columns.
pub(super) fn reasons_line(text: &str) -> String {
    let reasons = QuarantineReason::all_of(text);
    let words = reasons.iter().map(|QuarantineReason { reason, column, .. }| match column {
        Some(column) => format!("{reason} {column}"),
        None => reason.clone(),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// A time without what is below a minute.
pub(super) fn minute(text: &str) -> &str {
    text.get(..16).unwrap_or(text)
}
