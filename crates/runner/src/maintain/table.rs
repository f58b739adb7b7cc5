//! Maintains one table, as the command asks.

use super::groups::planned;
use super::options::MaintainOptions;
use super::publish_group::publish_group;
use super::rewrite::{self, Rewritten, RowOrder, live_bytes};
use super::tombstones;
use super::under_lease::under_lease;
use crate::contract_set::ContractSet;
use crate::support::places::location;
use crate::{Clock, Job, RunError};
use futures::future::LocalBoxFuture;
use sluice_api::{Layer, Maintained, TableName, TableRef};
use sluice_lake::{DataFile, DeltaStore, Lake, SandboxEntry, Snapshot, VacuumOptions};
use std::time::Duration;

/// Columns of a Z-curve; more make every single one worthless.
const CLUSTER_COLUMNS_MAX: usize = 4;
/// Age from which on positions of deleted rows leave the local cache.
const POSITIONS_AGE: Duration = Duration::from_secs(86_400);
/// Age from which on cached rows of files that are gone leave the local cache.
const ROWS_AGE: Duration = Duration::from_secs(7 * 86_400);

/// Maintains a table.
///
/// # Errors
/// If the table does not exist, a column is unknown, or the store fails. Whatever was committed stays.
///
/// Boxed, so that its code is compiled here once and not in every program that waits for it.
pub fn maintain<'a>(
    lake: &'a Lake,
    table: &'a TableRef,
    options: &'a MaintainOptions,
    clock: &'a Clock,
    job: &'a Job,
) -> LocalBoxFuture<'a, Result<Maintained, RunError>> {
    Box::pin(maintain_table(lake, table, options, clock, job))
}

async fn maintain_table(
    lake: &Lake,
    table: &TableRef,
    options: &MaintainOptions,
    clock: &Clock,
    job: &Job,
) -> Result<Maintained, RunError> {
    let store = lake.table(location(table));
    let Some(snapshot) = store.snapshot(None).await? else {
        return Err(RunError::not_found(format!("{table} does not exist yet"), "Replay it first"));
    };
    check_columns(table, &snapshot, &options.cluster_by)?;
    let contract = match table.layer {
        Layer::Silver => ContractSet::draft(lake).await?.contract(&table.name).ok(),
        Layer::Bronze | Layer::Gold => None,
    };
    let of_deletes = contract.clone();
    let order = RowOrder { cluster_by: options.cluster_by.clone(), contract };
    let groups = planned(&snapshot, options);
    let mut done = Maintained {
        table: table.to_string(),
        dry_run: options.dry_run,
        files_before: snapshot.files.len() as u64,
        files_after: snapshot.files.len() as u64,
        version: snapshot.version,
        ..Maintained::default()
    };
    let what = table.to_string();
    job.progress(&what, |progress| progress.total = groups.len() as u64);
    for group in groups {
        job.check()?;
        if options.dry_run {
            foresee(&mut done, &group, options.target_bytes);
        } else {
            let rows: u64 = group.iter().map(|file| file.rows).sum();
            let rewritten = rewrite::rewrite(&store, &snapshot, group, &order, options.target_bytes).await?;
            commit_group(lake, table, &store, rewritten, options, &mut done).await?;
            job.progress(&what, |progress| progress.rows += rows);
        }
        job.progress(&what, |progress| progress.done += 1);
    }
    if let Some(contract) = of_deletes {
        let (wait, dry_run) = (options.lease_wait, options.dry_run);
        done.forgotten_deletes = tombstones::forget(lake, table, &contract, &store, wait, dry_run).await?;
    }
    if !options.dry_run {
        finish(&store, &mut done).await?;
        let unfinished = lake.remove_unfinished(&folders_of(table)).await;
        if unfinished > 0 {
            job.log(format!("{table}: {unfinished} unfinished files of killed writers were removed"));
        }
    }
    if let Some(retention) = options.retention {
        let vacuumed = store
            .maintenance()
            .vacuum(VacuumOptions {
                retention_ms: millis(retention),
                in_flight_ms: millis(options.in_flight),
                writing_since_ms: lake.leases().writing_since_ms(&table.name).await?,
                now_ms: clock.now_ms(),
                dry_run: options.dry_run,
            })
            .await?;
        done.removed_data_files = vacuumed.data_files.len() as u64;
        done.removed_vector_files = vacuumed.vector_files.len() as u64;
        done.removed_bytes = vacuumed.bytes;
        done.oldest_version = Some(vacuumed.oldest_version);
    }
    Ok(done)
}

/// Folders in which writers of a table put files in place.
fn folders_of(table: &TableRef) -> Vec<String> {
    let TableName { dataset, table: name } = &table.name;
    let documents = ["batches", "schemas", "leases", "quality", "tombstones", "quarantine", "gold", "left-out"];
    let documents = documents.into_iter().map(|kind| format!("_sluice/{kind}/{dataset}/{name}"));
    documents.chain([location(table).folder(), SandboxEntry::FOLDER.to_owned()]).collect()
}

fn check_columns(table: &TableRef, snapshot: &Snapshot, columns: &[String]) -> Result<(), RunError> {
    if columns.len() > CLUSTER_COLUMNS_MAX {
        return Err(RunError::input(
            format!("{} columns to cluster by are too many", columns.len()),
            format!("Name at most {CLUSTER_COLUMNS_MAX}, those that queries filter by"),
        ));
    }
    match columns.iter().find(|name| snapshot.schema.index_of(name).is_err()) {
        None => Ok(()),
        Some(name) => Err(RunError::input(format!("{table} has no column {name}"), "Name columns of the table")),
    }
}

/// Counts a group that would be rewritten.
fn foresee(done: &mut Maintained, group: &[DataFile], target_bytes: u64) {
    let bytes: u64 = group.iter().map(live_bytes).sum();
    let written = bytes.div_ceil(target_bytes.max(1)).max(1);
    count_read(done, group);
    done.written_files += written;
    done.written_bytes += bytes;
    done.files_after = (done.files_after + written).saturating_sub(group.len() as u64);
}

fn count_read(done: &mut Maintained, group: &[DataFile]) {
    done.rewritten_files += group.len() as u64;
    done.rewritten_bytes += group.iter().map(|file| file.size).sum::<u64>();
    done.purged_rows += group.iter().map(DataFile::deleted_rows).sum::<u64>();
}

/// Makes a group visible, on whatever version is the latest.
async fn commit_group(
    lake: &Lake,
    table: &TableRef,
    store: &DeltaStore,
    group: Rewritten,
    options: &MaintainOptions,
    done: &mut Maintained,
) -> Result<(), RunError> {
    let published = under_lease(lake, table, store, options.lease_wait, async |store: DeltaStore| {
        publish_group(&store, table, &group).await
    });
    if let Some(version) = published.await? {
        count_read(done, &group.inputs);
        done.written_files += group.outputs.len() as u64;
        done.written_bytes += group.outputs.iter().map(|output| output.file.size).sum::<u64>();
        done.version = version;
    } else {
        done.skipped_files += group.inputs.len() as u64;
    }
    Ok(())
}

/// A checkpoint of the result, so that readers need not walk the log, and a smaller cache.
async fn finish(store: &DeltaStore, done: &mut Maintained) -> Result<(), RunError> {
    if let Some(latest) = store.snapshot(None).await? {
        done.version = latest.version;
        done.files_after = latest.files.len() as u64;
        if done.rewritten_files > 0 {
            store.maintenance().write_checkpoint(latest.version).await?;
        }
        store.maintenance().drop_unused_rows(&latest, ROWS_AGE).await;
    }
    store.maintenance().drop_old_positions(POSITIONS_AGE).await;
    Ok(())
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
