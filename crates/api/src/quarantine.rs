//! Records in quarantine, and what becomes of them.

use crate::{ResultView, TableName};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How a record in quarantine stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuarantineStatus {
    /// It cannot be read by the contract of today, and nobody did anything with it.
    Open,
    /// The contract of today reads it: it is in silver since the last rebuild or replay, or will be by the next.
    Readable,
    /// Somebody corrected it; the next run takes the corrected record to silver.
    Waiting,
    /// Silver has the corrected record.
    Edited,
    /// It stays out, as somebody decided.
    Ignored,
}

impl QuarantineStatus {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Open, Self::Readable, Self::Waiting, Self::Edited, Self::Ignored];

    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Readable => "readable",
            Self::Waiting => "waiting",
            Self::Edited => "edited",
            Self::Ignored => "ignored",
        }
    }
}

impl fmt::Display for QuarantineStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for QuarantineStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let words = || Self::ALL.map(Self::as_str).join(", ");
        let found = Self::ALL.into_iter().find(|status| status.as_str() == text);
        found.ok_or_else(|| format!("`{text}` is not one of {}", words()))
    }
}

/// One thing that keeps a record out of silver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineReason {
    /// Reason code.
    pub reason: String,
    /// Column at fault, if one is.
    pub column: Option<String>,
    /// Detail without row values.
    pub detail: String,
}

impl QuarantineReason {
    /// All of a record, as the column `reasons` of a list has them; none if the text is none of them.
    #[must_use]
    pub fn all_of(text: &str) -> Vec<Self> {
        serde_json::from_str(text).unwrap_or_default()
    }
}

impl fmt::Display for QuarantineReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{} in {column}: {}", self.reason, self.detail),
            None => write!(f, "{}: {}", self.reason, self.detail),
        }
    }
}

/// Which records; every entry narrows them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct QuarantineFilter {
    /// One record: `batch:file:number`, as the column `address` has it.
    pub record: Option<String>,
    /// How they stand.
    pub status: Option<QuarantineStatus>,
    /// Reason code, one of those that a record has.
    pub reason: Option<String>,
    /// Batch that brought them.
    pub batch: Option<u64>,
}

/// Something that is done with records in quarantine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuarantineChange {
    /// The record gets another text and takes its place in the order of the source.
    Edit {
        /// Its address.
        record: String,
        /// The record as it should have been delivered.
        text: String,
    },
    /// As `Edit`, by single values: the rest of the record stays as it was delivered.
    Set {
        /// Its address.
        record: String,
        /// Paths of members in the record, with dots between names, and the JSON of their new values.
        values: Vec<(String, String)>,
    },
    /// They stay out, and nobody has to look at them.
    Ignore {
        /// Which.
        filter: QuarantineFilter,
    },
    /// Ignored ones wait for somebody again.
    Reopen {
        /// Which.
        filter: QuarantineFilter,
    },
}

/// Records in quarantine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuarantineList {
    /// Table.
    pub table: TableName,
    /// Records of the whole quarantine by how they stand.
    pub counts: Vec<(QuarantineStatus, u64)>,
    /// Records of the whole quarantine by reason code, the most frequent first; one with several counts to each.
    #[serde(default)]
    pub reasons: Vec<(String, u64)>,
    /// Every record that was asked for, with status, attempts, who, why and when; `None` when there are none.
    pub records: Option<ResultView>,
}
