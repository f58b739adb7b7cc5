//! Rows that fail a check.

use crate::checks::condition::{duplicates, failing};
use crate::checks::declared;
use crate::checks::rules;
use crate::engine::QueryEngine;
use crate::error::QueryError;
use crate::files::relation::{Missing, Relation};
use crate::files::table_file::TableFile;
use crate::sql::text::Sql;
use sluice_api::ResultView;
use sluice_contract::{Check, Contract, limits::FAILING_ROWS_MAX};
use std::time::Instant;

impl QueryEngine {
    /// At most `limit` rows (never more than 1,000) that fail the check of that index, with all
    /// columns, system columns too, in the order of the key. A check of the whole table, such as
    /// `row_count`, has none.
    ///
    /// # Errors
    /// If there is no such check, if it can not run, or if the files can not be read.
    pub fn failing_rows(
        &self,
        contract: &Contract,
        files: &[TableFile],
        check_index: u32,
        limit: u64,
    ) -> Result<ResultView, QueryError> {
        let started = Instant::now();
        let rules = check_rule::all(contract);
        let rule = usize::try_from(check_index).ok().and_then(|at| rules.get(at)).ok_or_else(|| {
            QueryError::not_found(
                format!("{} has no check number {check_index}", contract.name),
                "Run the checks again, the contract has changed",
            )
        })?;
        let conn = self.inner.connect()?;
        let relation = Relation::open(&conn, files, &declared(contract), Missing::Leave)?.judged(contract);
        let condition = failing(&conn, contract, &relation, &rule.check)
            .map_err(|cause| QueryError::input(cause, "Mend the contract, then run the checks again"))?;
        let rows = match (&rule.check, condition) {
            (Check::Unique { columns }, _) => {
                let on = Sql::join(
                    columns.iter().map(|name| Sql::new("sluice_t.").ident(name).add(" = sluice_d.").ident(name)),
                    " AND ",
                );
                Sql::new("SELECT sluice_t.* FROM ")
                    .sql(&relation.sql)
                    .add(" sluice_t SEMI JOIN ")
                    .sql(&duplicates(&relation, columns))
                    .add(" sluice_d ON ")
                    .sql(&on)
            }
            (_, Some(condition)) => Sql::new("SELECT * FROM ").sql(&relation.sql).add(" WHERE ").sql(&condition),
            (_, None) => Sql::new("SELECT * FROM ").sql(&relation.sql).add(" WHERE false"),
        };
        let first = match &rule.check {
            Check::Unique { columns } => columns.as_slice(),
            _ => &[],
        };
        let order: Vec<Sql> = first
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
        self.keep_select(&conn, &sql, started)
    }
}
