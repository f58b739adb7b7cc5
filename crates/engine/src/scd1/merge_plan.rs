//! What a merge is computed from, and what it is.

use super::tombstones::NewTombstones;
use crate::events::Conflict;
use crate::rows::{ExistingRows, NewRows, RowAt};
use sluice_change::{EventSeq, RowLedger};

/// The rows of silver that a merge depends on: every row whose key has events, and all rows when there is a
/// truncate; further rows do no harm.
#[derive(Clone, Copy, Debug)]
pub struct Existing<'a> {
    /// Rows that were read with their values.
    pub read: &'a [ExistingRows],
    /// Rows of which only the hash of the key and the place are known. For each of them
    /// [`KeyedChanges::needs_row`] was false.
    pub unread: &'a [(u128, RowAt)],
    /// Rows of the whole table.
    pub rows: u64,
}

/// What a batch does to silver: `replaced` rows are taken out, `upserts` are written.
#[derive(Debug)]
pub struct MergePlan {
    /// New and changed rows with system columns, sorted by key.
    pub upserts: NewRows,
    /// No row of `upserts` has a newer sequence.
    pub newest: Option<EventSeq>,
    /// Rows of silver that are replaced or deleted, ascending.
    pub replaced: Vec<RowAt>,
    /// What the batch adds to the tombstones.
    pub tombstones: NewTombstones,
    /// Keys that have a row for readers before and none after: rows that go, or that a soft delete marks. A row that was
    /// not read counts as one.
    pub lost_rows: u64,
    /// Counts; both laws hold. A replaced row that was not read counts as updated.
    pub ledger: RowLedger,
    /// Ties between different events, at most [`Conflict::MAX_PER_BATCH`].
    pub conflicts: Vec<Conflict>,
}
