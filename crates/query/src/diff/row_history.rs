//! What happened to the rows of one key.

use crate::engine::QueryEngine;
use crate::engine::result_store::OwnTable;
use crate::error::QueryError;
use crate::files::relation::{Missing, target_columns, value};
use crate::files::table_file::{FileGroup, TableFile};
use crate::sql::column::{describe, has_value};
use crate::sql::text::Sql;
use sluice_api::ResultView;
use std::path::PathBuf;
use std::time::Instant;

/// A row of a data file that has the key that was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRow {
    /// Number of the file among those that were searched.
    pub file: usize,
    /// Position in the file, from 0.
    pub row: u64,
    /// Equal for rows that are equal in all columns but those of Sluice (leading underscore).
    pub content: u64,
}

/// Rows that were found, deleted ones too.
pub struct FoundRows {
    /// Where they are.
    pub rows: Vec<FoundRow>,
    table: OwnTable,
}

/// Something that happened to a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowEvent {
    /// Version that it made.
    pub version: u64,
    /// When, milliseconds since the Unix epoch.
    pub time_ms: i64,
    /// Operation of the commit, for example `MERGE`.
    pub operation: String,
    /// `=`, `+`, `~` or `-`, see [`sluice_api::RowHistory`].
    pub change: char,
    /// Number of the row among [`FoundRows::rows`].
    pub found: usize,
}

impl QueryEngine {
    /// Looks for the rows of a key in data files. Whether a row is deleted does not matter here.
    /// `columns` are name and type, `key` is name and value as text.
    ///
    /// # Errors
    /// If a value is not of its column's type, a column is missing, or a file cannot be read.
    pub fn find_rows(
        &self,
        files: Vec<PathBuf>,
        columns: &[(String, String)],
        key: &[(String, String)],
    ) -> Result<FoundRows, QueryError> {
        let conn = self.inner.pool.connect()?;
        let table = self.new_table();
        let files: Vec<TableFile> = files.into_iter().map(TableFile::whole).collect();
        let groups = FileGroup::of(&files)?;
        let Some(group) = groups.first() else {
            let create = Sql::new("CREATE TABLE ").sql(&table.sql()).add(" (nothing BOOLEAN)");
            conn.execute_batch(create.as_str())?;
            return Ok(FoundRows { rows: Vec::new(), table });
        };
        let found = vec![describe(&conn, &group.read)?];
        FileGroup::place_is_visible(&found[0])?;
        let targets = target_columns(&found, columns, Missing::Null);
        let mut wanted = Vec::with_capacity(key.len());
        for (name, text) in key {
            let column =
                targets.iter().map(|target| &target.column).find(|column| column.name == *name).ok_or_else(|| {
                    QueryError::input(format!("There is no column `{name}`"), "Name the columns of the table's key")
                })?;
            wanted.push(has_value(&conn, column, text)?);
        }
        let list = Sql::join(targets.iter().map(|target| value(target, &found[0])), ", ");
        let data = targets.iter().map(|target| &target.column).filter(|column| !column.name.starts_with('_'));
        let content = Sql::join(data.map(|column| Sql::name(&column.name)), ", ");
        let create = Sql::new("CREATE TABLE ")
            .sql(&table.sql())
            .add(" AS SELECT hash(")
            .sql(&content)
            .add(") AS sluice_content, * FROM (SELECT file_index AS sluice_file, file_row_number AS sluice_row, ")
            .sql(&list)
            .add(" FROM ")
            .sql(&group.read)
            .add(") WHERE ")
            .sql(&Sql::join(wanted, " AND "));
        conn.execute_batch(create.as_str())?;
        let select = Sql::new("SELECT sluice_file::BIGINT, sluice_row::BIGINT, sluice_content::UBIGINT FROM ")
            .sql(&table.sql())
            .add(" ORDER BY rowid");
        let mut statement = conn.prepare(select.as_str())?;
        let rows = statement.query_map([], |row| {
            Ok(FoundRow {
                file: usize::try_from(row.get::<_, i64>(0)?).unwrap_or(usize::MAX),
                row: row.get::<_, i64>(1)?.unsigned_abs(),
                content: row.get(2)?,
            })
        })?;
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        drop(statement);
        Ok(FoundRows { rows, table })
    }

    /// Events of found rows as a result, in their order.
    ///
    /// # Errors
    /// If DuckDB fails.
    pub fn row_history(&self, found: &FoundRows, events: &[RowEvent]) -> Result<ResultView, QueryError> {
        let started = Instant::now();
        let mut values: Vec<Sql> = events
            .iter()
            .enumerate()
            .map(|(at, event)| {
                Sql::new("(")
                    .number(at as u64)
                    .add(", ")
                    .number(event.version)
                    .add(", ")
                    .number(event.time_ms.unsigned_abs())
                    .add(", ")
                    .text(&event.operation)
                    .add(", ")
                    .text(&event.change.to_string())
                    .add(", ")
                    .number(event.found as u64)
                    .add(")")
            })
            .collect();
        let none = values.is_empty();
        if none {
            values.push(Sql::new("(0, 0, 0, '', '', 0)"));
        }
        let columns = if found.rows.is_empty() {
            Sql::default()
        } else {
            Sql::new(", sluice_f.* EXCLUDE (sluice_file, sluice_row, sluice_content)")
        };
        let sql = Sql::new(
            "SELECT sluice_e.version::BIGINT AS _version, make_timestamp(sluice_e.ms::BIGINT * 1000) AS _time, \
             sluice_e.operation AS _operation, sluice_e.change AS _change",
        )
        .sql(&columns)
        .add(" FROM (VALUES ")
        .sql(&Sql::join(values, ", "))
        .add(") sluice_e(sluice_n, version, ms, operation, change, found) LEFT JOIN ")
        .sql(&found.table.sql())
        .add(" sluice_f ON sluice_f.rowid = sluice_e.found")
        .add(if none { " WHERE false" } else { "" })
        .add(" ORDER BY sluice_e.sluice_n");
        self.inner.pool.with(|conn| self.keep_select(conn, &sql, started))
    }
}
