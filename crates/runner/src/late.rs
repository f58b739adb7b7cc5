//! Events that are older than the deletes that are remembered.

use crate::RunError;
use crate::newest_entry::newest_entry_with;
use sluice_cdc::DecodedFile;
use sluice_change::{ReasonCode, Reject};
use sluice_contract::Contract;
use sluice_lake::DeltaStore;

/// Newest event time in silver, milliseconds since 1970.
pub(crate) async fn watermark(contract: &Contract, silver: &DeltaStore) -> Result<Option<i64>, RunError> {
    if contract.apply.tombstone_retention.is_none() {
        return Ok(None);
    }
    let Some(snapshot) = silver.snapshot(None).await? else { return Ok(None) };
    let entry = newest_entry_with(silver, snapshot.version, |info| info.watermark.is_some()).await?;
    Ok(entry.and_then(|entry| entry.info.watermark))
}

/// Event time before which deletes are forgotten, milliseconds since 1970: the newest event time less the
/// retention. `None`: none are.
pub(crate) fn forgotten_before(contract: &Contract, watermark: Option<i64>) -> Option<i64> {
    let seconds = contract.apply.tombstone_retention?;
    Some(watermark?.saturating_sub(i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX)))
}

/// Rejects events from before that time: a delete that would stop them may be forgotten. `watermark` is that of
/// the batches before. Events without a time are kept.
pub(crate) fn quarantine_late(
    contract: &Contract,
    mut decoded: Vec<DecodedFile>,
    watermark: Option<i64>,
) -> Result<Vec<DecodedFile>, RunError> {
    let Some(before) = forgotten_before(contract, watermark) else { return Ok(decoded) };
    for file in &mut decoded {
        let changes = &file.changes;
        let keep: Vec<bool> =
            changes.source_times_ms.iter().map(|time| time.is_none_or(|time| time >= before)).collect();
        if keep.iter().all(|keep| *keep) {
            continue;
        }
        for (row, _) in keep.iter().enumerate().filter(|(_, keep)| !**keep) {
            file.rejects.push(Reject {
                at: changes.refs.at(row),
                reason: ReasonCode::TooLate,
                column: None,
                detail: "older than the newest event by more than tombstone_retention".to_owned(),
                // Not shortened: bronze has to keep the record as it came.
                raw: changes.records[row].clone(),
                whole_file: false,
            });
        }
        file.changes = file.changes.clone().filter(&keep)?;
    }
    Ok(decoded)
}
