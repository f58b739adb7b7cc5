//! What one file became.

use super::decode_error::DecodeError;
use super::drift::Drift;
use super::record_keys::KeyCounts;
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
    /// Events by the server whose log they say they are of. Positions of two logs cannot be compared.
    pub logs: BTreeMap<String, u64>,
    /// How many records say their key.
    pub keys: KeyCounts,
    /// The source that they are of, where the table has several.
    pub source: Option<String>,
}

impl DecodedFile {
    /// Changes and rejects of which nothing else was counted.
    #[must_use]
    pub fn uncounted(changes: ChangeBatch, rejects: Vec<Reject>, rows_in: u64, source: Option<String>) -> Self {
        Self {
            changes,
            rejects,
            rows_in,
            tombstones: 0,
            operations: BTreeMap::new(),
            drift: Drift::default(),
            source_tables: BTreeMap::new(),
            other_tables: BTreeMap::new(),
            orders: BTreeMap::new(),
            logs: BTreeMap::new(),
            keys: KeyCounts::default(),
            source,
        }
    }

    /// Adds what was counted of another part of the same file and its rejects, and leaves it with its changes alone.
    pub fn count_also(&mut self, part: &mut Self) {
        self.rejects.append(&mut part.rejects);
        self.rows_in += std::mem::take(&mut part.rows_in);
        self.tombstones += std::mem::take(&mut part.tombstones);
        self.drift.join(std::mem::take(&mut part.drift));
        self.keys.add(std::mem::take(&mut part.keys));
        for (counts, more) in [
            (&mut self.operations, &mut part.operations),
            (&mut self.source_tables, &mut part.source_tables),
            (&mut self.other_tables, &mut part.other_tables),
            (&mut self.orders, &mut part.orders),
            (&mut self.logs, &mut part.logs),
        ] {
            for (name, count) in std::mem::take(more) {
                *counts.entry(name).or_default() += count;
            }
        }
    }

    /// One file of what its parts became, in their order; `None` of no part.
    pub(crate) fn joined(parts: Vec<Self>) -> Result<Option<Self>, DecodeError> {
        let mut parts = parts.into_iter();
        let Some(mut all) = parts.next() else { return Ok(None) };
        let mut changes = Vec::with_capacity(parts.len() + 1);
        for mut part in parts {
            all.count_also(&mut part);
            changes.push(std::mem::replace(&mut all.changes, part.changes));
        }
        changes.push(all.changes);
        let joined =
            ChangeBatch::joined(changes).map_err(|error| DecodeError::Internal { detail: error.to_string() })?;
        Ok(joined.map(|changes| Self { changes, ..all }))
    }
}
