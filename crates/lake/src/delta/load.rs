//! Reads a table's log: the latest version, or an older one.

use crate::LakeError;
use crate::cache::snapshot_cache::CacheKey;
use crate::delta::features::ensure_readable;
use crate::delta::log;
use crate::delta::snapshot::{DataFile, Snapshot};
use crate::delta::table_files::TableFiles;
use crate::error::Cause;
use arrow::datatypes::Schema;
use deltalake::DeltaTableError;
use deltalake::kernel::engine::arrow_conversion::TryIntoArrow;
use deltalake::kernel::transaction::PROTOCOL;
use deltalake::logstore::LogStoreRef;
use deltalake::table::state::DeltaTableState;
use object_store::ObjectStoreExt;
use std::sync::Arc;

/// Entries read one by one before the whole log is read anew (which knows checkpoints).
const ENTRIES_BEFORE_RELOAD: usize = 32;

/// How often a log is read again that changed while it was read.
const READ_AGAIN_MAX: u32 = 3;

/// The table at a version, `None` for the latest. `Ok(None)`: the table does not exist.
///
/// # Errors
/// [`LakeError::OpenTable`], [`LakeError::NoVersion`], [`LakeError::ForeignPath`].
pub(crate) async fn load(table: &TableFiles, version: Option<u64>) -> Result<Option<Snapshot>, LakeError> {
    let loader = Loader(table);
    let loaded = match version {
        None => loader.latest().await?,
        Some(version) => loader.at_version(version).await?,
    };
    Ok(loaded.map(|snapshot| snapshot.as_ref().clone()))
}

struct Loader<'a>(&'a TableFiles);

type Loaded = (LogStoreRef, DeltaTableState);

impl Loader<'_> {
    async fn latest(&self) -> Result<Option<Arc<Snapshot>>, LakeError> {
        let cache = &self.0.tables.snapshots;
        let log_store = self.0.log_store()?;
        if let Some(known) = cache.get(&CacheKey::latest(&self.0.folder)) {
            // Nothing newer than what is known may also mean that the log was cleaned beyond it.
            if let Ok(Some(latest)) = self.advance(&log_store, known).await
                && log_store.object_store(None).head(&log::entry_path(latest.version)).await.is_ok()
            {
                return Ok(Some(latest));
            }
            // The table was replaced, its log cleaned, or an entry needs a full reading.
            cache.forget(&self.0.folder);
        }
        let mut attempts = 0;
        loop {
            let Some((log_store, state)) = self.load(&log_store, None).await? else { return Ok(None) };
            let built = Arc::new(self.build(&log_store, &state).await?);
            // A full reading begins with a listing, and a listing may lag behind: the newest entries are
            // asked for by name. An older version taken for the latest would be planned on.
            let newest = self.advance(&log_store, Arc::clone(&built)).await;
            attempts += 1;
            match newest {
                Ok(Some(latest)) => {
                    cache.put(CacheKey::latest(&self.0.folder), &latest);
                    return Ok(Some(latest));
                }
                Ok(None) | Err(_) if attempts <= READ_AGAIN_MAX => {}
                Ok(None) => return Err(self.0.cannot_open("its log grows faster than it can be read".into())),
                Err(source) => return Err(self.0.cannot_open(source)),
            }
        }
    }

    /// Reads the entries after a known version one by one; `None` if the table has to be read anew.
    async fn advance(&self, log_store: &LogStoreRef, known: Arc<Snapshot>) -> Result<Option<Arc<Snapshot>>, Cause> {
        let store = log_store.object_store(None);
        let paths = self.0.log_paths()?;
        let mut latest = known;
        for _ in 0..ENTRIES_BEFORE_RELOAD {
            let Some(entry) = log::read_actions(store.as_ref(), latest.version + 1).await? else {
                return Ok(Some(latest));
            };
            let Some(next) = latest.after(&paths, &entry)? else { return Ok(None) };
            ensure_readable(&next.protocol, &next.metadata, &self.0.folder)?;
            latest = Arc::new(next);
            self.0.tables.snapshots.put(CacheKey::latest(&self.0.folder), &latest);
        }
        Ok(None)
    }

    async fn at_version(&self, version: u64) -> Result<Option<Arc<Snapshot>>, LakeError> {
        let cache = &self.0.tables.snapshots;
        let latest = cache.get(&CacheKey::latest(&self.0.folder)).filter(|latest| latest.version == version);
        if let Some(known) = latest.or_else(|| cache.get(&CacheKey::version(&self.0.folder, version))) {
            return Ok(Some(known));
        }
        let log_store = self.0.log_store()?;
        let Some((log_store, state)) = self.load(&log_store, Some(version)).await? else { return Ok(None) };
        let built = Arc::new(self.build(&log_store, &state).await?);
        cache.put(CacheKey::version(&self.0.folder, version), &built);
        Ok(Some(built))
    }

    /// The state, and the log that it was read from.
    async fn load(&self, log_store: &LogStoreRef, version: Option<u64>) -> Result<Option<Loaded>, LakeError> {
        let mut attempts = 0;
        loop {
            let source = match DeltaTableState::try_new(log_store, version).await {
                Ok(state) => return Ok(Some((LogStoreRef::clone(log_store), state))),
                Err(source) => source,
            };
            let newest = log::newest_version(log_store.as_ref()).await;
            return match (version, newest) {
                (_, Ok(None)) => Ok(None),
                // Another process created the table, or cleaned its log, while it was read.
                (None, Ok(Some(_))) if attempts < READ_AGAIN_MAX && is_missing_version(&source) => {
                    attempts += 1;
                    continue;
                }
                (Some(version), Ok(Some(newest))) if version > newest => {
                    Err(LakeError::NoVersion { version, path: self.0.folder.clone() })
                }
                (_, Ok(Some(newest))) => match self.load_entries(version.unwrap_or(newest)).await? {
                    Some(loaded) => Ok(Some(loaded)),
                    None => match version.filter(|_| is_missing_version(&source)) {
                        Some(version) => Err(LakeError::NoVersion { version, path: self.0.folder.clone() }),
                        None => Err(self.0.cannot_open(Box::new(source))),
                    },
                },
                (_, Err(cause)) => Err(self.0.cannot_open(cause)),
            };
        }
    }

    /// The state by the entries of the log alone, where all of them are there: a checkpoint that is damaged or gone says
    /// nothing that they don't say. The next checkpoint takes its place.
    async fn load_entries(&self, version: u64) -> Result<Option<Loaded>, LakeError> {
        let log_store = self.0.log_store_without_checkpoints()?;
        let Ok(state) = DeltaTableState::try_new(&log_store, Some(version)).await else { return Ok(None) };
        // It fails where an entry is missing.
        if log::summarize(log_store.as_ref(), version).await.is_err() {
            return Ok(None);
        }
        tracing::warn!(table = %self.0.folder, "a checkpoint of the log cannot be read; all entries are there and say the same");
        Ok(Some((log_store, state)))
    }

    /// Makes a snapshot of a loaded state.
    async fn build(&self, log_store: &LogStoreRef, state: &DeltaTableState) -> Result<Snapshot, LakeError> {
        let version = state.version();
        ensure_readable(state.protocol(), state.metadata(), &self.0.folder)?;
        let schema: Schema =
            state.schema().as_ref().try_into_arrow().map_err(|source| self.0.cannot_open(Box::new(source)))?;
        let summary = log::summarize(log_store.as_ref(), version).await.map_err(|source| self.0.cannot_open(source))?;
        let files = self.data_files(state).await?;
        let timestamp_ms = summary.timestamp_ms.or_else(|| state.version_timestamp(version)).unwrap_or(0);
        let writable = PROTOCOL.can_write_to(state);
        Ok(Snapshot {
            version,
            schema: Arc::new(schema),
            files: files.into(),
            timestamp_ms,
            protocol: Arc::new(state.protocol().clone()),
            metadata: Arc::new(state.metadata().clone()),
            transactions: Arc::new(summary.transactions),
            unwritable: writable.err().map(|error| DeltaTableError::from(error).to_string().into()),
        })
    }

    async fn data_files(&self, state: &DeltaTableState) -> Result<Vec<DataFile>, LakeError> {
        let paths = self.0.log_paths()?;
        let views: Vec<_> =
            state.snapshot().try_log_data().map_err(|source| self.0.cannot_open(Box::new(source)))?.iter().collect();
        let mut files = Vec::with_capacity(views.len());
        for view in views {
            let counted = view.num_records().and_then(|rows| u64::try_from(rows).ok());
            #[expect(deprecated, reason = "the only public access to an add action's tags")]
            let add = view.add_action();
            let path = paths.read(&add.path)?.path;
            let size = u64::try_from(add.size).unwrap_or(0);
            let rows = match counted {
                Some(rows) => rows,
                // Other writers may leave statistics out; the file knows.
                None => self.0.count_rows(&path, size).await?,
            };
            files.push(DataFile::of_counted_add(add, rows, &paths)?);
        }
        Ok(files)
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
