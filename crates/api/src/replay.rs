//! Batches of change data and what they did.

use crate::{ApiError, BatchAction, DecidedRecordView, JobId, Problem, RowLedger, TableName};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// Bounds of one replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayLimits {
    /// Stop after this many batches per table.
    pub batches: Option<u64>,
    /// At most this many files in a batch.
    pub max_files: Option<u64>,
    /// At most this many bytes of decompressed content in a batch (a batch always has at least one file).
    pub max_bytes: Option<u64>,
    /// Stop a table before a batch that would leave fewer bytes free on the disk of a local lake.
    #[serde(default)]
    pub keep_free_bytes: Option<u64>,
    /// How long to wait for another writer of a table; 30 seconds if `None`.
    #[serde(default)]
    pub lease_wait: Option<Duration>,
    /// Leave files out of a claimed batch that are gone before they were read; one that is found again later is new.
    #[serde(default)]
    pub skip_missing: bool,
    /// List everything of remote sources, also where only their ends would be listed.
    #[serde(default)]
    pub list_all: bool,
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

/// A gold model that could not be refreshed; its table stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GoldFailure {
    /// Model.
    pub model: TableName,
    /// Why.
    pub error: ApiError,
}

impl fmt::Display for GoldFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "gold.{}: not refreshed: {}", self.model, self.error)
    }
}

/// Where the rows are because of which a batch was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCause {
    /// Checks of severity `fail` did not hold: the failing rows of those checks.
    Checks,
    /// More records are in quarantine than the contract allows: those records.
    Quarantine,
    /// Another rule of the contract: the batch itself.
    Contract,
    /// A guard of the contract: rows that it would delete. It waits until a person decides.
    Guard,
    /// A person holds it.
    Hold,
}

/// Why a batch is not in silver, and what it would have done there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// The batch.
    pub batch: u64,
    /// The first batch that was merged together with it; itself, unless others were pending before.
    pub first_batch: u64,
    /// One sentence without a full stop, with what was measured and the limit.
    pub reason: String,
    /// Where the rows are.
    pub cause: RefusalCause,
    /// What its merge plan counts; `None` if it was refused before there was one.
    pub counters: Option<RowLedger>,
    /// The first keys that a batch held by a guard would delete, values of personal columns masked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
}

impl Refusal {
    /// Whether the batch waits until a person decides.
    #[must_use]
    pub fn is_held(&self) -> bool {
        matches!(self.cause, RefusalCause::Guard | RefusalCause::Hold)
    }
}

/// A decision on a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchDecisionView {
    /// What is done with the batch.
    pub action: BatchAction,
    /// Why, one sentence.
    pub because: String,
    /// Who decided; a guard of the contract, if [`BatchDecisionView::by_guard`].
    pub by: String,
    /// A guard held it.
    pub by_guard: bool,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// One batch of one table. What is not known is `None`, never 0.
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
    /// Records appended to bronze; `None` before it is in bronze.
    pub bronze_rows: Option<u64>,
    /// Silver version that it made.
    pub silver_version: Option<u64>,
    /// What it did; of a refused one what its merge plan counts. `None` before its replay, and where the batch of
    /// [`BatchView::merged_with`] counts for both.
    pub counters: Option<RowLedger>,
    /// Later batch together with which it was merged.
    pub merged_with: Option<u64>,
    /// Why silver does not have it, if it was refused and the reason is known.
    pub refusal: Option<Refusal>,
    /// What was decided of it, oldest first.
    #[serde(default)]
    pub decisions: Vec<BatchDecisionView>,
    /// Silver is made without its events, or will be by the next run.
    #[serde(default)]
    pub is_skipped: bool,
    /// Records of it that do not count as they were delivered.
    #[serde(default)]
    pub records: Vec<DecidedRecordView>,
    /// The batch that is held and for which this one waits.
    #[serde(default)]
    pub waits_for: Option<u64>,
    /// Quarantined records by reason code.
    pub reasons: Vec<(String, u64)>,
    /// Wall time of its replay, milliseconds; `None` before its replay.
    pub elapsed_ms: Option<u64>,
}

impl BatchView {
    /// Whether it waits until a person decides.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.refusal.as_ref().is_some_and(Refusal::is_held)
    }
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

/// How a replay made silver anew besides the batches it took, because the contract or what was decided changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "how", rename_all = "snake_case")]
pub enum SilverRemade {
    /// All of it from bronze.
    Rebuilt {
        /// Rows before.
        rows_before: u64,
        /// Rows afterwards.
        rows_after: u64,
    },
    /// A changed `keep` by its difference: the other rows stayed as they were.
    OtherRowsKept {
        /// Rows that are kept now.
        entered: u64,
        /// Rows that are left out now.
        left: u64,
    },
    /// New columns were filled from bronze: all other columns stayed as they were.
    ColumnsFilled {
        /// Their names.
        columns: Vec<String>,
        /// Rows that got a value.
        rows: u64,
    },
    /// The keys of records that were dropped or edited, or are as delivered again, of all their events: the rows of all other
    /// keys stayed as they were.
    KeysRecomputed {
        /// How many keys.
        keys: u64,
        /// Rows of these keys before.
        rows_before: u64,
        /// Rows of these keys afterwards.
        rows_after: u64,
    },
}

impl fmt::Display for SilverRemade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rebuilt { rows_before, rows_after } => {
                write!(f, "silver rebuilt from bronze: {rows_before} rows before, {rows_after} afterwards")
            }
            Self::OtherRowsKept { entered, left } => {
                write!(f, "another keep: {entered} rows entered, {left} left, the others stayed")
            }
            Self::ColumnsFilled { columns, rows } => {
                write!(f, "{} filled from bronze in {rows} rows, all other columns stayed", columns.join(", "))
            }
            Self::KeysRecomputed { keys, rows_before, rows_after } => {
                let plural = |count: u64, one: &str| format!("{count} {one}{}", if count == 1 { "" } else { "s" });
                let (keys, before) = (plural(*keys, "key"), plural(*rows_before, "row"));
                write!(
                    f,
                    "{keys} recomputed from bronze, as records were decided on: {before} before, {rows_after} afterwards, \
                     all other rows stayed"
                )
            }
        }
    }
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
    /// Rows of silver afterwards; of a dry run as if it were done. `None` if silver does not exist or was not read.
    #[serde(default)]
    pub silver_rows: Option<u64>,
    /// What was made anew, in this order.
    #[serde(default)]
    pub remade: Vec<SilverRemade>,
    /// Of a dry run: silver is of another contract or of other decisions, and a replay makes it anew first.
    #[serde(default)]
    pub would_remake: bool,
    /// Of a dry run: keys of records that were decided on, which a replay recomputes first; all other rows stay.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would_recompute: Option<u64>,
    /// Of a dry run: new columns that a replay fills from bronze first; all other columns stay.
    #[serde(default)]
    pub would_fill: Vec<String>,
    /// Quarantined records by reason code.
    pub reasons: Vec<(String, u64)>,
    /// Records of other tables of the source, by table: left out as `source.table` says, in no other counter.
    #[serde(default)]
    pub left_out: Vec<(String, u64)>,
    /// Events by what ordered them, in words, where the contract leaves it to the format.
    #[serde(default)]
    pub orders: Vec<(String, u64)>,
    /// Of a dry run: why a batch would be held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub would_hold: Option<String>,
    /// Why it stopped early, if it did.
    pub error: Option<ApiError>,
}

impl ReplaySummary {
    /// The first error of a table or model, if there is one.
    #[must_use]
    pub fn first_error(&self) -> Option<&ApiError> {
        let tables = self.tables.iter().filter_map(|table| table.error.as_ref());
        tables.chain(self.gold_failed.iter().map(|failure| &failure.error)).next()
    }
}

/// What a replay did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ReplaySummary {
    /// Per table.
    pub tables: Vec<TableReplay>,
    /// Gold models rebuilt.
    pub gold: Vec<GoldCounter>,
    /// Gold models that could not be refreshed, and those that read them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gold_failed: Vec<GoldFailure>,
    /// Wall time, milliseconds.
    pub elapsed_ms: u64,
    /// Nothing was committed because it was a dry run.
    pub dry_run: bool,
    /// Problems of contracts and models that were left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<Problem>,
}
