//! Whether the files of tables are what was written.

use crate::{ApiError, TableRef};
use serde::{Deserialize, Serialize};

/// A file that is not what the log says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrokenFileView {
    /// Path in the lake.
    pub path: String,
    /// Rows that it holds, by the log.
    pub rows: u64,
    /// What is wrong with it, in words.
    pub fault: String,
}

/// What became of a table with broken files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Repair {
    /// Nothing is broken.
    #[default]
    NotNeeded,
    /// The table was made anew, and its files are what was written.
    Done,
    /// The table can be made anew from what the lake has; that was not asked for.
    Possible,
    /// Nothing in the lake has the rows.
    Impossible,
}

/// What a look at all files of a table's latest version found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerifiedTable {
    /// Table; the quarantine counts to bronze.
    pub table: TableRef,
    /// Version; `None` if it could not be opened.
    pub version: Option<u64>,
    /// Files that were looked at.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Files of other programs: the log has no hash of them, so only their length was compared.
    pub without_hash: u64,
    /// Files that are not what the log says; after a repair those that were.
    pub broken: Vec<BrokenFileView>,
    /// What became of them.
    pub repair: Repair,
    /// What to do; empty if nothing has to be done.
    pub next: String,
    /// Why it could not be looked at or repaired.
    pub error: Option<ApiError>,
}

impl VerifiedTable {
    /// Whether everything is as it was written, if after a repair.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.error.is_none() && matches!(self.repair, Repair::NotNeeded | Repair::Done)
    }
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct VerifySummary {
    /// Per table.
    pub tables: Vec<VerifiedTable>,
    /// Wall time, milliseconds.
    pub elapsed_ms: u64,
}

impl VerifySummary {
    /// Whether every table is.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.tables.iter().all(VerifiedTable::is_sound)
    }
}
