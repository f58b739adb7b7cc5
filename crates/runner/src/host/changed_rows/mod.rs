//! Rows that changed between two versions, as files that SQL reads: all of them, or those of the first keys.
//!
//! Rows that are few in their file are read by their pages, over the network by ranges; where they are many, SQL
//! reads the file.

mod first_keys;
mod first_rows;
mod key_source;

pub(crate) use first_rows::FirstRows;

use crate::support::local_tables::of_local;
use crate::{Job, RunError};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use futures::{StreamExt, TryStreamExt};
use sluice_lake::{ChangedRows, Changes, DeltaStore, ScratchFile, Snapshot};
use sluice_query::{DiffInput, DiffKey, DiffStep, FileRows, TableFile};

/// Rows are read by their pages where not more than one in so many of a file's rows is wanted.
const ROWS_PER_WANTED: u64 = 16;
/// Rows of one file that is made for SQL; one more data file may be in it.
const SCRATCH_ROWS: usize = 262_144;
/// Data files read at once, each by a task of its own.
const FILES_AT_ONCE: usize = 4;

/// The two versions, and what takes part in their comparison.
#[derive(Clone)]
pub(crate) struct Versions {
    /// Whose cache has the rows that are made for SQL.
    pub(crate) scratch: DeltaStore,
    pub(crate) before: VersionOf,
    pub(crate) after: VersionOf,
    /// What tells rows apart.
    pub(crate) key: DiffKey,
}

/// A version of a table.
#[derive(Clone)]
pub(crate) struct VersionOf {
    pub(crate) store: DeltaStore,
    pub(crate) snapshot: Snapshot,
    /// Whether the SQL of the open lake may read its files.
    pub(crate) is_readable_by_sql: bool,
}

impl Versions {
    pub(super) fn side(&self, side: Side) -> &VersionOf {
        match side {
            Side::Before => &self.before,
            Side::After => &self.after,
        }
    }

    /// The rows of a file at these positions, with the columns that take part.
    async fn read(&self, side: Side, changed: &ChangedRows, positions: &[u32]) -> Result<RecordBatch, RunError> {
        let VersionOf { store, snapshot, .. } = self.side(side);
        let names = snapshot.schema.fields().iter().map(|field| field.name().as_str());
        let names: Vec<&str> = names.filter(|name| DiffInput::takes_part(name, self.key.columns())).collect();
        Ok(store.read_positions(snapshot, &changed.file, positions, Some(&names)).await?)
    }
}

/// Of which version a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Before,
    After,
}

/// Steps whose files are on this machine as long as this value lives.
#[derive(Default)]
pub(crate) struct LocalSteps {
    pub(crate) steps: Vec<DiffStep>,
    scratch: Vec<ScratchFile>,
}

impl LocalSteps {
    async fn keep(&mut self, store: &DeltaStore, rows: Vec<RecordBatch>) -> Result<TableFile, RunError> {
        let file = store.cached().scratch_file(rows).await?;
        let table_file = TableFile::whole(file.path().to_path_buf());
        self.scratch.push(file);
        Ok(table_file)
    }
}

/// All rows that changed. `job` counts data files and rows as `what`.
pub(crate) async fn local_steps(
    versions: &Versions,
    changes: &Changes,
    job: &Job,
    what: &str,
) -> Result<LocalSteps, RunError> {
    let sides = |step: &sluice_lake::ChangeStep| step.removed.len() + step.added.len();
    let total: usize = changes.steps.iter().map(sides).sum();
    job.progress(what, |progress| progress.total = total as u64);
    let mut local = LocalSteps::default();
    for step in &changes.steps {
        let removed = files_of(versions, Side::Before, &step.removed, &mut local, job, what).await?;
        let added = files_of(versions, Side::After, &step.added, &mut local, job, what).await?;
        local.steps.push(DiffStep { removed, added });
    }
    Ok(local)
}

async fn files_of(
    versions: &Versions,
    side: Side,
    changed: &[ChangedRows],
    local: &mut LocalSteps,
    job: &Job,
    what: &str,
) -> Result<Vec<TableFile>, RunError> {
    let mut files = Vec::new();
    let mut rows: Vec<RecordBatch> = Vec::new();
    let reads: Vec<_> = changed.iter().map(|changed| rows_of(versions.clone(), side, changed.clone())).collect();
    let mut reads = futures::stream::iter(reads).buffered(FILES_AT_ONCE);
    while let Some(read) = reads.try_next().await? {
        job.check()?;
        let count = match read {
            ReadOrFile::File(file, count) => {
                files.push(file);
                count
            }
            ReadOrFile::Rows(batch) => {
                let count = batch.num_rows() as u64;
                rows.push(batch);
                count
            }
        };
        if rows.iter().map(RecordBatch::num_rows).sum::<usize>() >= SCRATCH_ROWS {
            files.push(local.keep(&versions.scratch, std::mem::take(&mut rows)).await?);
        }
        job.progress(what, |progress| {
            progress.done += 1;
            progress.rows += count;
        });
    }
    if !rows.is_empty() {
        files.push(local.keep(&versions.scratch, rows).await?);
    }
    Ok(files)
}

/// Changed rows of a file: read already, or where SQL finds them, and how many.
enum ReadOrFile {
    Rows(RecordBatch),
    File(TableFile, u64),
}

async fn rows_of(versions: Versions, side: Side, changed: ChangedRows) -> Result<ReadOrFile, RunError> {
    let VersionOf { store, snapshot, is_readable_by_sql } = versions.side(side);
    let count = changed.rows();
    if !is_readable_by_sql && changed.positions.is_none() {
        let rows = store.read_files(snapshot, std::slice::from_ref(&changed.file), None).await?;
        return Ok(ReadOrFile::Rows(concat_batches(&snapshot.schema, &rows)?));
    }
    if let Some(positions) = &changed.positions {
        if !is_readable_by_sql || count.saturating_mul(ROWS_PER_WANTED) <= changed.file.physical_rows() {
            let positions: Vec<u32> = positions.iter().filter_map(|position| u32::try_from(position).ok()).collect();
            let task = tokio::spawn(async move { versions.read(side, &changed, &positions).await });
            let ended = |_| RunError::Internal("reading changed rows ended early".to_owned());
            return Ok(ReadOrFile::Rows(task.await.map_err(ended)??));
        }
        let local = store.cached().local_paths(std::slice::from_ref(&changed.file)).await?;
        let path = local.into_iter().next().ok_or_else(|| RunError::Internal("a data file has no path".to_owned()))?;
        let only = FileRows::Only(store.cached().positions_file(positions).await?);
        return Ok(ReadOrFile::File(TableFile { path, rows: only }, count));
    }
    let local = store.cached().local_files(std::slice::from_ref(&changed.file)).await?;
    let file = local.into_iter().next().ok_or_else(|| RunError::Internal("a data file has no path".to_owned()))?;
    Ok(ReadOrFile::File(of_local(file), count))
}
