//! A commit of another program, as it is named to people and in the commit that accepts it.

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a commit of another program changed of what Sluice counts on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForeignChange {
    /// Rows came, went or are others.
    Rows,
    /// A `txn` of Sluice's: which batches are in the table.
    Batches,
    /// The columns.
    Columns,
    /// All of it: Sluice made it in another lake, from other change files.
    Lake,
}

impl fmt::Display for ForeignChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rows => "rows",
            Self::Batches => "the number of the last batch",
            Self::Columns => "columns",
            Self::Lake => "everything: it is a table of another lake",
        })
    }
}

/// A commit of another program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignCommit {
    /// Delta version.
    pub version: u64,
    /// Operation, as the commit has it.
    pub operation: String,
    /// The program (`engineInfo`).
    pub program: String,
    /// What it changed.
    pub change: ForeignChange,
}

impl fmt::Display for ForeignCommit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{} ({} by {}) changed {}", self.version, self.operation, self.program, self.change)
    }
}
