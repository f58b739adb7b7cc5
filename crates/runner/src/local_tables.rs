//! Files of the lake for SQL: which on this machine, and which of their rows count.

use crate::RunError;
use sluice_lake::{DataFile, DeltaStore, LocalFile};
use sluice_query::{FileRows, TableFile};

/// Files of a version.
pub(crate) async fn readable(store: &DeltaStore, files: &[DataFile]) -> Result<Vec<TableFile>, RunError> {
    Ok(store.cached().local_files(files).await?.into_iter().map(of_local).collect())
}

/// A file with what its deletion vector leaves.
pub(crate) fn of_local(file: LocalFile) -> TableFile {
    TableFile { path: file.path, rows: file.dead.map_or(FileRows::All, FileRows::Except) }
}
