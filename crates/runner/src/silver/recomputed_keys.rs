//! Some keys of silver computed again of all their events, while the rows of all others stay.
//!
//! What is planned of the events of some keys from nothing is what a rebuild makes of these keys (`engine/src/ranges/`). So
//! their rows are replaced, and what is remembered of them besides.

use super::candidate::{Candidate, NewDeletes};
use super::merge::{Planned, write_planned};
use super::state::Silver;
use super::tombstones::{remembered_deletes, tombstones_of};
use crate::RunError;
use crate::support::blocking::blocking;
use sluice_change::{ChangeBatch, RowLedger};
use sluice_contract::{Contract, Scd};
use sluice_engine::{EngineError, HistoryChange, KeyEncoder, NewTombstones, RowAt, changed_segment, plan_from_nothing};
use sluice_lake::{KeyHasher, Lake, Snapshot};
use std::collections::HashSet;
use std::sync::Arc;

/// The keys that are computed again.
pub(crate) struct RecomputedKeys {
    /// Hashes of the keys.
    pub(crate) hashes: HashSet<u128>,
    /// All events of these keys that have a say, and all truncates of the table.
    pub(crate) changes: Vec<ChangeBatch>,
    /// Events of these keys that have none.
    pub(crate) left_out: u64,
}

/// What became of the rows of the keys.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RowsOfKeys {
    pub(crate) before: u64,
    pub(crate) after: u64,
}

/// Silver with the keys computed again, written and not visible.
///
/// # Errors
/// If silver cannot be read or written.
pub(crate) async fn prepare_recomputed(
    lake: &Lake,
    silver: &Silver,
    contract: &Arc<Contract>,
    keys: RecomputedKeys,
) -> Result<(Candidate, RowsOfKeys), RunError> {
    let RecomputedKeys { hashes, changes, left_out } = keys;
    let hashes = Arc::new(hashes);
    let replaced = match &silver.snapshot {
        Some(snapshot) => rows_of(silver, contract, snapshot, &hashes).await?,
        None => Vec::new(),
    };
    let (of_contract, changes) = (Arc::clone(contract), Arc::new(changes));
    let of_changes = Arc::clone(&changes);
    let mut plan = blocking(move || Ok(plan_from_nothing(&of_contract, &of_changes)?)).await?;
    let before = replaced.len() as u64;
    let rows = RowsOfKeys { before, after: plan.merge.ledger.silver_after };
    plan.merge.ledger = with_others(plan.merge.ledger, silver.rows().saturating_sub(before), left_out)?;
    plan.merge.replaced = replaced;
    let encoder = KeyEncoder::new(contract)?;
    let remembered = match plan.history.take() {
        Some(planned) => {
            let history = Arc::clone(&silver.history);
            let all = move || Ok(history.with_keys_replaced(&encoder, |hash| hashes.contains(&hash), planned)?);
            RememberedNow::Events(blocking(all).await?)
        }
        None if contract.apply.scd == Scd::Type1 => {
            let new = std::mem::take(&mut plan.merge.tombstones);
            RememberedNow::Deletes(deletes(lake, silver, &encoder, &hashes, (new, &changes)).await?)
        }
        None => RememberedNow::Nothing,
    };
    let files = silver.snapshot.as_ref().map_or_else(|| Arc::from([]), |snapshot| Arc::clone(&snapshot.files));
    let planned = Planned { plan, changes, existing: Vec::new(), files };
    let mut candidate = write_planned(silver, contract, planned).await?;
    match remembered {
        RememberedNow::Events(all) => candidate.history = Some(all),
        RememberedNow::Deletes(all) => candidate.deletes = all,
        RememberedNow::Nothing => {}
    }
    Ok((candidate, rows))
}

/// All that silver remembers besides its rows from now on.
enum RememberedNow {
    Events(HistoryChange),
    Deletes(NewDeletes),
    Nothing,
}

/// The deletes of the other keys, and those of a plan.
async fn deletes(
    lake: &Lake,
    silver: &Silver,
    encoder: &KeyEncoder,
    hashes: &HashSet<u128>,
    (new, changes): (NewTombstones, &[ChangeBatch]),
) -> Result<NewDeletes, RunError> {
    let before = remembered_deletes(lake, silver, encoder).await?;
    let new = if new.is_empty() { None } else { Some(new.segment(encoder, changes, false)?) };
    let new: Vec<_> = new.into_iter().collect();
    let segment = changed_segment(encoder, before.as_ref(), |hash| hashes.contains(&hash), &new)?;
    Ok(NewDeletes::All(tombstones_of(encoder, segment.as_ref())?, segment))
}

/// The ledger of a plan from nothing, in a table that has rows of other keys.
fn with_others(mut ledger: RowLedger, others: u64, left_out: u64) -> Result<RowLedger, RunError> {
    ledger.silver_before += others;
    ledger.silver_after += others;
    ledger.rows_in += left_out;
    ledger.filtered += left_out;
    ledger.check().map_err(EngineError::from)?;
    Ok(ledger)
}

/// Where the rows of keys are, ascending.
async fn rows_of(
    silver: &Silver,
    contract: &Contract,
    snapshot: &Snapshot,
    hashes: &HashSet<u128>,
) -> Result<Vec<RowAt>, RunError> {
    let mut sorted: Vec<u128> = hashes.iter().copied().collect();
    sorted.sort_unstable();
    let encoder = KeyEncoder::new(contract)?;
    let hasher: KeyHasher = Arc::new(move |batch| Ok(encoder.hashes(batch)?));
    let names: Vec<&str> = contract.apply.key.iter().map(String::as_str).collect();
    let files: Vec<u32> = (0..u32::try_from(snapshot.files.len()).unwrap_or(u32::MAX)).collect();
    let found = silver.store.cached().locate(snapshot, &files, &Arc::new(sorted), &names, &hasher).await?;
    let mut rows: Vec<RowAt> = found.into_iter().map(|found| RowAt { file: found.file, row: found.row }).collect();
    rows.sort_unstable();
    Ok(rows)
}
