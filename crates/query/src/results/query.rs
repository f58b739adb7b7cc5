//! User SQL.

use crate::engine::ipc;
use crate::engine::result_store::OwnTable;
use crate::engine::sandbox::BATCH_FUNCTION;
use crate::engine::{QueryEngine, with_large_stack};
use crate::error::QueryError;
use crate::results::placed::Placed;
use crate::sql::column::cast;
use crate::sql::statement::{self, Statement};
use crate::sql::text::Sql;
use crate::sql::types::DuckType;
use duckdb::Connection;
use duckdb::arrow::datatypes::{DataType, SchemaRef};
use duckdb::arrow::record_batch::RecordBatch;
use duckdb::vtab::arrow::ArrowBatchRegistration;
use sluice_api::{JobId, ResultView, TableRef};
use std::time::Instant;

impl QueryEngine {
    /// Runs one read-only statement and keeps its rows.
    ///
    /// # Errors
    /// If the text is not exactly one statement that only reads (nothing has run then), if DuckDB
    /// refuses it, with the place in the text, if it takes longer than a query may, or if the job was cancelled.
    pub fn query(&self, job: JobId, sql: &str) -> Result<ResultView, QueryError> {
        if let Some(worker) = &self.inner.worker {
            if let Some(view) = worker.query(job, sql, self.known_tables(sql))? {
                return Ok(view);
            }
            self.define_known(sql)?;
        }
        with_large_stack(|| self.query_here(job, sql))
    }

    fn query_here(&self, job: JobId, sql: &str) -> Result<ResultView, QueryError> {
        let started = Instant::now();
        let conn = self.inner.pool.connect()?;
        let statement = statement::read(&conn, sql)?;
        conn.set_query_progress_tracking(true)?;
        self.inner.jobs.run(job, &conn, self.options().query_timeout, || match statement {
            Statement::Rows(checked) => {
                let table = self.new_table();
                Placed::create_table(&table, &checked, sql).run(&conn)?;
                self.keep(&conn, table, started)
            }
            Statement::Explain(is_analyze, checked, start) => {
                let lines = Placed::explain(is_analyze, &checked, sql, start).plan(&conn)?;
                let table = self.new_table();
                self.keep_lines(&conn, table, &lines, started)
            }
        })
    }

    /// Columns, types, ranges and shares of nulls of a table, one row per column.
    ///
    /// # Errors
    /// If the table has no view, or its files cannot be read.
    pub fn summarize(&self, job: JobId, table: &TableRef) -> Result<ResultView, QueryError> {
        let started = Instant::now();
        self.define(std::slice::from_ref(table))?;
        let conn = self.inner.pool.connect()?;
        conn.set_query_progress_tracking(true)?;
        let sql = Sql::new("SUMMARIZE ").sql(&crate::results::views::view_name(table));
        let limit = self.options().query_timeout;
        self.inner.jobs.run(job, &conn, limit, || self.keep_select(&conn, &sql, started))
    }

    fn keep_lines(
        &self,
        conn: &Connection,
        table: OwnTable,
        lines: &[String],
        started: Instant,
    ) -> Result<ResultView, QueryError> {
        let create = Sql::new("CREATE TABLE ").sql(&table.sql()).add(" (plan VARCHAR)");
        conn.execute_batch(create.as_str())?;
        let insert = Sql::new("INSERT INTO ").sql(&table.sql()).add(" VALUES (?)");
        let mut statement = conn.prepare(insert.as_str())?;
        for line in lines {
            statement.execute([line])?;
        }
        drop(statement);
        self.keep(conn, table, started)
    }

    /// Keeps rows of the caller as a result.
    ///
    /// # Errors
    /// If the bytes are not an Arrow IPC stream, or hold a type that DuckDB does not take.
    pub fn put_result(&self, ipc: &[u8]) -> Result<ResultView, QueryError> {
        let started = Instant::now();
        let (schema, batches) = ipc::read(ipc)?;
        if schema.fields().is_empty() {
            return Err(QueryError::input("The rows have no columns", "Hand over at least one column"));
        }
        let table = self.new_table();
        let list = columns_without_zone(&schema);
        self.inner.pool.with(|conn| {
            let empty = RecordBatch::new_empty(schema);
            let select = Sql::new("SELECT ").sql(&list).add(" FROM ").ident(BATCH_FUNCTION).add("(?)");
            let create = Sql::new("CREATE TABLE ").sql(&table.sql()).add(" AS ").sql(&select);
            conn.execute(create.as_str(), [&ArrowBatchRegistration::new(empty)])?;
            let insert = Sql::new("INSERT INTO ").sql(&table.sql()).add(" ").sql(&select);
            for batch in batches {
                conn.execute(insert.as_str(), [&ArrowBatchRegistration::new(batch)])?;
            }
            self.keep(conn, table, started)
        })
    }
}

/// Timestamps with a zone become plain ones: both count microseconds of UTC.
fn columns_without_zone(schema: &SchemaRef) -> Sql {
    let plain = DuckType::timestamp();
    Sql::join(
        schema.fields().iter().map(|field| match field.data_type() {
            DataType::Timestamp(_, Some(_)) => cast(&Sql::name(field.name()), &plain).add(" AS ").ident(field.name()),
            _ => Sql::name(field.name()),
        }),
        ", ",
    )
}
