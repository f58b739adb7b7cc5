//! Maintenance of tables: fewer and larger files, no deleted rows, no unused files.

use crate::{ApiError, TableRef};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What to do. The default is what `sluice maintain` does without options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MaintainSettings {
    /// Bytes that a file is to have; 256 MiB if `None`.
    pub target_bytes: Option<u64>,
    /// Columns to cluster by (Z-order), those that queries filter by; empty keeps the order of the key.
    pub cluster_by: Vec<String>,
    /// Files of which this percentage of rows or more is deleted are rewritten, 0 to 100; 0 purges every deletion
    /// vector; 25 if `None`.
    pub deleted_percent: Option<u8>,
    /// What becomes of files that no version needs.
    pub vacuum: Vacuum,
}

/// What becomes of files that no version needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vacuum {
    /// Removed, once only versions older than 7 days need them.
    #[default]
    Default,
    /// Removed, once only versions older than this need them.
    After(Duration),
    /// They stay.
    Off,
}

/// What was done to one table, or would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Maintained {
    /// Table, as `layer.dataset.table`.
    pub table: String,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Files before.
    pub files_before: u64,
    /// Files after; in a dry run as many as there would be, about.
    pub files_after: u64,
    /// Files that are rewritten.
    pub rewritten_files: u64,
    /// Their bytes.
    pub rewritten_bytes: u64,
    /// Files written for them; in a dry run about.
    pub written_files: u64,
    /// Bytes of these; in a dry run about.
    pub written_bytes: u64,
    /// Deleted rows in the rewritten files, gone for good with the last version that has them.
    pub purged_rows: u64,
    /// Deletes that need not be remembered any more (`tombstone_retention`).
    pub forgotten_deletes: u64,
    /// Files that were left as they are because a writer replaced one of their group.
    pub skipped_files: u64,
    /// The latest version after it.
    pub version: u64,
    /// Unused data files that were removed.
    pub removed_data_files: u64,
    /// Unused files of deletion vectors that were removed.
    pub removed_vector_files: u64,
    /// Bytes of both.
    pub removed_bytes: u64,
    /// The oldest version that stays readable, if files were removed.
    pub oldest_version: Option<u64>,
}

/// What a maintenance did. A table that failed stops no other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MaintainSummary {
    /// Tables that were maintained.
    pub tables: Vec<Maintained>,
    /// Tables that were not, and why; what was committed to them stays.
    pub failed: Vec<(TableRef, ApiError)>,
    /// Wall time, milliseconds.
    pub elapsed_ms: u64,
}
