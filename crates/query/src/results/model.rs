//! Gold models: one SELECT over the views, whole, in an order that does not depend on threads.

use crate::engine::ipc;
use crate::engine::{QueryEngine, with_large_stack};
use crate::error::QueryError;
use crate::results::placed::{Placed, read_model};
use crate::sql::column::{DuckColumn, describe};
use crate::sql::text::Sql;
use sluice_api::JobId;
use std::io::Write;

impl QueryEngine {
    /// Runs a model and gives all its rows as an Arrow IPC stream, sorted by all columns from the
    /// first on. Types are those that Delta has: whole numbers above 64 bit become `decimal(38,0)`,
    /// small ones `smallint`; times, intervals, uuids, enums, structs and maps become text;
    /// timestamps have no zone and mean UTC.
    ///
    /// # Errors
    /// If the text is not one SELECT, or DuckDB refuses it, with the place in the text; if it takes longer than a
    /// model may, or `job` was cancelled.
    pub fn model(&self, job: JobId, sql: &str) -> Result<Vec<u8>, QueryError> {
        if let Some(worker) = &self.inner.worker {
            let tables = self.known_tables(sql);
            if let Some(bytes) = worker.model(job, sql, tables)? {
                return Ok(bytes);
            }
            self.define_known(sql)?;
        }
        let mut bytes = Vec::new();
        self.model_to(job, sql, &mut bytes)?;
        Ok(bytes)
    }

    /// Plans a gold model over the tables as they are and runs nothing.
    ///
    /// # Errors
    /// If the text is not one SELECT, or DuckDB refuses it, with the place in the text.
    pub fn check_model(&self, sql: &str) -> Result<(), QueryError> {
        if self.inner.worker.is_some() {
            self.define_known(sql)?;
        }
        with_large_stack(|| {
            let conn = self.inner.pool.connect()?;
            Placed::explain(false, &read_model(&conn, sql)?, sql, 0).run(&conn)
        })
    }

    /// The same in this process, to `out`.
    pub(crate) fn model_to(&self, job: JobId, sql: &str, out: &mut (dyn Write + Send)) -> Result<(), QueryError> {
        with_large_stack(|| self.model_here(job, sql, out))
    }

    fn model_here(&self, job: JobId, sql: &str, out: &mut dyn Write) -> Result<(), QueryError> {
        let conn = self.inner.pool.connect()?;
        let checked = read_model(&conn, sql)?;
        self.inner.jobs.run(job, &conn, self.options().model_timeout, || {
            let table = self.new_table();
            Placed::create_table(&table, &checked, sql).run(&conn)?;
            let columns = describe(&conn, &table.sql())?;
            let list = Sql::join(columns.iter().map(DuckColumn::delta_expression), ", ");
            let select = Sql::new("SELECT ").sql(&list).add(" FROM ").sql(&table.sql()).add(" ORDER BY ALL");
            ipc::all_batches(&conn, select.as_str(), out)
        })
    }
}
