//! The tables of the lake as views.

use crate::engine::QueryEngine;
use crate::error::QueryError;
use crate::files::relation::{Missing, Relation};
use crate::files::table_files::TableFiles;
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
    /// # Errors
    /// If a file cannot be read; the other tables are defined all the same, and the first error is
    /// given.
    pub fn set_tables(&self, tables: &[TableFiles]) -> Result<(), QueryError> {
        let mut known = self.inner.views.lock().unwrap_or_else(PoisonError::into_inner);
        let mut first = None;
        self.inner.pool.with(|conn| {
            for new in tables {
                if known.get(&new.table) == Some(new) {
                    continue;
                }
                let defined = Relation::open(conn, &new.files, &new.columns, Missing::Null).and_then(|relation| {
                    let relation = relation.of_schema(&new.columns);
                    let schema = Sql::new("CREATE SCHEMA IF NOT EXISTS ")
                        .add(new.table.layer.as_str())
                        .add(".")
                        .ident(&new.table.name.dataset);
                    conn.execute_batch(schema.as_str())?;
                    let view = Sql::new("CREATE OR REPLACE VIEW ")
                        .sql(&view_name(&new.table))
                        .add(" AS FROM ")
                        .sql(&relation.sql);
                    conn.execute_batch(view.as_str()).map_err(QueryError::from)
                });
                match defined {
                    Ok(()) => {
                        known.insert(new.table.clone(), new.clone());
                    }
                    Err(error) => {
                        known.remove(&new.table);
                        let mut error = error;
                        error.message = format!("{}: {}", new.table, error.message);
                        first.get_or_insert(error);
                    }
                }
            }
            Ok(())
        })?;
        first.map_or(Ok(()), Err)
    }

    /// All rows of one version of a table as a result, for refining a version that has no view.
    ///
    /// # Errors
    /// If a file cannot be read.
    pub fn table_result(&self, table: &TableFiles) -> Result<ResultView, QueryError> {
        let started = Instant::now();
        let conn = self.inner.pool.connect()?;
        let relation = Relation::open(&conn, &table.files, &table.columns, Missing::Null)?.of_schema(&table.columns);
        self.keep_select(&conn, &Sql::new("FROM ").sql(&relation.sql), started)
    }

    /// Columns of a table as SQL sees it.
    ///
    /// # Errors
    /// If there is no view of that name, or its files cannot be read.
    pub fn columns_of(&self, table: &TableRef) -> Result<Vec<ResultColumn>, QueryError> {
        let columns = self.inner.pool.with(|conn| describe(conn, &view_name(table)))?;
        Ok(columns.iter().map(DuckColumn::view).collect())
    }
}
