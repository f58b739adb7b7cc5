//! Gold models: one SELECT over the views, whole, in an order that does not depend on threads.

use crate::engine::ipc;
use crate::engine::{QueryEngine, with_large_stack};
use crate::error::QueryError;
use crate::sql::column::{DuckColumn, describe};
use crate::sql::duckdb_error::{Embedded, from_duckdb};
use crate::sql::statement::{self, Statement};
use crate::sql::text::Sql;

impl QueryEngine {
    /// Runs a model and gives all its rows as an Arrow IPC stream, sorted by all columns from the
    /// first on. Types are those that Delta has: whole numbers above 64 bit become `decimal(38,0)`,
    /// small ones `smallint`; times, intervals, uuids, enums, structs and maps become text;
    /// timestamps have no zone and mean UTC.
    ///
    /// # Errors
    /// If the text is not one SELECT, or DuckDB refuses it, with the place in the text.
    pub fn model(&self, sql: &str) -> Result<Vec<u8>, QueryError> {
        with_large_stack(|| self.model_here(sql))
    }

    /// Plans a gold model over the tables as they are and runs nothing.
    ///
    /// # Errors
    /// If the text is not one SELECT, or DuckDB refuses it, with the place in the text.
    pub fn check_model(&self, sql: &str) -> Result<(), QueryError> {
        with_large_stack(|| {
            let conn = self.inner.pool.connect()?;
            let Statement::Rows(checked) = statement::read(&conn, sql)? else {
                return Err(QueryError::input("A model is one SELECT", "Remove EXPLAIN"));
            };
            let head = Sql::new("EXPLAIN\n");
            let before = head.as_str().len();
            let explain = head.sql(&Sql::checked(&checked));
            conn.execute_batch(explain.as_str())
                .map_err(|error| from_duckdb(&error, Some(Embedded { text: sql, before, skipped: 0 })))
        })
    }

    fn model_here(&self, sql: &str) -> Result<Vec<u8>, QueryError> {
        let conn = self.inner.pool.connect()?;
        let Statement::Rows(checked) = statement::read(&conn, sql)? else {
            return Err(QueryError::input("A model is one SELECT", "Remove EXPLAIN"));
        };
        let table = self.new_table();
        let head = Sql::new("CREATE TABLE ").sql(&table.sql()).add(" AS\n");
        let before = head.as_str().len();
        let create = head.sql(&Sql::checked(&checked));
        conn.execute_batch(create.as_str())
            .map_err(|error| from_duckdb(&error, Some(Embedded { text: sql, before, skipped: 0 })))?;
        let columns = describe(&conn, &table.sql())?;
        let list = Sql::join(columns.iter().map(DuckColumn::delta_expression), ", ");
        let select = Sql::new("SELECT ").sql(&list).add(" FROM ").sql(&table.sql()).add(" ORDER BY ALL");
        ipc::all_batches(&conn, select.as_str())
    }
}
