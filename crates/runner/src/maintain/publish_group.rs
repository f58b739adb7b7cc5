//! The commit of rewritten files.

use super::rewrite::Rewritten;
use crate::RunError;
use crate::gold::INFO_INPUTS;
use crate::silver::watermark::INFO_WATERMARK;
use crate::silver::{INFO_CONTRACT, INFO_TOMBSTONES};
use serde_json::{Map, Value, json};
use sluice_api::TableRef;
use sluice_lake::{Commit, CommitOutcome, DeltaStore, LakeError, NewFile, UpdatedFile};

/// Commits of one group before it is left as it is.
const ATTEMPTS_MAX: usize = 20;
/// Information of a commit that the next one repeats.
pub(super) const KEPT_INFORMATION: [&str; 4] = [INFO_CONTRACT, INFO_TOMBSTONES, INFO_WATERMARK, INFO_INPUTS];
/// Commits in which it is looked for.
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
    store.discard(&outputs).await;
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
        store.write_deletion_vectors(dirty.map(|(file, dead)| (file.as_data_file(), dead)).collect()).await?;
    let app_id = format!("sluice.maintain.{table}");
    let batch = latest.txn(&app_id).unwrap_or(0) + 1;
    let remove = group.inputs_in(&latest);
    let mut hasher = blake3::Hasher::new();
    for file in &remove {
        hasher.update(file.path.as_bytes()).update(b"\0");
    }
    for file in outputs {
        hasher.update(file.path.as_bytes()).update(file.blake3.as_bytes());
    }
    let mut info = Map::from_iter([
        ("sluice.filesBefore".to_owned(), json!(remove.len())),
        ("sluice.filesAfter".to_owned(), json!(outputs.len())),
        ("sluice.bytesBefore".to_owned(), json!(remove.iter().map(|file| file.size).sum::<u64>())),
        ("sluice.bytesAfter".to_owned(), json!(outputs.iter().map(|file| file.size).sum::<u64>())),
    ]);
    info.extend(kept_information(store, latest.version).await?);
    let commit = Commit {
        base: Some(latest),
        add: outputs.to_vec(),
        remove,
        update: update.clone(),
        schema: None,
        app_id,
        batch,
        content_hash: hasher.finalize().to_hex().to_string(),
        operation: "OPTIMIZE",
        info,
        data_change: false,
    };
    match store.commit(commit).await {
        Ok(CommitOutcome::Committed(version) | CommitOutcome::AlreadyApplied(version)) => {
            Ok(Attempt::Committed(version))
        }
        // The number was free in the version that it was made on: someone else took it and the version.
        Ok(CommitOutcome::Conflict(_)) | Err(LakeError::BatchIdReused { .. }) => {
            store.discard_deletion_vectors(&update).await;
            Ok(Attempt::Retry)
        }
        Err(error) => Err(error.into()),
    }
}

/// What writers look for in the newest commits up to a version: it holds for the same rows in other
/// files too.
async fn kept_information(store: &DeltaStore, version: u64) -> Result<Map<String, Value>, RunError> {
    for entry in store.history_until(version, HISTORY_LOOKED_AT).await? {
        let kept: Map<String, Value> =
            entry.info.into_iter().filter(|(key, _)| KEPT_INFORMATION.contains(&key.as_str())).collect();
        if !kept.is_empty() {
            return Ok(kept);
        }
    }
    Ok(Map::new())
}
