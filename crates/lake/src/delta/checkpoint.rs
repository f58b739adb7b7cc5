//! Checkpoints of a table's log.

use crate::LakeError;
use crate::delta::table_files::TableFiles;
use deltalake::DeltaTable;

/// A checkpoint is written at every version divisible by this, so that opening reads few entries.
const CHECKPOINT_EVERY: u64 = 10;

/// Writes a checkpoint of a version, so that readers need not walk the log before it.
///
/// # Errors
/// [`LakeError::Write`].
pub(crate) async fn write_checkpoint(table: &TableFiles, version: u64) -> Result<(), LakeError> {
    let mut loaded = DeltaTable::new(table.log_store()?);
    let failed = |source| LakeError::Write { source: Box::new(source), path: table.shown("_delta_log") };
    if loaded.load_version(version).await.is_err() {
        // The checkpoint before it is damaged or gone.
        loaded = DeltaTable::new(table.log_store_without_checkpoints()?);
        loaded.load_version(version).await.map_err(failed)?;
    }
    deltalake::checkpoints::create_checkpoint(&loaded, None).await.map_err(failed)
}

/// Writes a checkpoint where one is due. A reader can do without, so what fails here is no failure of the commit.
pub(crate) async fn checkpoint_when_due(table: &TableFiles, version: u64) {
    if !version.is_multiple_of(CHECKPOINT_EVERY) {
        return;
    }
    if let Err(error) = write_checkpoint(table, version).await {
        tracing::warn!(table = %table.folder, version, %error, "no checkpoint was written; the table is complete without");
    }
}
