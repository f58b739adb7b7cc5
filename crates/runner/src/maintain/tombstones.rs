//! Deletes that need not be remembered any more.

use super::lease;
use crate::RunError;
use crate::contract_set::silver_hash;
use crate::late::{forgotten_before, watermark};
use crate::newest_entry::newest_entry_with;
use crate::schema_change::effective;
use sluice_api::TableRef;
use sluice_contract::Contract;
use sluice_engine::{KeyEncoder, forget_before, merge_segments};
use sluice_lake::{AppId, CommitInfo, CommitOutcome, DeltaStore, Lake, LakeError, Operation, Snapshot, TransactionId};
use std::sync::Arc;
use std::time::Duration;

/// Forgets the deletes of a silver table that `tombstone_retention` allows to, and makes one segment of the rest.
/// How many are forgotten; nothing is written if none is, or in a dry run.
pub(super) async fn forget(
    lake: &Lake,
    table: &TableRef,
    contract: &Arc<Contract>,
    store: &DeltaStore,
    wait: Duration,
    dry_run: bool,
) -> Result<u64, RunError> {
    if contract.apply.tombstone_retention.is_none() {
        return Ok(0);
    }
    if dry_run {
        let found = forgettable(lake, contract, store).await?;
        return Ok(found.map_or(0, |found| found.forgotten));
    }
    let lease = lease(lake, table, wait).await?;
    let done = commit(lake, table, contract, &lease.fence(store)).await;
    let released = lease.release().await;
    let done = done?;
    released?;
    Ok(done)
}

/// The deletes of a table with fewer of them.
struct Fewer {
    base: Snapshot,
    info: CommitInfo,
    segment: arrow::array::RecordBatch,
    forgotten: u64,
}

async fn commit(lake: &Lake, table: &TableRef, contract: &Arc<Contract>, store: &DeltaStore) -> Result<u64, RunError> {
    let Some(Fewer { base, info, segment, forgotten }) = forgettable(lake, contract, store).await? else {
        return Ok(0);
    };
    let path = lake.ledger().put_state(&table.name, &segment).await?;
    let app = AppId::maintenance(table);
    let number = base.txn(&app).unwrap_or(0) + 1;
    let id = TransactionId { app, number, content_hash: blake3::hash(path.as_bytes()).to_hex().to_string() };
    let info = CommitInfo { tombstones: Some(vec![path]), forgotten_deletes: Some(forgotten), ..info };
    match store.transaction(&base, id, Operation::ForgetDeletes).info(info).keeps_rows().commit().await {
        Ok(CommitOutcome::Committed(_) | CommitOutcome::AlreadyApplied(_)) => Ok(forgotten),
        // Someone who takes no lease was faster; the next maintenance finds the rest.
        Ok(CommitOutcome::Conflict(_)) | Err(LakeError::BatchIdReused { .. }) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

/// What may be forgotten, if anything.
async fn forgettable(lake: &Lake, contract: &Arc<Contract>, store: &DeltaStore) -> Result<Option<Fewer>, RunError> {
    let contract = effective(lake, contract).await?;
    let Some(base) = store.snapshot(None).await? else { return Ok(None) };
    let Some(before) = forgotten_before(&contract, watermark(&contract, store).await?) else { return Ok(None) };
    let Some(newest) = newest_entry_with(store, base.version, |info| info.contract.is_some()).await? else {
        return Ok(None);
    };
    if newest.info.contract.as_deref() != Some(&silver_hash(&contract)) {
        // Silver is made again by the next replay.
        return Ok(None);
    }
    let mut segments = Vec::new();
    for path in newest.info.tombstones.iter().flatten() {
        segments.push(lake.ledger().get_state(path).await?);
    }
    if segments.is_empty() {
        return Ok(None);
    }
    let merged = merge_segments(&KeyEncoder::new(&contract)?, &segments)?;
    let segment = forget_before(&merged, before)?;
    let forgotten = (merged.num_rows() - segment.num_rows()) as u64;
    Ok((forgotten > 0).then(|| Fewer { base, info: newest.info.carried(), segment, forgotten }))
}
