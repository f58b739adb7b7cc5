//! Rows of whole data files.

use crate::LakeError;
use crate::delta::projection::{conform, project, project_file};
use crate::delta::snapshot::{DataFile, Snapshot};
use crate::delta::table::DeltaStore;
use crate::delta::table_files::TableFiles;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt, TryStreamExt};
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

    /// All rows of one file, `batch_rows` at a time, which are decoded when they are asked for. The file is compared with
    /// the hash in the log first.
    ///
    /// # Errors
    /// As [`DeltaStore::read_files`]; also those of the stream.
    pub async fn stream_file(
        &self,
        snapshot: &Snapshot,
        file: &DataFile,
        batch_rows: usize,
    ) -> Result<BoxStream<'static, Result<RecordBatch, LakeError>>, LakeError> {
        let goal = project(self.folder(), snapshot, None)?;
        Ok(open_rows(&self.files, file, &goal, true, batch_rows).await?.boxed())
    }
}

/// Rows of a file; `whole`: all its columns.
async fn read_file(
    files: &TableFiles,
    file: &DataFile,
    goal: &SchemaRef,
    whole: bool,
) -> Result<Vec<RecordBatch>, LakeError> {
    open_rows(files, file, goal, whole, BATCH_ROWS).await?.try_collect().await
}

/// Rows of a file, as they are decoded.
async fn open_rows(
    files: &TableFiles,
    file: &DataFile,
    goal: &SchemaRef,
    whole: bool,
    batch_rows: usize,
) -> Result<impl Stream<Item = Result<RecordBatch, LakeError>> + Send + use<>, LakeError> {
    let reader = if whole { files.checked_reader(file).await? } else { files.reader(&file.path, file.size)? };
    let builder = project_file(files.open_reader(&file.path, reader).await?, goal);
    let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
    let builder = match files.live_rows(file, rows).await? {
        Some(live) => builder.with_row_selection(live),
        None => builder,
    };
    let (files, path, goal) = (files.clone(), file.path.clone(), goal.clone());
    let failed = move |source: ParquetError| files.cannot_decode(&path, source);
    let batches = builder.with_batch_size(batch_rows).build().map_err(&failed)?;
    Ok(batches.map(move |batch| {
        let batch = batch.map_err(&failed)?;
        conform(&batch, &goal).map_err(|source| failed(source.into()))
    }))
}
