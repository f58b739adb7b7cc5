//! Statements that read tables as they were.
//!
//! Each table with AT is replaced by a view of its version, under the name that the rest of the statement calls it by.
//! What replaces it is filled up to the same length, so that places in error messages stay right.

use crate::engine::{QueryEngine, with_large_stack};
use crate::error::QueryError;
use crate::files::table_files::TableFiles;
use crate::results::views::view_name;
use crate::sql::ast::past_view;
use crate::sql::past::{Meant, PastTable};
use crate::sql::statement;
use crate::sql::text::Sql;
use sluice_api::TableRef;
use std::sync::PoisonError;

impl QueryEngine {
    /// The tables that a statement reads as they were, in the order of the text; none if it cannot be parsed, which
    /// running it tells.
    ///
    /// # Errors
    /// If a clause names neither a version nor a time.
    pub fn past_tables(&self, sql: &str) -> Result<Vec<PastTable>, QueryError> {
        with_large_stack(|| self.inner.pool.with(|conn| statement::past_tables(conn, sql, Meant::Past)))
    }

    /// All tables of the lake that a statement reads, those that it reads as they were too.
    ///
    /// # Errors
    /// As [`QueryEngine::past_tables`].
    pub fn all_tables(&self, sql: &str) -> Result<Vec<PastTable>, QueryError> {
        with_large_stack(|| self.inner.pool.with(|conn| statement::past_tables(conn, sql, Meant::All)))
    }

    /// The statement with these tables, each with its version and the files of that, in place of [`PastTable`]s.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn with_past_tables(&self, sql: &str, tables: Vec<(PastTable, u64, TableFiles)>) -> Result<String, QueryError> {
        let mut text = String::with_capacity(sql.len());
        let mut done = 0;
        let mut views = Vec::with_capacity(tables.len());
        for (past, version, files) in tables {
            let view = self.view_of_version(&past.table, version);
            let named = Sql::new("").sql(&view_name(&view)).add(" AS ").ident(&past.alias);
            let columns = Sql::join(past.columns.iter().map(|name| Sql::name(name)), ", ");
            let named = if past.columns.is_empty() { named } else { named.add("(").sql(&columns).add(")") };
            let (Some(before), Some(replaced)) = (sql.get(done..past.place.start), sql.get(past.place.clone())) else {
                return Err(QueryError::internal("A table of the SQL is not where the parser says"));
            };
            text.push_str(before);
            text.push_str(named.as_str());
            let fill = replaced.chars().skip(named.as_str().chars().count());
            text.extend(fill.map(|c| if c == '\n' { '\n' } else { ' ' }));
            done = past.place.end;
            views.push(TableFiles { table: view, ..files });
        }
        text.push_str(sql.get(done..).unwrap_or_default());
        self.set_tables(&views)?;
        Ok(text)
    }

    /// The table that stands for a version of another one, by a name that none of the lake can have.
    fn view_of_version(&self, table: &TableRef, version: u64) -> TableRef {
        let wanted = (table.clone(), version);
        let mut known = self.inner.past.lock().unwrap_or_else(PoisonError::into_inner);
        let number = known.iter().position(|of| *of == wanted).unwrap_or_else(|| {
            known.push(wanted);
            known.len() - 1
        });
        past_view(&number.to_string(), table)
    }
}
