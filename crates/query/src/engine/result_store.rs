//! Results that stay until they are dropped.

use crate::engine::pool::Pool;
use crate::error::QueryError;
use crate::sql::column::DuckColumn;
use crate::sql::text::Sql;
use sluice_api::ResultId;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// A table of ours in `memory.results`; dropped with its last user.
pub(crate) struct OwnTable {
    name: String,
    pool: Weak<Pool>,
}

impl OwnTable {
    /// Its name in SQL.
    pub(crate) fn sql(&self) -> Sql {
        Sql::new("memory.results.").ident(&self.name)
    }
}

impl Drop for OwnTable {
    fn drop(&mut self) {
        // Without the pool the whole database is gone, and a failure leaves a table that goes then.
        if let Some(pool) = self.pool.upgrade() {
            let sql = Sql::new("DROP TABLE IF EXISTS ").sql(&self.sql());
            let _gone = pool.with(|conn| conn.execute_batch(sql.as_str()).map_err(QueryError::from));
        }
    }
}

/// A result.
#[derive(Clone)]
pub(crate) struct Stored {
    /// Rows.
    pub(crate) base: Arc<OwnTable>,
    /// Ordinals of the rows of `base` in the order of the result; `None`: all, as they are.
    pub(crate) index: Option<Arc<OwnTable>>,
    /// Columns of `base`.
    pub(crate) columns: Arc<Vec<DuckColumn>>,
    /// Rows of the result.
    pub(crate) rows: u64,
}

/// All results.
#[derive(Default)]
pub(crate) struct ResultStore {
    next: AtomicU64,
    results: Mutex<HashMap<ResultId, Stored>>,
}

impl ResultStore {
    fn lock(&self) -> MutexGuard<'_, HashMap<ResultId, Stored>> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A result, or an error that says what to do.
    pub(crate) fn get(&self, id: ResultId) -> Result<Stored, QueryError> {
        self.lock()
            .get(&id)
            .cloned()
            .ok_or_else(|| QueryError::not_found("This result is no longer held", "Run the query again"))
    }

    /// A name for a new table of `pool`; the table is dropped with the value.
    pub(crate) fn new_table(&self, pool: &Arc<Pool>) -> OwnTable {
        OwnTable { name: format!("_r{}", self.number()), pool: Arc::downgrade(pool) }
    }

    /// Registers a result.
    pub(crate) fn insert(&self, stored: Stored) -> ResultId {
        let id = ResultId(self.number());
        self.lock().insert(id, stored);
        id
    }

    /// Frees a result; unknown ones are ignored.
    pub(crate) fn remove(&self, result: ResultId) {
        let gone = self.lock().remove(&result);
        // The tables go outside of the lock.
        drop(gone);
    }

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed) + 1
    }
}
