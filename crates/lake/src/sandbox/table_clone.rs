//! A shallow clone of one table: a log that begins at the base's version and names the base's files.

use crate::LakeError;
use crate::delta::log::{entry_bytes, entry_path};
use crate::delta::log_paths::LogPaths;
use crate::delta::snapshot::Snapshot;
use crate::delta::table::DeltaStore;
use crate::environment::ENGINE;
use crate::error::Cause;
use crate::sandbox::checkpoint::checkpoint;
use crate::store::objects::Objects;
use bytes::Bytes;
use deltalake::kernel::{Action, Transaction as Txn};
use serde_json::{Value, json};
use url::Url;

/// Writes the log of a clone of a version into a sandbox, which does not see it before it is marked.
///
/// # Errors
/// [`LakeError::OpenTable`], [`LakeError::Encode`], [`LakeError::Write`].
pub(crate) async fn clone_table(table: &DeltaStore, version: &Snapshot, own: &Objects) -> Result<(), LakeError> {
    let folder = &table.files.folder;
    let bad = |_| LakeError::BadPath { path: folder.clone() };
    let own_url: Url = own.root().folder_url.join(&format!("{folder}/")).map_err(bad)?;
    let paths = LogPaths::new(own_url, Some(table.files.url()?));
    let encoded = |source: Cause| LakeError::Encode { source, path: folder.clone() };
    let actions = actions(version, &paths);
    let count = actions.len();
    let bytes = tokio::task::spawn_blocking(move || checkpoint(&actions))
        .await
        .map_err(|_| LakeError::Stopped { path: folder.clone() })?
        .map_err(encoded)?;
    let entry = entry(table, version, &paths).await?;
    own.put(&format!("{folder}/{}", entry_path(version.version)), entry).await?;
    own.put(&format!("{folder}/_delta_log/{:020}.checkpoint.parquet", version.version), bytes).await?;
    let pointer = json!({ "version": version.version, "size": count }).to_string();
    own.put(&format!("{folder}/_delta_log/_last_checkpoint"), pointer.into()).await
}

/// Everything that is true of a version.
fn actions(version: &Snapshot, paths: &LogPaths) -> Vec<Action> {
    let mut actions =
        vec![Action::Protocol(version.protocol.as_ref().clone()), Action::Metadata(version.metadata.as_ref().clone())];
    let numbers = version.transactions.iter();
    actions.extend(numbers.map(|(app, number)| Action::Txn(Txn::new(app.clone(), *number))));
    actions.extend(version.files.iter().map(|file| Action::Add(file.in_base().add_action(false, paths))));
    actions
}

/// The base's entry of a version, with the base's files named by address. One that log clean-up removed says only when
/// it was.
async fn entry(table: &DeltaStore, version: &Snapshot, paths: &LogPaths) -> Result<Bytes, LakeError> {
    let log_store = table.files.log_store()?;
    let store = log_store.object_store(None);
    let failed = |source: Cause| table.files.cannot_open(source);
    let Some(bytes) = entry_bytes(store.as_ref(), version.version).await.map_err(failed)? else {
        let info = json!({ "timestamp": version.timestamp_ms, "operation": "CLONE", "engineInfo": ENGINE });
        return Ok(json!({ "commitInfo": info }).to_string().into());
    };
    let mut text = String::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        let line: Value = serde_json::from_slice(line).map_err(|source| failed(Box::new(source)))?;
        text.push_str(&moved(line, paths)?.to_string());
        text.push('\n');
    }
    Ok(text.into())
}

/// A line of the log with the base's files named by address.
fn moved(line: Value, paths: &LogPaths) -> Result<Value, LakeError> {
    let Ok(action) = serde_json::from_value::<Action>(line.clone()) else { return Ok(line) };
    let in_base = |path: &str| paths.read(path).map(|file| paths.write(&file.path, true));
    let action = match action {
        Action::Add(mut add) => {
            add.path = in_base(&add.path)?;
            add.deletion_vector = add.deletion_vector.map(|vector| paths.write_vector(&vector, true));
            Action::Add(add)
        }
        Action::Remove(mut remove) => {
            remove.path = in_base(&remove.path)?;
            remove.deletion_vector = remove.deletion_vector.map(|vector| paths.write_vector(&vector, true));
            Action::Remove(remove)
        }
        _ => return Ok(line),
    };
    serde_json::to_value(action).map_err(|source| LakeError::Encode { source: Box::new(source), path: String::new() })
}
