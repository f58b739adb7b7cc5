//! Events that are older than the deletes that are remembered.

use crate::RunError;
use crate::silver::watermark::forgotten_before;
use sluice_cdc::DecodedFile;
use sluice_change::{ReasonCode, Reject};
use sluice_contract::Contract;
use std::sync::Arc;

/// Rejects events from before the time whose deletes are forgotten: one that would stop them may be. `watermark` is that of
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
                further: Arc::default(),
                // Not shortened: bronze has to keep the record as it came.
                raw: changes.records.get(row).cloned().unwrap_or_default(),
                whole_file: false,
            });
        }
        file.changes = file.changes.clone().filter(&keep)?;
    }
    Ok(decoded)
}
