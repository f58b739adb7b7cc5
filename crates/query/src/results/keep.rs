//! Keeps rows as a result, until it is dropped.

use crate::engine::QueryEngine;
use crate::engine::result_store::{OwnTable, Stored};
use crate::error::QueryError;
use crate::sql::column::{DuckColumn, describe};
use crate::sql::text::Sql;
use duckdb::Connection;
use sluice_api::{ResultId, ResultView};
use std::sync::Arc;
use std::time::Instant;

impl QueryEngine {
    /// A name for a new table; the table is dropped with the value.
    pub(crate) fn new_table(&self) -> OwnTable {
        self.inner.results.new_table(&self.inner.pool)
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
        let (columns, rows) = (stored.columns.iter().map(DuckColumn::view).collect(), stored.rows);
        let id = self.inner.results.insert(stored);
        let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        ResultView { id, columns, rows, elapsed_ms }
    }

    /// Frees a result; unknown ones are ignored.
    pub fn drop_result(&self, result: ResultId) {
        if let Some(worker) = &self.inner.worker
            && worker.holds(result)
        {
            return worker.drop_result(result);
        }
        self.inner.results.remove(result);
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
