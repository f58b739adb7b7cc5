//! Silver beside the source: content hashes, and comparisons with dumps.

use crate::{TableName, TableRef};
use serde::{Deserialize, Serialize};

/// The content of a table version as one number. Two versions with the same columns and rows have the same, in
/// whatever files and order they are stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFingerprint {
    /// Table.
    pub table: TableRef,
    /// Version that was read.
    pub version: u64,
    /// BLAKE3, 64 hex digits.
    pub fingerprint: String,
}

/// How a silver table compares with a dump of the source table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableComparison {
    /// Table.
    pub table: TableName,
    /// Rows in the source.
    pub source_rows: u64,
    /// Rows in silver.
    pub silver_rows: u64,
    /// Columns compared: all that the source has.
    pub columns: u64,
    /// Keys in the source and not in silver.
    pub missing: u64,
    /// Keys in silver and not in the source.
    pub surplus: u64,
    /// Columns with the number of rows that differ.
    pub differing: Vec<(String, u64)>,
}

impl TableComparison {
    /// Whether both hold the same rows.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.missing == 0 && self.surplus == 0 && self.differing.is_empty() && self.source_rows == self.silver_rows
    }
}
