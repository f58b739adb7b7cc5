//! Versions of tables that are open as results, by their ids.

use sluice_api::{ResultId, TableRef};
use sluice_lake::{DeltaStore, Snapshot};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// Ids from here on are table results; the engine counts from 1.
const FIRST_TABLE_RESULT: u64 = 1 << 40;

/// Versions of tables that are open as results.
#[derive(Default)]
pub(crate) struct Results {
    next: AtomicU64,
    tables: Mutex<BTreeMap<ResultId, TableResult>>,
}

/// A version of a table.
#[derive(Clone)]
pub(super) struct TableResult {
    pub(super) table: TableRef,
    pub(super) store: DeltaStore,
    pub(super) snapshot: Snapshot,
}

impl Results {
    pub(super) fn get(&self, id: ResultId) -> Option<TableResult> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    pub(super) fn add(&self, result: TableResult) -> ResultId {
        let id = ResultId(FIRST_TABLE_RESULT + self.next.fetch_add(1, Ordering::Relaxed));
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).insert(id, result);
        id
    }

    pub(super) fn remove(&self, id: ResultId) -> bool {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner).remove(&id).is_some()
    }
}
