//! Plans for tables that keep more than the latest row per key, in the shape of a merge.

use crate::RunError;
use crate::silver_merge::newest_of;
use arrow::array::RecordBatch;
use sluice_change::ChangeBatch;
use sluice_contract::Contract;
use sluice_engine::{Existing, HistoryChange, LateArrivalState, MergePlan, NewTombstones, plan_append, plan_history};

/// What changes do to a table with history, and to its side state.
pub(crate) fn history_plan(
    contract: &Contract,
    existing: Existing<'_>,
    side: &LateArrivalState,
    changes: &[ChangeBatch],
    quarantined: u64,
) -> Result<(MergePlan, HistoryChange), RunError> {
    let rows = read(existing);
    let plan = plan_history(contract, &rows, side, changes, existing.rows, quarantined)?;
    let replaced = plan.replaced.iter().filter_map(|&(source, row)| existing.read.get(source)?.at.get(row).copied());
    let mut replaced: Vec<_> = replaced.collect();
    replaced.sort_unstable();
    let merge = MergePlan {
        newest: newest_of(&plan.upserts),
        upserts: plan.upserts.into(),
        replaced,
        tombstones: NewTombstones::default(),
        ledger: plan.ledger,
        conflicts: plan.conflicts,
    };
    Ok((merge, plan.late_arrivals))
}

/// What changes do to a table that only grows.
pub(crate) fn append_plan(
    contract: &Contract,
    existing: Existing<'_>,
    changes: &[ChangeBatch],
    quarantined: u64,
) -> Result<MergePlan, RunError> {
    let plan = plan_append(contract, &read(existing), changes, existing.rows, quarantined)?;
    Ok(MergePlan {
        newest: newest_of(&plan.rows),
        upserts: plan.rows.into(),
        replaced: Vec::new(),
        tombstones: NewTombstones::default(),
        ledger: plan.ledger,
        conflicts: plan.conflicts,
    })
}

fn read(existing: Existing<'_>) -> Vec<RecordBatch> {
    existing.read.iter().map(|existing| existing.rows.clone()).collect()
}
