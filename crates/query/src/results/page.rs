//! Pages of a result.

use crate::engine::QueryEngine;
use crate::engine::ipc;
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
        let range = |column: Sql| {
            let below = Sql::new(" AND ").sql(&column).add(" < ").number(last);
            column.add(" >= ").number(first).sql(&below)
        };
        let sql = match &stored.index {
            None => Sql::new("SELECT ")
                .sql(&page_list(&stored.columns, ""))
                .add(" FROM ")
                .sql(&stored.base.sql())
                .add(" WHERE ")
                .sql(&range(Sql::new("rowid")))
                .add(" ORDER BY rowid"),
            Some(index) => Sql::new("SELECT ")
                .sql(&page_list(&stored.columns, "sluice_b."))
                .add(" FROM (SELECT rowid AS sluice_p, sluice_o FROM ")
                .sql(&index.sql())
                .add(" WHERE ")
                .sql(&range(Sql::new("rowid")))
                .add(") sluice_i JOIN ")
                .sql(&stored.base.sql())
                .add(" sluice_b ON sluice_b.rowid = sluice_i.sluice_o ORDER BY sluice_i.sluice_p"),
        };
        self.inner.pool.with(|conn| ipc::one_batch(conn, sql.as_str(), []))
    }
}
