//! Deletes that need not be remembered any more.

use super::under_lease::under_lease;
use crate::RunError;
use crate::silver::schema_change::effective;
use crate::silver::watermark::{forgotten_before, watermark};
use crate::silver_hash::is_hash_of;
use crate::support::newest_entry::newest_entry_with;
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
    under_lease(lake, table, store, wait, async |store: DeltaStore| commit(lake, table, contract, &store).await).await
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
    let number = base.next_number(&app)?;
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
    if !newest.info.contract.as_deref().is_some_and(|hash| is_hash_of(hash, &contract)) {
        // The next replay rebuilds silver.
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
