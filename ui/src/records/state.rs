//! The state of the screen: the batch, the filter, the record under the cursor, and what was asked for.

use crate::cx::Cx;
use crate::record_edit::Edit;
use crate::state::Got;
use sluice_api::{BatchState, RecordChange, RecordFilter, RecordList, RecordState, Request, TableName, ask};

/// The records of a batch.
pub struct RecordsScreen {
    pub(super) table: TableName,
    /// The batch; the newest in bronze if `None`.
    pub(super) batch: Option<u64>,
    pub(super) state: Option<RecordState>,
    /// `column=value` of the key, as typed, and as it was last asked for.
    pub(super) key: String,
    pub(super) asked_key: String,
    /// Row under the cursor.
    pub(super) row: Option<u64>,
    /// Why something is decided, as typed.
    pub(super) because: String,
    pub(super) edit: Option<Edit>,
    /// What was asked for last.
    pub(super) asked: Option<RecordChange>,
}

impl RecordsScreen {
    /// The screen.
    #[must_use]
    pub fn new(table: TableName, batch: Option<u64>) -> Self {
        Self {
            table,
            batch,
            state: None,
            key: String::new(),
            asked_key: String::new(),
            row: None,
            because: String::new(),
            edit: None,
            asked: None,
        }
    }

    /// The batch that is shown; `None` while it is not known which is the newest.
    pub(super) fn shown(&self, cx: &Cx<'_>) -> Option<u64> {
        self.batch.or_else(|| {
            let view = cx.store.got::<ask::Replay>(&(self.table.clone(), None)).value?;
            let landed = view.batches.iter().filter(|batch| batch.state != BatchState::Planned);
            landed.map(|batch| batch.batch).max()
        })
    }

    pub(super) fn filter(&self) -> RecordFilter {
        let parts = self.asked_key.split(',').filter_map(|part| part.split_once('='));
        let key = parts.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect();
        RecordFilter { key, state: self.state, ..RecordFilter::default() }
    }

    pub(super) fn request(&self, batch: u64) -> Request {
        Request::BatchRecords { table: self.table.clone(), batch, filter: self.filter() }
    }

    pub(super) fn got<'a>(&self, cx: &Cx<'a>) -> Got<'a, RecordList> {
        let batch = self.shown(cx).unwrap_or(0);
        cx.store.got::<ask::BatchRecords>(&(self.table.clone(), batch, self.filter()))
    }

    /// Why nothing can be decided now.
    pub(super) fn why_not(&self, cx: &Cx<'_>) -> Option<String> {
        match self.got(cx).value.and_then(|list| list.why_not.clone()) {
            Some(why) => Some(why),
            None => self.because.trim().is_empty().then(|| "Write the reason first".to_owned()),
        }
    }

    /// Decides something of records.
    pub(super) fn change(&mut self, cx: &mut Cx<'_>, change: RecordChange) {
        let Some(batch) = self.shown(cx) else { return };
        self.asked = Some(change.clone());
        let because = self.because.trim().to_owned();
        cx.send(Request::DecideRecords { table: self.table.clone(), batch, change, because, author: None });
    }
}

/// One record.
pub(super) fn one(address: &str) -> RecordFilter {
    RecordFilter { records: vec![address.to_owned()], ..RecordFilter::default() }
}
