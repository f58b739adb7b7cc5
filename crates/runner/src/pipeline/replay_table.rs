//! Replays one table under its lease.

use super::batch::BatchDone;
use super::changes_table;
use super::decoder::{Decoder, DecoderOptions};
use super::discover::Discovered;
use super::pending::is_held;
use super::replay_options::ReplayOptions;
use super::report::Report;
use super::source_files::BatchBounds;
use super::source_listing::Look;
use super::table_run::TableRun;
use crate::support::lease::{LEASE_WAIT_DEFAULT, LeaseTerms, with_lease};
use crate::{Job, RunError};
use sluice_api::{ErrorCode, ReplayLimits, TableReplay};
use sluice_change::SourceFile;
use sluice_contract::{Contract, TableName};
use sluice_lake::{Holder, Lake, LakeError, Lease};
use sluice_query::QueryEngine;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Replays a table. What stops it is in the result, with everything that was done before.
pub(crate) async fn replay_table(
    lake: &Lake,
    engine: &QueryEngine,
    contract: Arc<Contract>,
    options: &ReplayOptions,
    job: &Job,
) -> TableReplay {
    let name = contract.name.to_string();
    let mut report = Report::new(&contract.name);
    job.progress(&name, |progress| "opening".clone_into(&mut progress.note));
    let result = if let Some(refused) = options.unpublished.refuse(&contract.name) {
        Err(refused)
    } else if options.limits.dry_run {
        count_only(lake, engine, &contract, options, job, &mut report).await
    } else {
        replay_with_lease(lake, engine, &contract, options, job, &mut report).await
    };
    if let (Ok(()), Some(previews), false) = (&result, &options.previews, options.limits.dry_run)
        && let Err(error) = Box::pin(previews.look_at_silver(lake, &contract, job)).await
    {
        // The table is as it should be; the next round compares it again.
        job.log(format!("{name}: it was not compared with the preview of its release: {}", error.to_api()));
    }
    let quarantined = report.quarantined();
    let replay = report.into_view(result.err().map(|error| error.to_api()));
    job.progress(&name, |progress| {
        progress.note = match &replay.error {
            Some(error) if error.code == ErrorCode::Cancelled => "cancelled".to_owned(),
            Some(_) => "stopped".to_owned(),
            None if quarantined > 0 => format!("done, {quarantined} in quarantine"),
            None => "done".to_owned(),
        };
    });
    match &replay.error {
        Some(error) => job.log(format!("{name}: {error}")),
        None => job.log(format!("{name}: {}, {}", of(replay.batches, "batch", "es"), of(replay.files, "file", "s"))),
    }
    replay
}

/// `1 batch`, `2 batches`.
fn of(number: u64, noun: &str, plural: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}{plural}") }
}

/// Reprocesses a batch of a table.
///
/// # Errors
/// When there is no such batch, a file is not what it was, or silver refuses.
pub(crate) async fn reprocess_table(
    lake: &Lake,
    engine: &QueryEngine,
    contract: &Arc<Contract>,
    batch: u64,
    job: &Job,
) -> Result<TableReplay, RunError> {
    let table = &contract.name;
    let decoder = Decoder::new(DecoderOptions::default());
    let terms = LeaseTerms {
        wait: LEASE_WAIT_DEFAULT,
        waiting: &|holder| job.log(format!("{table}: waits for {holder}")),
        unreleased: &|error| log_unreleased(job, table, &error),
    };
    let read = async || Ok(ControlFlow::Continue(TableRun::open(lake, contract, engine, job, &decoder).await?));
    let reprocess = async |mut run: TableRun, lease: &Lease| {
        run.fence(lease);
        run.remember().await?;
        let done = run.reprocess(batch).await?;
        let mut report = Report::new(table);
        report.add(&done);
        report.see(&run);
        Ok(report)
    };
    let report = with_lease(lake, table, &terms, read, reprocess).await?;
    Ok(report.into_view(None))
}

/// Counts what a replay would do, without a lease and without writing anything.
async fn count_only(
    lake: &Lake,
    engine: &QueryEngine,
    contract: &Arc<Contract>,
    options: &ReplayOptions,
    job: &Job,
    report: &mut Report,
) -> Result<(), RunError> {
    let decoder = Decoder::new(options.decoder.clone());
    let run = TableRun::open(lake, contract, engine, job, &decoder).await?;
    report.see(&run);
    let found = discovered(&run, &options.limits).await?;
    let files: Vec<SourceFile> = found.batches.into_iter().flatten().collect();
    report.add(&run.dry_run(&files).await?);
    report.foresee(&run).await?;
    Ok(())
}

async fn replay_with_lease(
    lake: &Lake,
    engine: &QueryEngine,
    contract: &Arc<Contract>,
    options: &ReplayOptions,
    job: &Job,
    report: &mut Report,
) -> Result<(), RunError> {
    let table = &contract.name;
    let decoder = Decoder::new(options.decoder.clone());
    let limits = &options.limits;
    let terms = LeaseTerms {
        wait: options.lease_wait.unwrap_or(LEASE_WAIT_DEFAULT),
        waiting: &|holder: &Holder| {
            job.log(format!("{table}: waits for {holder}"));
            job.progress(&table.to_string(), |progress| progress.note = format!("waits for {holder}"));
        },
        unreleased: &|error| log_unreleased(job, table, &error),
    };
    let mut as_read = (None, None);
    let read = async || {
        let run = TableRun::open(lake, contract, engine, job, &decoder).await?;
        as_read = (run.silver_version(), run.silver_rows());
        let found = discovered(&run, limits).await?;
        let has_work = !found.batches.is_empty() || limits.full_refresh || run.is_unfinished();
        let is_done = !has_work && !run.has_reviewed().await? && !changes_table::is_behind(&run).await?;
        if is_done {
            run.record_full_listings(&found.full_since);
        }
        Ok(if is_done { ControlFlow::Break(()) } else { ControlFlow::Continue((run, found)) })
    };
    let work = async |(mut run, found): (TableRun, Discovered), lease: &Lease| {
        run.fence(lease);
        run.remember().await?;
        run.keep_free(limits.keep_free_bytes);
        run.skip_missing(limits.skip_missing);
        run.compare_with(options.previews.clone());
        if let Some(bytes) = options.rebuild_bytes {
            run.rebuild_within(bytes);
        }
        let Discovered { batches, full_since } = found;
        let done = Box::pin(take_to_silver(&mut run, batches, limits.full_refresh, job, table, report)).await;
        // A batch that is held holds none before it.
        if matches!(done, Ok(()) | Err(RunError::Refused { .. })) {
            Box::pin(changes_table::bring_up(&run, limits.full_refresh, &terms)).await?;
        }
        if done.is_ok() {
            run.record_full_listings(&full_since);
        }
        run.fold_manifests().await;
        report.see(&run);
        done
    };
    let worked = with_lease(lake, table, &terms, read, work).await;
    report.silver_version = report.silver_version.or(as_read.0);
    report.silver_rows = report.silver_rows.or(as_read.1);
    worked
}

fn log_unreleased(job: &Job, table: &TableName, error: &LakeError) -> Result<(), RunError> {
    job.log(format!("{table}: the lease was not released, others wait a moment for it: {error}"));
    Ok(())
}

/// New files in batches, as many as the limits allow.
async fn discovered(run: &TableRun, limits: &ReplayLimits) -> Result<Discovered, RunError> {
    let look = if limits.list_all { Look::Everything } else { Look::AsDue };
    let mut found = run.discover(BatchBounds::new(limits.max_files, limits.max_bytes), look).await?;
    let most = limits.batches.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    if found.batches.len() > most {
        found.batches.truncate(most);
        found.full_since.clear();
    }
    Ok(found)
}

/// Resumes what an earlier run began, then takes the batches.
async fn take_to_silver(
    run: &mut TableRun,
    batches: Vec<Vec<SourceFile>>,
    full_refresh: bool,
    job: &Job,
    table: &TableName,
    report: &mut Report,
) -> Result<(), RunError> {
    let name = table.to_string();
    let total: u64 = batches.iter().map(|files| files.len() as u64).sum();
    job.progress(&name, |progress| {
        progress.total = total;
        "running".clone_into(&mut progress.note);
    });
    let resumed = match Box::pin(run.resume(full_refresh)).await {
        // A batch that was refused stays pending and is tried again with the next one.
        Err(RunError::Refused { .. }) if !batches.is_empty() && !run.needs_rebuild() => BatchDone::default(),
        other => other?,
    };
    if resumed.files > 0 {
        report.add(&resumed);
    }
    let mut batches = batches.into_iter();
    while let Some(files) = batches.next() {
        job.check()?;
        let done = match Box::pin(run.next_batch(files)).await {
            // What comes after a batch that is held waits in bronze.
            Err(error) if is_held(&error) => {
                run.land(batches.collect()).await?;
                return Err(error);
            }
            other => other?,
        };
        report.add(&done);
        job.progress(&name, |progress| {
            progress.done += done.files;
            progress.rows += done.ledger.rows_in;
        });
    }
    Ok(())
}
