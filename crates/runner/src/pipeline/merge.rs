//! Step 4, merge: what a decoded batch does to silver, written but not visible.

use super::batch::{BatchSummary, DecodedBatch};
use super::context::TableContext;
use super::decode::{decode_bronze, decode_reprocessed};
use super::hold_rules::{hold_reason, loaded_again, rebuild_hold_reason};
use super::silver_commit::{of_next_batch, of_rebuild, of_reprocessed};
use super::snapshot_changes::{changes_of, changes_of_bronze, new_snapshots, snapshot_time_ms};
use super::table_state::TableState;
use crate::RunError;
use crate::silver::merge::prepare;
use crate::silver::{Candidate, SilverCommit};
use arrow::datatypes::Schema;
use sluice_contract::{Contract, limits};
use sluice_engine::silver_schema;
use sluice_lake::{BatchManifest, Snapshot, SourceMark};
use std::collections::BTreeSet;

/// A batch as a candidate for silver.
pub(crate) struct Merged {
    pub(crate) summary: BatchSummary,
    pub(crate) candidate: Candidate,
    /// The commit that makes it visible.
    pub(crate) commit: SilverCommit,
}

/// Merges the batches after those in silver. With older snapshots than silver has, they replace all of silver.
///
/// # Errors
/// [`RunError::Refused`] if the contract holds the batch; errors of the store and the engine.
pub(crate) async fn merge(
    context: &mut TableContext,
    table: &mut TableState,
    decoded: DecodedBatch,
) -> Result<Merged, RunError> {
    let batch = decoded.summary.batch;
    let new = new_snapshots(context, table, batch).await?;
    let replaces = new.as_ref().is_some_and(|new| new.replace_silver);
    let mut decoded = if replaces {
        context.log("an older snapshot came, silver is rebuilt from bronze");
        all_of_bronze(context, table, &decoded.summary).await?
    } else {
        decoded
    };
    let span = &mut decoded.summary.span;
    span.newest_ms = span.newest_ms.or_else(|| snapshot_time_ms(&context.contract, table.manifest(batch)));
    let lacking = table.silver.batch() + 1;
    let earlier = table.manifests(0..=lacking - 1);
    if let Some(reason) = loaded_again(&context.contract, earlier, table.manifests(lacking..=batch)) {
        return Err(context.refused(&table.silver, batch, reason));
    }
    let before = if replaces { SourceMark::default() } else { table.silver.source.clone() };
    if let Some(reason) = hold_reason(&context.contract, lacking, &before, &decoded)? {
        return Err(context.refused(&table.silver, batch, reason));
    }
    table.silver.ensure_exists(&context.contract).await?;
    let DecodedBatch { records, summary } = decoded;
    let silver = &table.silver;
    let (changes, ledger) = changes_of(context, silver, batch, records, new.as_ref()).await?.into_parts();
    let emptied = replaces.then(|| silver.emptied());
    let onto = emptied.as_ref().unwrap_or(silver);
    let mut candidate = prepare(onto, &context.contract, changes, summary.quarantined).await?;
    candidate.ledger = ledger.of(candidate.ledger)?;
    if let Some(snapshot) = silver.snapshot.as_ref().filter(|_| replaces) {
        candidate.remove = snapshot.files.to_vec();
        // All rows go and come, and none has an event of its own for that.
        let ledger = &mut candidate.ledger;
        ledger.silver_before = snapshot.rows();
        ledger.deleted += snapshot.rows();
        ledger.split_rows += snapshot.rows();
    }
    let commit = of_next_batch(context, silver, &summary, replaces).await?;
    Ok(Merged { summary, candidate, commit })
}

/// Bronze up to a batch, in the place of the batch alone.
async fn all_of_bronze(
    context: &mut TableContext,
    table: &TableState,
    batch: &BatchSummary,
) -> Result<DecodedBatch, RunError> {
    let mut all = decode_bronze(context, table, 1..=batch.batch).await?;
    (all.summary.files, all.summary.started) = (batch.files, batch.started);
    Ok(all)
}

/// Merges everything that silver has from bronze again, onto nothing. `None` if silver does not exist. Unless the
/// rebuild was `asked_for`, most rows have to stay.
///
/// # Errors
/// [`RunError::Refused`] if the contract holds the records, or most rows would be gone; errors of the store and the
/// engine.
pub(crate) async fn merge_all_again(
    context: &mut TableContext,
    table: &TableState,
    asked_for: bool,
) -> Result<Option<Merged>, RunError> {
    let Some(snapshot) = &table.silver.snapshot else { return Ok(None) };
    let last = table.silver.batch();
    context.log(format_args!("silver is rebuilt from bronze, batches 1 to {last}"));
    let decoded = decode_bronze(context, table, 1..=last).await?;
    if let Some(reason) = rebuild_hold_reason(&context.contract, &decoded)? {
        let reason = format!("Silver was not rebuilt from bronze. Of all batches up to it: {reason}");
        return Err(context.refused(&table.silver, last, reason));
    }
    let DecodedBatch { records, summary } = decoded;
    let (changes, ledger) = changes_of_bronze(context, table, last, records).await?.into_parts();
    let mut candidate = prepare(&table.silver.emptied(), &context.contract, changes, summary.quarantined).await?;
    candidate.ledger = ledger.of(candidate.ledger)?;
    candidate.remove = snapshot.files.to_vec();
    let rows: u64 = candidate.files.iter().map(|file| file.rows).sum();
    let may_be_fewer = asked_for || (rows > 0 && !has_system_columns_of(snapshot, &context.contract));
    if let Some(reason) = lost_rows(context, snapshot.rows(), rows).filter(|_| !may_be_fewer) {
        candidate.discard(&table.silver.store).await;
        return Err(context.refused(&table.silver, last, reason));
    }
    let commit = of_rebuild(context, &table.silver, &summary);
    Ok(Some(Merged { summary, candidate, commit }))
}

/// Whether a version has the columns of Sluice's own that the contract makes. One with history or soft deletes has
/// more, and more rows than one without.
fn has_system_columns_of(snapshot: &Snapshot, contract: &Contract) -> bool {
    let own = |schema: &Schema| -> BTreeSet<String> {
        let names = schema.fields().iter().map(|field| field.name());
        names.filter(|name| name.starts_with('_')).cloned().collect()
    };
    own(&snapshot.schema) == own(&silver_schema(contract))
}

/// Why a rebuild is not published: the contract leaves less of the rows than the limit says, so it may be wrong.
fn lost_rows(context: &TableContext, before: u64, after: u64) -> Option<String> {
    #[expect(clippy::cast_precision_loss, reason = "a share for a limit")]
    let share = before.saturating_sub(after) as f64 / before.max(1) as f64;
    (share > limits::REBUILD_LOST_SHARE_MAX).then(|| {
        format!(
            "Silver was not rebuilt from bronze: it would have {after} of the {before} rows. Look at what the contract \
             changed, source.format and delete_when first; if it is as you want it, `sluice replay --full-refresh \
             --table {}` rebuilds silver all the same",
            context.contract.name
        )
    })
}

/// Merges a batch that silver has again, from its files.
///
/// # Errors
/// If a file of it is not what it was; errors of the store and the engine.
pub(crate) async fn merge_again(
    context: &TableContext,
    table: &TableState,
    manifest: &BatchManifest,
) -> Result<Merged, RunError> {
    let DecodedBatch { records, summary } = decode_reprocessed(context, &table.silver, manifest).await?;
    let changes = records.into_iter().map(|file| file.changes).collect();
    let candidate = prepare(&table.silver, &context.contract, changes, summary.quarantined).await?;
    let commit = of_reprocessed(context, &table.silver, &summary).await?;
    Ok(Merged { summary, candidate, commit })
}
