//! Single rows of data files that every batch reads some of.

use crate::LakeError;
use crate::cache::row_cache::RowCache;
use crate::delta::cached_table::CachedTable;
use crate::delta::snapshot::{DataFile, Snapshot};
use arrow::array::RecordBatch;
use std::io::{Error, ErrorKind};
use std::path::Path;

impl CachedTable {
    /// Rows of a file by their position in it, which have to ascend, cast to the snapshot's schema, as
    /// [`crate::DeltaStore::read_positions`] does. For a table of which every batch reads some: where they are
    /// spread, the file's rows are kept uncompressed in the local cache, and go from there with the file.
    ///
    /// # Errors
    /// [`LakeError::Decode`].
    pub async fn read_rows_cached(
        &self,
        snapshot: &Snapshot,
        file: &DataFile,
        positions: &[u32],
    ) -> Result<RecordBatch, LakeError> {
        let (shown, rows) = (self.files.shown(&file.path), file.physical_rows());
        let Some(path) = self.files.tables.cache.rows.path_for(&shown, rows, positions.len()) else {
            return self.store.read_positions(snapshot, file, positions, None).await;
        };
        let read = || RowCache::read(path.clone(), snapshot.schema.clone(), rows, positions.to_vec());
        match read().await {
            Ok(read) => return Ok(read),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => tracing::info!(file = %shown, %error, "the cached rows are not used"),
        }
        if RowCache::is_worth_keeping(positions, rows) {
            let made = match self.cache_rows(snapshot, file, &path).await {
                Ok(()) => read().await,
                Err(NotCached::Lake(error)) => return Err(error),
                Err(NotCached::Cache(error)) => Err(error),
            };
            match made {
                Ok(read) => return Ok(read),
                Err(error) => tracing::info!(file = %shown, %error, "rows are not cached"),
            }
        }
        self.store.read_positions(snapshot, file, positions, None).await
    }

    async fn cache_rows(&self, snapshot: &Snapshot, file: &DataFile, path: &Path) -> Result<(), NotCached> {
        let metadata = self.files.footer(file).await?;
        let groups = metadata.metadata().row_groups().iter();
        let bytes: u64 =
            groups.map(|group| u64::try_from(group.total_byte_size()).unwrap_or(0)).fold(0, u64::saturating_add);
        let staged = RowCache::stage(path, bytes)?;
        let batches = self.store.read_files(snapshot, &[file.with_deleted_rows()], None).await?;
        Ok(RowCache::write(staged, snapshot.schema.clone(), file.physical_rows(), batches).await?)
    }
}

/// Why the rows of a file are not cached.
enum NotCached {
    /// The file itself cannot be read.
    Lake(LakeError),
    /// Its rows cannot be kept.
    Cache(Error),
}

impl From<LakeError> for NotCached {
    fn from(error: LakeError) -> Self {
        Self::Lake(error)
    }
}

impl From<Error> for NotCached {
    fn from(error: Error) -> Self {
        Self::Cache(error)
    }
}
