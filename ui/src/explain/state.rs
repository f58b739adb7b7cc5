//! The state of the screen: which row of which table, and which of its events the cursor is on.

use crate::cx::Cx;
use crate::history::find::Find;
use crate::state::{Got, KeyValues};
use sluice_api::{Explanation, JobId, JobProgress, Request, TableRef, ask};

/// Why one row has its values; without a key, the fields for it.
pub struct ExplainScreen {
    /// Table of the row.
    pub(super) table: TableRef,
    /// The row; empty until one is named.
    pub(super) key: KeyValues,
    /// The fields that name it.
    pub(super) find: Find,
    /// The job that looks for its events, once it began.
    pub(super) job: Option<JobId>,
    /// When the jobs were looked at last while the answer is not here; of the window's clock, seconds.
    pub(super) looked: f64,
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
        Self { table, key, find, job: None, looked: 0.0, line: None, begun: false, saves_test: false }
    }

    /// The request for the explanation.
    pub(super) fn request(&self, job: JobId) -> Request {
        let (table, key) = (self.table.clone(), self.key.columns.clone());
        Request::Explain { table, key, version: None, reveal: false, job }
    }

    /// How far the index of the records is, while it is made.
    pub(super) fn indexing<'a>(&self, cx: &Cx<'a>) -> Option<&'a JobProgress> {
        cx.store.job(self.job?)?.progress.first()
    }

    /// The answer, as far as it is here.
    pub(super) fn got<'a>(&self, cx: &Cx<'a>) -> Got<'a, Explanation> {
        let none = Got { value: None, error: None, pending: false };
        let key = |job| (self.table.clone(), self.key.columns.clone(), None, false, job);
        self.job.map_or(none, |job| cx.store.got::<ask::Explain>(&key(job)))
    }
}
