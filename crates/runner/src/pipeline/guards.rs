//! What the guards of a contract say of a batch: it would delete many rows, truncate, or is an empty full load.

use super::hold_rules::HoldReason;
use super::snapshot_files::is_of_snapshot;
use crate::RunError;
use crate::silver::{Candidate, Silver};
use crate::support::column_texts::ColumnTexts;
use sluice_api::RefusalCause;
use sluice_cdc::{DecodedFile, is_full_load};
use sluice_change::{ChangeBatch, Op, RowLedger};
use sluice_contract::{Contract, DeleteMode, GuardAction, Restart, Scd};
use sluice_engine::current_rows;
use sluice_lake::BatchManifest;
use std::collections::BTreeSet;

/// Keys that a held batch names.
const KEYS_SHOWN: usize = 5;
/// In the place of a value that is personal.
const MASKED: &str = "•••";

/// What is known of a batch before its records are merged.
pub(crate) struct Arrived {
    /// Its full loads have no record.
    empty_load: bool,
    /// It begins a reload, as the contract says.
    is_reload: bool,
}

impl Arrived {
    /// Of records that were decoded, and the manifests of their batches.
    pub(crate) fn of<'m>(
        contract: &Contract,
        records: &[DecodedFile],
        manifests: impl Iterator<Item = &'m BatchManifest>,
    ) -> Self {
        let restarts = contract.source.as_ref().map(|source| &source.restarts);
        let (mut loads, mut is_reload) = (BTreeSet::new(), false);
        for manifest in manifests.filter(|manifest| manifest.backfill.is_none()) {
            is_reload |= restarts.is_some_and(|of| of.get(&manifest.batch) == Some(&Restart::Reload));
            let files = manifest.files.iter().map(|file| file.path.as_str());
            loads.extend(files.filter(|path| is_load(contract, path)));
        }
        let with_records: BTreeSet<&str> = records.iter().flat_map(paths_of_records).collect();
        Self { empty_load: !loads.is_empty() && loads.is_disjoint(&with_records), is_reload }
    }
}

/// Whether a file has all rows of the table, or is a part of such a load.
fn is_load(contract: &Contract, path: &str) -> bool {
    match &contract.apply.from_snapshot {
        Some(_) => is_of_snapshot(contract, path),
        None => contract.source.as_ref().is_some_and(|source| is_full_load(source.format, path)),
    }
}

/// Paths of the files that have a record, or could not be read. The empty table with which a reload begins is no record.
fn paths_of_records(file: &DecodedFile) -> BTreeSet<&str> {
    let changes = &file.changes;
    let events = changes.ops.iter().enumerate().filter(|(_, op)| **op != Op::Truncate);
    let events = events.map(|(at, _)| changes.refs.at(at).file);
    let numbers: BTreeSet<u32> = events.chain(file.rejects.iter().map(|reject| reject.at.file)).collect();
    numbers.into_iter().filter_map(|at| changes.files.get(at as usize)).map(|file| file.path.as_str()).collect()
}

/// What a plan does to the rows of silver.
pub(crate) struct Effects {
    /// Keys that have a row for readers before and none after.
    pub(crate) lost_rows: u64,
    pub(crate) ledger: RowLedger,
}

/// Why the guards hold a batch, if they do, in one sentence without a full stop.
///
/// # Errors
/// If silver cannot be read; only a batch that loses many rows asks for it.
pub(crate) async fn guarded(
    contract: &Contract,
    silver: &Silver,
    arrived: &Arrived,
    effects: &Effects,
) -> Result<Option<HoldReason>, RunError> {
    let Some(text) = reason(contract, silver, arrived, effects).await? else { return Ok(None) };
    let text = format!("{text}. It waits until somebody releases or skips it, and the batches after it wait too");
    Ok(Some(HoldReason::because(RefusalCause::Guard, text)))
}

async fn reason(
    contract: &Contract,
    silver: &Silver,
    arrived: &Arrived,
    effects: &Effects,
) -> Result<Option<String>, RunError> {
    let (guards, lost) = (&contract.guards, effects.lost_rows);
    if arrived.empty_load && guards.empty_load == GuardAction::Hold && silver.rows() > 0 {
        let rows = silver.rows();
        return Ok(Some(format!("Its full load has no record, and silver has {rows} rows")));
    }
    let truncates = effects.ledger.truncates > 0 && !arrived.is_reload && lost > 0;
    if truncates && guards.truncate == GuardAction::Hold {
        let live = live_rows(contract, silver).await?;
        return Ok(Some(format!("It truncates the table, after which {lost} of {live} rows would be gone")));
    }
    // What a truncate that is allowed leaves of the table is as it is meant.
    if truncates {
        return Ok(None);
    }
    // So few are never held, whatever the table has; nothing is read then.
    if lost <= guards.max_deleted_rows {
        return Ok(None);
    }
    let live = live_rows(contract, silver).await?;
    if !guards.deletes_too_many(lost, live) {
        return Ok(None);
    }
    #[expect(clippy::cast_precision_loss, reason = "a share for people")]
    let share = lost as f64 / live.max(1) as f64 * 100.0;
    let limit = guards.max_deleted_share * 100.0;
    Ok(Some(format!("It would delete {lost} of {live} rows ({share:.1} %), the guard lets {limit:.1} % pass")))
}

/// Rows that readers of the latest rows see.
async fn live_rows(contract: &Contract, silver: &Silver) -> Result<u64, RunError> {
    let mark = match (contract.apply.scd, contract.apply.delete_mode) {
        (Scd::Type2, _) => sluice_contract::Column::END_AT,
        (Scd::Type1, DeleteMode::Soft) => sluice_contract::Column::DELETED,
        (Scd::Type1, DeleteMode::Hard) | (Scd::Append, _) => return Ok(silver.rows()),
    };
    let Some(snapshot) = &silver.snapshot else { return Ok(0) };
    let mut live = 0;
    for rows in silver.store.read_files(snapshot, &snapshot.files, Some(&[mark])).await? {
        live += current_rows(contract, &rows)?.num_rows() as u64;
    }
    Ok(live)
}

/// The first keys that the deletes of a candidate name, as they may be shown to everybody.
///
/// # Errors
/// If Arrow has no text for a value.
pub(crate) fn deleted_keys(contract: &Contract, candidate: &Candidate) -> Result<Vec<String>, RunError> {
    let mut keys = Vec::new();
    for changes in candidate.deletes.changes() {
        for (row, op) in changes.ops.iter().enumerate() {
            if keys.len() == KEYS_SHOWN {
                return Ok(keys);
            }
            if matches!(op, Op::Delete | Op::SoftDelete | Op::Filtered) {
                let key = key_text(contract, changes, row)?;
                if !keys.contains(&key) {
                    keys.push(key);
                }
            }
        }
    }
    Ok(keys)
}

fn key_text(contract: &Contract, changes: &ChangeBatch, row: usize) -> Result<String, RunError> {
    let mut parts = Vec::new();
    for position in contract.key_positions() {
        let (Some(column), Some(values)) = (contract.columns.get(position), changes.rows.columns().get(position))
        else {
            continue;
        };
        let text = match column.pii {
            true => MASKED.to_owned(),
            false => ColumnTexts::of(values)?.text(row).unwrap_or_else(|| "null".to_owned()),
        };
        parts.push(format!("{}={text}", column.name));
    }
    Ok(parts.join(","))
}
