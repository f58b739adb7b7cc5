//! The engine: one in-memory DuckDB, its connections, its results.

pub(crate) mod ipc;
pub(crate) mod jobs;
pub(crate) mod options;
pub(crate) mod pool;
pub(crate) mod process;
pub(crate) mod result_store;
pub(crate) mod sandbox;

use crate::engine::jobs::Jobs;
use crate::engine::options::QueryOptions;
use crate::engine::pool::Pool;
use crate::engine::process::SqlProcess;
use crate::engine::result_store::ResultStore;
use crate::error::QueryError;
use crate::files::table_files::View;
use crate::sql::lineage::PersonalColumns;
use crate::sql::statement;
use sluice_api::{JobId, TableRef};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

/// Stack of a thread that parses and plans user SQL, bytes: DuckDB recurses up to a thousand
/// levels deep, which the 2 MiB of a usual thread do not hold. Only what is used takes memory.
const STACK_BYTES: usize = 64 << 20;

/// DuckDB over the tables of one lake. Cheap to clone; all calls block.
#[derive(Clone)]
pub struct QueryEngine {
    pub(crate) inner: Arc<Inner>,
}

/// What the clones share.
pub(crate) struct Inner {
    /// As opened.
    options: QueryOptions,
    /// Connections; dropped before the results, whose tables go with the database.
    pub(crate) pool: Arc<Pool>,
    /// Queries under way.
    pub(crate) jobs: Jobs,
    /// Results.
    pub(crate) results: ResultStore,
    /// The tables that SQL may read, and over which files.
    pub(crate) views: Mutex<BTreeMap<TableRef, View>>,
    /// Versions of tables that statements read, each a view by its number here.
    pub(crate) past: Mutex<Vec<(TableRef, u64)>>,
    /// The process of people's SQL.
    pub(crate) worker: Option<SqlProcess>,
}

impl fmt::Debug for QueryEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QueryEngine")
    }
}

impl QueryEngine {
    /// Opens DuckDB inside its sandbox.
    ///
    /// # Errors
    /// If DuckDB refuses a setting, or a folder name is not UTF-8.
    pub fn new(options: QueryOptions) -> Result<Self, QueryError> {
        let root = sandbox::open(&options)?;
        Ok(Self {
            inner: Arc::new(Inner {
                worker: SqlProcess::of(&options),
                options,
                pool: Arc::new(Pool::new(root)),
                jobs: Jobs::default(),
                results: ResultStore::default(),
                views: Mutex::default(),
                past: Mutex::default(),
            }),
        })
    }

    /// The settings it was opened with.
    #[must_use]
    pub fn options(&self) -> &QueryOptions {
        &self.inner.options
    }

    /// How far a job is, 0 to 1; `None` if it is not running or DuckDB cannot tell.
    #[must_use]
    pub fn progress(&self, job: JobId) -> Option<f64> {
        self.inner.jobs.progress(job)
    }

    /// Stops a job; false if it is not running.
    pub fn cancel(&self, job: JobId) -> bool {
        let there = self.inner.worker.as_ref().is_some_and(|worker| worker.cancel(job));
        self.inner.jobs.cancel(job) || there
    }

    /// Starts the process of people's SQL, if there is to be one, so that the first query does not wait for it. Returns
    /// at once.
    pub fn warm(&self) {
        let engine = self.clone();
        std::thread::spawn(move || engine.inner.worker.as_ref().map(SqlProcess::warm));
    }

    /// The tables of the lake that `sql` reads, sorted; `dataset.table` counts as silver. Empty if the
    /// text is not SQL that reads.
    #[must_use]
    pub fn tables_in(&self, sql: &str) -> Vec<TableRef> {
        with_large_stack(|| self.inner.pool.with(|conn| Ok(statement::tables(conn, sql)))).unwrap_or_default()
    }
}

impl QueryEngine {
    /// The personal columns of the result of `sql`, which reads tables with the personal columns `read`: by the
    /// syntax alone, and rather one too many than one too few.
    #[must_use]
    pub fn personal_outputs(&self, sql: &str, read: &PersonalColumns) -> PersonalColumns {
        let found = with_large_stack(|| self.inner.pool.with(|conn| Ok(statement::personal_outputs(conn, sql, read))));
        found.unwrap_or_else(|_| PersonalColumns::all())
    }
}

/// Runs work on a thread with a large stack and waits for it.
pub(crate) fn with_large_stack<T: Send>(work: impl FnOnce() -> Result<T, QueryError> + Send) -> Result<T, QueryError> {
    let ended = || QueryError::internal("A query thread ended early");
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("sluice-sql".to_owned())
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, work)
            .map_err(|_| ended())?;
        thread.join().map_err(|_| ended())?
    })
}
