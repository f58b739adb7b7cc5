//! What a batch of changes does to silver.

use super::merge_key::{Merge, OldRow};
use crate::{EngineError, KeyEncoder, KeyedChanges, NewRows, NewTombstones, PlanSources, Tombstones};
use arrow::array::RecordBatch;
use sluice_change::{ChangeBatch, EventSeq, RowLedger, RowRef};
use sluice_contract::Contract;

/// Two different events of one key with the same position; the tie-breaker decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Index of the change batch of the event that won, and its origin.
    pub winner: (usize, RowRef),
    /// The same of the one that lost.
    pub loser: (usize, RowRef),
}

/// Place of a row of silver: number of its data file, and its position in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowAt {
    /// Number of the file, as the caller counts files.
    pub file: u32,
    /// Row in the file, from 0.
    pub row: u32,
}

/// Rows of silver that were read.
#[derive(Clone, Debug)]
pub struct ExistingRows {
    /// Columns of the contract and the system columns.
    pub rows: RecordBatch,
    /// Where each is.
    pub at: Vec<RowAt>,
}

/// What a merge has to know of silver: every row whose key has events, and all rows when there is a
/// truncate; further rows do no harm.
#[derive(Clone, Copy, Debug)]
pub struct Existing<'a> {
    /// Rows with their content.
    pub read: &'a [ExistingRows],
    /// Rows of which only the hash of the key and the place are known. For each of them
    /// [`KeyedChanges::needs_row`] was false.
    pub unread: &'a [(u128, RowAt)],
    /// Rows of the whole table.
    pub rows: u64,
}

/// What a batch does to silver: `replaced` rows go, `upserts` come.
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
    /// Counts; both laws hold. A replaced row that was not read counts as updated.
    pub ledger: RowLedger,
    /// Ties between different events, at most [`MergePlan::CONFLICTS_MAX`].
    pub conflicts: Vec<Conflict>,
}

impl MergePlan {
    /// Conflicts reported per batch.
    pub const CONFLICTS_MAX: usize = 1_000;
}

/// Plans a merge of `changes`, which `keyed` groups. `quarantined` are the records of the batch that
/// are in quarantine, for the ledger.
///
/// # Errors
/// [`EngineError`] when silver is damaged or the ledger does not balance.
pub fn plan_merge(
    contract: &Contract,
    existing: Existing<'_>,
    tombstones: &Tombstones,
    changes: &[ChangeBatch],
    keyed: &KeyedChanges,
    quarantined: u64,
) -> Result<MergePlan, EngineError> {
    let encoder = KeyEncoder::new(contract)?;
    let mut ledger = RowLedger { silver_before: existing.rows, quarantined, ..RowLedger::default() };
    ledger.rows_in = quarantined + changes.iter().map(|batch| batch.len() as u64).sum::<u64>();
    let sources = PlanSources { contract, existing: existing.read, changes };
    let mut merge = Merge::new(sources, keyed, tombstones, ledger);
    merge.apply_truncates(&keyed.truncates);
    let mut old: Vec<(u32, OldRow)> = Vec::with_capacity(existing.unread.len());
    let mut add = |key: usize, row| old.push((u32::try_from(key).unwrap_or(u32::MAX), row));
    for (source, existing) in (0_u32..).zip(existing.read) {
        for (row, hash) in (0_u32..).zip(encoder.hashes(&existing.rows)?) {
            match keyed.find(hash) {
                Some(key) => add(key, OldRow::Read { source, row }),
                None if keyed.has_truncates() => {
                    merge.apply_key(hash, Some(OldRow::Read { source, row }), &[], &[])?;
                }
                None => {}
            }
        }
    }
    for (hash, at) in existing.unread {
        if let Some(key) = keyed.find(*hash) {
            add(key, OldRow::Unread(*at));
        }
    }
    old.sort_unstable_by_key(|(key, _)| *key);
    let mut old = old.into_iter().peekable();
    for (key, hash) in (0_u32..).zip(keyed.hashes().iter()) {
        let old = old.next_if(|(of, _)| *of == key).map(|(_, row)| row);
        let key = key as usize;
        merge.apply_key(*hash, old, keyed.of(key), keyed.against(key))?;
    }
    merge.finish(&encoder)
}
