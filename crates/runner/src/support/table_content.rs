//! The content of a version of a table, and its canonical hash.

use super::blocking::blocking;
use crate::RunError;
use arrow::array::RecordBatch;
use sluice_engine::fingerprint;
use sluice_lake::{DataFile, DeltaStore, Snapshot};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Rows of files by the columns of a version; at least one batch, so that the columns of no rows are known too.
pub(crate) async fn rows_of(
    store: &DeltaStore,
    snapshot: &Snapshot,
    files: &[DataFile],
) -> Result<Vec<RecordBatch>, RunError> {
    let mut batches = store.read_files(snapshot, files, None).await?;
    if batches.is_empty() {
        batches.push(RecordBatch::new_empty(snapshot.schema.clone()));
    }
    Ok(batches)
}

/// Canonical content hash of a version.
pub(crate) async fn table_fingerprint(
    store: &DeltaStore,
    snapshot: &Snapshot,
    key: Vec<String>,
) -> Result<String, RunError> {
    let batches = rows_of(store, snapshot, &snapshot.files).await?;
    blocking(move || Ok(fingerprint(&batches, &key)?)).await
}

/// Folder of a table, version, and the key that its rows are sorted by.
type Hashed = (String, u64, Vec<String>);

/// Hashes of versions of one lake, which never change.
#[derive(Debug, Default)]
pub(crate) struct KnownFingerprints(Mutex<HashMap<Hashed, String>>);

impl KnownFingerprints {
    /// That of a version, computed once.
    pub(crate) async fn of(
        &self,
        store: &DeltaStore,
        snapshot: &Snapshot,
        key: Vec<String>,
    ) -> Result<String, RunError> {
        let of = (store.folder().to_owned(), snapshot.version, key.clone());
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&of).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let hash = table_fingerprint(store, snapshot, key).await?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(of, hash.clone());
        Ok(hash)
    }
}
