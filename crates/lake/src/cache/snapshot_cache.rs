//! Snapshots that were read before.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Snapshots of tables' latest versions kept at most.
const LATEST_MAX: usize = 4_096;
/// Snapshots of older versions kept at most.
const OLDER_MAX: usize = 64;

/// A table, and a version unless it is the latest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CacheKey {
    folder: String,
    version: Option<u64>,
}

impl CacheKey {
    pub(crate) fn latest(folder: &str) -> Self {
        Self { folder: folder.to_owned(), version: None }
    }

    pub(crate) fn version(folder: &str, version: u64) -> Self {
        Self { folder: folder.to_owned(), version: Some(version) }
    }
}

/// Snapshots by table and version.
#[derive(Debug)]
pub(crate) struct SnapshotCache<S> {
    entries: Mutex<BTreeMap<CacheKey, Arc<S>>>,
}

impl<S> Default for SnapshotCache<S> {
    fn default() -> Self {
        Self { entries: Mutex::default() }
    }
}

impl<S> SnapshotCache<S> {
    pub(crate) fn get(&self, key: &CacheKey) -> Option<Arc<S>> {
        self.lock().get(key).cloned()
    }

    pub(crate) fn put(&self, key: CacheKey, snapshot: &Arc<S>) {
        let mut entries = self.lock();
        let is_latest = key.version.is_none();
        let limit = if is_latest { LATEST_MAX } else { OLDER_MAX };
        if entries.keys().filter(|known| known.version.is_none() == is_latest).count() >= limit {
            entries.retain(|known, _| known.version.is_none() != is_latest);
        }
        entries.insert(key, Arc::clone(snapshot));
    }

    pub(crate) fn forget(&self, folder: &str) {
        self.lock().retain(|known, _| known.folder != folder);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<CacheKey, Arc<S>>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
