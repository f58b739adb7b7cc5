//! The file ledger: which file is in which batch, and which files the next batch would take.

use crate::TableName;
use serde::{Deserialize, Serialize};

/// How far a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// In a batch that is in no table yet.
    Claimed,
    /// In bronze; silver does not have the batch yet, or refused it.
    Bronze,
    /// In silver.
    Silver,
}

/// A file that is in a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerFile {
    /// Path relative to the lake, or full URL.
    pub path: String,
    /// Bytes as stored.
    pub size: u64,
    /// Etag of the store; on a local disk modification time in microseconds and size.
    pub etag: String,
    /// When the store says it was written, UTC.
    pub modified: Option<String>,
    /// Number of the batch.
    pub batch: u64,
    /// Records, those in quarantine too; `None` while it is in no table.
    pub rows: Option<u64>,
    /// How far it is.
    pub status: FileStatus,
    /// Batch that has the same path with another content, taken later.
    pub overwritten_in: Option<u64>,
    /// Name of the backfill that it is of.
    pub backfill: Option<String>,
}

/// The ledger of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BatchLedger {
    /// Table.
    pub table: TableName,
    /// Files by batch, in the order they are read.
    pub files: Vec<LedgerFile>,
}

/// A file that waits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedFile {
    /// Path relative to the lake, or full URL.
    pub path: String,
    /// Bytes as stored.
    pub size: u64,
    /// Etag, as in [`LedgerFile::etag`].
    pub etag: String,
    /// When the store says it was written, UTC.
    pub modified: Option<String>,
    /// Batch that has the same path with another content.
    pub overwrites: Option<u64>,
}

/// What the next batch would take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedBatch {
    /// Table.
    pub table: TableName,
    /// Number it would have.
    pub batch: u64,
    /// Batches that are not in silver and would be done first.
    pub pending: Vec<u64>,
    /// Files, in the order they would be read.
    pub files: Vec<PlannedFile>,
    /// Bytes of them.
    pub bytes: u64,
    /// Files that would wait for the batches after it.
    pub later_files: u64,
    /// Bytes of those.
    pub later_bytes: u64,
}
