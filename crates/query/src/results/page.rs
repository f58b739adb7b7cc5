//! Pages of a result.

use crate::engine::QueryEngine;
use crate::engine::ipc;
use crate::engine::result_store::Stored;
use crate::error::QueryError;
use crate::sql::column::page_list;
use crate::sql::text::Sql;
use sluice_api::PageRequest;
use sluice_contract::limits::PAGE_ROWS_MAX;

impl QueryEngine {
    /// Rows of a result as one Arrow IPC stream of one batch, at most 1,000, in the order of the
    /// result. Beyond the end the batch is empty.
    ///
    /// Timestamps leave as microseconds without a zone (UTC is meant), infinity as the largest 64 bit
    /// number; types that Delta does not have leave as text.
    ///
    /// # Errors
    /// If the result is gone, or DuckDB fails.
    pub fn page(&self, page: PageRequest) -> Result<Vec<u8>, QueryError> {
        if let Some(worker) = &self.inner.worker
            && worker.holds(page.result)
        {
            return worker.page(page);
        }
        let stored = self.inner.results.get(page.result)?;
        let rows = u64::from(page.rows.min(PAGE_ROWS_MAX));
        let first = page.first_row.min(stored.rows);
        let last = first.saturating_add(rows).min(stored.rows);
        let sql = rows_in_order(&stored, Some((first, last)));
        self.inner.pool.with(|conn| ipc::one_batch(conn, sql.as_str(), []))
    }
}

/// The rows of a result in its order, all or those of a range of ordinals: from the first on, before the last.
pub(crate) fn rows_in_order(stored: &Stored, range: Option<(u64, u64)>) -> Sql {
    let of_range = || match range {
        Some((first, last)) => Sql::new(" WHERE rowid >= ").number(first).add(" AND rowid < ").number(last),
        None => Sql::default(),
    };
    match &stored.index {
        None => Sql::new("SELECT ")
            .sql(&page_list(&stored.columns, ""))
            .add(" FROM ")
            .sql(&stored.base.sql())
            .sql(&of_range())
            .add(" ORDER BY rowid"),
        Some(index) => Sql::new("SELECT ")
            .sql(&page_list(&stored.columns, "sluice_b."))
            .add(" FROM (SELECT rowid AS sluice_p, sluice_o FROM ")
            .sql(&index.sql())
            .sql(&of_range())
            .add(") sluice_i JOIN ")
            .sql(&stored.base.sql())
            .add(" sluice_b ON sluice_b.rowid = sluice_i.sluice_o ORDER BY sluice_i.sluice_p"),
    }
}
