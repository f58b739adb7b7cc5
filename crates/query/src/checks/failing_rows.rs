//! Rows that fail a check.

use crate::checks::evaluator;
use crate::checks::rules::all;
use crate::checks::run::CheckInput;
use crate::engine::QueryEngine;
use crate::engine::jobs::within;
use crate::error::QueryError;
use crate::sql::text::Sql;
use sluice_api::ResultView;
use sluice_contract::limits::FAILING_ROWS_MAX;
use std::time::Instant;

impl QueryEngine {
    /// At most `limit` rows (never more than 1,000) that fail the check of that index, with all
    /// columns, system columns too, in the order of the key. A check of the whole table, such as
    /// `row_count`, has none.
    ///
    /// # Errors
    /// If there is no such check, if it cannot be evaluated, or if the files cannot be read.
    pub fn failing_rows(&self, input: &CheckInput<'_>, check_index: u32, limit: u64) -> Result<ResultView, QueryError> {
        let started = Instant::now();
        let contract = input.contract;
        let rules = all(contract);
        let rule = usize::try_from(check_index).ok().and_then(|at| rules.get(at)).ok_or_else(|| {
            QueryError::not_found(
                format!("{} has no check number {check_index}", contract.name),
                "Run the checks again, the contract has changed",
            )
        })?;
        let conn = self.inner.pool.connect()?;
        let relation = input.rows(&conn)?;
        let cx = input.context(&conn, &relation);
        let evaluator = evaluator(&rule.check);
        let missing = rule.check.columns().into_iter().find_map(|name| cx.column(name).err());
        let rows = missing
            .map_or_else(|| evaluator.failing_rows(&cx), Err)
            .map_err(|reason| QueryError::input(reason, "Correct the contract, then run the checks again"))?
            .unwrap_or_else(|| Sql::new("SELECT * FROM ").sql(&relation.sql).add(" WHERE false"));
        let order: Vec<Sql> = evaluator
            .sorted_by()
            .iter()
            .chain(&contract.apply.key)
            .filter(|name| relation.column(name).is_some())
            .map(|name| Sql::name(name))
            .collect();
        let order = if order.is_empty() { Sql::new("ALL") } else { Sql::join(order, ", ") };
        let sql = Sql::new("SELECT * FROM (")
            .sql(&rows)
            .add(") ORDER BY ")
            .sql(&order)
            .add(" LIMIT ")
            .number(limit.min(FAILING_ROWS_MAX));
        within(&conn, self.options().check_timeout, || self.keep_select(&conn, &sql, started))
    }
}
