//! The newest event time in silver, which decides from when on deletes are remembered.

use super::newest_time::is_possible;
use crate::RunError;
use crate::support::newest_entry::newest_entry_with;
use sluice_contract::Contract;
use sluice_lake::DeltaStore;

/// Newest event time in silver, milliseconds since 1970.
pub(crate) async fn watermark(contract: &Contract, silver: &DeltaStore) -> Result<Option<i64>, RunError> {
    if contract.apply.tombstone_retention.is_none() {
        return Ok(None);
    }
    let Some(snapshot) = silver.snapshot(None).await? else { return Ok(None) };
    // A lake of before that was known may have a time that no event can be of.
    let entry = newest_entry_with(silver, snapshot.version, |info| info.watermark.is_some_and(is_possible)).await?;
    Ok(entry.and_then(|entry| entry.info.watermark))
}

/// Event time before which deletes are forgotten, milliseconds since 1970: the newest event time less the
/// retention. `None`: all are remembered.
pub(crate) fn forgotten_before(contract: &Contract, watermark: Option<i64>) -> Option<i64> {
    let seconds = contract.apply.tombstone_retention?;
    Some(watermark?.saturating_sub(i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX)))
}
