//! What Sluice says of itself in a commit: one typed list of the keys, for writers and readers.

use crate::delta::app_id::AppId;
use crate::delta::foreign_commit::ForeignCommit;
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use sluice_change::RowLedger;
use std::collections::{BTreeMap, BTreeSet};

/// Keys of a commit info that the protocol or `delta-rs` gives a meaning; all others are ours.
const RESERVED: [&str; 14] = [
    "timestamp",
    "inCommitTimestamp",
    "userId",
    "userName",
    "operation",
    "operationParameters",
    "operationMetrics",
    "readVersion",
    "isolationLevel",
    "isBlindAppend",
    "engineInfo",
    "clientVersion",
    "txnId",
    "userMetadata",
];

/// The entries of a commit's information that are Sluice's own. Every one may be missing: each kind of commit
/// has its own, commits of other writers have none, and a value of another type than it should have is left out.
///
/// ```
/// use sluice_lake::CommitInfo;
///
/// let info = CommitInfo { batch: Some(7), watermark: Some(1_700_000_000_000), ..CommitInfo::default() };
/// let text = serde_json::to_string(&info)?;
/// assert_eq!(text, r#"{"sluice.batch":7,"sluice.watermark":1700000000000}"#);
/// // What another version of Sluice wrote is kept as it is.
/// let newer: CommitInfo = serde_json::from_str(r#"{"sluice.batch":7,"sluice.new":[1]}"#)?;
/// assert_eq!((newer.batch, newer.other["sluice.new"][0].as_u64()), (Some(7), Some(1)));
/// # Ok::<_, serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct CommitInfo {
    /// Last batch in bronze or silver; the number of the transaction for all other commits.
    #[serde(rename = "sluice.batch", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub batch: Option<u64>,
    /// Bronze, silver, quarantine: records in quarantine by reason.
    #[serde(rename = "sluice.reasons", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub reasons: Option<BTreeMap<String, u64>>,
    /// Silver: positions and times of the events, for people.
    #[serde(rename = "sluice.span", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub span: Option<EventSpan>,
    /// Silver: newest event time in the table, milliseconds since 1970. Only with `tombstone_retention`.
    #[serde(rename = "sluice.watermark", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub watermark: Option<i64>,
    /// Silver: hash of everything in the contract that decides what it holds.
    #[serde(rename = "sluice.contract", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub contract: Option<String>,
    /// Silver: what its records say of their source.
    #[serde(rename = "sluice.source", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub source: Option<SourceMark>,
    /// Silver: batches up to the last one whose events it is made without.
    #[serde(rename = "sluice.skipped", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub skipped: Option<BTreeSet<u64>>,
    /// Silver: number of the last decision on single records that it is made by.
    #[serde(rename = "sluice.decided", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub decided: Option<u64>,
    /// Silver: digest of what its checks said of these rows. The outcomes themselves are kept beside the table; those with
    /// another digest are of other rows.
    #[serde(rename = "sluice.audited", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub audited: Option<String>,
    /// Silver: what became of the records.
    #[serde(rename = "sluice.ledger", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub ledger: Option<RowLedger>,
    /// Silver: paths of the tombstones' segments. Older commits have one path without a list.
    #[serde(
        rename = "sluice.tombstones",
        deserialize_with = "one_or_several",
        skip_serializing_if = "Option::is_none"
    )]
    pub tombstones: Option<Vec<String>>,
    /// Bronze: files of the batch.
    #[serde(rename = "sluice.files", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    /// Bronze: bytes of the files of the batch.
    #[serde(rename = "sluice.bytes", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Bronze: records of the batch. Gold: rows of the table.
    #[serde(rename = "sluice.rows", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Bronze: records of each file of the batch, in order.
    #[serde(rename = "sluice.file_rows", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub file_rows: Option<Vec<u64>>,
    /// Bronze: columns that the records of the batch may have.
    #[serde(rename = "sluice.columns", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub columns: Option<BTreeSet<String>>,
    /// Bronze: files of the batch that could not be read to their end.
    #[serde(rename = "sluice.failed_files", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub failed_files: Option<BTreeSet<String>>,
    /// Gold: hash of the model and of the versions that it read.
    #[serde(rename = "sluice.inputs", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub inputs: Option<String>,
    /// Gold: versions that the model read, by table.
    #[serde(rename = "sluice.from", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub from: Option<BTreeMap<String, u64>>,
    /// Gold: fingerprint of the table's content.
    #[serde(rename = "sluice.fingerprint", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub fingerprint: Option<String>,
    /// Compaction: files that it replaced.
    #[serde(rename = "sluice.filesBefore", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub files_before: Option<u64>,
    /// Compaction: files that it wrote.
    #[serde(rename = "sluice.filesAfter", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub files_after: Option<u64>,
    /// Compaction: bytes of the files that it replaced.
    #[serde(rename = "sluice.bytesBefore", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub bytes_before: Option<u64>,
    /// Compaction: bytes of the files that it wrote.
    #[serde(rename = "sluice.bytesAfter", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub bytes_after: Option<u64>,
    /// Maintenance: tombstones that it dropped.
    #[serde(rename = "sluice.forgottenDeletes", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub forgotten_deletes: Option<u64>,
    /// Version up to which the writer has looked for commits of other programs; see
    /// [`crate::DeltaStore::foreign_commits`].
    #[serde(rename = "sluice.checked", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub checked: Option<u64>,
    /// Adoption: commits of other programs that a person accepted.
    #[serde(rename = "sluice.adopted", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub adopted: Option<Vec<ForeignCommit>>,
    /// Fencing number of the writer's lease; set by the transaction.
    #[serde(rename = "sluice.lease", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub lease: Option<u64>,
    /// The lake that it was made in; set by the transaction.
    #[serde(rename = "sluice.lake", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub lake: Option<String>,
    /// The same for every attempt at one batch with one content; set by the transaction.
    #[serde(rename = "sluice.operationId", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub operation_id: Option<String>,
    /// Hash of everything that decides the content; set by the transaction.
    #[serde(rename = "sluice.contentHash", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<String>,
    /// Who committed; set by the transaction.
    #[serde(rename = "sluice.appId", deserialize_with = "lenient", skip_serializing_if = "Option::is_none")]
    pub app_id: Option<AppId>,
    /// Entries of other writers, and of versions of Sluice that know more.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// What the records of a table so far say of their source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceMark {
    /// Tables of the source that they are of, where they say it.
    pub tables: BTreeSet<String>,
    /// Largest position of their changes, [`sluice_change::EventSeq`] as text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Their newest time, milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub newest_ms: Option<i64>,
    /// What orders their changes in words, where the contract leaves it to the format, by the epoch of the source.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub orders: BTreeSet<(u8, String)>,
    /// Servers whose logs they are of, by the epoch of the source.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub logs: BTreeSet<(u8, String)>,
    /// The same of each of several sources, by name; then the other entries are empty.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub by_source: BTreeMap<String, SourceMark>,
}

impl SourceMark {
    /// Together with what other records say.
    #[must_use]
    pub fn joined(&self, other: &Self) -> Self {
        let mut by_source = self.by_source.clone();
        for (name, mark) in &other.by_source {
            let known = by_source.entry(name.clone()).or_default();
            *known = known.joined(mark);
        }
        Self {
            by_source,
            tables: self.tables.union(&other.tables).cloned().collect(),
            // The order of the texts is that of the positions.
            last: self.last.clone().max(other.last.clone()),
            newest_ms: self.newest_ms.max(other.newest_ms),
            orders: self.orders.union(&other.orders).cloned().collect(),
            logs: self.logs.union(&other.logs).cloned().collect(),
        }
    }

    /// As a commit has it: `None` if it says nothing.
    #[must_use]
    pub fn some(self) -> Option<Self> {
        (self != Self::default()).then_some(self)
    }
}

/// First and last position of the events of a commit, their newest time, and how long the batch took.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventSpan {
    /// First position, as text.
    pub first: Option<String>,
    /// Last position, as text.
    pub last: Option<String>,
    /// Newest source time, milliseconds since 1970.
    pub newest_ms: Option<i64>,
    /// Milliseconds from the first read of the batch to its commit.
    #[serde(default)]
    pub elapsed_ms: u64,
}

impl CommitInfo {
    /// What holds as well for a commit that leaves the rows as they are (compaction, clustering, forgotten
    /// deletes), so that whoever looks into the newest commits finds it there.
    #[must_use]
    pub fn carried(&self) -> Self {
        // Without `..`: a new entry has to be thought about.
        let Self {
            contract,
            tombstones,
            watermark,
            inputs,
            checked,
            source,
            skipped,
            decided,
            audited,
            batch: _,
            reasons: _,
            span: _,
            ledger: _,
            files: _,
            bytes: _,
            rows: _,
            file_rows: _,
            columns: _,
            failed_files: _,
            from: _,
            fingerprint: _,
            files_before: _,
            files_after: _,
            bytes_before: _,
            bytes_after: _,
            forgotten_deletes: _,
            adopted: _,
            lease: _,
            lake: _,
            operation_id: _,
            content_hash: _,
            app_id: _,
            other: _,
        } = self.clone();
        Self { contract, tombstones, watermark, inputs, checked, source, skipped, decided, audited, ..Self::default() }
    }

    /// Whether a version of Sluice made the commit: each of its transactions says so.
    pub(crate) fn is_own(&self) -> bool {
        self.operation_id.is_some() || self.app_id.is_some() || self.content_hash.is_some()
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The entries as they are in the log. A key that the protocol reserves gets the prefix `sluice.`.
    #[must_use]
    pub fn to_entries(&self) -> Map<String, Value> {
        // Serializing into memory does not fail: all keys are text.
        let Ok(Value::Object(entries)) = serde_json::to_value(self) else { return Map::new() };
        let prefixed = |key: String| if RESERVED.contains(&key.as_str()) { format!("sluice.{key}") } else { key };
        entries.into_iter().map(|(key, value)| (prefixed(key), value)).collect()
    }

    /// Reads the entries of a commit info; those of the protocol itself are left out.
    #[must_use]
    pub fn of_entries(mut entries: Map<String, Value>) -> Self {
        entries.retain(|key, _| !RESERVED.contains(&key.as_str()));
        serde_json::from_value(Value::Object(entries)).unwrap_or_default()
    }
}

/// A value, or none if it is not of its type.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(path) => Some(vec![path]),
        Value::Array(paths) => Some(paths.into_iter().filter_map(|path| path.as_str().map(str::to_owned)).collect()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::{CommitInfo, EventSpan};
    use crate::delta::app_id::AppId;
    use serde_json::{Map, Value, json};
    use sluice_change::RowLedger;

    fn entries(value: Value) -> Map<String, Value> {
        let Value::Object(entries) = value else { panic!("{value} is no object") };
        entries
    }

    /// Keys and values as lakes have them on disk.
    fn on_disk() -> Value {
        json!({
            "sluice.batch": 12, "sluice.reasons": {"BAD_JSON": 2},
            "sluice.span": {"first": "1", "last": null, "newest_ms": 5, "elapsed_ms": 40},
            "sluice.watermark": 5, "sluice.contract": "c", "sluice.ledger": RowLedger::default(),
            "sluice.tombstones": ["_sluice/tombstones/a.parquet"],
            "sluice.skipped": [3, 7], "sluice.decided": 4, "sluice.audited": "d", "sluice.files": 2, "sluice.bytes": 3, "sluice.rows": 4, "sluice.file_rows": [1, 3],
            "sluice.columns": ["a", "b"], "sluice.failed_files": ["landing/x.json"],
            "sluice.inputs": "i", "sluice.from": {"silver.shop.orders": 3}, "sluice.fingerprint": "f",
            "sluice.filesBefore": 9, "sluice.filesAfter": 1, "sluice.bytesBefore": 90, "sluice.bytesAfter": 80,
            "sluice.forgottenDeletes": 6, "sluice.checked": 11, "sluice.lease": 2, "sluice.lake": "4f",
            "sluice.adopted": [{"version": 9, "operation": "DELETE", "program": "x", "change": "rows"}], "sluice.operationId": "o",
            "sluice.contentHash": "h", "sluice.appId": "sluice.silver.shop.orders", "theirs": {"x": [1]},
        })
    }

    #[test]
    fn every_key_comes_back_as_it_was() {
        let info = CommitInfo::of_entries(entries(on_disk()));
        assert_eq!(info.app_id, Some(AppId::named("sluice.silver.shop.orders")));
        assert_eq!(
            info.span,
            Some(EventSpan { first: Some("1".into()), last: None, newest_ms: Some(5), elapsed_ms: 40 })
        );
        assert_eq!(info.other.keys().collect::<Vec<_>>(), ["theirs"]);
        assert_eq!(Value::Object(info.to_entries()), on_disk());
    }

    #[test]
    fn older_and_damaged_commits_are_read() {
        let older = json!({"sluice.tombstones": "one/path", "sluice.batch": "no number", "sluice.lease": null});
        let info = CommitInfo::of_entries(entries(older));
        assert_eq!(info, CommitInfo { tombstones: Some(vec!["one/path".to_owned()]), ..CommitInfo::default() });
        let of_the_protocol = json!({"timestamp": 1, "operation": "MERGE", "engineInfo": "x"});
        assert!(CommitInfo::of_entries(entries(of_the_protocol)).is_empty());
    }

    #[test]
    fn a_reserved_key_gets_a_prefix() {
        let info = CommitInfo { other: entries(json!({"timestamp": "mine"})), ..CommitInfo::default() };
        assert_eq!(Value::Object(info.to_entries()), json!({"sluice.timestamp": "mine"}));
    }

    #[test]
    fn what_the_rows_are_of_is_carried_over() {
        let carried = CommitInfo::of_entries(entries(on_disk())).carried();
        let kept = json!({"sluice.watermark": 5, "sluice.contract": "c",
            "sluice.tombstones": ["_sluice/tombstones/a.parquet"], "sluice.inputs": "i", "sluice.checked": 11,
            "sluice.skipped": [3, 7], "sluice.decided": 4, "sluice.audited": "d"});
        assert_eq!(Value::Object(carried.to_entries()), kept);
    }
}
