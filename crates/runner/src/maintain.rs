//! Maintenance of a table: fewer and larger files, no dead rows, a checkpoint, no unused files.
//!
//! Runs beside writers. Files are read and written without holding the table; only the commit of a
//! group takes the table's lease, for an instant, so that no merge of Sluice meets it. What a merge did
//! to the files of a group meanwhile is carried over: rows that it deleted are deleted in the new file
//! by a deletion vector in the same commit. If it removed a file of the group, the group is left as it
//! is. All commits say `dataChange=false`: no row changes.

mod plan;
mod publish_group;
mod rewrite;
pub(crate) mod tiers;
mod tombstones;
mod zorder;

use crate::contract_set::ContractSet;
use crate::gold::location;
use crate::replay::LEASE_WAIT_DEFAULT;
use crate::{Clock, Job, RunError};
use plan::{FileFacts, PlanBounds};
use publish_group::publish_group;
pub(crate) use rewrite::TAG_CLUSTERED;
use rewrite::{Rewritten, RowOrder, live_bytes};
use serde::Serialize;
use sluice_api::{Layer, TableRef};
use sluice_lake::{DataFile, DeltaStore, Lake, Lease, Snapshot, VacuumOptions};
use std::time::Duration;

/// Bytes that a file is to have when the caller does not say.
pub const TARGET_BYTES_DEFAULT: u64 = 256 << 20;
/// A file with this share of dead rows or more is rewritten when the caller does not say.
pub const DEAD_SHARE_DEFAULT: f64 = 0.25;
/// How long old versions stay readable when the caller does not say.
pub const RETENTION_DEFAULT: Duration = Duration::from_secs(7 * 86_400);
/// Files that no version names stay this long when the caller does not say: a commit may be under way.
pub const IN_FLIGHT_DEFAULT: Duration = Duration::from_secs(86_400);
/// Rows of one group, so that it fits into memory.
const GROUP_ROWS_MAX: u64 = 8_000_000;
/// Columns of a Z-curve; more make every single one worthless.
const CLUSTER_COLUMNS_MAX: usize = 4;
/// Age from which on positions of deleted rows leave the local cache.
const POSITIONS_AGE: Duration = Duration::from_secs(86_400);
/// Age from which on cached rows of files that are gone leave the local cache.
const ROWS_AGE: Duration = Duration::from_secs(7 * 86_400);

/// What to do.
#[derive(Clone, Debug)]
pub struct MaintainOptions {
    /// Bytes that a file is to have.
    pub target_bytes: u64,
    /// Columns of a Z-curve; empty keeps rows in the order of their key.
    pub cluster_by: Vec<String>,
    /// A file with this share of dead rows or more is rewritten; 0 purges every deletion vector.
    pub dead_share: f64,
    /// A file with fewer dead rows stays, whatever its share of them.
    pub dead_rows: u64,
    /// Rows that are in memory at once, unless one file has more.
    pub group_rows: u64,
    /// How long old versions stay readable; `None` removes nothing.
    pub retention: Option<Duration>,
    /// How long files that no version names stay.
    pub in_flight: Duration,
    /// Only say what would be done.
    pub dry_run: bool,
    /// How long to wait for a writer at each commit.
    pub lease_wait: Duration,
}

impl Default for MaintainOptions {
    fn default() -> Self {
        Self {
            target_bytes: TARGET_BYTES_DEFAULT,
            cluster_by: Vec::new(),
            dead_share: DEAD_SHARE_DEFAULT,
            dead_rows: 0,
            group_rows: GROUP_ROWS_MAX,
            retention: Some(RETENTION_DEFAULT),
            in_flight: IN_FLIGHT_DEFAULT,
            dry_run: false,
            lease_wait: LEASE_WAIT_DEFAULT,
        }
    }
}

/// What was done, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Maintained {
    /// Table.
    pub table: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Files before.
    pub files_before: u64,
    /// Files after; in a dry run as many as there would be, about.
    pub files_after: u64,
    /// Files that are rewritten.
    pub rewritten_files: u64,
    /// Their bytes.
    pub rewritten_bytes: u64,
    /// Files written for them; in a dry run about.
    pub written_files: u64,
    /// Bytes of these; in a dry run about.
    pub written_bytes: u64,
    /// Dead rows in the rewritten files, gone for good with the last version that has them.
    pub purged_rows: u64,
    /// Deletes that need not be remembered any more (`tombstone_retention`).
    pub forgotten_deletes: u64,
    /// Files that were left as they are because a writer replaced one of their group.
    pub skipped_files: u64,
    /// The latest version after it.
    pub version: u64,
    /// Unused data files that were removed.
    pub removed_data_files: u64,
    /// Unused files of deletion vectors that were removed.
    pub removed_vector_files: u64,
    /// Bytes of both.
    pub removed_bytes: u64,
    /// The oldest version that stays readable, if files were removed.
    pub oldest_version: Option<u64>,
}

/// Maintains a table.
///
/// # Errors
/// If the table does not exist, a column is unknown, or the store fails. Whatever was committed stays.
pub async fn maintain(
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
    }
    if let Some(retention) = options.retention {
        let vacuumed = store
            .maintenance()
            .vacuum(VacuumOptions {
                retention_ms: millis(retention),
                in_flight_ms: millis(options.in_flight),
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

/// The groups of files to rewrite.
fn planned(snapshot: &Snapshot, options: &MaintainOptions) -> Vec<Vec<DataFile>> {
    let wanted = options.cluster_by.join(",");
    let clustered = |file: &DataFile| wanted.is_empty() || file.tags.get(TAG_CLUSTERED) == Some(&wanted);
    let facts: Vec<FileFacts> = snapshot
        .files
        .iter()
        .enumerate()
        .map(|(at, file)| FileFacts {
            at,
            bytes: file.size,
            live_rows: file.rows,
            dead_rows: file.deleted_rows(),
            clustered: clustered(file),
        })
        .collect();
    let bounds = PlanBounds {
        target_bytes: options.target_bytes.max(1),
        group_rows: options.group_rows,
        dead_share: options.dead_share,
        dead_rows: options.dead_rows,
    };
    let files = |group: Vec<usize>| group.iter().filter_map(|at| snapshot.files.get(*at).cloned()).collect();
    plan::groups(&facts, bounds).into_iter().map(files).collect()
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
    let lease = lease(lake, table, options.lease_wait).await?;
    let published = publish_group(&lease.fence(store), table, &group).await;
    // Others find out by themselves if this fails.
    let released = lease.release().await;
    if let Some(version) = published? {
        count_read(done, &group.inputs);
        done.written_files += group.outputs.len() as u64;
        done.written_bytes += group.outputs.iter().map(|output| output.file.size).sum::<u64>();
        done.version = version;
    } else {
        done.skipped_files += group.inputs.len() as u64;
    }
    Ok(released?)
}

/// The table's lease, when its writer has finished.
async fn lease(lake: &Lake, table: &TableRef, wait: Duration) -> Result<Lease, RunError> {
    loop {
        let turn = lake.leases().wait(&table.name, wait, |_| {}).await?;
        if let Some(lease) = lake.leases().take(&table.name, turn).await? {
            return Ok(lease);
        }
    }
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
