//! Results that stay until they are dropped.

use crate::engine::{Inner, QueryEngine};
use crate::error::QueryError;
use crate::sql::column::{DuckColumn, describe};
use crate::sql::text::Sql;
use duckdb::Connection;
use sluice_api::{ResultId, ResultView};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

/// A table of ours in `memory.results`; dropped with its last user.
pub(crate) struct OwnTable {
    name: String,
    engine: Weak<Inner>,
}

impl OwnTable {
    /// Its name in SQL.
    pub(crate) fn sql(&self) -> Sql {
        Sql::new("memory.results.").ident(&self.name)
    }
}

impl Drop for OwnTable {
    fn drop(&mut self) {
        // Without the engine the whole database is gone, and a failure leaves a table that goes then.
        if let Some(inner) = self.engine.upgrade() {
            let sql = Sql::new("DROP TABLE IF EXISTS ").sql(&self.sql());
            let _gone = inner.with(|conn| conn.execute_batch(sql.as_str()).map_err(QueryError::from));
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

    fn number(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed) + 1
    }
}

impl QueryEngine {
    /// A name for a new table; the table is dropped with the value.
    pub(crate) fn new_table(&self) -> OwnTable {
        let number = self.inner.results.number();
        OwnTable { name: format!("_r{number}"), engine: Arc::downgrade(&self.inner) }
    }

    /// Runs `CREATE TABLE own AS sql` and keeps it as a result.
    pub(crate) fn keep_select(&self, conn: &Connection, sql: &Sql, started: Instant) -> Result<ResultView, QueryError> {
        let table = self.new_table();
        let create = Sql::new("CREATE TABLE ").sql(&table.sql()).add(" AS ").sql(sql);
        conn.execute_batch(create.as_str())?;
        self.keep(conn, table, started)
    }

    /// Keeps a filled table as a result.
    pub(crate) fn keep(&self, conn: &Connection, table: OwnTable, started: Instant) -> Result<ResultView, QueryError> {
        let columns = Arc::new(without_rowid(conn, &table.sql(), describe(conn, &table.sql())?)?);
        let rows = count(conn, &table.sql())?;
        Ok(self.store(Stored { base: Arc::new(table), index: None, columns, rows }, started))
    }

    /// Registers a result.
    pub(crate) fn store(&self, stored: Stored, started: Instant) -> ResultView {
        let id = ResultId(self.inner.results.number());
        let view = ResultView {
            id,
            columns: stored.columns.iter().map(DuckColumn::view).collect(),
            rows: stored.rows,
            elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        self.inner.results.lock().insert(id, stored);
        view
    }

    /// Frees a result; unknown ones are ignored.
    pub fn drop_result(&self, result: ResultId) {
        let gone = self.inner.results.lock().remove(&result);
        // The tables go outside of the lock.
        drop(gone);
    }
}

/// Pages go by DuckDB's `rowid`; a column of that name would hide it and gets another.
fn without_rowid(conn: &Connection, table: &Sql, mut columns: Vec<DuckColumn>) -> Result<Vec<DuckColumn>, QueryError> {
    if let Some(at) = columns.iter().position(|column| column.name.eq_ignore_ascii_case("rowid")) {
        let mut name = "rowid_".to_owned();
        while columns.iter().any(|column| column.name.eq_ignore_ascii_case(&name)) {
            name.push('_');
        }
        let old = Sql::name(&columns[at].name);
        let sql = Sql::new("ALTER TABLE ").sql(table).add(" RENAME COLUMN ").sql(&old).add(" TO ").ident(&name);
        conn.execute_batch(sql.as_str())?;
        columns[at].name = name;
    }
    Ok(columns)
}

/// Number of rows.
pub(crate) fn count(conn: &Connection, from: &Sql) -> Result<u64, QueryError> {
    let sql = Sql::new("SELECT count(*) FROM ").sql(from);
    Ok(conn.query_row(sql.as_str(), [], |row| row.get::<_, i64>(0)).map(i64::unsigned_abs)?)
}
