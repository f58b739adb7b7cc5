//! The one plan of every kind of silver table: the latest row per key, a row per version, a row per event.
//!
//! [`plan_merge`], [`plan_history`] and [`plan_append`] each say what a batch does in the terms of their kind.
//! Whoever writes silver needs the same of all three: rows that come, rows that are replaced, what is to be
//! remembered, and counts. [`plan_silver`] chooses the kind by the contract and gives that.

use crate::{
    EngineError, Existing, HistoryChange, KeyedChanges, LateArrivalState, MergePlan, NewTombstones, SEQ, Tombstones,
    plan_append, plan_history, plan_merge,
};
use arrow::array::{AsArray, RecordBatch};
use sluice_change::{ChangeBatch, EventSeq};
use sluice_contract::{Contract, Scd};

/// What silver remembers besides its rows.
#[derive(Clone, Copy, Debug)]
pub struct Remembered<'a> {
    /// The newest delete of every key, of tables with the latest row per key.
    pub tombstones: &'a Tombstones,
    /// The events that no row shows, of tables with a row per version.
    pub history: &'a LateArrivalState,
}

/// What a batch does to silver.
#[derive(Debug)]
pub struct SilverPlan {
    /// Rows and counts. Tombstones only where the table has the latest row per key.
    pub merge: MergePlan,
    /// What changes in the events that no row shows; only where the table has a row per version.
    pub history: Option<HistoryChange>,
}

/// Plans what `changes`, which `keyed` groups, do to the silver of a contract. `quarantined` are the records of
/// the batch that are in quarantine, for the ledger.
///
/// # Errors
/// [`EngineError`] when silver or what it remembers is damaged, or the ledger does not balance.
pub fn plan_silver(
    contract: &Contract,
    existing: Existing<'_>,
    remembered: Remembered<'_>,
    changes: &[ChangeBatch],
    keyed: &KeyedChanges,
    quarantined: u64,
) -> Result<SilverPlan, EngineError> {
    match contract.apply.scd {
        Scd::Type1 => {
            let merge = plan_merge(contract, existing, remembered.tombstones, changes, keyed, quarantined)?;
            Ok(SilverPlan { merge, history: None })
        }
        Scd::Type2 => history(contract, existing, remembered.history, changes, quarantined),
        Scd::Append => append(contract, existing, changes, quarantined),
    }
}

fn history(
    contract: &Contract,
    existing: Existing<'_>,
    state: &LateArrivalState,
    changes: &[ChangeBatch],
    quarantined: u64,
) -> Result<SilverPlan, EngineError> {
    let plan = plan_history(contract, &rows_of(existing), state, changes, existing.rows, quarantined)?;
    let replaced = plan.replaced.iter().filter_map(|&(source, row)| existing.read.get(source)?.at.get(row).copied());
    let mut replaced: Vec<_> = replaced.collect();
    replaced.sort_unstable();
    let merge = MergePlan {
        newest: newest_seq(&plan.upserts),
        upserts: plan.upserts.into(),
        replaced,
        lost_rows: plan.lost_rows,
        tombstones: NewTombstones::default(),
        ledger: plan.ledger,
        conflicts: plan.conflicts,
    };
    Ok(SilverPlan { merge, history: Some(plan.late_arrivals) })
}

fn append(
    contract: &Contract,
    existing: Existing<'_>,
    changes: &[ChangeBatch],
    quarantined: u64,
) -> Result<SilverPlan, EngineError> {
    let plan = plan_append(contract, &rows_of(existing), changes, existing.rows, quarantined)?;
    let merge = MergePlan {
        newest: newest_seq(&plan.rows),
        upserts: plan.rows.into(),
        replaced: Vec::new(),
        lost_rows: 0,
        tombstones: NewTombstones::default(),
        ledger: plan.ledger,
        conflicts: plan.conflicts,
    };
    Ok(SilverPlan { merge, history: None })
}

fn rows_of(existing: Existing<'_>) -> Vec<RecordBatch> {
    existing.read.iter().map(|existing| existing.rows.clone()).collect()
}

/// The newest sequence in rows of silver, `None` if there is none. The texts sort as their events do.
#[must_use]
pub fn newest_seq(rows: &RecordBatch) -> Option<EventSeq> {
    let seqs = rows.column_by_name(SEQ)?.as_string_opt::<i32>()?;
    seqs.iter().flatten().max().and_then(EventSeq::parse)
}
