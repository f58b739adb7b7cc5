//! Why a row has its values.

use crate::{QuarantineReason, RecordDecisionView, TableRef};
use serde::{Deserialize, Serialize};
use sluice_contract::RecordNumber;

/// Why the row of one key has the values it has: every event of the key that bronze keeps, which of them each column is
/// of, and whether silver holds exactly that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// Table, of silver.
    pub table: TableRef,
    /// Columns of the key, each with its value as text.
    pub key: Vec<(String, String)>,
    /// Version of silver that is explained.
    pub version: u64,
    /// Last batch that this version has.
    pub batch: u64,
    /// The whole in one sentence or two.
    pub verdict: String,
    /// Events of the key and truncates of its table, in the order of the source, oldest first; those in quarantine, which
    /// have no place in it, come last.
    pub events: Vec<ExplainedEvent>,
    /// The rows of the key: none, one, or one for every version that the table keeps.
    pub rows: Vec<ExplainedRow>,
    /// Whether silver holds these rows.
    pub silver: SilverAgrees,
    /// Records of bronze that were read.
    pub records_read: u64,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}

/// One event of a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainedEvent {
    /// Number in the order of the source, from 1; other events are named by it.
    pub number: u32,
    /// Batch that brought it.
    pub batch: u64,
    /// Its file.
    pub file: String,
    /// Record in the file; `_row` of bronze is one less.
    pub record: RecordNumber,
    /// What it does: `snapshot row`, `upsert`, `delete`, `truncate`, or `record` where it could not be read.
    pub operation: String,
    /// Position in the source's order, in words; empty in quarantine.
    pub position: String,
    /// Source time, milliseconds since the Unix epoch.
    pub source_time_ms: Option<i64>,
    /// What became of it.
    pub outcome: EventOutcome,
    /// Columns of the row whose value is of this event.
    pub columns: Vec<String>,
    /// Columns that it leaves out.
    pub absent: Vec<String>,
    /// The record as delivered; personal data is masked unless it was asked for.
    pub record_text: String,
}

/// What became of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum EventOutcome {
    /// All that it says is what silver shows: its values, its version, or that the row is gone.
    Applied,
    /// Some of its columns are what silver shows, a newer event has the others.
    Partly {
        /// Number of the newest event that has some of the others.
        by: u32,
    },
    /// An event that is newer took its place.
    Older {
        /// Number of the newer event.
        by: u32,
    },
    /// The same event was delivered before.
    Duplicate {
        /// Number of the first delivery.
        of: u32,
    },
    /// Another event has the same position, and the tie-breaker chose that one.
    Tie {
        /// Number of the event that won.
        with: u32,
    },
    /// It is older than a delete of its key or a truncate, so it brings nothing back.
    BeforeDelete {
        /// Number of the delete.
        by: u32,
    },
    /// A delete of a key that had no row then.
    NothingToDelete,
    /// It changes no column whose changes the table keeps.
    NoNewVersion,
    /// The contract leaves its row out (`apply.keep`), so there is none after it.
    LeftOut,
    /// It is of before the table begins (`source.from`).
    BeforeStart,
    /// Its record was dropped, or another text counts in its place.
    Dropped {
        /// The decision; `None` if it is the event of such a record, delivered again.
        decision: Option<RecordDecisionView>,
    },
    /// It is in quarantine.
    Quarantined {
        /// Reason code.
        reason: String,
        /// Column at fault, if one is.
        column: Option<String>,
        /// Detail without row values.
        detail: String,
        /// What else is wrong with it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        further: Vec<QuarantineReason>,
    },
}

impl EventOutcome {
    /// The same with the decision on its record, if that is why it does not count.
    #[must_use]
    pub fn decided(self, decision: Option<RecordDecisionView>) -> Self {
        match self {
            Self::Dropped { .. } => Self::Dropped { decision },
            other => other,
        }
    }
}

/// A row of the key as its events make it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainedRow {
    /// Its columns, in the order of the contract.
    pub cells: Vec<ExplainedCell>,
}

/// A cell, and the event that it is of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExplainedCell {
    /// Column.
    pub column: String,
    /// Value as text, masked where it is personal unless it was asked for; `None` is null.
    pub value: Option<String>,
    /// Number of the event that wrote it; `None` if no event has provided the column, or Sluice wrote it.
    pub event: Option<u32>,
}

/// Whether silver holds what the events make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "silver", rename_all = "snake_case")]
pub enum SilverAgrees {
    /// The same rows, cell by cell.
    Same,
    /// Other rows.
    Differs {
        /// What differs first: a column, or that a row is missing or surplus. No value.
        first: String,
    },
    /// It was not compared.
    NotCompared {
        /// Why not.
        because: String,
    },
}
