//! The content of a version of a table, and its canonical hash.

use super::blocking::blocking;
use crate::RunError;
use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt};
use sluice_engine::Fingerprint;
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

/// Files that are hashed at once, and rows of one step.
const FILES_AT_ONCE: usize = 2;
const STEP_ROWS: usize = 8_192;

/// Canonical content hash of the rows of files by the columns of a version, in the memory of a few steps.
pub(crate) async fn files_fingerprint(
    store: &DeltaStore,
    snapshot: &Snapshot,
    files: &[DataFile],
) -> Result<String, RunError> {
    let none = Fingerprint::new(&snapshot.schema);
    let hashes = files.iter().map(|file| {
        let (store, snapshot, file, mut hash) = (store.clone(), snapshot.clone(), file.clone(), none.clone());
        async move {
            // A task of its own each, so that files are decoded on all cores.
            let task = tokio::spawn(async move {
                let mut rows = store.stream_file(&snapshot, &file, STEP_ROWS).await?;
                while let Some(step) = rows.try_next().await? {
                    hash = blocking(move || {
                        hash.add(&step)?;
                        Ok(hash)
                    })
                    .await?;
                }
                Ok::<_, RunError>(hash)
            });
            task.await.map_err(|error| RunError::Internal(format!("hashing rows ended early: {error}")))?
        }
    });
    let hashes = futures::stream::iter(hashes).buffer_unordered(FILES_AT_ONCE);
    let add = |mut all: Fingerprint, more: Fingerprint| {
        all.add_all_of(&more);
        std::future::ready(Ok(all))
    };
    Ok(hashes.try_fold(none.clone(), add).await?.finish())
}

/// Canonical content hash of a version.
pub(crate) async fn table_fingerprint(store: &DeltaStore, snapshot: &Snapshot) -> Result<String, RunError> {
    files_fingerprint(store, snapshot, &snapshot.files).await
}

/// Kind of the notes that hold fingerprints.
const NOTE: &str = "fingerprint";

/// The same, read from this machine's cache if this version was hashed before.
pub(crate) async fn known_fingerprint(store: &DeltaStore, snapshot: &Snapshot) -> Result<String, RunError> {
    let cached = store.cached();
    if let Some(known) = cached.note(snapshot, NOTE).await.filter(|known| Fingerprint::is_one(known)) {
        return Ok(known);
    }
    let hash = table_fingerprint(store, snapshot).await?;
    cached.keep_note(snapshot, NOTE, &hash).await;
    Ok(hash)
}

/// Folder of a table and version.
type Hashed = (String, u64);

/// Hashes of versions of one lake, which never change.
#[derive(Debug, Default)]
pub(crate) struct KnownFingerprints(Mutex<HashMap<Hashed, String>>);

impl KnownFingerprints {
    /// That of a version, computed once.
    pub(crate) async fn of(&self, store: &DeltaStore, snapshot: &Snapshot) -> Result<String, RunError> {
        let of = (store.folder().to_owned(), snapshot.version);
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&of).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let hash = known_fingerprint(store, snapshot).await?;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(of, hash.clone());
        Ok(hash)
    }
}
