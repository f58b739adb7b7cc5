//! The state of the screen: the filter, the record under the cursor, and what was asked for.

use crate::cx::Cx;
use crate::record_edit::Edit;
use crate::state::Got;
use crate::widget::FilePrompt;
use sluice_api::{
    JobId, QuarantineChange, QuarantineFilter, QuarantineList, QuarantineStatus, Request, TableName, ask,
};

/// What becomes of the records in quarantine of a table.
pub struct QuarantineScreen {
    pub(super) table: TableName,
    pub(super) status: Option<QuarantineStatus>,
    pub(super) reason: Option<String>,
    /// Row under the cursor.
    pub(super) row: Option<u64>,
    /// Why something is done, as typed.
    pub(super) because: String,
    pub(super) edit: Option<Edit>,
    pub(super) export: FilePrompt,
    /// What was asked for last.
    pub(super) asked: Option<Asked>,
}

/// Something that was asked for.
#[derive(Clone)]
pub(super) enum Asked {
    Change(QuarantineChange),
    Replay(JobId),
}

impl QuarantineScreen {
    /// The screen.
    #[must_use]
    pub fn new(table: TableName) -> Self {
        Self {
            table,
            status: None,
            reason: None,
            row: None,
            because: String::new(),
            edit: None,
            export: FilePrompt::default(),
            asked: None,
        }
    }

    pub(super) fn filter(&self) -> QuarantineFilter {
        QuarantineFilter { status: self.status, reason: self.reason.clone(), ..QuarantineFilter::default() }
    }

    pub(super) fn request(&self) -> Request {
        Request::Quarantine { table: self.table.clone(), filter: self.filter() }
    }

    pub(super) fn got<'a>(&self, cx: &Cx<'a>) -> Got<'a, QuarantineList> {
        cx.store.got::<ask::Quarantine>(&(self.table.clone(), self.filter()))
    }

    /// Why nothing can be done now.
    pub(super) fn why_not(&self) -> Option<&'static str> {
        self.because.trim().is_empty().then_some("Write the reason first")
    }

    /// Does something with records.
    pub(super) fn change(&mut self, cx: &mut Cx<'_>, change: QuarantineChange) {
        self.asked = Some(Asked::Change(change.clone()));
        let because = self.because.trim().to_owned();
        cx.send(Request::ChangeQuarantine { table: self.table.clone(), change, because, author: None });
    }

    /// Merges what the contract of today reads.
    pub(super) fn replay(&mut self, cx: &mut Cx<'_>) {
        let job = cx.new_job();
        self.asked = Some(Asked::Replay(job));
        let because = self.because.trim().to_owned();
        cx.send(Request::ReplayQuarantine { job, table: self.table.clone(), because, author: None });
    }
}
