//! The commit of rewritten files.

use super::rewrite::Rewritten;
use crate::RunError;
use sluice_api::TableRef;
use sluice_lake::{
    AppId, CommitInfo, CommitOutcome, DeltaStore, LakeError, NewFile, Operation, TransactionId, UpdatedFile,
};

/// Commits of one group before it is left as it is.
const ATTEMPTS_MAX: usize = 20;
/// Commits in which information is looked for that the next one repeats.
const HISTORY_LOOKED_AT: usize = 8;

enum Attempt {
    Committed(u64),
    /// A writer replaced a file of the group.
    Skip,
    /// Someone who takes no lease was faster.
    Retry,
}

/// Makes a group visible on whatever version is the latest, and returns the version; `None` if it was left
/// as it is because a writer replaced one of its files. What was written for it is then removed.
///
/// # Errors
/// If the store fails.
pub(super) async fn publish_group(
    store: &DeltaStore,
    table: &TableRef,
    group: &Rewritten,
) -> Result<Option<u64>, RunError> {
    let outputs: Vec<NewFile> = group.outputs.iter().map(|output| output.file.clone()).collect();
    for _ in 0..ATTEMPTS_MAX {
        match attempt(store, table, group, &outputs).await? {
            Attempt::Committed(version) => return Ok(Some(version)),
            Attempt::Skip => break,
            Attempt::Retry => {}
        }
    }
    store.writer().discard(&outputs).await;
    Ok(None)
}

async fn attempt(
    store: &DeltaStore,
    table: &TableRef,
    group: &Rewritten,
    outputs: &[NewFile],
) -> Result<Attempt, RunError> {
    let Some(latest) = store.snapshot(None).await? else { return Ok(Attempt::Skip) };
    let Some(dead) = group.carried(store, &latest).await? else { return Ok(Attempt::Skip) };
    let dirty = outputs.iter().zip(dead).filter(|(_, dead)| !dead.is_empty());
    let update: Vec<UpdatedFile> =
        store.writer().write_deletion_vectors(dirty.map(|(file, dead)| (file.as_data_file(), dead)).collect()).await?;
    let app = AppId::maintenance(table);
    let number = latest.next_number(&app)?;
    let remove = group.inputs_in(&latest);
    let mut hasher = blake3::Hasher::new();
    for file in &remove {
        hasher.update(file.path.as_bytes()).update(b"\0");
    }
    for file in outputs {
        hasher.update(file.path.as_bytes()).update(file.blake3.as_bytes());
    }
    let info = CommitInfo {
        files_before: Some(remove.len() as u64),
        files_after: Some(outputs.len() as u64),
        bytes_before: Some(remove.iter().map(|file| file.size).sum()),
        bytes_after: Some(outputs.iter().map(|file| file.size).sum()),
        ..carried_information(store, latest.version).await?
    };
    let id = TransactionId { app, number, content_hash: hasher.finalize().to_hex().to_string() };
    let commit = store
        .transaction(&latest, id, Operation::Optimize)
        .add(outputs.to_vec())
        .remove(remove)
        .update(update.clone())
        .info(info)
        .keeps_rows();
    match commit.commit().await {
        Ok(CommitOutcome::Committed(version) | CommitOutcome::AlreadyApplied(version)) => {
            Ok(Attempt::Committed(version))
        }
        // The number was free in the version that it was made on: someone else took it and the version.
        Ok(CommitOutcome::Conflict(_)) | Err(LakeError::BatchIdReused { .. }) => {
            store.writer().discard_deletion_vectors(&update).await;
            Ok(Attempt::Retry)
        }
        Err(error) => Err(error.into()),
    }
}

/// What writers look for in the newest commits up to a version: it holds for the same rows in other
/// files too.
async fn carried_information(store: &DeltaStore, version: u64) -> Result<CommitInfo, RunError> {
    let entries = store.history_until(version, HISTORY_LOOKED_AT).await?;
    Ok(entries.iter().map(|entry| entry.info.carried()).find(|carried| !carried.is_empty()).unwrap_or_default())
}
