//! One Delta table of the lake, as readers see it.

use crate::LakeError;
use crate::cache::snapshot_cache::CacheKey;
use crate::delta::load::load;
use crate::delta::log::{self, HistoryEntry};
use crate::delta::snapshot::{DataFile, Snapshot};
use crate::delta::table_files::TableFiles;
use crate::ledger::leases::{Fence, Lease};
use roaring::RoaringTreemap;
use std::sync::Arc;

/// A Delta table, whether it exists or not: its versions, its history, its rows. Cheap to clone.
///
/// Files are written by [`DeltaStore::writer`] and become visible by a [`DeltaStore::transaction`]; what is
/// kept on this machine is read by [`DeltaStore::cached`]; old files go by [`DeltaStore::maintenance`].
///
/// ```
/// # use arrow::array::{Int64Array, RecordBatch};
/// # use sluice_contract::TableName;
/// # use sluice_lake::{AppId, CommitOutcome, Lake, Operation, TableLocation, TransactionId};
/// # use std::sync::Arc;
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = Arc::new(object_store::memory::InMemory::new());
/// # let lake = Lake::with_store(store, &url::Url::parse("memory:///lake")?)?;
/// let name = TableName::new("shop", "orders")?;
/// let table = lake.table(TableLocation::Silver(name.clone()));
/// let rows = RecordBatch::try_from_iter([("id", Arc::new(Int64Array::from(vec![1, 2, 3])) as _)])?;
/// let base = table.writer().create(&rows.schema(), &[]).await?;
/// let file = table.writer().write_file(&[rows]).await?;
///
/// let id = TransactionId { app: AppId::silver(&name), number: 1, content_hash: file.blake3.clone() };
/// let outcome = table.transaction(&base, id, Operation::Merge).add([file]).commit().await?;
/// assert_eq!(outcome, CommitOutcome::Committed(1));
///
/// let now = table.snapshot(None).await?.expect("the table exists");
/// assert_eq!((now.version, now.rows(), now.txn(&AppId::silver(&name))), (1, 3, Some(1)));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct DeltaStore {
    pub(crate) files: TableFiles,
    pub(crate) fence: Option<Fence>,
}

impl DeltaStore {
    pub(crate) fn new(files: TableFiles) -> Self {
        Self { files, fence: None }
    }

    /// Folder of the table in the lake.
    #[must_use]
    pub fn folder(&self) -> &str {
        &self.files.folder
    }

    /// The table at a version, `None` for the latest. `Ok(None)`: the table does not exist.
    ///
    /// The last snapshots are kept, so asking again costs one listing of new log entries.
    ///
    /// # Errors
    /// [`LakeError::OpenTable`], [`LakeError::NoVersion`], [`LakeError::ForeignPath`].
    pub async fn snapshot(&self, version: Option<u64>) -> Result<Option<Snapshot>, LakeError> {
        load(&self.files, version).await
    }

    /// Remembers the version that an own commit made, so that the next batch need not read it.
    pub(crate) fn remember(&self, snapshot: Snapshot) {
        self.files.tables.snapshots.put(CacheKey::latest(&self.files.folder), &Arc::new(snapshot));
    }

    /// Commits, latest first, at most `limit`; empty if the table does not exist. Entries that log
    /// clean-up removed are left out.
    ///
    /// # Errors
    /// [`LakeError::OpenTable`].
    pub async fn history(&self, limit: usize) -> Result<Vec<HistoryEntry>, LakeError> {
        let log_store = self.files.log_store()?;
        let newest = log::newest_version(log_store.as_ref()).await.map_err(|source| self.files.cannot_open(source))?;
        match newest {
            Some(newest) => self.history_until(newest, limit).await,
            None => Ok(Vec::new()),
        }
    }

    /// The same up to a version. What is decided for a snapshot has to be asked for its version: no
    /// listing takes part, and no commit that was made since.
    ///
    /// # Errors
    /// [`LakeError::OpenTable`].
    pub async fn history_until(&self, version: u64, limit: usize) -> Result<Vec<HistoryEntry>, LakeError> {
        let log_store = self.files.log_store()?;
        let store = log_store.object_store(None);
        log::history(store.as_ref(), version, limit).await.map_err(|source| self.files.cannot_open(source))
    }

    /// Positions of the deleted rows of a file; `None` without a deletion vector.
    ///
    /// # Errors
    /// [`LakeError::Decode`] if the vector is not what the protocol says, [`LakeError::ForeignPath`] if
    /// it lies outside of the table.
    pub async fn deleted_positions(&self, file: &DataFile) -> Result<Option<Arc<RoaringTreemap>>, LakeError> {
        self.files.deleted_positions(file).await
    }
}

impl Lease {
    /// The same table, its commits carrying the number of this lease.
    #[must_use]
    pub fn fence(&self, store: &DeltaStore) -> DeltaStore {
        DeltaStore { fence: Some(self.to_fence()), ..store.clone() }
    }
}
