//! The state of the screen: which row of which table, and which of its events the cursor is on.

use crate::cx::Cx;
use crate::history::find::Find;
use crate::state::{Got, KeyValues};
use sluice_api::{Explanation, Request, TableRef, ask};

/// Why one row has its values; without a key, the fields for it.
pub struct ExplainScreen {
    /// Table of the row.
    pub(super) table: TableRef,
    /// The row; empty until one is named.
    pub(super) key: KeyValues,
    /// The fields that name it.
    pub(super) find: Find,
    /// Line under the cursor.
    pub(super) line: Option<usize>,
    /// The list took the focus once.
    pub(super) begun: bool,
    /// A test of the row was asked for, and what came of it is shown.
    pub(super) saves_test: bool,
}

impl ExplainScreen {
    /// The screen.
    #[must_use]
    pub fn new(table: TableRef, key: KeyValues) -> Self {
        let find = Find::new(&key);
        Self { table, key, find, line: None, begun: false, saves_test: false }
    }

    /// The request for the explanation.
    pub(super) fn request(&self) -> Request {
        Request::Explain { table: self.table.clone(), key: self.key.columns.clone(), version: None, reveal: false }
    }

    /// The answer, as far as it is here.
    pub(super) fn got<'a>(&self, cx: &Cx<'a>) -> Got<'a, Explanation> {
        cx.store.got::<ask::Explain>(&(self.table.clone(), self.key.columns.clone(), None, false))
    }
}
