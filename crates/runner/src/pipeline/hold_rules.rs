//! Why the contract holds a batch that could be decoded: it stays pending, and bronze has it.

use super::batch::DecodedBatch;
use super::ties::tie_error;
use crate::RunError;
use crate::silver::schema_change::strict_violation;
use sluice_api::RefusalCause;
use sluice_change::RowLedger;
use sluice_contract::Contract;

/// Why a batch is held, for people, and where the rows are because of which it is.
pub(crate) struct HoldReason {
    /// One sentence without a full stop, with what was measured and the limit.
    pub(crate) text: String,
    pub(crate) cause: RefusalCause,
    /// What the merge plan counts, if there is one.
    pub(crate) counters: Option<RowLedger>,
}

impl HoldReason {
    /// A rule of the contract about the batch as a whole.
    pub(crate) fn contract(text: String) -> Self {
        Self { text, cause: RefusalCause::Contract, counters: None }
    }

    /// Records or files in quarantine.
    pub(crate) fn quarantine(text: String) -> Self {
        Self { text, cause: RefusalCause::Quarantine, counters: None }
    }

    /// Checks that did not hold.
    pub(crate) fn checks(text: String) -> Self {
        Self { text, cause: RefusalCause::Checks, counters: None }
    }

    /// The same with what the merge plan counts.
    pub(crate) fn counted(self, counters: Option<RowLedger>) -> Self {
        Self { counters, ..self }
    }
}

/// Why a batch may not be merged, if it may not.
///
/// # Errors
/// If its events do not fit together.
pub(crate) fn hold_reason(contract: &Contract, batch: &DecodedBatch) -> Result<Option<HoldReason>, RunError> {
    if let Some(reason) = strict_violation(contract, &batch.records) {
        return Ok(Some(HoldReason::contract(reason)));
    }
    match quarantine_limit_exceeded(contract, batch) {
        Some(reason) => Ok(Some(HoldReason::quarantine(reason))),
        None => Ok(tie_error(contract, &batch.records)?.map(HoldReason::contract)),
    }
}

fn quarantine_limit_exceeded(contract: &Contract, batch: &DecodedBatch) -> Option<String> {
    let (rows, quarantined) = (batch.rows(), batch.summary.quarantined);
    #[expect(clippy::cast_precision_loss, reason = "a share for a limit")]
    let share = if rows == 0 { 0.0 } else { quarantined as f64 / rows as f64 };
    if share <= contract.apply.quarantine_limit {
        return None;
    }
    let limit = contract.apply.quarantine_limit * 100.0;
    Some(format!("{:.1} % of its records are in quarantine, the limit is {limit:.1} %", share * 100.0))
}
