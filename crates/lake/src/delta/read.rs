//! Rows of whole data files.

use crate::LakeError;
use crate::delta::projection::{conform, project, project_file};
use crate::delta::snapshot::{DataFile, Snapshot};
use crate::delta::table::DeltaStore;
use crate::delta::table_files::TableFiles;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::{StreamExt, TryStreamExt};
use parquet::errors::ParquetError;

/// Rows of one batch of a whole file.
const BATCH_ROWS: usize = 32_768;
/// Files decoded at once.
const FILES_AT_ONCE: usize = 4;

impl DeltaStore {
    /// Rows of files, in file order, cast to the snapshot's schema; a column that a file does not have
    /// is null. `columns` picks columns by name, in that order.
    ///
    /// Files that are read with all their columns are compared with the hash in the log, which costs next to nothing
    /// then: what rebuilds and compactions make of a file that rotted would look sound.
    ///
    /// # Errors
    /// [`LakeError::Damaged`], [`LakeError::Decode`]; [`LakeError::Schema`] for a column that the table does not have.
    pub async fn read_files(
        &self,
        snapshot: &Snapshot,
        files: &[DataFile],
        columns: Option<&[&str]>,
    ) -> Result<Vec<RecordBatch>, LakeError> {
        let goal = project(self.folder(), snapshot, columns)?;
        let whole = columns.is_none();
        let read = files.iter().map(|file| {
            let (files, file, goal) = (self.files.clone(), file.clone(), goal.clone());
            async move {
                // A task of its own each, so that files are decoded on all cores.
                let task = tokio::spawn(async move { read_file(&files, &file, &goal, whole).await });
                task.await.map_err(|_| LakeError::Stopped { path: self.folder().to_owned() })?
            }
        });
        // Collected, so that the closure is no part of this future, which then is `Send` for every caller.
        let read: Vec<_> = read.collect();
        let read: Vec<Vec<RecordBatch>> = futures::stream::iter(read).buffered(FILES_AT_ONCE).try_collect().await?;
        Ok(read.into_iter().flatten().collect())
    }
}

/// Rows of a file; `whole`: all its columns.
async fn read_file(
    files: &TableFiles,
    file: &DataFile,
    goal: &SchemaRef,
    whole: bool,
) -> Result<Vec<RecordBatch>, LakeError> {
    let reader = if whole { files.checked_reader(file).await? } else { files.reader(&file.path, file.size)? };
    let builder = project_file(files.open_reader(&file.path, reader).await?, goal);
    let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
    let builder = match files.live_rows(file, rows).await? {
        Some(live) => builder.with_row_selection(live),
        None => builder,
    };
    let failed = |source: ParquetError| files.cannot_decode(&file.path, source);
    let mut batches = builder.with_batch_size(BATCH_ROWS).build().map_err(failed)?;
    let mut read = Vec::new();
    while let Some(batch) = batches.try_next().await.map_err(failed)? {
        read.push(conform(&batch, goal).map_err(|source| failed(source.into()))?);
    }
    Ok(read)
}
