//! `accepted_values(c, 'a', 'b')`.

use crate::checks::evaluate::{CheckContext, Counts, Evaluate, Plan, Scan};
use crate::checks::words::{counted, plain};
use crate::sql::column::cast;
use crate::sql::text::Sql;
use crate::sql::types::DuckType;
use sluice_contract::{AcceptedValues, CheckLevel, CheckOutcome, Contract, Measured, Unit};

impl Evaluate for AcceptedValues {
    fn level(&self) -> CheckLevel {
        CheckLevel::Row
    }

    fn limit(&self) -> String {
        self.values.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(", ")
    }

    fn observed(&self, measured: &Measured, _failed: u64) -> String {
        match measured {
            Measured::Count { number, .. } => counted(*number, "other value"),
            other => plain(other),
        }
    }

    fn plan(&self, _cx: &CheckContext<'_>) -> Result<Plan, String> {
        let list = Sql::join(self.values.iter().map(|value| Sql::quoted(value)), ", ");
        let name = Sql::name(&self.column);
        let text = cast(&name, &DuckType::text());
        let failing = name.add(" IS NOT NULL AND ").sql(&text).add(" NOT IN (").sql(&list).add(")");
        Ok(Plan::Scan(Scan { nulls_of: Some(self.column.clone()), failing: Some(failing), extreme: None }))
    }

    fn outcome(&self, counts: Counts) -> CheckOutcome {
        let measured = Measured::Count { number: counts.failed, unit: Unit::Rows };
        CheckOutcome::evaluated(counts.failed == 0, measured, counts.filled(), counts.failed)
    }

    fn is_incremental(&self, _contract: &Contract, _before: &CheckOutcome) -> bool {
        true
    }
}
