//! What one file became.

use super::drift::Drift;
use sluice_change::{ChangeBatch, Reject};
use std::collections::BTreeMap;

/// What one file became. `rows_in = changes.len() + rejects that are rows` always holds.
#[derive(Clone, Debug)]
pub struct DecodedFile {
    /// Typed changes in the order they were read; `files` has this file, so `RowRef::file` is 0.
    pub changes: ChangeBatch,
    /// Records that could not be decoded, and a whole-file reject where the file is damaged.
    pub rejects: Vec<Reject>,
    /// Records seen, tombstones not counted.
    pub rows_in: u64,
    /// Records that carry no row: `null` lines after a delete, logical messages (`op = m`) and
    /// heartbeats.
    pub tombstones: u64,
    /// Records by operation as delivered (`c`, `u`, `I`, ...; `load` for a DMS row without `Op`,
    /// `row` for a flattened row without `__op`).
    pub operations: BTreeMap<String, u64>,
    /// How the records differ from the contract's columns.
    pub drift: Drift,
    /// Records by the table of the source that they say they are of.
    pub source_tables: BTreeMap<String, u64>,
    /// Records of other tables than the contract's (`source.table`), left out and not in `rows_in`.
    pub other_tables: BTreeMap<String, u64>,
    /// Events by what ordered them, in words, where the contract leaves it to the format. Positions of two orders
    /// cannot be compared.
    pub orders: BTreeMap<String, u64>,
}
