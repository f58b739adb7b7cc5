//! What the commit of a batch in silver says: which application wrote which batch, and what people see of it.

use super::batch::BatchSummary;
use super::context::TableContext;
use crate::RunError;
use crate::silver::watermark::{INFO_WATERMARK, watermark};
use crate::silver::{INFO_BATCH, INFO_REASONS, INFO_SPAN, Silver, SilverCommit};
use crate::support::places::{rebuild_app_id, reprocess_app_id};
use serde_json::{Map, Value, json};

/// The commit of the batches that come next. `replaces_silver`: it holds all batches so far.
///
/// # Errors
/// If the log of silver cannot be read.
pub(crate) async fn of_next_batch(
    context: &TableContext,
    silver: &Silver,
    summary: &BatchSummary,
    replaces_silver: bool,
) -> Result<SilverCommit, RunError> {
    let mut info = Map::from_iter([
        (INFO_BATCH.to_owned(), json!(summary.batch)),
        (INFO_REASONS.to_owned(), json!(summary.reasons)),
        (INFO_SPAN.to_owned(), summary.span.to_json(summary.started)),
    ]);
    let newest = watermark(&context.contract, &silver.store).await?.max(summary.span.newest_ms);
    add_watermark(context, &mut info, newest);
    let operation = if replaces_silver { "REBUILD" } else { "MERGE" };
    Ok(SilverCommit { app_id: silver.app_id.clone(), txn: summary.batch, operation, info })
}

/// The commit of a rebuild from bronze.
pub(crate) fn of_rebuild(context: &TableContext, silver: &Silver, summary: &BatchSummary) -> SilverCommit {
    let mut info = Map::from_iter([
        (INFO_BATCH.to_owned(), json!(summary.batch)),
        (INFO_SPAN.to_owned(), summary.span.to_json(summary.started)),
    ]);
    add_watermark(context, &mut info, summary.span.newest_ms);
    let app_id = rebuild_app_id(&context.contract.name);
    SilverCommit { txn: last_txn(silver, &app_id) + 1, app_id, operation: "REBUILD", info }
}

/// The commit of a batch that silver has already and that is merged again.
///
/// # Errors
/// If the log of silver cannot be read.
pub(crate) async fn of_reprocessed(
    context: &TableContext,
    silver: &Silver,
    summary: &BatchSummary,
) -> Result<SilverCommit, RunError> {
    let mut info = Map::from_iter([
        (INFO_BATCH.to_owned(), json!(silver.batch())),
        (INFO_REASONS.to_owned(), json!(summary.reasons)),
        (INFO_SPAN.to_owned(), summary.span.to_json(summary.started)),
    ]);
    add_watermark(context, &mut info, watermark(&context.contract, &silver.store).await?);
    let app_id = reprocess_app_id(&context.contract.name);
    Ok(SilverCommit { txn: last_txn(silver, &app_id) + 1, app_id, operation: "REPLAY", info })
}

fn add_watermark(context: &TableContext, info: &mut Map<String, Value>, newest_ms: Option<i64>) {
    if let Some(newest) = newest_ms.filter(|_| context.contract.apply.tombstone_retention.is_some()) {
        info.insert(INFO_WATERMARK.to_owned(), json!(newest));
    }
}

fn last_txn(silver: &Silver, app_id: &str) -> u64 {
    let txn = silver.snapshot.as_ref().and_then(|snapshot| snapshot.txn(app_id));
    txn.and_then(|txn| u64::try_from(txn).ok()).unwrap_or(0)
}
