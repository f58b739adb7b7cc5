//! A merge that is written but not visible.

use crate::RunError;
use arrow::array::RecordBatch;
use sluice_change::{ChangeBatch, RowLedger};
use sluice_contract::Contract;
use sluice_engine::{HistoryChange, KeyEncoder, NewTombstones, Tombstones};
use sluice_lake::{DataFile, DeltaStore, NewFile, UpdatedFile};
use std::sync::Arc;

/// Deletes and truncates that silver has to remember from now on.
pub(crate) enum NewDeletes {
    /// Those of a plan, and the events that it was made of.
    Planned(NewTombstones, Arc<Vec<ChangeBatch>>),
    /// Those of a table that is made anew: all of them, and as they are written.
    All(Tombstones, Option<RecordBatch>),
}

impl NewDeletes {
    /// The events of a plan; none of a table that is made anew.
    pub(crate) fn changes(&self) -> &[ChangeBatch] {
        match self {
            Self::Planned(_, changes) => changes,
            Self::All(..) => &[],
        }
    }

    /// As a segment for disk; `None` if there are none.
    pub(super) fn segment(&self, contract: &Contract, encoder: &KeyEncoder) -> Result<Option<RecordBatch>, RunError> {
        match self {
            Self::Planned(tombstones, _) if tombstones.is_empty() => Ok(None),
            Self::Planned(tombstones, changes) => {
                let times = contract.apply.tombstone_retention.is_some();
                Ok(Some(tombstones.segment(encoder, changes, times)?))
            }
            Self::All(_, segment) => Ok(segment.clone()),
        }
    }

    /// Adds them to those that are known.
    pub(super) fn add_to(self, known: &mut Arc<Tombstones>) {
        match self {
            Self::Planned(tombstones, _) => Arc::make_mut(known).add(&tombstones),
            Self::All(all, _) => *known = Arc::new(all),
        }
    }
}

/// A merge that is written but not visible.
pub(crate) struct Candidate {
    /// No row comes, goes or changes.
    pub(crate) writes_nothing: bool,
    /// Why it may not become visible yet, whatever the checks say.
    pub(crate) hold_reason: Option<String>,
    /// What it adds to the tombstones.
    pub(crate) deletes: NewDeletes,
    /// Keys that have a row for readers before and none after.
    pub(crate) lost_rows: u64,
    /// Counts.
    pub(crate) ledger: RowLedger,
    /// What it does to the side state of a table with history.
    pub(crate) history: Option<HistoryChange>,
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
