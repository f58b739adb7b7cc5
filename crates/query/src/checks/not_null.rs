//! `not_null(c)`.

use crate::checks::evaluate::{CheckContext, Counts, Evaluate, Plan, Scan};
use crate::checks::words::{counted, plain};
use crate::sql::text::Sql;
use sluice_contract::{CheckLevel, CheckOutcome, Contract, Measured, NotNull, Unit};

impl Evaluate for NotNull {
    fn level(&self) -> CheckLevel {
        CheckLevel::Row
    }

    fn limit(&self) -> String {
        "no null".to_owned()
    }

    fn observed(&self, measured: &Measured, _failed: u64) -> String {
        match measured {
            Measured::Count { number, .. } => counted(*number, "null"),
            other => plain(other),
        }
    }

    fn plan(&self, _cx: &CheckContext<'_>) -> Result<Plan, String> {
        let failing = Some(Sql::name(&self.column).add(" IS NULL"));
        Ok(Plan::Scan(Scan { failing, ..Scan::default() }))
    }

    fn outcome(&self, counts: Counts) -> CheckOutcome {
        let measured = Measured::Count { number: counts.failed, unit: Unit::Rows };
        CheckOutcome::evaluated(counts.failed == 0, measured, counts.rows, counts.failed)
    }

    fn is_incremental(&self, _contract: &Contract, _before: &CheckOutcome) -> bool {
        true
    }
}
