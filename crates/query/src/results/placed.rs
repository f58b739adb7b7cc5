//! A person's statement with words of ours before it. DuckDB's errors get their place in the person's text.

use crate::engine::result_store::OwnTable;
use crate::error::QueryError;
use crate::sql::duckdb_error::{Embedded, from_duckdb};
use crate::sql::statement::{self, Checked, Statement};
use crate::sql::text::Sql;
use duckdb::Connection;

/// SQL of ours that ends with the statement of a person.
pub(crate) struct Placed<'a> {
    sql: Sql,
    embedded: Embedded<'a>,
}

impl<'a> Placed<'a> {
    /// `CREATE TABLE own AS` the statement, which is `text`.
    pub(crate) fn create_table(table: &OwnTable, checked: &Checked, text: &'a str) -> Self {
        Self::after(Sql::new("CREATE TABLE ").sql(&table.sql()).add(" AS\n"), checked, text, 0)
    }

    /// `EXPLAIN` the statement, and `ANALYZE` it if so, which begins at byte `start` of `text`.
    pub(crate) fn explain(is_analyze: bool, checked: &Checked, text: &'a str, start: usize) -> Self {
        let head = if is_analyze { Sql::new("EXPLAIN ANALYZE\n") } else { Sql::new("EXPLAIN\n") };
        Self::after(head, checked, text, start)
    }

    fn after(head: Sql, checked: &Checked, text: &'a str, skipped: usize) -> Self {
        let embedded = Embedded { text, before: head.as_str().len(), skipped };
        Self { sql: head.sql(&Sql::checked(checked)), embedded }
    }

    /// Runs it.
    ///
    /// # Errors
    /// If DuckDB refuses it, with the place in the person's text.
    pub(crate) fn run(&self, conn: &Connection) -> Result<(), QueryError> {
        conn.execute_batch(self.sql.as_str()).map_err(|error| self.error(&error))
    }

    /// The lines of a plan.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub(crate) fn plan(&self, conn: &Connection) -> Result<Vec<String>, QueryError> {
        let read = || -> Result<Vec<String>, duckdb::Error> {
            conn.prepare(self.sql.as_str())?.query_map([], |row| row.get::<_, String>(1))?.collect()
        };
        let texts = read().map_err(|error| self.error(&error))?;
        Ok(texts.iter().flat_map(|text| text.lines()).map(str::to_owned).collect())
    }

    fn error(&self, error: &duckdb::Error) -> QueryError {
        from_duckdb(error, Some(self.embedded))
    }
}

/// Reads the one SELECT of a gold model.
///
/// # Errors
/// If the text is not one SELECT.
pub(crate) fn read_model(conn: &Connection, sql: &str) -> Result<Checked, QueryError> {
    match statement::read(conn, sql)? {
        Statement::Rows(checked) => Ok(checked),
        Statement::Explain(..) => Err(QueryError::input("A model is one SELECT", "Remove EXPLAIN")),
    }
}
