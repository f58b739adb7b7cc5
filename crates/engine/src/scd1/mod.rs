//! SCD type 1: one row per key, the latest. A join of last-writer-wins registers, one per column, under a tombstone
//! per key.

mod finish;
mod merge_key;
mod merge_plan;
mod tombstones;
mod winner;

pub use merge_plan::{Existing, MergePlan};
pub use tombstones::{NewTombstones, Tombstones, changed_segment, forget_before, merge_segments};

use crate::error::EngineError;
use crate::events::KeyedChanges;
use crate::keys::KeyEncoder;
use crate::rows::PlanSources;
use merge_key::{Merge, OldRow};
use sluice_change::{ChangeBatch, RowLedger};
use sluice_contract::Contract;

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
        merge.apply_key(*hash, old, keyed.of(key), keyed.duplicate_kinds(key))?;
    }
    merge.finish(&encoder)
}
