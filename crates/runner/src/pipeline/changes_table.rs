//! The table of every change beside a replica (`apply.changes_table`).
//!
//! It is made of bronze alone, by the contract of the table, and has the batches that the table has: what the table lacks
//! it does not show, and what it lacks itself, because a run ended between the two or because it is new, the next run adds.
//! So it is resumed, rebuilt and changed as every table is.

use super::context::TableContext;
use super::land::Bronze;
use super::table_run::TableRun;
use super::table_state::TableState;
use crate::RunError;
use crate::silver::Silver;
use crate::support::lease::{LeaseTerms, with_lease};
use sluice_contract::limits;
use sluice_lake::Lease;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Whether the table of changes lacks something; `false` where there is none.
///
/// # Errors
/// If the lake cannot be read.
pub(super) async fn is_behind(table: &TableRun) -> Result<bool, RunError> {
    let (TableContext { lake, contract, .. }, TableState { silver, records, .. }) = table.parts();
    let Some(changes) = contract.changes_contract() else { return Ok(false) };
    let of_changes = Silver::open(lake, &changes).await?;
    Ok(of_changes.batch() != silver.batch()
        || of_changes.skipped != silver.skipped
        || !records.up_to(of_changes.decided).says_the_same(&records.up_to(silver.decided))
        || (of_changes.batch() > 0 && of_changes.is_of_other_contract(&changes)))
}

/// Brings the table of changes to the batches that the table has; nothing where there is none.
///
/// # Errors
/// Those of a run: another program wrote the table, the lake cannot be written.
pub(super) async fn bring_up(table: &TableRun, full_refresh: bool, terms: &LeaseTerms<'_>) -> Result<(), RunError> {
    let (TableContext { lake, .. }, _) = table.parts();
    let Some(changes) = of_changes(table).await? else { return Ok(()) };
    let name = changes.parts().0.contract.name.clone();
    let mut opened = Some(changes);
    let read = async || match opened.take() {
        Some(run) => Ok(ControlFlow::Continue(run)),
        // Whoever held the lease before may have gone on.
        None => Ok(match of_changes(table).await? {
            Some(run) => ControlFlow::Continue(run),
            None => ControlFlow::Break(()),
        }),
    };
    let work = async |mut run: TableRun, lease: &Lease| {
        run.fence(lease);
        fill(&mut run, full_refresh).await
    };
    with_lease(lake, &name, terms, read, work).await
}

/// The table of changes as a table whose bronze is that of the table, up to what the table has.
async fn of_changes(table: &TableRun) -> Result<Option<TableRun>, RunError> {
    let (context, state) = table.parts();
    let Some(contract) = context.contract.changes_contract().map(Arc::new) else { return Ok(None) };
    let mut bronze = Bronze::open(&context.lake, &context.contract.name).await?;
    bronze.batch = bronze.batch.min(state.silver.batch());
    let mut silver = Silver::open(&context.lake, &contract).await?;
    silver.counts_as_of_lake(bronze.batch);
    let claimed = state.claimed.iter().filter(|manifest| manifest.batch <= bronze.batch).cloned().collect();
    let context = TableContext {
        lake: context.lake.clone(),
        declared: Arc::clone(&contract),
        contract,
        engine: context.engine.clone(),
        job: context.job.clone(),
        decoder: context.decoder.clone(),
        rebuild_bytes: context.rebuild_bytes,
    };
    Ok(Some(TableRun::of_parts(
        context,
        TableState {
            claimed,
            bronze,
            silver,
            // What the table is made without, it is made without, too.
            decisions: state.decisions.clone(),
            skipped: state.skipped.clone(),
            records: state.records.clone(),
            lost: Vec::new(),
        },
    )))
}

/// Adds what it lacks, a part of bounded size after the other: of a new one that is all of bronze.
async fn fill(run: &mut TableRun, full_refresh: bool) -> Result<(), RunError> {
    let last = run.parts().1.bronze.batch;
    let mut full_refresh = full_refresh;
    run.in_one_commit = true;
    loop {
        let from = run.parts().1.silver.batch();
        let mut to = from.min(last);
        let mut bytes = 0_u64;
        for manifest in run.parts().1.manifests(from + 1..=last) {
            bytes += manifest.files.iter().map(|file| file.size).sum::<u64>();
            if to > from && bytes > limits::BATCH_BYTES_DEFAULT {
                break;
            }
            to = manifest.batch;
        }
        run.state_mut().bronze.batch = to;
        run.resume(full_refresh).await?;
        full_refresh = false;
        if to >= last {
            return Ok(());
        }
    }
}
