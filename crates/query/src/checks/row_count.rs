//! `row_count > 0`.

use crate::checks::evaluate::{CheckContext, Counts, Evaluate, Plan, Scan};
use crate::checks::words::plain;
use sluice_contract::{CheckLevel, CheckOutcome, Contract, Measured, RowCount, Unit};

impl Evaluate for RowCount {
    fn level(&self) -> CheckLevel {
        CheckLevel::Table
    }

    fn limit(&self) -> String {
        format!("{} {} rows", self.compare.as_str(), self.limit)
    }

    fn observed(&self, measured: &Measured, _failed: u64) -> String {
        plain(measured)
    }

    fn plan(&self, _cx: &CheckContext<'_>) -> Result<Plan, String> {
        Ok(Plan::Scan(Scan::default()))
    }

    fn outcome(&self, counts: Counts) -> CheckOutcome {
        let rows = counts.rows;
        #[expect(clippy::cast_precision_loss, reason = "counts far below 2^53")]
        let holds = self.compare.holds(rows as f64, self.limit);
        CheckOutcome::evaluated(holds, Measured::Count { number: rows, unit: Unit::Rows }, rows, 0)
    }

    fn is_incremental(&self, _contract: &Contract, _before: &CheckOutcome) -> bool {
        false
    }

    fn of_row_count(&self, rows: u64) -> Option<CheckOutcome> {
        Some(self.outcome(Counts { rows, ..Counts::default() }))
    }
}
