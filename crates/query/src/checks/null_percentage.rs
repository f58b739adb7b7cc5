//! `null_percentage(c) < 0.01`.

use crate::checks::evaluate::{CheckContext, Counts, Evaluate, Plan, Scan};
use crate::checks::words::{percent, plain};
use crate::sql::text::Sql;
use sluice_contract::{CheckLevel, CheckOutcome, Contract, Measured, NullPercentage, Unit};

impl Evaluate for NullPercentage {
    fn level(&self) -> CheckLevel {
        CheckLevel::Table
    }

    fn limit(&self) -> String {
        format!("{} {} null", self.compare.as_str(), percent(self.limit))
    }

    fn observed(&self, measured: &Measured, _failed: u64) -> String {
        measured.share().map_or_else(|| plain(measured), |share| format!("{} null", percent(share)))
    }

    fn plan(&self, _cx: &CheckContext<'_>) -> Result<Plan, String> {
        let failing = Some(Sql::name(&self.column).add(" IS NULL"));
        Ok(Plan::Scan(Scan { nulls_of: Some(self.column.clone()), failing, extreme: None }))
    }

    fn outcome(&self, counts: Counts) -> CheckOutcome {
        let measured = Measured::Share { part: counts.nulls, whole: counts.rows, unit: Unit::Rows };
        let holds = measured.share().is_some_and(|share| self.compare.holds(share, self.limit));
        CheckOutcome::evaluated(holds, measured, counts.rows, counts.failed)
    }

    /// A share of all rows, unless it is none of them.
    fn is_incremental(&self, _contract: &Contract, before: &CheckOutcome) -> bool {
        has_no_nulls(before)
    }

    /// Where some of the new rows are null, their share of all rows is not known.
    fn new_rows_decide(&self, of_new_rows: &CheckOutcome) -> bool {
        has_no_nulls(of_new_rows)
    }
}

fn has_no_nulls(outcome: &CheckOutcome) -> bool {
    matches!(outcome.measured, Some(Measured::Share { part: 0, .. }))
}
