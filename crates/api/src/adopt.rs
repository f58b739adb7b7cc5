//! What other programs committed to a table, accepted by a person.

use crate::TableRef;
use serde::{Deserialize, Serialize};

/// A commit of another program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdoptedCommit {
    /// Delta version.
    pub version: u64,
    /// Operation, as the commit has it.
    pub operation: String,
    /// The program, as the commit has it.
    pub program: String,
    /// What it changed, in words.
    pub change: String,
}

/// What was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Adopted {
    /// Table.
    pub table: TableRef,
    /// Version that holds the acceptance; the latest version if there was nothing to accept.
    pub version: u64,
    /// Rows of the table.
    pub rows: u64,
    /// The commits, oldest first; empty if there were none.
    pub commits: Vec<AdoptedCommit>,
}
