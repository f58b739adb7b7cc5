//! Silver made anew from bronze, as one commit.
//!
//! Bronze is read once, piece by piece. Its events stay in memory if they are few; else they are sorted by key into a
//! temporary file and merged one range of keys after the other (`silver/event_runs.rs`, `silver/from_nothing.rs`), so
//! that memory follows `limits::REBUILD_BYTES` and not the table.

use super::batch::BatchSummary;
use super::context::TableContext;
use super::decode::decoded_bronze;
use super::hold_rules::{HoldReason, rebuild_hold_reason};
use super::merge::Merged;
use super::quarantine_listing::{Listed, list_rejects};
use super::silver_commit::of_rebuild;
use super::snapshot_changes::{AllSnapshots, RecordLedger, versions_with_rejects};
use super::table_state::TableState;
use super::tally::Tally;
use super::ties::{quarantine_losing_changes, tie_error};
use crate::RunError;
use crate::silver::event_runs::{EventRanges, EventRuns};
use crate::silver::from_nothing::prepare_from_nothing;
use crate::silver::schema_change::infer_schema;
use crate::support::blocking::blocking;
use arrow::datatypes::Schema;
use futures::TryStreamExt;
use sluice_cdc::DecodedFile;
use sluice_change::{ChangeBatch, Reject};
use sluice_contract::{Contract, TiePolicy, limits};
use sluice_engine::{SnapshotChanges, silver_schema};
use sluice_lake::Snapshot;
use std::collections::BTreeSet;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

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
    let (last, started) = (table.silver.batch(), Instant::now());
    context.log(format_args!("silver is rebuilt from bronze, batches 1 to {last}"));
    let AllOfBronze { ranges, mut tally, with_rejects, all_listed } = all_of_bronze(context, table, last).await?;
    let files = table.included_in(1..=last).map(|manifest| manifest.files.len() as u64).sum();
    let contract = Arc::clone(&context.contract);
    // Where ties put events into quarantine, how many there are is known at the end only.
    if contract.apply.tie_policy != TiePolicy::Quarantine {
        let so_far = BatchSummary::of(tally.clone(), last, files, started);
        refuse(context, table, last, rebuild_hold_reason(&contract, &so_far))?;
    }
    if ranges.len() > 1 {
        context.log(format_args!("its events are merged in {} ranges of keys", ranges.len()));
    }
    let snapshots = AllSnapshots::up_to(context, table, last, with_rejects).await?;
    let (of_screen, job) = (Arc::clone(&contract), context.job.clone());
    let screen = move |changes| {
        job.check()?;
        screen(&of_screen, snapshots.as_ref(), changes)
    };
    let store = &table.silver.store;
    let (mut candidate, screened) = prepare_from_nothing(store, &contract, ranges, screen).await?;
    let mut record_ledger = RecordLedger::default();
    let mut tie = None;
    for Screened { rejects, tie_error, snapshots, left_out } in screened {
        record_ledger.add_left_out(left_out);
        tally.reject_events(&rejects);
        tie = tie.or(tie_error);
        snapshots.iter().for_each(|counts| record_ledger.add(counts));
    }
    let summary = BatchSummary::of(tally, last, files, started);
    let held = rebuild_hold_reason(&contract, &summary).or_else(|| tie.map(HoldReason::contract));
    if let Err(refused) = refuse(context, table, last, held) {
        candidate.discard(store).await;
        return Err(refused);
    }
    candidate.ledger.rows_in += summary.quarantined;
    candidate.ledger.quarantined += summary.quarantined;
    candidate.ledger = record_ledger.of(candidate.ledger)?;
    candidate.remove = snapshot.files.to_vec();
    let rows: u64 = candidate.files.iter().map(|file| file.rows).sum();
    let may_be_fewer = asked_for || (rows > 0 && !has_system_columns_of(snapshot, &contract));
    // What the contract leaves out is not lost, unless it leaves out everything.
    let accounted = if rows > 0 { rows + candidate.ledger.filtered } else { rows };
    if let Some(reason) = lost_rows(context, snapshot.rows(), accounted).filter(|_| !may_be_fewer) {
        candidate.discard(store).await;
        return Err(context.refused(&table.silver, last, HoldReason::contract(reason)));
    }
    if !all_listed {
        list_rejects(context, table, last).await?;
    }
    let commit = of_rebuild(context, table, &summary);
    Ok(Some(Merged { summary, candidate, commit }))
}

fn refuse(context: &TableContext, table: &TableState, last: u64, held: Option<HoldReason>) -> Result<(), RunError> {
    let Some(reason) = held else { return Ok(()) };
    let text = format!("Silver was not rebuilt from bronze. Of all batches up to it: {}", reason.text);
    Err(context.refused(&table.silver, last, HoldReason { text, ..reason }))
}

/// What bronze has of the batches up to one.
struct AllOfBronze {
    ranges: EventRanges,
    tally: Tally,
    /// Versions of snapshots with records in quarantine.
    with_rejects: BTreeSet<u64>,
    /// The quarantine lists every record that is rejected.
    all_listed: bool,
}

/// Decodes bronze up to a batch. As with a batch, the contract of the context may be a wider one afterwards.
async fn all_of_bronze(context: &mut TableContext, table: &TableState, last: u64) -> Result<AllOfBronze, RunError> {
    let in_quarantine = Listed::of(&table.bronze.quarantine).await?;
    loop {
        let contract = Arc::clone(&context.contract);
        let (mut listed, mut all_listed) = (in_quarantine.clone(), true);
        let mut runs = EventRuns::new(&table.silver.store, &contract, context.rebuild_bytes)?;
        let (mut tally, mut with_rejects) = (Tally::default(), BTreeSet::new());
        let mut without_events: Vec<DecodedFile> = Vec::new();
        let mut decoded = pin!(decoded_bronze(context, table, 1..=last).await?);
        while let Some(files) = decoded.try_next().await? {
            let of_contract = Arc::clone(&contract);
            let added = blocking(move || {
                let mut left = Vec::with_capacity(files.len());
                for mut file in files {
                    tally.add(&file);
                    all_listed &= listed.take_all(&file);
                    with_rejects.extend(versions_with_rejects(&of_contract, &file));
                    let rows = arrow::array::RecordBatch::new_empty(file.changes.rows.schema());
                    let none = ChangeBatch::without_events(Vec::new(), rows);
                    runs.add(std::mem::replace(&mut file.changes, none))?;
                    file.rejects = Vec::new();
                    left.push(file);
                }
                Ok((runs, tally, with_rejects, (listed, all_listed), left))
            });
            let left;
            (runs, tally, with_rejects, (listed, all_listed), left) = added.await?;
            without_events.extend(left);
        }
        match infer_schema(&context.lake, &context.declared, &contract, &without_events, last).await? {
            Some(wider) => context.contract = wider,
            None => {
                let ranges = blocking(move || runs.finish()).await?;
                return Ok(AllOfBronze { ranges, tally, with_rejects, all_listed });
            }
        }
    }
}

/// What is known of the events of a range besides its plan.
struct Screened {
    /// Events that ties put into quarantine, with the paths of their files.
    rejects: Vec<(String, Reject)>,
    /// Why ties stop the table.
    tie_error: Option<String>,
    snapshots: Option<SnapshotChanges>,
    /// Events that have no say in the table.
    left_out: u64,
}

fn screen(
    contract: &Contract,
    snapshots: Option<&AllSnapshots>,
    changes: Vec<ChangeBatch>,
) -> Result<(Vec<ChangeBatch>, Screened), RunError> {
    let mut left_out = 0;
    let mut of_table = Vec::with_capacity(changes.len());
    for batch in changes {
        let (batch, without) = batch.without_left_out()?;
        left_out += without;
        of_table.push(batch);
    }
    let (changes, rejects) = quarantine_losing_changes(contract, of_table)?;
    let tie_error = tie_error(contract, &changes.iter().collect::<Vec<_>>())?;
    let (changes, snapshots) = match snapshots {
        Some(snapshots) => {
            let (changes, counts) = snapshots.changes(changes)?;
            (changes, Some(counts))
        }
        None => (changes, None),
    };
    Ok((changes, Screened { rejects, tie_error, snapshots, left_out }))
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
             changed, source.format, delete_when and keep first; if it is as you want it, `sluice replay --full-refresh \
             --table {}` rebuilds silver all the same",
            context.contract.name
        )
    })
}
