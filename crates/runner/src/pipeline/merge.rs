//! Step 4, merge: what a decoded batch does to silver, written but not visible.

use super::batch::{BatchSummary, DecodedBatch};
use super::batch_contract::contract_of_batch;
use super::context::TableContext;
use super::decided_records::DecidedRecords;
use super::decode::{decode_bronze, decode_reprocessed};
use super::guards::{Arrived, Effects, deleted_keys, guarded};
use super::hold_rules::{HoldReason, hold_reason, loaded_again};
use super::silver_commit::{of_next_batch, of_reprocessed};
use super::snapshot_changes::{Changes, NewSnapshots, changes_of, new_snapshots, snapshot_time_ms};
use super::table_state::TableState;
use crate::RunError;
use crate::silver::merge::{plan, prepare};
use crate::silver::{Candidate, Silver, SilverCommit};
use sluice_change::RowLedger;
use sluice_contract::BatchAction;
use sluice_lake::{BatchDecision, BatchManifest, SourceMark};

/// Who holds a batch that no person held.
const GUARD: &str = "guard";

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
    let newest = &mut decoded.summary.span.newest;
    if newest.ahead > 0 {
        context.log(format_args!(
            "{} events are dated far ahead of the others, their times are not counted",
            newest.ahead
        ));
    }
    newest.millis = newest.millis.or_else(|| snapshot_time_ms(&context.contract, table.manifest(batch)));
    let lacking = table.silver.batch() + 1;
    let earlier = table.included_in(0..=lacking - 1);
    if let Some(reason) = loaded_again(&context.contract, earlier, table.included_in(lacking..=batch)) {
        return Err(context.refused(&table.silver, batch, HoldReason::contract(reason)));
    }
    let before = if replaces { SourceMark::default() } else { table.silver.source.clone() };
    if let Some(reason) = hold_reason(&context.contract, lacking, &before, &decoded)? {
        let counters = match replaces {
            true => None,
            false => planned_ledger(context, &table.silver, decoded, new.as_ref()).await,
        };
        return Err(context.refused(&table.silver, batch, reason.counted(counters)));
    }
    table.silver.ensure_exists(&context.contract).await?;
    let DecodedBatch { records, summary } = decoded;
    let arrived = Arrived::of(&context.contract, &records, table.included_in(lacking..=batch));
    let is_released = table.decisions.is_released(batch);
    let silver = &table.silver;
    let (changes, ledger) = changes_of(context, silver, batch, records, new.as_ref(), is_released).await?.into_parts();
    let emptied = replaces.then(|| silver.emptied());
    let onto = emptied.as_ref().unwrap_or(silver);
    let mut candidate = prepare(onto, &context.contract, changes, summary.quarantined).await?;
    candidate.ledger = ledger.of(candidate.ledger)?;
    let effects = Effects { lost_rows: candidate.lost_rows, ledger: candidate.ledger };
    let reason = match is_released {
        true => None,
        false => guarded(&context.contract, silver, &arrived, &effects).await?,
    };
    if let Some(reason) = reason {
        let keys = deleted_keys(&context.contract, &candidate)?;
        candidate.discard(&silver.store).await;
        let reason = HoldReason { keys, ..reason.counted(Some(candidate.ledger)) };
        return hold(context, table, batch, reason).await;
    }
    if let Some(snapshot) = silver.snapshot.as_ref().filter(|_| replaces) {
        candidate.remove = snapshot.files.to_vec();
        // All rows go and come, and none has an event of its own for that.
        let ledger = &mut candidate.ledger;
        ledger.silver_before = snapshot.rows();
        ledger.deleted += snapshot.rows();
        ledger.split_rows += snapshot.rows();
    }
    let commit = of_next_batch(context, table, &summary, replaces).await?;
    Ok(Merged { summary, candidate, commit })
}

/// Notes that the guards hold a batch, so that it waits until a person decides, and no batch after it passes.
async fn hold(
    context: &TableContext,
    table: &mut TableState,
    batch: u64,
    reason: HoldReason,
) -> Result<Merged, RunError> {
    let ledger = context.lake.ledger();
    let decision = BatchDecision {
        number: 0,
        batch,
        action: BatchAction::Hold,
        because: reason.text.clone(),
        by: GUARD.to_owned(),
        at_ms: ledger.now_ms(),
        guards: Some(context.contract.guards.text()),
    };
    table.decisions.add(ledger.put_batch_decision(&context.contract.name, decision).await?);
    Err(context.refused(&table.silver, batch, reason))
}

/// What the merge plan of a held batch counts; `None` if there is no plan for it.
async fn planned_ledger(
    context: &TableContext,
    silver: &Silver,
    decoded: DecodedBatch,
    new: Option<&NewSnapshots>,
) -> Option<RowLedger> {
    let DecodedBatch { records, summary } = decoded;
    let changes = changes_of(context, silver, summary.batch, records, new, true).await.ok()?;
    let (changes, ledger) = changes.into_parts();
    let planned = plan(silver, &context.contract, changes, summary.quarantined).await.ok()?;
    ledger.of(planned.plan.merge.ledger).ok()
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

/// Merges a batch that silver has again, from its files.
///
/// # Errors
/// If a file of it is not what it was; errors of the store and the engine.
pub(crate) async fn merge_again(
    context: &TableContext,
    table: &TableState,
    manifest: &BatchManifest,
) -> Result<Merged, RunError> {
    let DecodedBatch { mut records, summary } = decode_reprocessed(context, table, manifest).await?;
    let decided = DecidedRecords::of(&context.contract, &table.records, &table.claimed)?;
    let contract = contract_of_batch(&context.contract, manifest)?;
    let mut instead = Vec::new();
    for file in &mut records {
        instead.extend(decided.apply(&contract, manifest.batch, file)?);
    }
    records.extend(instead);
    let (changes, ledger) = Changes::as_delivered(records)?.into_parts();
    let mut candidate = prepare(&table.silver, &context.contract, changes, summary.quarantined).await?;
    candidate.ledger = ledger.of(candidate.ledger)?;
    let commit = of_reprocessed(context, &table.silver, &summary).await?;
    Ok(Merged { summary, candidate, commit })
}
