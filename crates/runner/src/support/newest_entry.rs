//! The latest commit that carries a given information.

use crate::RunError;
use sluice_lake::{CommitInfo, DeltaStore, HistoryEntry};

/// Entries that are looked at before all are: what commits repeat is in one of the newest.
const LOOKED_AT_FIRST: usize = 8;

/// The latest commit up to a version whose information has what is asked for. The version is that of the snapshot for
/// which something is decided, so that both are of one state of the table whatever a listing shows.
///
/// # Errors
/// If the log cannot be read.
pub(crate) async fn newest_entry_with(
    store: &DeltaStore,
    version: u64,
    has: impl Fn(&CommitInfo) -> bool,
) -> Result<Option<HistoryEntry>, RunError> {
    for limit in [LOOKED_AT_FIRST, usize::MAX] {
        let entries = store.history_until(version, limit).await?;
        if let Some(entry) = entries.into_iter().find(|entry| has(&entry.info)) {
            return Ok(Some(entry));
        }
    }
    Ok(None)
}
