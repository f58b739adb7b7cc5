//! The log entry of a commit.

use crate::LakeError;
use crate::delta::file_commit::by_path;
use crate::delta::new_file::NewFile;
use crate::delta::protocol::{ENABLE_DELETION_VECTORS, Needs, upgraded_protocol};
use crate::delta::snapshot::DataFile;
use crate::delta::transaction::Transaction;
use crate::environment::ENGINE;
use crate::error::Cause;
use crate::ledger::leases::Fence;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::{Action, Add, CommitInfo, MetadataExt, StructType, Transaction as Txn};
use serde_json::json;

/// The actions of a commit, its information first.
///
/// # Errors
/// [`LakeError::NotWritable`], [`LakeError::ForeignFeature`], [`LakeError::Schema`].
pub(crate) fn actions(transaction: &Transaction, now_ms: i64, lake: Option<String>) -> Result<Vec<Action>, LakeError> {
    let base = &transaction.base;
    let folder = &transaction.store.files.folder;
    let append_only = base.configuration("delta.appendOnly") == Some("true");
    let refused = |reason: String| LakeError::NotWritable { source: reason.into(), path: folder.clone() };
    base.ensure_writable(folder)?;
    let takes_away = !transaction.remove.is_empty() || !transaction.update.is_empty() || transaction.becomes.is_some();
    if append_only && transaction.changes_rows && takes_away {
        return Err(refused("delta.appendOnly is set".to_owned()));
    }
    let mut actions = vec![Action::CommitInfo(information(transaction, now_ms, lake))];
    let failed = |source: Cause| LakeError::Schema { source, path: folder.clone() };
    let has_vectors = transaction.becomes.iter().flatten().any(DataFile::has_deletion_vector);
    let needs = Needs { deletion_vectors: !transaction.update.is_empty() || has_vectors, append_only };
    let schema = transaction.schema.as_ref().unwrap_or(&base.schema);
    let upgraded = upgraded_protocol(&base.protocol, schema, needs).map_err(failed)?;
    let enables = needs.deletion_vectors && base.configuration(ENABLE_DELETION_VECTORS) != Some("true");
    actions.extend(upgraded.map(Action::Protocol));
    if transaction.schema.is_some() || enables {
        let mut metadata = base.metadata.as_ref().clone();
        if let Some(schema) = &transaction.schema {
            let columns: StructType = schema.as_ref().try_into_kernel().map_err(|source| failed(Box::new(source)))?;
            metadata = metadata.with_schema(&columns).map_err(|source| failed(Box::new(source)))?;
        }
        if enables {
            metadata = metadata
                .add_config_key(ENABLE_DELETION_VECTORS.to_owned(), "true".to_owned())
                .map_err(|source| failed(Box::new(source)))?;
        }
        actions.push(Action::Metadata(metadata));
    }
    actions.push(Action::Txn(Txn::new(transaction.id.app.as_str(), transaction.id.number)));
    let corrected = transaction.numbers.iter().filter(|(app, _)| *app != transaction.id.app);
    actions.extend(corrected.map(|(app, number)| Action::Txn(Txn::new(app.as_str(), *number))));
    let change = transaction.changes_rows;
    let paths = transaction.store.files.log_paths()?;
    let remove = |file: &DataFile| Action::Remove(file.remove_action(change, now_ms, &paths));
    actions.extend(transaction.remove.iter().map(remove));
    let is_new = |path: &str| transaction.add.iter().any(|file| file.path == path);
    let updated = |path: &str| transaction.update.iter().any(|file| file.after.path == path);
    actions
        .extend(transaction.update.iter().filter(|file| !is_new(&file.before.path)).map(|file| remove(&file.before)));
    let add = transaction.add.iter().filter(|file| !updated(&file.path));
    actions.extend(add.map(|file| Action::Add(add_action(file, change, now_ms))));
    if let Some(files) = &transaction.becomes {
        let (before, after) = (by_path(&base.files), by_path(files));
        let differs = |file: &DataFile, other: Option<&DataFile>| {
            other.is_none_or(|other| other.deletion_vector != file.deletion_vector)
        };
        actions.extend(base.files.iter().filter(|file| differs(file, after.get(&file.path))).map(remove));
        let added = files.iter().filter(|file| differs(file, before.get(&file.path)));
        actions.extend(added.map(|file| Action::Add(file.add_action(change, &paths))));
    }
    for file in &transaction.update {
        let mut add = file.after.add_action(change, &paths);
        if is_new(&file.before.path) {
            add.modification_time = now_ms;
        }
        actions.push(Action::Add(add));
    }
    Ok(actions)
}

fn add_action(file: &NewFile, data_change: bool, now_ms: i64) -> Add {
    Add {
        path: file.path.clone(),
        size: i64::try_from(file.size).unwrap_or(i64::MAX),
        modification_time: now_ms,
        data_change,
        stats: Some(file.stats_json.clone()),
        tags: Some(file.tags.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect()),
        ..Add::default()
    }
}

fn information(transaction: &Transaction, now_ms: i64, lake: Option<String>) -> CommitInfo {
    let id = &transaction.id;
    let mut info = transaction.info.clone();
    info.lease = transaction.store.fence.as_ref().map(Fence::epoch).or(info.lease);
    info.lake = lake;
    info.operation_id = Some(id.operation_id());
    info.content_hash = Some(id.content_hash.clone());
    info.app_id = Some(id.app.clone());
    info.batch = u64::try_from(id.number).ok();
    CommitInfo {
        timestamp: Some(now_ms),
        operation: Some(transaction.operation.to_string()),
        operation_parameters: Some([("batch".to_owned(), json!(id.number.to_string()))].into()),
        read_version: Some(transaction.base.version),
        is_blind_append: Some(false),
        engine_info: Some(ENGINE.to_owned()),
        info: info.to_entries().into_iter().collect(),
        ..CommitInfo::default()
    }
}
