//! What became of a delivered file or record.

use crate::{EventOutcome, TableName};
use serde::{Deserialize, Serialize};
use sluice_contract::RecordNumber;
use std::collections::BTreeMap;

/// What became of a file of one table, or of one record of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// Table that took it.
    pub table: TableName,
    /// File.
    pub file: String,
    /// Record; `None`: all of the file.
    pub record: Option<RecordNumber>,
    /// The whole in one sentence or two.
    pub verdict: String,
    /// How far it is.
    pub stage: TraceStage,
    /// Batch that took it; `None` while it waits.
    pub batch: Option<u64>,
    /// Bytes as stored.
    pub size: u64,
    /// When the store says it was written, milliseconds since the Unix epoch.
    pub modified_ms: Option<i64>,
    /// Version of silver that it was compared with.
    pub silver_version: Option<u64>,
    /// Its records by what became of them; of one record, only that.
    pub counts: TraceCounts,
    /// Records: of a whole file those that are not applied, in the order of the file, at most [`TRACED_MAX`].
    pub records: Vec<TracedRecord>,
    /// Models of gold that read the table.
    pub gold: Vec<TracedGold>,
    /// Records of bronze that were read for it.
    pub records_read: u64,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}

/// Records that a trace lists.
pub const TRACED_MAX: usize = 1_000;

/// How far a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TraceStage {
    /// It is in no batch yet.
    Waiting,
    /// A batch has it, and bronze has not.
    Claimed,
    /// Bronze has it, and silver has not.
    Bronze,
    /// Silver has its batch.
    Silver,
}

/// Records of a file. `records = applied + superseded + left_out + quarantined + unknown`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceCounts {
    /// All.
    pub records: u64,
    /// Silver shows what they say, or that their row is gone because of them.
    pub applied: u64,
    /// Newer events, deletes or equal ones took their place.
    pub superseded: u64,
    /// The contract leaves their row out, or they are of before the table begins.
    pub left_out: u64,
    /// In quarantine.
    pub quarantined: u64,
    /// In bronze, and not in silver yet.
    pub unknown: u64,
}

impl TraceCounts {
    /// Whether every record is accounted for.
    #[must_use]
    pub fn balances(&self) -> bool {
        let Self { records, applied, superseded, left_out, quarantined, unknown } = self;
        *records == applied + superseded + left_out + quarantined + unknown
    }
}

/// A record, and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracedRecord {
    /// Record in the file.
    pub record: RecordNumber,
    /// Columns of its key as text, personal ones masked; none in quarantine.
    pub key: BTreeMap<String, String>,
    /// What it does: `upsert`, `delete`, …, or `record` where it could not be read.
    pub operation: String,
    /// Position in the source's order, in words.
    pub position: String,
    /// What became of it; `None` while its batch is not in silver. Others are named by their number among the events of the
    /// key, as `sluice explain` shows them.
    pub outcome: Option<EventOutcome>,
    /// The event that took its place.
    pub by: Option<TracedPlace>,
    /// Columns on their way; of a whole file none.
    pub cells: Vec<TracedCell>,
    /// The record as delivered, personal data masked unless it was asked for.
    pub record_text: String,
}

/// Where an event is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracedPlace {
    /// Batch.
    pub batch: u64,
    /// File.
    pub file: String,
    /// Record in it.
    pub record: RecordNumber,
}

/// A column on its way into silver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TracedCell {
    /// Column.
    pub column: String,
    /// Value as it was read; `None` is null, or not in the record.
    pub read: Option<String>,
    /// The record leaves the column out.
    pub absent: bool,
    /// Value that the row has now; `None` is null, or no row.
    pub now: Option<String>,
    /// The value is of this record.
    pub of_record: bool,
}

/// A model that reads the table, itself or by other models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TracedGold {
    /// Model.
    pub model: TableName,
    /// Its version; `None` before it was made.
    pub version: Option<u64>,
    /// Rows of it with the key of the record; `None` where it does not have the columns of the key, or for a file.
    pub rows: Option<u64>,
}
