//! Why a batch was refused, kept beside the outcomes of its checks.
//!
//! `_sluice/quality/<dataset>/<table>/<batch>.refusal.json` is written when a batch is refused. It counts only while
//! silver does not have the batch, so it is not removed when a later run publishes the batch.

use crate::RunError;
use sluice_api::Refusal;
use sluice_contract::TableName;
use sluice_lake::Lake;

fn path(table: &TableName, batch: u64) -> String {
    format!("_sluice/quality/{}/{}/{batch:020}.refusal.json", table.dataset, table.table)
}

/// Keeps why a batch was refused, if that is what stopped it, and hands `result` on. The refusal itself is the
/// more telling error where it cannot be kept.
pub(crate) async fn keep_refusal<T>(
    lake: &Lake,
    table: &TableName,
    result: Result<T, RunError>,
) -> Result<T, RunError> {
    if let Err(RunError::Refused { refusal, .. }) = &result
        && let Ok(text) = serde_json::to_vec(refusal)
    {
        let _ = lake.objects().put(&path(table, refusal.batch), text.into()).await;
    }
    result
}

/// Why a batch was refused the last time it was tried; `None` if no reason was kept.
///
/// # Errors
/// If the store fails.
pub(crate) async fn read_refusal(lake: &Lake, table: &TableName, batch: u64) -> Result<Option<Refusal>, RunError> {
    let path = path(table, batch);
    if !lake.objects().exists(&path).await? {
        return Ok(None);
    }
    // One that a newer version of Sluice wrote in another form is as good as none: the next try writes it again.
    Ok(serde_json::from_slice(&lake.objects().read(&path).await?).ok())
}
