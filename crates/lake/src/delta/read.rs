//! Rows of data files.

use crate::store::data_file_reader::DataFileReader;
use crate::{DataFile, DeltaStore, LakeError, NewFile, Snapshot};
use arrow::array::{RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use futures::{StreamExt, TryStreamExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::errors::ParquetError;
use parquet::file::metadata::PageIndexPolicy;
use std::sync::Arc;

/// Rows of one batch of a whole file.
const BATCH_ROWS: usize = 32_768;
/// Files decoded or downloaded at once.
pub(crate) const FILES_AT_ONCE: usize = 4;

impl DeltaStore {
    /// Rows of files, in file order, cast to the snapshot's schema; a column that a file does not have
    /// is null. `columns` picks columns by name, in that order.
    ///
    /// # Errors
    /// [`LakeError::Decode`]; [`LakeError::Schema`] for a column that the table does not have.
    pub async fn read_files(
        &self,
        snapshot: &Snapshot,
        files: &[DataFile],
        columns: Option<&[&str]>,
    ) -> Result<Vec<RecordBatch>, LakeError> {
        let goal = self.project(snapshot, columns)?;
        let read = files.iter().map(|file| {
            let (store, file, goal) = (self.clone(), file.clone(), goal.clone());
            async move {
                // A task of its own each, so that files are decoded on all cores.
                let task = tokio::spawn(async move { store.read_whole(&file, &goal).await });
                task.await.map_err(|_| LakeError::Stopped { path: self.folder.clone() })?
            }
        });
        // Collected, so that the closure is no part of this future, which then is `Send` for every caller.
        let read: Vec<_> = read.collect();
        let read: Vec<Vec<RecordBatch>> = futures::stream::iter(read).buffered(FILES_AT_ONCE).try_collect().await?;
        Ok(read.into_iter().flatten().collect())
    }

    /// Rows of a file that is not committed yet, with the file's own schema.
    ///
    /// # Errors
    /// [`LakeError::Decode`].
    pub async fn read_new(&self, file: &NewFile) -> Result<Vec<RecordBatch>, LakeError> {
        let builder = self.open_file(&file.path, file.size).await?;
        let failed = |source: ParquetError| self.no_decoding(&file.path, source);
        builder.with_batch_size(BATCH_ROWS).build().map_err(failed)?.try_collect().await.map_err(failed)
    }

    async fn read_whole(&self, file: &DataFile, goal: &SchemaRef) -> Result<Vec<RecordBatch>, LakeError> {
        let builder = project_file(self.open_file(&file.path, file.size).await?, goal);
        let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0);
        let builder = match self.live_rows(file, rows).await? {
            Some(live) => builder.with_row_selection(live),
            None => builder,
        };
        let failed = |source: ParquetError| self.no_decoding(&file.path, source);
        let mut batches = builder.with_batch_size(BATCH_ROWS).build().map_err(failed)?;
        let mut read = Vec::new();
        while let Some(batch) = batches.try_next().await.map_err(failed)? {
            read.push(conform(&batch, goal).map_err(|source| failed(source.into()))?);
        }
        Ok(read)
    }

    /// Rows that a file holds, by its own footer.
    pub(crate) async fn count_rows(&self, file: &str, size: u64) -> Result<u64, LakeError> {
        let builder = self.open_file(file, size).await?;
        Ok(u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0))
    }

    /// The table's columns, or some of them.
    pub(crate) fn project(&self, snapshot: &Snapshot, columns: Option<&[&str]>) -> Result<SchemaRef, LakeError> {
        let Some(columns) = columns else { return Ok(snapshot.schema.clone()) };
        let fields: Result<Vec<_>, ArrowError> =
            columns.iter().map(|name| Ok(snapshot.schema.field_with_name(name)?.clone())).collect();
        let failed = |source| LakeError::Schema { source: Box::new(source), path: self.folder.clone() };
        Ok(Arc::new(Schema::new(fields.map_err(failed)?)))
    }

    pub(crate) fn object_reader(&self, file: &str, size: u64) -> Result<DataFileReader, LakeError> {
        let store = Arc::clone(&self.lake.shared.root.store);
        Ok(DataFileReader { store, location: self.location_of(file)?, size })
    }

    async fn open_file(
        &self,
        file: &str,
        size: u64,
    ) -> Result<ParquetRecordBatchStreamBuilder<DataFileReader>, LakeError> {
        let mut reader = self.object_reader(file, size)?;
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Skip);
        let metadata = ArrowReaderMetadata::load_async(&mut reader, options).await;
        let metadata = metadata.map_err(|source| self.no_decoding(file, source))?;
        Ok(ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata))
    }

    pub(crate) fn no_decoding(&self, file: &str, source: ParquetError) -> LakeError {
        LakeError::Decode { source: Box::new(source), path: self.shown(file) }
    }
}

/// Leaves out columns that are not asked for.
pub(crate) fn project_file(
    builder: ParquetRecordBatchStreamBuilder<DataFileReader>,
    goal: &SchemaRef,
) -> ParquetRecordBatchStreamBuilder<DataFileReader> {
    let fields = builder.schema().fields();
    let wanted: Vec<usize> =
        (0..fields.len()).filter(|position| goal.index_of(fields[*position].name()).is_ok()).collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    builder.with_projection(mask)
}

/// The batch with exactly these columns.
pub(crate) fn conform(batch: &RecordBatch, goal: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    if batch.schema_ref() == goal {
        return Ok(batch.clone());
    }
    let exact = CastOptions { safe: false, ..CastOptions::default() };
    let columns: Result<Vec<_>, ArrowError> = goal
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
            Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
            Some(column) => cast_with_options(column, field.data_type(), &exact),
        })
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(goal.clone(), columns?, &options)
}
