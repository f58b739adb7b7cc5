//! What the commit of a batch in silver says: which application wrote which batch, and what people see of it.

use super::batch::BatchSummary;
use super::context::TableContext;
use super::table_state::TableState;
use crate::RunError;
use crate::silver::watermark::watermark;
use crate::silver::{Silver, SilverCommit};
use sluice_lake::{AppId, CommitInfo, Operation, RecordDecisions, SourceMark};
use std::collections::BTreeSet;

/// The commit of the batches that come next. `replaces_silver`: it holds all batches so far.
///
/// # Errors
/// If the log of silver cannot be read.
pub(crate) async fn of_next_batch(
    context: &TableContext,
    table: &TableState,
    summary: &BatchSummary,
    replaces_silver: bool,
) -> Result<SilverCommit, RunError> {
    let silver = &table.silver;
    let mut skipped = table.skipped_up_to(summary.batch);
    if !replaces_silver {
        // What it has is as it was made; what comes is as was decided.
        skipped.retain(|batch| *batch > silver.batch());
        skipped.extend(&silver.skipped);
    }
    let newest = summary.span.newest.after(watermark(&context.contract, &silver.store).await?);
    let info = CommitInfo {
        batch: Some(summary.batch),
        reasons: Some(summary.reasons.clone()),
        span: Some(summary.span.of_commit(summary.started)),
        source: if replaces_silver { summary.source.clone() } else { silver.source.joined(&summary.source) }.some(),
        watermark: kept_watermark(context, newest),
        skipped: some(skipped),
        decided: decided(&table.records),
        ..CommitInfo::default()
    };
    let operation = if replaces_silver { Operation::Rebuild } else { Operation::Merge };
    Ok(SilverCommit { app_id: silver.app_id.clone(), txn: summary.batch, operation, info })
}

/// The commit of a rebuild from bronze.
pub(crate) fn of_rebuild(context: &TableContext, table: &TableState, summary: &BatchSummary) -> SilverCommit {
    let silver = &table.silver;
    let info = CommitInfo {
        batch: Some(summary.batch),
        span: Some(summary.span.of_commit(summary.started)),
        source: summary.source.clone().some(),
        watermark: kept_watermark(context, summary.span.newest.millis),
        skipped: some(table.skipped_up_to(summary.batch)),
        decided: decided(&table.records),
        ..CommitInfo::default()
    };
    let app_id = AppId::rebuild(&context.contract.name);
    SilverCommit { txn: last_txn(silver, &app_id) + 1, app_id, operation: Operation::Rebuild, info }
}

/// The commit that does a part of a rebuild because the others stay: rows that enter and leave, new columns. Its deletes
/// replace all that silver remembers, as those of a rebuild do.
pub(crate) fn of_part(context: &TableContext, silver: &Silver, summary: &BatchSummary) -> SilverCommit {
    let info = CommitInfo {
        batch: Some(silver.batch()),
        span: Some(summary.span.of_commit(summary.started)),
        source: silver.source.clone().some(),
        decided: Some(silver.decided).filter(|last| *last > 0),
        ..CommitInfo::default()
    };
    let app_id = AppId::rebuild(&context.contract.name);
    SilverCommit { txn: last_txn(silver, &app_id) + 1, app_id, operation: Operation::Rebuild, info }
}

/// The commit of keys that are recomputed because of what was decided of single records; `source`: what the texts that count
/// instead of them say of it.
pub(crate) fn of_recomputed(
    context: &TableContext,
    table: &TableState,
    summary: &BatchSummary,
    source: &SourceMark,
) -> SilverCommit {
    let mut commit = of_part(context, &table.silver, summary);
    commit.info.source = table.silver.source.joined(source).some();
    commit.info.decided = decided(&table.records);
    commit.info.skipped = some(table.silver.skipped.clone());
    commit
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
    let info = CommitInfo {
        batch: Some(silver.batch()),
        reasons: Some(summary.reasons.clone()),
        span: Some(summary.span.of_commit(summary.started)),
        source: silver.source.joined(&summary.source).some(),
        watermark: kept_watermark(context, watermark(&context.contract, &silver.store).await?),
        skipped: some(silver.skipped.clone()),
        decided: Some(silver.decided).filter(|last| *last > 0),
        ..CommitInfo::default()
    };
    let app_id = AppId::reprocess(&context.contract.name);
    Ok(SilverCommit { txn: last_txn(silver, &app_id) + 1, app_id, operation: Operation::Reprocess, info })
}

/// The commit of a batch that silver was made without and that is merged now.
///
/// # Errors
/// If the log of silver cannot be read.
pub(crate) async fn of_released(
    context: &TableContext,
    silver: &Silver,
    summary: &BatchSummary,
) -> Result<SilverCommit, RunError> {
    let mut commit = of_reprocessed(context, silver, summary).await?;
    let mut skipped = silver.skipped.clone();
    skipped.remove(&summary.batch);
    commit.info.skipped = some(skipped);
    Ok(commit)
}

/// A set as a commit has it: `None` if it is empty.
fn some(batches: BTreeSet<u64>) -> Option<BTreeSet<u64>> {
    Some(batches).filter(|batches| !batches.is_empty())
}

/// The last decision on single records as a commit has it: `None` if there is none.
fn decided(records: &RecordDecisions) -> Option<u64> {
    Some(records.last()).filter(|last| *last > 0)
}

/// A commit carries the newest event time only where deletes are forgotten by it.
fn kept_watermark(context: &TableContext, newest_ms: Option<i64>) -> Option<i64> {
    newest_ms.filter(|_| context.contract.apply.tombstone_retention.is_some())
}

fn last_txn(silver: &Silver, app_id: &AppId) -> u64 {
    let txn = silver.snapshot.as_ref().and_then(|snapshot| snapshot.txn(app_id));
    txn.and_then(|txn| u64::try_from(txn).ok()).unwrap_or(0)
}
