//! A table through the cache of this machine.

use crate::delta::table::DeltaStore;
use crate::delta::table_files::TableFiles;

/// Reads of a table that keep something on this machine: copies of files, key runs, rows that are read again and
/// again. What is lost is rebuilt.
#[derive(Clone, Debug)]
pub struct CachedTable {
    pub(crate) store: DeltaStore,
    pub(crate) files: TableFiles,
}

impl DeltaStore {
    /// This table through the local cache.
    #[must_use]
    pub fn cached(&self) -> CachedTable {
        CachedTable { store: self.clone(), files: self.files.clone() }
    }
}
