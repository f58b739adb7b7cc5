//! Why the contract holds a batch that could be decoded: it stays pending, and bronze has it.

use super::batch::DecodedBatch;
use super::ties::tie_error;
use crate::RunError;
use crate::silver::schema_change::strict_violation;
use sluice_contract::Contract;

/// Why a batch may not be merged, if it may not.
///
/// # Errors
/// If its events do not fit together.
pub(crate) fn hold_reason(contract: &Contract, batch: &DecodedBatch) -> Result<Option<String>, RunError> {
    if let Some(reason) = strict_violation(contract, &batch.records) {
        return Ok(Some(reason));
    }
    match quarantine_limit_exceeded(contract, batch) {
        Some(reason) => Ok(Some(reason)),
        None => tie_error(contract, &batch.records),
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
