//! Silver that another `keep` made, and what of it the contract keeps now.

use super::state::Silver;
use crate::RunError;
use crate::silver_hash::silver_hash;
use crate::support::blocking::blocking;
use arrow::array::{Array, RecordBatch};
use sluice_change::RowTest;
use sluice_contract::{Contract, Scd, TiePolicy};
use sluice_engine::{COL_SEQ, RowAt, SEQ};
use sluice_lake::{DataFile, Lake};
use std::sync::Arc;

/// The contract that made silver, if only `keep` differs from it and the difference follows from silver and the
/// newest event of each key that was left out.
///
/// # Errors
/// If the lake cannot be read.
pub(crate) async fn made_by_other_keep(
    lake: &Lake,
    silver: &Silver,
    contract: &Contract,
) -> Result<Option<Arc<Contract>>, RunError> {
    let apply = &contract.apply;
    let is_by_newest = apply.scd == Scd::Type1
        && apply.from_snapshot.is_none()
        && apply.tie_policy != TiePolicy::Quarantine
        && apply.tombstone_retention.is_none();
    if !is_by_newest || silver.lost_state {
        return Ok(None);
    }
    let documents = lake.ledger().schemas(&contract.name).await?;
    let made_by =
        documents.iter().rev().find(|document| Some(&document.contract_hash) == silver.contract_hash.as_ref());
    let Some(made_by) = made_by else { return Ok(None) };
    let mut before = contract.clone();
    before.apply.keep = match made_by.keep.as_deref().map(str::parse) {
        None => None,
        Some(Ok(keep)) => Some(keep),
        Some(Err(_)) => return Ok(None),
    };
    // The hash says that nothing else differs.
    Ok((silver_hash(&before) == made_by.contract_hash).then(|| Arc::new(before)))
}

/// Rows of silver that the contract no longer keeps.
pub(crate) struct Leaving {
    /// Where they are.
    pub(crate) rows: Vec<RowAt>,
    /// Their keys and sequences.
    pub(crate) deletes: Vec<RecordBatch>,
}

/// The rows that leave. `None` if a row has values of several events: which of these count depends on which of them are kept,
/// so that only its records say what it is now.
///
/// # Errors
/// If silver cannot be read, or is damaged.
pub(crate) async fn leaving_rows(silver: &Silver, contract: &Arc<Contract>) -> Result<Option<Leaving>, RunError> {
    let mut leaving = Leaving { rows: Vec::new(), deletes: Vec::new() };
    let (Some(snapshot), Ok(test)) = (&silver.snapshot, RowTest::of(contract)) else { return Ok(None) };
    let mut columns: Vec<&str> = contract.apply.keep.iter().flat_map(|keep| keep.columns()).collect();
    columns.push(COL_SEQ);
    let mut of_delete: Vec<&str> = contract.apply.key.iter().map(String::as_str).collect();
    of_delete.push(SEQ);
    for (number, file) in (0_u32..).zip(snapshot.files.iter()) {
        let rows = silver.store.read_files(snapshot, std::slice::from_ref(file), Some(&columns)).await?;
        let (of_contract, of_rows) = (Arc::clone(contract), test.clone());
        let kept = blocking(move || kept_rows(&of_contract, of_rows.as_ref(), &rows)).await?;
        let Some(kept) = kept else { return Ok(None) };
        let live = live_positions(silver, file).await?;
        if live.len() != kept.len() {
            return Err(RunError::Internal(format!("{} has other rows than its log says", file.path)));
        }
        let gone = live.into_iter().zip(kept).filter(|(_, kept)| !kept);
        let gone: Vec<u32> = gone.map(|(position, _)| position).collect();
        if !gone.is_empty() {
            leaving.deletes.push(silver.store.read_positions(snapshot, file, &gone, Some(&of_delete)).await?);
            leaving.rows.extend(gone.into_iter().map(|row| RowAt { file: number, row }));
        }
    }
    Ok(Some(leaving))
}

/// Of each row whether it is kept; `None` if one of several events is.
fn kept_rows(contract: &Contract, test: Option<&RowTest>, rows: &[RecordBatch]) -> Result<Option<Vec<bool>>, RunError> {
    let mut kept = Vec::new();
    for rows in rows {
        let sources = rows.column_by_name(COL_SEQ);
        if sources.is_none_or(|sources| sources.null_count() < rows.num_rows()) {
            return Ok(None);
        }
        match test {
            Some(test) => kept.extend(test.keeps_rows(contract, rows)?),
            None => kept.resize(kept.len() + rows.num_rows(), true),
        }
    }
    Ok(Some(kept))
}

/// Positions of the rows of a file that are not deleted, ascending.
pub(super) async fn live_positions(silver: &Silver, file: &DataFile) -> Result<Vec<u32>, RunError> {
    let all = 0..u32::try_from(file.physical_rows()).unwrap_or(u32::MAX);
    Ok(match silver.store.deleted_positions(file).await? {
        Some(deleted) => all.filter(|row| !deleted.contains(u64::from(*row))).collect(),
        None => all.collect(),
    })
}
