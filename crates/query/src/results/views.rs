//! The tables of the lake as views.

use crate::engine::QueryEngine;
use crate::error::QueryError;
use crate::files::relation::{Missing, Relation};
use crate::files::table_files::{TableFiles, View};
use crate::sql::column::{DuckColumn, describe};
use crate::sql::text::Sql;
use sluice_api::{ResultColumn, ResultView, TableRef};
use std::sync::PoisonError;
use std::time::Instant;

/// Name of the view of a table.
pub(crate) fn view_name(table: &TableRef) -> Sql {
    Sql::new(table.layer.as_str()).add(".").ident(&table.name.dataset).add(".").ident(&table.name.table)
}

impl QueryEngine {
    /// Defines `bronze|silver|gold.dataset.table` for these tables; others stay as they are, so that
    /// queries that run at the same time keep theirs. A table that is as it was costs nothing.
    /// Timestamps are shown without a zone, UTC is meant.
    ///
    /// Where people's SQL runs in a process of its own, that process defines them when a statement reads them.
    ///
    /// # Errors
    /// If a file cannot be read; the other tables are defined all the same, and the first error is
    /// given.
    pub fn set_tables(&self, tables: &[TableFiles]) -> Result<(), QueryError> {
        let mut known = self.inner.views.lock().unwrap_or_else(PoisonError::into_inner);
        let mut first = None;
        for new in tables {
            if known.get(&new.table).is_some_and(|view| view.files == *new) {
                continue;
            }
            let mut view = View { files: new.clone(), is_defined: false };
            match if self.inner.worker.is_some() { Ok(()) } else { self.define_view(&mut view) } {
                Ok(()) => {
                    known.insert(new.table.clone(), view);
                }
                Err(error) => {
                    known.remove(&new.table);
                    first.get_or_insert(error);
                }
            }
        }
        first.map_or(Ok(()), Err)
    }

    /// The files of the tables that `sql` reads, as far as they were set.
    pub(crate) fn known_tables(&self, sql: &str) -> Vec<TableFiles> {
        let read = self.tables_in(sql);
        let known = self.inner.views.lock().unwrap_or_else(PoisonError::into_inner);
        read.iter().filter_map(|table| known.get(table)).map(|view| view.files.clone()).collect()
    }

    /// Defines in this process what `sql` reads, as far as it was set.
    pub(crate) fn define_known(&self, sql: &str) -> Result<(), QueryError> {
        self.define(&self.tables_in(sql))
    }

    /// Defines tables in this process, as far as they were set.
    pub(crate) fn define(&self, tables: &[TableRef]) -> Result<(), QueryError> {
        let mut known = self.inner.views.lock().unwrap_or_else(PoisonError::into_inner);
        for table in tables {
            if let Some(view) = known.get_mut(table).filter(|view| !view.is_defined) {
                self.define_view(view)?;
            }
        }
        Ok(())
    }

    fn define_view(&self, view: &mut View) -> Result<(), QueryError> {
        let new = &view.files;
        let defined = self.inner.pool.with(|conn| {
            let relation = Relation::open(conn, &new.files, &new.columns, Missing::Null)?.of_schema(&new.columns);
            let schema = Sql::new("CREATE SCHEMA IF NOT EXISTS ")
                .add(new.table.layer.as_str())
                .add(".")
                .ident(&new.table.name.dataset);
            conn.execute_batch(schema.as_str())?;
            let create =
                Sql::new("CREATE OR REPLACE VIEW ").sql(&view_name(&new.table)).add(" AS FROM ").sql(&relation.sql);
            conn.execute_batch(create.as_str()).map_err(QueryError::from)
        });
        view.is_defined = defined.is_ok();
        defined.map_err(|error| QueryError { message: format!("{}: {}", new.table, error.message), ..error })
    }

    /// All rows of one version of a table as a result, for refining a version that has no view.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn table_result(&self, table: &TableFiles) -> Result<ResultView, QueryError> {
        let started = Instant::now();
        if let Some(worker) = &self.inner.worker
            && let Some(view) = worker.table_result(table)?
        {
            return Ok(view);
        }
        let conn = self.inner.pool.connect()?;
        let relation = Relation::open(&conn, &table.files, &table.columns, Missing::Null)?.of_schema(&table.columns);
        self.keep_select(&conn, &Sql::new("FROM ").sql(&relation.sql), started)
    }

    /// Columns of a table as SQL sees it.
    ///
    /// # Errors
    /// If there is no view of that name, or its files cannot be read.
    pub fn columns_of(&self, table: &TableRef) -> Result<Vec<ResultColumn>, QueryError> {
        self.define(std::slice::from_ref(table))?;
        let columns = self.inner.pool.with(|conn| describe(conn, &view_name(table)))?;
        Ok(columns.iter().map(DuckColumn::view).collect())
    }
}
