//! What changed between two versions of a table.

mod changed_rows;
mod filtered;
pub(crate) mod input;
pub(crate) mod key;
pub(crate) mod row_history;
pub(crate) mod steps;

use crate::diff::changed_rows::{Pair, changed_rows, counted_rows, pairs, takes_part};
use crate::diff::input::DiffInput;
use crate::diff::key::{Keyed, keyed};
use crate::engine::QueryEngine;
use crate::error::QueryError;
use crate::sql::text::Sql;
use duckdb::Connection;
use sluice_api::{DiffColumn, DiffView, KeyOrigin, ResultId, ResultView, SchemaChange, TableRef};
use std::time::Instant;

impl QueryEngine {
    /// Compares two versions of a table by key, reading only rows that came or went. Null equals null
    /// and NaN equals NaN; a column of one side only is null on the other.
    ///
    /// # Errors
    /// If it was cancelled, the key is empty or missing on a side, a key that the caller names is not unique, the
    /// condition is not one, or a file cannot be read.
    pub fn diff(&self, input: &DiffInput<'_>) -> Result<DiffView, QueryError> {
        let started = Instant::now();
        let conn = self.inner.pool.connect()?;
        self.inner.jobs.run(input.job, &conn, self.options().model_timeout, || self.diff_on(&conn, input, started))
    }

    fn diff_on(&self, conn: &Connection, input: &DiffInput<'_>, started: Instant) -> Result<DiffView, QueryError> {
        let DiffInput { table, from, to, before: before_columns, after: after_columns, ignore, .. } = *input;
        let Keyed { old, new, key, by } = keyed(conn, input)?;
        let pairs = pairs(&old.columns, &new.columns, &key, ignore);
        let pairs = with_tolerance(pairs, input.tolerance)?;
        let (keys, rows) = match by {
            KeyOrigin::WholeRows(_) => (Vec::new(), counted_rows(table, &old, &new, &pairs)?),
            _ => {
                let keys = key_positions(table, &key, &pairs)?;
                let rows = changed_rows(&old, &new, &pairs, &keys);
                (keys, rows)
            }
        };
        let all = self.keep_select(conn, &rows, started)?;
        let counted = match self.changes(conn, &all, &pairs, &keys) {
            Ok(counted) => counted,
            Err(error) => {
                self.drop_result(all.id);
                return Err(error);
            }
        };
        let unchanged = input.rows_before.saturating_sub(counted.deleted + counted.updated);
        let changed_in_all = input.filter.map(|_| all.rows);
        let (result, changes) = match input.filter {
            Some(condition) => self.filtered(&all, condition, &pairs, &keys)?,
            None => (all, counted),
        };
        let mut columns: Vec<DiffColumn> = pairs
            .iter()
            .enumerate()
            .map(|(at, pair)| DiffColumn {
                name: pair.name.clone(),
                data_type: type_of(pair, before_columns, after_columns),
                key: keys.contains(&at),
                changed: changes.columns.get(at).copied().unwrap_or_default(),
            })
            .collect();
        columns.sort_by_key(|column| std::cmp::Reverse(column.changed));
        Ok(DiffView {
            table: table.clone(),
            from,
            to,
            inserted: changes.inserted,
            updated: changes.updated,
            deleted: changes.deleted,
            unchanged,
            schema: schema_changes(before_columns, after_columns, &key, ignore),
            columns,
            result,
            of: None,
            sides: None,
            by,
            changed_in_all,
            elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// Counts over the changed rows.
    fn changes(
        &self,
        conn: &Connection,
        result: &ResultView,
        pairs: &[Pair],
        keys: &[usize],
    ) -> Result<Changes, QueryError> {
        let stored = self.inner.results.get(ResultId(result.id.0))?;
        let mut list = vec![
            Sql::new("count(*) FILTER (WHERE \"_change\" = '+')"),
            Sql::new("count(*) FILTER (WHERE \"_change\" = '~')"),
            Sql::new("count(*) FILTER (WHERE \"_change\" = '-')"),
        ];
        for (at, pair) in pairs.iter().enumerate() {
            if keys.contains(&at) {
                list.push(Sql::new("0"));
                continue;
            }
            list.push(Sql::new("count(*) FILTER (WHERE ").sql(&pair.changed()).add(")"));
        }
        let sql = Sql::new("SELECT ").sql(&Sql::join(list, ", ")).add(" FROM ").sql(&stored.base.sql());
        let changes = conn.query_row(sql.as_str(), [], |row| {
            let count = |at: usize| row.get::<_, i64>(at).map(i64::unsigned_abs);
            Ok(Changes {
                inserted: count(0)?,
                updated: count(1)?,
                deleted: count(2)?,
                columns: (0..pairs.len()).map(|at| count(at + 3)).collect::<Result<_, _>>()?,
            })
        })?;
        Ok(changes)
    }
}

struct Changes {
    inserted: u64,
    updated: u64,
    deleted: u64,
    columns: Vec<u64>,
}

/// The same pairs, of which some allow for a difference.
fn with_tolerance(mut pairs: Vec<Pair>, tolerance: &[(String, f64)]) -> Result<Vec<Pair>, QueryError> {
    for (name, by) in tolerance {
        let refused = |why: &str| {
            QueryError::input(
                format!("Column `{name}` {why}"),
                "Give a tolerance of 0 or more for a column of numbers that both sides have",
            )
        };
        if !by.is_finite() || *by < 0.0 {
            return Err(refused("has a tolerance that is no number of 0 or more"));
        }
        let pair = pairs.iter_mut().find(|pair| pair.name == *name).ok_or_else(|| refused("takes no part"))?;
        if !pair.is_numeric() {
            return Err(refused("is not a column of numbers on both sides"));
        }
        pair.tolerance = Some(*by);
    }
    Ok(pairs)
}

fn key_positions(table: &TableRef, key: &[String], pairs: &[Pair]) -> Result<Vec<usize>, QueryError> {
    let missing = |what: String| QueryError::input(what, "Compare versions that both have the key of the contract");
    if key.is_empty() {
        return Err(missing(format!("{table} has no key")));
    }
    key.iter()
        .map(|name| {
            pairs
                .iter()
                .position(|pair| &pair.name == name && pair.before.is_some() && pair.after.is_some())
                .ok_or_else(|| missing(format!("Key column `{name}` of {table} is not in both versions")))
        })
        .collect()
}

/// The word of the side after, else of the side before.
fn type_of(pair: &Pair, before: &[(String, String)], after: &[(String, String)]) -> String {
    after
        .iter()
        .chain(before)
        .find(|(name, _)| name == &pair.name)
        .map(|(_, word)| word.clone())
        .or_else(|| pair.after.as_ref().or(pair.before.as_ref()).map(|ty| ty.exported().word()))
        .unwrap_or_default()
}

fn schema_changes(
    before: &[(String, String)],
    after: &[(String, String)],
    key: &[String],
    ignore: &[&str],
) -> Vec<SchemaChange> {
    let counts = |name: &str| takes_part(name, key, ignore);
    let find = |side: &[(String, String)], name: &str| {
        side.iter().find(|(other, _)| other == name).map(|(_, word)| word.clone())
    };
    let mut changes = Vec::new();
    for (name, word) in after.iter().filter(|(name, _)| counts(name)) {
        let old = find(before, name);
        if old.as_ref() != Some(word) {
            changes.push(SchemaChange { column: name.clone(), before: old, after: Some(word.clone()) });
        }
    }
    for (name, word) in before.iter().filter(|(name, _)| counts(name)) {
        if find(after, name).is_none() {
            changes.push(SchemaChange { column: name.clone(), before: Some(word.clone()), after: None });
        }
    }
    changes
}
