//! Deletes that need not be remembered any more.

use super::publish_group::KEPT_INFORMATION;
use super::under_lease::under_lease;
use crate::RunError;
use crate::silver::schema_change::effective;
use crate::silver::watermark::{forgotten_before, watermark};
use crate::silver::{INFO_CONTRACT, INFO_TOMBSTONES, paths};
use crate::silver_hash::is_hash_of;
use crate::support::newest_entry::newest_entry_with;
use serde_json::{Map, Value, json};
use sluice_api::TableRef;
use sluice_contract::Contract;
use sluice_engine::{KeyEncoder, forget_before, merge_segments};
use sluice_lake::{Commit, CommitOutcome, DeltaStore, Lake, LakeError, Snapshot};
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
    info: Map<String, Value>,
    segment: arrow::array::RecordBatch,
    forgotten: u64,
}

async fn commit(lake: &Lake, table: &TableRef, contract: &Arc<Contract>, store: &DeltaStore) -> Result<u64, RunError> {
    let Some(Fewer { base, mut info, segment, forgotten }) = forgettable(lake, contract, store).await? else {
        return Ok(0);
    };
    let path = lake.put_state(&table.name, &segment).await?;
    info.insert(INFO_TOMBSTONES.to_owned(), json!([path]));
    info.insert("sluice.forgottenDeletes".to_owned(), json!(forgotten));
    let app_id = format!("sluice.maintain.{table}");
    let commit = Commit {
        batch: base.txn(&app_id).unwrap_or(0) + 1,
        base: Some(base),
        add: Vec::new(),
        remove: Vec::new(),
        update: Vec::new(),
        schema: None,
        app_id,
        content_hash: blake3::hash(path.as_bytes()).to_hex().to_string(),
        operation: "FORGET DELETES",
        info,
        data_change: false,
    };
    match store.commit(commit).await {
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
    let Some(newest) = newest_entry_with(store, base.version, INFO_CONTRACT).await? else { return Ok(None) };
    let hash = newest.info.get(INFO_CONTRACT).and_then(Value::as_str);
    if !hash.is_some_and(|hash| is_hash_of(hash, &contract)) {
        // The next replay rebuilds silver.
        return Ok(None);
    }
    let mut segments = Vec::new();
    for path in paths(newest.info.get(INFO_TOMBSTONES)) {
        segments.push(lake.get_state(&path).await?);
    }
    if segments.is_empty() {
        return Ok(None);
    }
    let merged = merge_segments(&KeyEncoder::new(&contract)?, &segments)?;
    let segment = forget_before(&merged, before)?;
    let forgotten = (merged.num_rows() - segment.num_rows()) as u64;
    let kept = newest.info.into_iter().filter(|(key, _)| KEPT_INFORMATION.contains(&key.as_str()));
    Ok((forgotten > 0).then(|| Fewer { base, info: kept.collect(), segment, forgotten }))
}
