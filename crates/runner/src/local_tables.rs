//! Files of the lake for SQL: which on this machine, and which of their rows count.

use crate::RunError;
use sluice_lake::{ChangedRows, Changes, DataFile, DeltaStore, LocalFile};
use sluice_query::{DiffStep, FileRows, TableFile};

/// Files of a version.
pub(crate) async fn readable(store: &DeltaStore, files: &[DataFile]) -> Result<Vec<TableFile>, RunError> {
    Ok(store.local_files(files).await?.into_iter().map(of_local).collect())
}

/// The rows that changed, step by step.
pub(crate) async fn readable_steps(store: &DeltaStore, changes: &Changes) -> Result<Vec<DiffStep>, RunError> {
    let mut steps = Vec::with_capacity(changes.steps.len());
    for step in &changes.steps {
        let removed = readable_rows(store, &step.removed).await?;
        steps.push(DiffStep { removed, added: readable_rows(store, &step.added).await? });
    }
    Ok(steps)
}

async fn readable_rows(store: &DeltaStore, changed: &[ChangedRows]) -> Result<Vec<TableFile>, RunError> {
    let mut files = Vec::with_capacity(changed.len());
    for rows in changed {
        let local = store.local_files(std::slice::from_ref(&rows.file)).await?;
        for file in local {
            files.push(match &rows.positions {
                None => of_local(file),
                Some(positions) => {
                    TableFile { path: file.path, rows: FileRows::Only(store.positions_file(positions).await?) }
                }
            });
        }
    }
    Ok(files)
}

fn of_local(file: LocalFile) -> TableFile {
    TableFile { path: file.path, rows: file.dead.map_or(FileRows::All, FileRows::Except) }
}
