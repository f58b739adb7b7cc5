//! `unique(c, …)`.

use crate::checks::evaluate::{CheckContext, Counts, Evaluate, Plan, all_filled, select_rows_and_nulls};
use crate::checks::words::{counted, plain};
use crate::files::relation::Relation;
use crate::sql::text::Sql;
use sluice_contract::{CheckLevel, CheckOutcome, Contract, Measured, Scd, Unique, Unit};
use std::collections::BTreeSet;

impl Evaluate for Unique {
    fn level(&self) -> CheckLevel {
        CheckLevel::Table
    }

    fn limit(&self) -> String {
        "no duplicate".to_owned()
    }

    fn observed(&self, measured: &Measured, failed: u64) -> String {
        match measured {
            Measured::Count { number: 0, .. } => "no duplicate".to_owned(),
            Measured::Count { number, .. } => {
                format!("{} in {}", counted(*number, "repeated value"), counted(failed, "row"))
            }
            other => plain(other),
        }
    }

    fn plan(&self, cx: &CheckContext<'_>) -> Result<Plan, String> {
        let sql = select_rows_and_nulls(cx.rows, &self.columns)
            .add("count(*), coalesce(sum(sluice_n), 0)::BIGINT FROM ")
            .sql(&duplicates(cx.rows, &self.columns));
        Ok(Plan::Own(sql))
    }

    fn outcome(&self, counts: Counts) -> CheckOutcome {
        let measured = Measured::Count { number: counts.groups, unit: Unit::Values };
        CheckOutcome::evaluated(counts.groups == 0, measured, counts.filled(), counts.failed)
    }

    /// A merge replaces all rows of a key, so the key stays unique if it is among the new rows.
    fn is_incremental(&self, contract: &Contract, _before: &CheckOutcome) -> bool {
        contract.apply.scd != Scd::Append && set(&self.columns) == set(&contract.apply.key)
    }

    fn failing_rows(&self, cx: &CheckContext<'_>) -> Result<Option<Sql>, String> {
        let same = self.columns.iter().map(|name| Sql::new("sluice_t.").ident(name).add(" = sluice_d.").ident(name));
        let sql = Sql::new("SELECT sluice_t.* FROM ")
            .sql(&cx.rows.sql)
            .add(" sluice_t SEMI JOIN ")
            .sql(&duplicates(cx.rows, &self.columns))
            .add(" sluice_d ON ")
            .sql(&Sql::join(same, " AND "));
        Ok(Some(sql))
    }

    fn sorted_by(&self) -> &[String] {
        &self.columns
    }
}

fn set(names: &[String]) -> BTreeSet<&str> {
    names.iter().map(String::as_str).collect()
}

/// The values that occur more than once, nulls left out: one row per value, with the number of its rows as
/// `sluice_n`.
fn duplicates(rows: &Relation, columns: &[String]) -> Sql {
    let names = Sql::join(columns.iter().map(|column| Sql::name(column)), ", ");
    Sql::new("(SELECT ")
        .sql(&names)
        .add(", count(*) AS sluice_n FROM ")
        .sql(&rows.sql)
        .add(" WHERE ")
        .sql(&all_filled(columns))
        .add(" GROUP BY ")
        .sql(&names)
        .add(" HAVING count(*) > 1)")
}
