//! Filtered and sorted views of a result.

use crate::engine::ipc;
use crate::engine::jobs::within;
use crate::engine::result_store::Stored;
use crate::engine::{QueryEngine, with_large_stack};
use crate::error::QueryError;
use crate::results::keep::count;
use crate::results::page::rows_in_order;
use crate::sql::duckdb_error::{Embedded, from_duckdb};
use crate::sql::statement;
use crate::sql::text::Sql;
use sluice_api::{ResultId, ResultView};
use std::sync::Arc;
use std::time::Instant;

/// Rows of a result of this process that go to another one to be filtered: those of a quarantine or a difference. More
/// are filtered here, within the limit of time and DuckDB's own of memory.
const COPIED_ROWS_MAX: u64 = 1_000_000;
/// Bytes of them.
const COPIED_BYTES_MAX: usize = 128 << 20;

impl QueryEngine {
    /// A filtered, sorted view of a result, or of a refined one. Costs eight bytes a row: only the
    /// ordinals of the rows are kept, and the rows stay where they are. Without `order_by` the order
    /// of `result` stays.
    ///
    /// # Errors
    /// If the result is gone, or `filter` or `order_by` is not one SQL expression, or one order, over
    /// its columns.
    pub fn refine(
        &self,
        result: ResultId,
        filter: Option<&str>,
        order_by: Option<&str>,
    ) -> Result<ResultView, QueryError> {
        let started = Instant::now();
        if let Some(worker) = &self.inner.worker
            && worker.holds(result)
        {
            return worker.refine(result, filter, order_by);
        }
        let base = self.inner.results.get(result)?;
        let filter = filter.filter(|text| !text.trim().is_empty());
        let order_by = order_by.filter(|text| !text.trim().is_empty());
        if filter.is_none() && order_by.is_none() {
            return Ok(self.store(base, started));
        }
        if let Some(worker) = &self.inner.worker
            && let Some(rows) = self.rows_to_copy(&base)?
            && let Some(view) = worker.refine_rows(rows, filter, order_by)?
        {
            return Ok(view);
        }
        with_large_stack(|| self.refine_here(base, filter, order_by, started))
    }

    /// The rows of a result of this process, for the one in which people's SQL runs; `None` if they are more than go
    /// there.
    fn rows_to_copy(&self, base: &Stored) -> Result<Option<Vec<u8>>, QueryError> {
        if base.rows > COPIED_ROWS_MAX {
            return Ok(None);
        }
        let sql = rows_in_order(base, None);
        let mut rows = Vec::new();
        self.inner.pool.with(|conn| ipc::all_batches(conn, sql.as_str(), &mut rows))?;
        Ok((rows.len() <= COPIED_BYTES_MAX).then_some(rows))
    }

    fn refine_here(
        &self,
        base: Stored,
        filter: Option<&str>,
        order_by: Option<&str>,
        started: Instant,
    ) -> Result<ResultView, QueryError> {
        let table = self.new_table();
        let conn = self.inner.pool.connect()?;
        let mut embedded = None;
        let rows = rows_by_name(&base);
        let mut sql = Sql::new("CREATE TABLE ").sql(&table.sql()).add(" AS SELECT ");
        sql = match &base.index {
            None => sql.add("sluice_row AS sluice_o FROM ").sql(&rows).add(" sluice_b"),
            Some(index) => sql
                .add("sluice_o FROM (SELECT rowid AS sluice_p, sluice_o FROM ")
                .sql(&index.sql())
                .add(") sluice_i JOIN ")
                .sql(&rows)
                .add(" sluice_b ON sluice_b.sluice_row = sluice_i.sluice_o"),
        };
        if let Some(text) = filter {
            sql = sql.add(" WHERE (\n");
            embedded = Some(Embedded { text, before: sql.as_str().len(), skipped: 0 });
            sql = sql.sql(&Sql::checked(&statement::condition(&conn, text)?)).add("\n)");
        }
        let position = Sql::new(if base.index.is_some() { "sluice_p" } else { "sluice_row" });
        sql = sql.add(" ORDER BY\n");
        if let Some(text) = order_by {
            embedded = embedded.or(Some(Embedded { text, before: sql.as_str().len(), skipped: 0 }));
            sql = sql.sql(&Sql::checked(&statement::order(&conn, text)?)).add("\n, ");
        }
        sql = sql.sql(&position);
        let rows = within(&conn, self.options().query_timeout, || {
            conn.execute_batch(sql.as_str()).map_err(|error| from_duckdb(&error, embedded))?;
            count(&conn, &table.sql())
        })?;
        let stored = Stored { index: Some(Arc::new(table)), rows, ..base };
        Ok(self.store(stored, started))
    }
}

/// The rows with their ordinals. Those of a difference (`_change`, `old.c`, `new.c`) also by shorter names: `old.c` and
/// `new.c` without quotes, and `c` for the row's value, of a deleted row the last one.
fn rows_by_name(base: &Stored) -> Sql {
    let mut list = vec![Sql::new("rowid AS sluice_row"), Sql::new("*")];
    let names: Vec<&str> = base.columns.iter().map(|column| column.name.as_str()).collect();
    let is_free = |name: &str| names.iter().all(|other| !other.eq_ignore_ascii_case(name));
    let pairs: Vec<&str> = names
        .iter()
        .filter_map(|name| name.strip_prefix("old."))
        .filter(|name| names.iter().any(|other| other.strip_prefix("new.") == Some(*name)))
        .collect();
    if names.first() == Some(&"_change") && !pairs.is_empty() {
        for (side, prefix) in [("old", "old."), ("new", "new.")].into_iter().filter(|(side, _)| is_free(side)) {
            let fields = pairs.iter().map(|name| Sql::name(name).add(" := ").ident(&[prefix, name].concat()));
            let fields = Sql::join(fields, ", ");
            list.push(Sql::new("struct_pack(").sql(&fields).add(") AS ").sql(&Sql::name(side)));
        }
        let ty = |name: &str| base.columns.iter().find(|column| column.name == name).map(|column| &column.ty);
        for name in pairs.iter().filter(|name| is_free(name)) {
            let (old, new) = (["old.", name].concat(), ["new.", name].concat());
            // A column whose type changed to one that is no relative has its two values alone.
            if !ty(&old).zip(ty(&new)).is_some_and(|(old, new)| old.comparable(new)) {
                continue;
            }
            let value = Sql::new("CASE WHEN \"_change\" = '-' THEN ").ident(&old).add(" ELSE ").ident(&new);
            list.push(value.add(" END AS ").ident(name));
        }
    }
    Sql::new("(SELECT ").sql(&Sql::join(list, ", ")).add(" FROM ").sql(&base.base.sql()).add(")")
}
