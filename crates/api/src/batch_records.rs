//! The records of a batch, and what is decided of single ones.

use crate::{RecordAction, ResultView, TableName};
use serde::{Deserialize, Serialize};
use sluice_contract::RecordNumber;
use std::fmt;

/// How a record of a batch stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordState {
    /// It counts as it was delivered.
    Delivered,
    /// Silver is made without its events.
    Dropped,
    /// Another text counts in its place.
    Edited,
    /// It is in quarantine, where it is decided on.
    Quarantined,
}

impl RecordState {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Delivered, Self::Dropped, Self::Edited, Self::Quarantined];

    /// The words for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Delivered => "as delivered",
            Self::Dropped => "dropped",
            Self::Edited => "edited",
            Self::Quarantined => "in quarantine",
        }
    }
}

impl std::str::FromStr for RecordState {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "delivered" => Ok(Self::Delivered),
            "dropped" => Ok(Self::Dropped),
            "edited" => Ok(Self::Edited),
            "quarantined" => Ok(Self::Quarantined),
            _ => Err(format!("`{text}` is not one of delivered, dropped, edited, quarantined")),
        }
    }
}

impl fmt::Display for RecordState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which records of a batch; every entry narrows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct RecordFilter {
    /// These: `file:number`, numbers from 1; the end of a path is enough where it names one file of the batch.
    pub records: Vec<String>,
    /// Those with an event of this key: columns with their values as text.
    pub key: Vec<(String, String)>,
    /// How they stand.
    pub state: Option<RecordState>,
}

impl RecordFilter {
    /// Whether it leaves every record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Something that is decided of records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordChange {
    /// Silver is made without them.
    Drop {
        /// Which.
        filter: RecordFilter,
    },
    /// Another text counts in the place of a record.
    Edit {
        /// Its address.
        record: String,
        /// The record as it should have been delivered.
        text: String,
    },
    /// As `Edit`, by single values of every record: the rest stays as it was delivered.
    Set {
        /// Which.
        filter: RecordFilter,
        /// Paths of members in the record, with dots between names, and the JSON of their new values.
        values: Vec<(String, String)>,
    },
    /// They count again as they were delivered.
    Undo {
        /// Which.
        filter: RecordFilter,
    },
}

/// The decision that holds of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordDecisionView {
    /// What was done.
    pub action: RecordAction,
    /// Why.
    pub because: String,
    /// Who decided.
    pub by: String,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// A record of a batch that does not count as it was delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecidedRecordView {
    /// Its file.
    pub file: String,
    /// Its number in the file.
    pub record: RecordNumber,
    /// The decision.
    pub decision: RecordDecisionView,
}

/// The records of a batch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordList {
    /// Table.
    pub table: TableName,
    /// Number of the batch.
    pub batch: u64,
    /// Records that bronze has of it, by how they stand.
    pub counts: Vec<(RecordState, u64)>,
    /// Records that the filter leaves; `records` has the first of them.
    pub found: u64,
    /// Why nothing can be decided of them here, with the way out; `None` if it can.
    pub why_not: Option<String>,
    /// The records with address, key, operation, how they stand, who, why and when; `None` when there are none.
    pub records: Option<ResultView>,
}
