//! What a table needs now and then: checkpoints, and the end of files and cached copies that nobody reads.

use crate::LakeError;
use crate::cache::cached_file::drop_old;
use crate::delta::checkpoint::write_checkpoint;
use crate::delta::snapshot::Snapshot;
use crate::delta::table::DeltaStore;
use crate::delta::table_files::TableFiles;
use std::path::Path;
use std::time::Duration;

/// The maintenance of one table.
#[derive(Clone, Debug)]
pub struct Maintenance {
    pub(crate) store: DeltaStore,
    pub(crate) files: TableFiles,
}

impl DeltaStore {
    /// Checkpoints, vacuum, readable versions, and the cache of this table.
    #[must_use]
    pub fn maintenance(&self) -> Maintenance {
        Maintenance { store: self.clone(), files: self.files.clone() }
    }
}

impl Maintenance {
    /// Writes a checkpoint of a version, so that readers need not walk the log before it.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub async fn write_checkpoint(&self, version: u64) -> Result<(), LakeError> {
        write_checkpoint(&self.files, version).await
    }

    /// Removes cached rows that were made `age` ago and are of no file of the version: those of older
    /// versions, and what a crash left. In the cache of remote lakes those of other tables too; they are
    /// rebuilt. What cannot be removed stays.
    pub async fn drop_unused_rows(&self, latest: &Snapshot, age: Duration) {
        let needed = latest.files.iter().map(|file| self.files.shown(&file.path));
        self.files.tables.cache.rows.drop_unused(needed, &self.files.shown("x"), age).await;
    }

    /// Removes positions files of the table that are older than that. Those that are still needed are
    /// rebuilt; what cannot be removed stays.
    pub async fn drop_old_positions(&self, age: Duration) {
        let any = self.files.tables.cache.paths.positions(&self.files.folder, "x");
        let Some(folder) = any.parent().map(Path::to_path_buf) else { return };
        drop_old(folder, age, |_| false).await;
    }
}
