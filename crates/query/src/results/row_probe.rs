//! The row of one key in a version, looked at for one of its values.

use crate::engine::QueryEngine;
use crate::error::QueryError;
use crate::files::relation::{Missing, Relation};
use crate::files::table_files::TableFiles;
use crate::sql::column::{DuckColumn, cast, has_value};
use crate::sql::text::Sql;
use crate::sql::types::DuckType;
use duckdb::Connection;
use sluice_api::Layer;

/// What is looked for.
#[derive(Clone, Debug)]
pub struct RowProbe {
    /// Columns of the key, or others that name rows, each with its value as text.
    pub key: Vec<(String, String)>,
    /// A column and the value that it has to have, `None` for null; without it only whether there is a row counts.
    pub value: Option<(String, Option<String>)>,
}

/// What a version has of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProbedRow {
    /// Current rows of the key.
    pub rows: u64,
    /// Of those, rows with the value.
    pub with_value: u64,
    /// Value of the column in one of the rows as text; `None` if there is no row, no such column, or it is null.
    pub shown: Option<String>,
}

impl QueryEngine {
    /// Looks at the current rows of a key in a version.
    ///
    /// # Errors
    /// If a value is not of its column's type, the version has no column of the key, or a file cannot be read.
    pub fn probe_row(&self, version: &TableFiles, probe: &RowProbe) -> Result<ProbedRow, QueryError> {
        self.inner.pool.with(|conn| {
            let relation = Relation::open(conn, &version.files, &version.columns, Missing::Null)?;
            let relation = relation.of_schema(&version.columns);
            let relation =
                if version.table.layer == Layer::Silver { relation.current_rows_of_silver() } else { relation };
            let mut named = Vec::with_capacity(probe.key.len());
            for (name, text) in &probe.key {
                let column = relation.column(name).ok_or_else(|| {
                    QueryError::input(format!("There is no column `{name}`"), "Name the columns of the table's key")
                })?;
                named.push(has_value(conn, column, text)?);
            }
            let has_value = match &probe.value {
                None => Sql::new("true"),
                Some((name, value)) => match relation.column(name) {
                    Some(column) => is_value(conn, column, value.as_deref())?,
                    // A column that a version does not have yet is null in it.
                    None if value.is_none() => Sql::new("true"),
                    None => Sql::new("false"),
                },
            };
            let shown = probe.value.as_ref().and_then(|(name, _)| relation.column(name));
            let shown = shown.map_or_else(|| Sql::new("NULL"), |column| Sql::name(&column.name));
            let select = Sql::new("SELECT count(*), count(*) FILTER (WHERE ")
                .sql(&has_value)
                .add("), min(")
                .sql(&cast(&shown, &DuckType::text()))
                .add(") FROM ")
                .sql(&relation.sql)
                .add(" WHERE ")
                .sql(&Sql::join(named, " AND "));
            Ok(conn.query_row(select.as_str(), [], |row| {
                Ok(ProbedRow { rows: row.get(0)?, with_value: row.get(1)?, shown: row.get(2)? })
            })?)
        })
    }
}

/// The condition that a column has a value, or is null.
fn is_value(conn: &Connection, column: &DuckColumn, value: Option<&str>) -> Result<Sql, QueryError> {
    match value {
        Some(text) => has_value(conn, column, text),
        None => Ok(Sql::name(&column.name).add(" IS NULL")),
    }
}
