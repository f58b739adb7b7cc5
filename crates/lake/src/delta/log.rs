//! The log: commit infos and transactions, read entry by entry.

use crate::delta::commit_info::CommitInfo;
use crate::delta::operation::Operation;
use crate::error::Cause;
use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use bytes::Bytes;
use deltalake::kernel::Action;
use deltalake::logstore::LogStore;
use futures::{StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Log entries read at once.
pub(crate) const READS_AT_ONCE: usize = 16;

/// One commit of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct HistoryEntry {
    /// Delta version.
    pub version: u64,
    /// Commit time, milliseconds since the Unix epoch; 0 if the commit does not say.
    pub timestamp_ms: i64,
    /// What it did.
    pub operation: Operation,
    /// The program that made it, as it calls itself.
    pub engine: Option<String>,
    /// What the commit says besides the protocol's own entries.
    pub info: CommitInfo,
}

/// An entry of the log.
#[derive(Debug)]
pub(crate) struct LogEntry {
    pub(crate) history: HistoryEntry,
    pub(crate) actions: Vec<Action>,
}

/// What an entry of the log says besides files.
#[derive(Debug)]
pub(crate) struct LogSummary {
    pub(crate) history: HistoryEntry,
    pub(crate) transactions: Vec<Txn>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Txn {
    pub(crate) app_id: String,
    pub(crate) version: i64,
}

/// What a snapshot has to know of the log.
#[derive(Debug)]
pub(crate) struct CommitSummary {
    pub(crate) timestamp_ms: Option<i64>,
    pub(crate) transactions: BTreeMap<String, i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    commit_info: Option<Map<String, Value>>,
    txn: Option<Txn>,
}

/// Commits up to a version, latest first, at most `limit`. Entries that log clean-up removed are left out.
pub(crate) async fn history(store: &dyn ObjectStore, version: u64, limit: usize) -> Result<Vec<HistoryEntry>, Cause> {
    let read = (0..=version).rev().take(limit).map(|version| read_entry(store, version));
    let entries: Vec<Option<LogSummary>> = futures::stream::iter(read).buffered(READS_AT_ONCE).try_collect().await?;
    Ok(entries.into_iter().flatten().map(|entry| entry.history).collect())
}

pub(crate) fn entry_path(version: u64) -> Path {
    Path::from(format!("_delta_log/{version:020}.json"))
}

pub(crate) async fn entry_bytes(store: &dyn ObjectStore, version: u64) -> Result<Option<Bytes>, Cause> {
    match store.get(&entry_path(version)).await {
        Ok(result) => Ok(Some(result.bytes().await?)),
        Err(Error::NotFound { .. }) => Ok(None),
        Err(source) => Err(Box::new(source)),
    }
}

/// Reads an entry with all its actions; `None` if it is not there. An action of a kind that is not
/// known is an error, so that nobody goes on as if it were not there.
pub(crate) async fn read_actions(store: &dyn ObjectStore, version: u64) -> Result<Option<LogEntry>, Cause> {
    let Some(bytes) = entry_bytes(store, version).await? else { return Ok(None) };
    let mut actions = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        actions.push(serde_json::from_slice::<Action>(line)?);
    }
    let info = actions.iter().find_map(|action| match action {
        Action::CommitInfo(info) => Some(info),
        _ => None,
    });
    let history = HistoryEntry {
        version,
        timestamp_ms: info.map_or(0, |info| info.in_commit_timestamp.or(info.timestamp).unwrap_or(0)),
        operation: Operation::of_name(info.and_then(|info| info.operation.as_deref()).unwrap_or_default()),
        engine: info.and_then(|info| info.engine_info.clone()),
        info: info.map(|info| CommitInfo::of_entries(info.info.clone().into_iter().collect())).unwrap_or_default(),
    };
    Ok(Some(LogEntry { history, actions }))
}

/// Reads what an entry says besides files; `None` if it is not there.
pub(crate) async fn read_entry(store: &dyn ObjectStore, version: u64) -> Result<Option<LogSummary>, Cause> {
    let Some(bytes) = entry_bytes(store, version).await? else { return Ok(None) };
    let mut transactions = Vec::new();
    let mut info = Map::new();
    for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
        let line: Line = serde_json::from_slice(line)?;
        transactions.extend(line.txn);
        info = line.commit_info.unwrap_or(info);
    }
    let number = |key: &str| info.get(key).and_then(Value::as_i64);
    let timestamp_ms = number("inCommitTimestamp").or_else(|| number("timestamp")).unwrap_or(0);
    let operation = Operation::of_name(info.get("operation").and_then(Value::as_str).unwrap_or_default());
    let engine = info.get("engineInfo").and_then(Value::as_str).map(str::to_owned);
    let info = CommitInfo::of_entries(info);
    Ok(Some(LogSummary { history: HistoryEntry { version, timestamp_ms, operation, engine, info }, transactions }))
}

/// Transactions and time of a version.
pub(crate) async fn summarize(log_store: &dyn LogStore, version: u64) -> Result<CommitSummary, Cause> {
    let store = log_store.object_store(None);
    let (first, mut transactions) = match newest_checkpoint(store.as_ref(), version).await? {
        Some((checkpoint, files)) => (checkpoint + 1, checkpoint_transactions(store.as_ref(), &files).await?),
        None => (0, BTreeMap::new()),
    };
    let mut timestamp_ms = None;
    let from = first.min(version);
    let numbered = (from..=version).map(|number| {
        let store = store.as_ref();
        async move { Ok::<_, Cause>((number, read_entry(store, number).await?)) }
    });
    let mut entries = futures::stream::iter(numbered).buffered(READS_AT_ONCE);
    while let Some((number, entry)) = entries.try_next().await? {
        let Some(entry) = entry else {
            // The entry of a checkpoint may be cleaned up. A hole after it would hide batches that are in
            // the table, and they would be applied again.
            if number >= first {
                return Err(format!("entry {number} of the log is missing").into());
            }
            continue;
        };
        for txn in entry.transactions {
            transactions.insert(txn.app_id, txn.version);
        }
        if entry.history.version == version && entry.history.timestamp_ms > 0 {
            timestamp_ms = Some(entry.history.timestamp_ms);
        }
    }
    Ok(CommitSummary { timestamp_ms, transactions })
}

/// The newest version; `None` if there is no table. What the listing of the log folder says is a lower
/// bound only: a store whose listings lag behind may not show the newest entries yet, so they are asked
/// for by name.
pub(crate) async fn newest_version(log_store: &dyn LogStore) -> Result<Option<u64>, Cause> {
    let store = log_store.object_store(None);
    let names = log_names(store.as_ref()).await?;
    let listed = names.iter().filter(|(_, rest, _)| rest == "json" || is_checkpoint(rest)).map(|(v, _, _)| *v).max();
    let mut newest = listed;
    loop {
        let next = newest.map_or(0, |version| version + 1);
        match store.head(&entry_path(next)).await {
            Ok(_) => newest = Some(next),
            Err(Error::NotFound { .. }) => return Ok(newest),
            Err(source) => return Err(Box::new(source)),
        }
    }
}

/// The newest checkpoint at or before a version, with its files.
async fn newest_checkpoint(store: &dyn ObjectStore, version: u64) -> Result<Option<(u64, Vec<Path>)>, Cause> {
    let mut checkpoints: BTreeMap<u64, Vec<Path>> = BTreeMap::new();
    for (number, rest, path) in log_names(store).await? {
        if number <= version && is_checkpoint(&rest) {
            checkpoints.entry(number).or_default().push(path);
        }
    }
    Ok(checkpoints.pop_last())
}

/// Whether the rest of a name is a checkpoint's; what a torn write or another program leaves beside it is
/// not.
fn is_checkpoint(rest: &str) -> bool {
    rest.starts_with("checkpoint.") && (rest.ends_with(".parquet") || rest.ends_with(".json"))
}

/// Names `<20 digits>.<rest>` of the log folder.
async fn log_names(store: &dyn ObjectStore) -> Result<Vec<(u64, String, Path)>, Cause> {
    let listed: Result<Vec<_>, Error> = store.list(Some(&Path::from("_delta_log"))).try_collect().await;
    let files = match listed {
        Ok(files) => files,
        Err(Error::NotFound { .. }) => Vec::new(),
        Err(source) => return Err(Box::new(source)),
    };
    let named = files.into_iter().filter_map(|file| {
        let (number, rest) = file.location.filename()?.split_once('.')?;
        let number: u64 = if number.len() == 20 { number.parse().ok()? } else { return None };
        // Greater ones are no versions: the protocol's are signed, and every version has a next one.
        if number >= i64::MAX.unsigned_abs() {
            return None;
        }
        Some((number, rest.to_owned(), file.location.clone()))
    });
    Ok(named.collect())
}

async fn checkpoint_transactions(store: &dyn ObjectStore, files: &[Path]) -> Result<BTreeMap<String, i64>, Cause> {
    let mut transactions = BTreeMap::new();
    for file in files {
        let bytes = store.get(file).await?.bytes().await?;
        if file.as_ref().ends_with(".json") {
            for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
                let line: Line = serde_json::from_slice(line)?;
                transactions.extend(line.txn.map(|txn| (txn.app_id, txn.version)));
            }
            continue;
        }
        let builder = ParquetRecordBatchReaderBuilder::try_new(bytes)?;
        let Ok(column) = builder.schema().index_of("txn") else { continue };
        let mask = ProjectionMask::roots(builder.parquet_schema(), [column]);
        for batch in builder.with_projection(mask).build()? {
            let batch = batch?;
            let Some(txn) = batch.column(0).as_struct_opt() else { continue };
            let (Some(ids), Some(versions)) = (txn.column_by_name("appId"), txn.column_by_name("version")) else {
                continue;
            };
            let ids = arrow::compute::cast(ids, &arrow::datatypes::DataType::Utf8)?;
            let (ids, versions) = (ids.as_string::<i32>(), versions.as_primitive::<Int64Type>());
            for row in 0..txn.len() {
                if txn.is_valid(row) && ids.is_valid(row) && versions.is_valid(row) {
                    transactions.insert(ids.value(row).to_owned(), versions.value(row));
                }
            }
        }
    }
    Ok(transactions)
}
