//! Files of the lake for SQL: where they are on this machine, and which of their rows are deleted.

use super::column_types::column_types;
use super::places::location;
use crate::RunError;
use sluice_api::TableRef;
use sluice_lake::{DataFile, DeltaStore, Lake, LocalFile, Snapshot};
use sluice_query::{FileRows, TableFile, TableFiles};

/// Files of a version.
pub(crate) async fn readable(store: &DeltaStore, files: &[DataFile]) -> Result<Vec<TableFile>, RunError> {
    Ok(store.cached().local_files(files).await?.into_iter().map(of_local).collect())
}

/// A file with what its deletion vector leaves.
pub(crate) fn of_local(file: LocalFile) -> TableFile {
    TableFile { path: file.path, rows: file.dead.map_or(FileRows::All, FileRows::Except) }
}

/// Latest version of a table and its files on this machine; `None` if it does not exist.
pub(crate) async fn table_files(lake: &Lake, table: &TableRef) -> Result<Option<(u64, TableFiles)>, RunError> {
    let store = lake.table(location(table));
    let Some(snapshot) = store.snapshot(None).await? else { return Ok(None) };
    let files = version_files(&store, table, &snapshot).await?;
    Ok(Some((snapshot.version, files)))
}

/// A version of a table and its files on this machine.
pub(crate) async fn version_files(
    store: &DeltaStore,
    table: &TableRef,
    snapshot: &Snapshot,
) -> Result<TableFiles, RunError> {
    let files = readable(store, &snapshot.files).await?;
    Ok(TableFiles { table: table.clone(), columns: column_types(snapshot), files })
}
