//! Batches of change data and what they did.

use crate::{JobId, TableName};
use serde::{Deserialize, Serialize};

/// Bounds of one replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplayLimits {
    /// Stop after this many batches per table.
    pub batches: Option<u64>,
    /// At most this many files in a batch.
    pub max_files: Option<u64>,
    /// At most this many bytes in a batch (one file is always taken).
    pub max_bytes: Option<u64>,
    /// Stop a table before a batch that would leave fewer bytes free on the disk of a local lake.
    #[serde(default)]
    pub keep_free_bytes: Option<u64>,
    /// Rebuild silver and gold from bronze.
    pub full_refresh: bool,
    /// Plan and count, commit nothing.
    pub dry_run: bool,
}

/// The ledger of a batch. Two laws hold: `rows_in = applied + superseded + quarantined`, where `applied`
/// is `inserted + updated + deleted + delete_of_absent + unchanged + truncates - truncated_rows -
/// split_rows`, and `silver_after = silver_before + inserted - deleted`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Records read.
    pub rows_in: u64,
    /// Keys new in silver.
    pub inserted: u64,
    /// Keys whose row changed.
    pub updated: u64,
    /// Keys removed from silver.
    pub deleted: u64,
    /// Deletes (and truncates) that found no row.
    pub delete_of_absent: u64,
    /// Winning events that changed nothing.
    pub unchanged: u64,
    /// Events that lost to another event of the same key.
    pub superseded: u64,
    /// Of the superseded, exact copies of an event.
    pub duplicate: u64,
    /// Of the superseded, late events stopped by a tombstone.
    pub tombstone_blocked: u64,
    /// Records in quarantine.
    pub quarantined: u64,
    /// Events whose order was decided by a tie-breaker.
    pub ties: u64,
    /// Truncate events that took effect.
    pub truncates: u64,
    /// Rows that a truncate removed; part of `deleted`, but each is not an event of its own.
    pub truncated_rows: u64,
    /// Rows that changed, came or went without an event of their own: of a table with history because a
    /// late event split a version, of another because a truncate took away what had filled a hole.
    #[serde(default)]
    pub split_rows: u64,
    /// Events of a table with history that are older than another of their key that was known.
    #[serde(default)]
    pub late_applied_to_history: u64,
    /// Keys that came back after their delete.
    #[serde(default)]
    pub revived: u64,
    /// Of the superseded, events that are older than the row they came to.
    #[serde(default)]
    pub stale_ignored: u64,
    /// Columns of partial events filled from an older event.
    #[serde(default)]
    pub absent_filled: u64,
    /// Columns of partial events that no event has filled yet.
    #[serde(default)]
    pub absent_unfilled: u64,
    /// Rows of silver before.
    pub silver_before: u64,
    /// Rows of silver after.
    pub silver_after: u64,
}

impl Counters {
    /// Records that took effect or were found to have none.
    #[must_use]
    pub fn applied(&self) -> u64 {
        (self.inserted + self.updated + self.deleted + self.delete_of_absent + self.unchanged + self.truncates)
            .saturating_sub(self.truncated_rows + self.split_rows)
    }

    /// Whether both laws hold.
    #[must_use]
    pub fn balances(&self) -> bool {
        self.rows_in == self.applied() + self.superseded + self.quarantined
            && self.silver_before + self.inserted == self.silver_after + self.deleted
    }

    /// Adds another batch of the same table, later in time.
    pub fn add(&mut self, later: &Self) {
        if self.rows_in == 0 && self.silver_after == 0 {
            self.silver_before = later.silver_before;
        }
        self.rows_in += later.rows_in;
        self.inserted += later.inserted;
        self.updated += later.updated;
        self.deleted += later.deleted;
        self.delete_of_absent += later.delete_of_absent;
        self.unchanged += later.unchanged;
        self.superseded += later.superseded;
        self.duplicate += later.duplicate;
        self.split_rows += later.split_rows;
        self.late_applied_to_history += later.late_applied_to_history;
        self.revived += later.revived;
        self.stale_ignored += later.stale_ignored;
        self.absent_filled += later.absent_filled;
        self.absent_unfilled += later.absent_unfilled;
        self.tombstone_blocked += later.tombstone_blocked;
        self.quarantined += later.quarantined;
        self.ties += later.ties;
        self.truncates += later.truncates;
        self.truncated_rows += later.truncated_rows;
        self.silver_after = later.silver_after;
    }
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
    pub counters: Counters,
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
    pub counters: Counters,
    /// Silver version afterwards.
    pub silver_version: Option<u64>,
    /// Quarantined records by reason code.
    pub reasons: Vec<(String, u64)>,
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
}
