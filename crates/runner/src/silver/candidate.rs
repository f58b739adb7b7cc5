//! A merge that is written but not visible.

use sluice_change::{ChangeBatch, RowLedger};
use sluice_engine::{HistoryChange, NewTombstones};
use sluice_lake::{DataFile, DeltaStore, NewFile, UpdatedFile};
use std::sync::Arc;

/// A merge that is written but not visible.
pub(crate) struct Candidate {
    /// No row comes, goes or changes.
    pub(crate) writes_nothing: bool,
    /// Why it may not become visible yet, whatever the checks say.
    pub(crate) hold_reason: Option<String>,
    /// What it adds to the tombstones.
    pub(crate) tombstones: NewTombstones,
    /// Counts.
    pub(crate) ledger: RowLedger,
    /// What it does to the side state of a table with history.
    pub(crate) history: Option<HistoryChange>,
    /// The events it was made of.
    pub(crate) changes: Arc<Vec<ChangeBatch>>,
    pub(crate) add: Vec<NewFile>,
    pub(crate) remove: Vec<DataFile>,
    pub(crate) update: Vec<UpdatedFile>,
    /// Files of the whole table as it would be.
    pub(crate) files: Vec<DataFile>,
}

impl Candidate {
    /// Removes its files from the store, when it will not be published.
    pub(crate) async fn discard(&self, store: &DeltaStore) {
        store.writer().discard(&self.add).await;
        store.writer().discard_deletion_vectors(&self.update).await;
    }
}
