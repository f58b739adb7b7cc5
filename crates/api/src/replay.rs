//! Batches of change data and what they did.

use crate::{JobId, Problem, RowLedger, TableName};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Bounds of one replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayLimits {
    /// Stop after this many batches per table.
    pub batches: Option<u64>,
    /// At most this many files in a batch.
    pub max_files: Option<u64>,
    /// At most this many bytes in a batch (a batch always has at least one file).
    pub max_bytes: Option<u64>,
    /// Stop a table before a batch that would leave fewer bytes free on the disk of a local lake.
    #[serde(default)]
    pub keep_free_bytes: Option<u64>,
    /// How long to wait for another writer of a table; 30 seconds if `None`.
    #[serde(default)]
    pub lease_wait: Option<Duration>,
    /// Rebuild silver and gold from bronze.
    pub full_refresh: bool,
    /// Plan and count, commit nothing.
    pub dry_run: bool,
}

/// State of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchState {
    /// In silver.
    Committed,
    /// Being replayed.
    Running,
    /// Files known, not begun.
    Planned,
    /// In bronze, silver refused or interrupted.
    Pending,
}

/// Rows of a gold model after a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoldCounter {
    /// Model.
    pub model: String,
    /// Rows.
    pub rows: u64,
    /// Delta version.
    pub version: u64,
}

/// One batch of one table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BatchView {
    /// Number, from 1.
    pub batch: u64,
    /// State.
    pub state: BatchState,
    /// Files of the batch, path relative to the lake or full URL.
    pub files: Vec<String>,
    /// Bytes of those files.
    pub bytes: u64,
    /// Source time of the newest event, milliseconds since the Unix epoch.
    pub source_time_ms: Option<i64>,
    /// Sequence of the first and the last event, in words.
    pub sequence: Option<(String, String)>,
    /// Bronze version that holds it.
    pub bronze_version: Option<u64>,
    /// Records appended to bronze.
    pub bronze_rows: u64,
    /// Silver version that it made.
    pub silver_version: Option<u64>,
    /// What it did.
    pub counters: RowLedger,
    /// Quarantined records by reason code.
    pub reasons: Vec<(String, u64)>,
    /// Wall time, milliseconds.
    pub elapsed_ms: u64,
}

/// All batches of a table, oldest first, planned ones last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReplayView {
    /// Table.
    pub table: TableName,
    /// Batches.
    pub batches: Vec<BatchView>,
    /// Gold models fed by it.
    pub gold: Vec<GoldCounter>,
    /// Running job on this table.
    pub job: Option<JobId>,
    /// SLA in words.
    pub sla: Option<String>,
}

/// What a replay did to one table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableReplay {
    /// Table.
    pub table: TableName,
    /// Batches committed.
    pub batches: u64,
    /// Files ingested.
    pub files: u64,
    /// Sum of the batches.
    pub counters: RowLedger,
    /// Silver version afterwards.
    pub silver_version: Option<u64>,
    /// Quarantined records by reason code.
    pub reasons: Vec<(String, u64)>,
    /// Records of other tables of the source, by table: left out as `source.table` says, in no other counter.
    #[serde(default)]
    pub left_out: Vec<(String, u64)>,
    /// Why it stopped early, if it did.
    pub error: Option<crate::ApiError>,
}

/// What a replay did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReplaySummary {
    /// Per table.
    pub tables: Vec<TableReplay>,
    /// Gold models rebuilt.
    pub gold: Vec<GoldCounter>,
    /// Wall time, milliseconds.
    pub elapsed_ms: u64,
    /// Nothing was committed because it was a dry run.
    pub dry_run: bool,
    /// Problems of contracts that were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Problem>,
}
