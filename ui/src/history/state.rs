//! The state of the history screen: which row of which table, and which of its versions the cursor is on.

use super::find::Find;
use super::versions::Versions;
use crate::cx::Cx;
use crate::state::{Got, KeyValues};
use sluice_api::{Request, RowHistory, TableRef};

/// Every version of one row; without a key, the fields for it.
pub struct HistoryScreen {
    /// Table of the row.
    pub(super) table: TableRef,
    /// The row; empty until one is named.
    pub(super) key: KeyValues,
    /// The fields that name it.
    pub(super) find: Find,
    /// Line under the cursor, 0 is the newest.
    pub(super) line: Option<u64>,
    /// The list took the focus once.
    pub(super) begun: bool,
}

impl HistoryScreen {
    /// The screen.
    #[must_use]
    pub fn new(table: TableRef, key: KeyValues) -> Self {
        let find = Find::new(&key);
        Self { table, key, find, line: None, begun: false }
    }

    /// The request for every version of the row.
    pub(super) fn request(&self) -> Request {
        Request::RowHistory { table: self.table.clone(), key: self.key.columns.clone() }
    }

    /// The answer, as far as it is here.
    pub(super) fn got<'a>(&self, cx: &Cx<'a>) -> Got<'a, RowHistory> {
        cx.store.row_history(&(self.table.clone(), self.key.columns.clone()))
    }

    /// The versions, if the history is here.
    pub(super) fn versions<'a>(&self, cx: &Cx<'a>) -> Option<Versions<'a>> {
        let batches = cx.store.table(&self.table, None).value.map_or(&[][..], |view| &view.history);
        Some(Versions::new(self.got(cx).value?, batches, cx.store))
    }

    /// Whether only columns that differ are shown.
    pub(super) fn changed_only(cx: &Cx<'_>) -> bool {
        cx.workspace.choices.get("history changed cells").is_some_and(|choice| choice == "on")
    }

    /// Remembers it.
    pub(super) fn set_changed_only(cx: &mut Cx<'_>, on: bool) {
        let choice = if on { "on" } else { "off" };
        cx.workspace.choices.insert("history changed cells".to_owned(), choice.to_owned());
    }
}
