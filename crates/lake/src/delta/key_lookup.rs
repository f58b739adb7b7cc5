//! Where the rows of keys are: the key runs of a table's data files.

use crate::LakeError;
use crate::cache::key_run::KeyRun;
use crate::delta::cached_table::CachedTable;
use crate::delta::new_file::NewFile;
use crate::delta::snapshot::{DataFile, Snapshot};
use crate::error::Cause;
use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt};
use std::sync::Arc;

/// Files worked on at once.
const FILES_AT_ONCE: usize = 4;

/// Hashes the keys of rows; the batch has the key columns. An error is a damaged table.
pub type KeyHasher = Arc<dyn Fn(&RecordBatch) -> Result<Vec<u128>, Cause> + Send + Sync>;

/// A row of the table that has one of the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiveMatch {
    /// Position of the key among those that were looked up.
    pub key: u32,
    /// Position of the file in [`Snapshot::files`].
    pub file: u32,
    /// Row in the file, from 0.
    pub row: u32,
}

impl CachedTable {
    /// Finds the rows of some files of a version (by their position in [`Snapshot::files`]) whose keys
    /// have one of the hashes, which are distinct. Rows that a deletion vector removed are left out.
    /// Files without a key run get one, by reading their key columns.
    ///
    /// Two different keys are taken for one if `hasher` gives them hashes that agree in about their
    /// first 83 bits.
    ///
    /// # Errors
    /// [`LakeError::Decode`].
    pub async fn locate(
        &self,
        snapshot: &Snapshot,
        files: &[u32],
        hashes: &Arc<Vec<u128>>,
        key_columns: &[&str],
        hasher: &KeyHasher,
    ) -> Result<Vec<LiveMatch>, LakeError> {
        let files = files.iter().filter_map(|number| Some((*number, snapshot.files.get(*number as usize)?)));
        let searches = files.map(|(number, file)| self.locate_in(snapshot, number, file, hashes, key_columns, hasher));
        let found: Vec<Vec<LiveMatch>> = futures::stream::iter(searches).buffered(FILES_AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Finds the rows of one key in a version. Key runs on disk are not checked as a whole, which takes as long as
    /// reading them: who finds something else than expected asks [`CachedTable::locate`].
    ///
    /// # Errors
    /// As [`CachedTable::locate`].
    pub async fn glance(
        &self,
        snapshot: &Snapshot,
        hash: u128,
        key_columns: &[&str],
        hasher: &KeyHasher,
    ) -> Result<Vec<LiveMatch>, LakeError> {
        let hashes = Arc::new(vec![hash]);
        let files = (0_u32..).zip(snapshot.files.iter());
        let searches = files.map(|(number, file)| {
            let hashes = &hashes;
            async move {
                let (shown, rows) = (self.files.shown(&file.path), file.physical_rows());
                let Some(found) = self.files.tables.cache.keys.glance(&shown, rows, hash).await else {
                    return self.locate_in(snapshot, number, file, hashes, key_columns, hasher).await;
                };
                let deleted = if found.is_empty() { None } else { self.files.deleted_positions(file).await? };
                let is_live = |row: &u32| deleted.as_ref().is_none_or(|deleted| !deleted.contains(u64::from(*row)));
                let live = found.into_iter().filter(is_live);
                Ok(live.map(|row| LiveMatch { key: 0, file: number, row }).collect())
            }
        });
        let found: Vec<Vec<LiveMatch>> = futures::stream::iter(searches).buffered(FILES_AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn locate_in(
        &self,
        snapshot: &Snapshot,
        number: u32,
        file: &DataFile,
        hashes: &Arc<Vec<u128>>,
        key_columns: &[&str],
        hasher: &KeyHasher,
    ) -> Result<Vec<LiveMatch>, LakeError> {
        let run = self.key_run(snapshot, file, key_columns, hasher).await?;
        let deleted = self.files.deleted_positions(file).await?;
        let hashes = Arc::clone(hashes);
        let probe = move || {
            let mut found = Vec::new();
            run.probe(&hashes, |key, row| {
                if deleted.as_ref().is_none_or(|deleted| !deleted.contains(u64::from(row))) {
                    found.push(LiveMatch { key: u32::try_from(key).unwrap_or(u32::MAX), file: number, row });
                }
            })?;
            Ok::<_, std::io::Error>(found)
        };
        let probed = tokio::task::spawn_blocking(probe).await;
        let probed = probed.map_err(|_| LakeError::Stopped { path: self.files.shown(&file.path) })?;
        probed.map_err(|source| LakeError::Read { source: Box::new(source), path: self.files.shown(&file.path) })
    }

    async fn key_run(
        &self,
        snapshot: &Snapshot,
        file: &DataFile,
        key_columns: &[&str],
        hasher: &KeyHasher,
    ) -> Result<Arc<KeyRun>, LakeError> {
        let (shown, rows) = (self.files.shown(&file.path), file.physical_rows());
        if let Some(known) = self.files.tables.cache.keys.find(&shown, rows).await {
            return Ok(known);
        }
        let batches = self.store.read_files(snapshot, &[file.with_deleted_rows()], Some(key_columns)).await?;
        let hasher = Arc::clone(hasher);
        let hashed = tokio::task::spawn_blocking(move || {
            let mut hashes = Vec::with_capacity(usize::try_from(rows).unwrap_or(0));
            for batch in batches {
                hashes.extend(hasher(&batch)?);
            }
            Ok::<_, Cause>(hashes)
        });
        let hashes = hashed.await.map_err(|_| LakeError::Stopped { path: shown.clone() })?;
        let hashes = hashes.map_err(|source| LakeError::Decode { source, path: shown.clone() })?;
        self.files.tables.cache.keys.keep(&shown, hashes).await
    }

    /// Keeps the key run of a file that was just written, whose keys have these hashes in order.
    ///
    /// # Errors
    /// [`LakeError::Stopped`].
    pub async fn index_new_file(&self, file: &NewFile, hashes: Vec<u128>) -> Result<(), LakeError> {
        self.files.tables.cache.keys.keep(&self.files.shown(&file.path), hashes).await.map(|_| ())
    }
}
