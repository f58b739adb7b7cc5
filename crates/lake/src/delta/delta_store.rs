//! One Delta table of the lake.

use crate::cache::snapshot_cache::CacheKey;
use crate::delta::commit_log;
use crate::error::Cause;
use crate::ledger::lease::Fence;
use crate::{Lake, LakeError, Snapshot};
use deltalake::DeltaTableError;
use deltalake::logstore::{LogStoreRef, StorageConfig, default_logstore};
use deltalake::table::state::DeltaTableState;
use object_store::ObjectStoreExt;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use sluice_contract::TableName;
use std::sync::Arc;
use url::Url;

/// Entries read one by one before the whole log is read anew (which knows checkpoints).
const ENTRIES_BEFORE_RELOAD: usize = 32;

/// How often a log is read again that changed while it was read.
const READ_AGAIN_MAX: u32 = 3;

/// Which table of the lake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableLocation {
    /// Every change as delivered.
    Bronze(TableName),
    /// The latest row of every key.
    Silver(TableName),
    /// Result of a model.
    Gold(TableName),
    /// Records that could not be applied.
    Quarantine(TableName),
}

impl TableLocation {
    /// Folder of the table in the lake.
    #[must_use]
    pub fn folder(&self) -> String {
        let (layer, name) = match self {
            Self::Bronze(name) => ("bronze", name),
            Self::Silver(name) => ("silver", name),
            Self::Gold(name) => ("gold", name),
            Self::Quarantine(name) => ("_sluice/quarantine", name),
        };
        format!("{layer}/{}/{}", name.dataset, name.table)
    }
}

/// A Delta table, whether it exists or not. Cheap to clone.
#[derive(Clone, Debug)]
pub struct DeltaStore {
    pub(crate) lake: Lake,
    pub(crate) folder: String,
    pub(crate) fence: Option<Fence>,
}

impl DeltaStore {
    #[expect(clippy::needless_pass_by_value, reason = "the public `Lake::table` takes the location by value")]
    pub(crate) fn new(lake: Lake, location: TableLocation) -> Self {
        Self { lake, folder: location.folder(), fence: None }
    }

    /// Folder of the table in the lake.
    #[must_use]
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The table at a version, `None` for the latest. `Ok(None)`: the table does not exist.
    ///
    /// The last snapshots are kept, so asking again costs one listing of new log entries.
    ///
    /// # Errors
    /// [`LakeError::OpenTable`], [`LakeError::NoVersion`], [`LakeError::ForeignPath`].
    pub async fn snapshot(&self, version: Option<u64>) -> Result<Option<Snapshot>, LakeError> {
        let loaded = match version {
            None => self.latest().await?,
            Some(version) => self.at_version(version).await?,
        };
        Ok(loaded.map(|snapshot| snapshot.as_ref().clone()))
    }

    async fn latest(&self) -> Result<Option<Arc<Snapshot>>, LakeError> {
        let cache = &self.lake.shared.snapshots;
        let log_store = self.log_store()?;
        if let Some(known) = cache.get(&CacheKey::latest(&self.folder)) {
            // Nothing newer than what is known may also mean that the log was cleaned beyond it.
            if let Ok(Some(latest)) = self.advance(&log_store, known).await
                && log_store.object_store(None).head(&commit_log::entry_path(latest.version)).await.is_ok()
            {
                return Ok(Some(latest));
            }
            // The table was replaced, its log cleaned, or an entry needs a full reading.
            cache.forget(&self.folder);
        }
        let mut attempts = 0;
        loop {
            let Some(state) = self.load(&log_store, None).await? else { return Ok(None) };
            let built = Arc::new(self.build(&log_store, &state, None).await?);
            // A full reading begins with a listing, and a listing may lag behind: the newest entries are
            // asked for by name. An older version taken for the latest would be planned on.
            let newest = self.advance(&log_store, Arc::clone(&built)).await;
            attempts += 1;
            match newest {
                Ok(Some(latest)) => {
                    cache.put(CacheKey::latest(&self.folder), &latest);
                    return Ok(Some(latest));
                }
                Ok(None) | Err(_) if attempts <= READ_AGAIN_MAX => {}
                Ok(None) => return Err(self.cannot_open("its log grows faster than it can be read".into())),
                Err(source) => return Err(self.cannot_open(source)),
            }
        }
    }

    /// Reads the entries after a known version one by one; `None` if the table has to be read anew.
    async fn advance(&self, log_store: &LogStoreRef, known: Arc<Snapshot>) -> Result<Option<Arc<Snapshot>>, Cause> {
        let store = log_store.object_store(None);
        let table_url = self.table_url()?;
        let mut latest = known;
        for _ in 0..ENTRIES_BEFORE_RELOAD {
            let Some(entry) = commit_log::read_actions(store.as_ref(), latest.version + 1).await? else {
                return Ok(Some(latest));
            };
            let Some(next) = latest.after(&table_url, &entry)? else { return Ok(None) };
            latest = Arc::new(next);
            self.lake.shared.snapshots.put(CacheKey::latest(&self.folder), &latest);
        }
        Ok(None)
    }

    /// Remembers the version that an own commit made, so that the next batch need not read it.
    pub(crate) fn remember(&self, snapshot: Snapshot) {
        self.lake.shared.snapshots.put(CacheKey::latest(&self.folder), &Arc::new(snapshot));
    }

    async fn at_version(&self, version: u64) -> Result<Option<Arc<Snapshot>>, LakeError> {
        let cache = &self.lake.shared.snapshots;
        let latest = cache.get(&CacheKey::latest(&self.folder)).filter(|latest| latest.version == version);
        if let Some(known) = latest.or_else(|| cache.get(&CacheKey::version(&self.folder, version))) {
            return Ok(Some(known));
        }
        let log_store = self.log_store()?;
        let Some(state) = self.load(&log_store, Some(version)).await? else { return Ok(None) };
        let built = Arc::new(self.build(&log_store, &state, None).await?);
        cache.put(CacheKey::version(&self.folder, version), &built);
        Ok(Some(built))
    }

    async fn load(&self, log_store: &LogStoreRef, version: Option<u64>) -> Result<Option<DeltaTableState>, LakeError> {
        let mut attempts = 0;
        loop {
            let source = match DeltaTableState::try_new(log_store, version).await {
                Ok(state) => return Ok(Some(state)),
                Err(source) => source,
            };
            let newest = commit_log::newest_version(log_store.as_ref()).await;
            return match (version, newest) {
                (_, Ok(None)) => Ok(None),
                // Another process created the table, or cleaned its log, while it was read.
                (None, Ok(Some(_))) if attempts < READ_AGAIN_MAX && is_missing_version(&source) => {
                    attempts += 1;
                    continue;
                }
                (Some(version), Ok(Some(_))) if is_missing_version(&source) => {
                    Err(LakeError::NoVersion { version, path: self.folder.clone() })
                }
                _ => Err(self.cannot_open(Box::new(source))),
            };
        }
    }

    pub(crate) fn cannot_open(&self, source: Cause) -> LakeError {
        LakeError::OpenTable { source, path: self.folder.clone() }
    }

    pub(crate) fn table_url(&self) -> Result<Url, LakeError> {
        let bad = |_| LakeError::BadPath { path: self.folder.clone() };
        self.lake.shared.root.folder_url.join(&format!("{}/", self.folder)).map_err(bad)
    }

    /// The store and log of this table as `deltalake` sees them.
    pub(crate) fn log_store(&self) -> Result<LogStoreRef, LakeError> {
        let root = &self.lake.shared.root;
        let inside = PrefixStore::new(Arc::clone(&root.store), root.join(&self.folder)?);
        let url = self.table_url()?;
        Ok(default_logstore(Arc::new(inside), Arc::clone(&root.store), &url, &StorageConfig::default()))
    }

    /// Path in the store of a file of this table.
    pub(crate) fn location_of(&self, file: &str) -> Result<Path, LakeError> {
        self.lake.shared.root.join(&format!("{}/{file}", self.folder))
    }

    /// Path in the lake of a file of this table, for messages.
    pub(crate) fn shown(&self, file: &str) -> String {
        format!("{}/{file}", self.folder)
    }
}

/// The kernel has no variant for it.
fn is_missing_version(error: &DeltaTableError) -> bool {
    match error {
        DeltaTableError::InvalidVersion(_) | DeltaTableError::NotATable(_) => true,
        other => {
            let text = other.to_string();
            text.contains("version") || text.contains("No files in log segment")
        }
    }
}
