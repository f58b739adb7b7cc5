//! The file ledger: which file is in which batch, and which files the next batch would take.

use super::source_files::{BatchBounds, into_batches, new_files};
use super::source_listing::Look;
use crate::RunError;
use sluice_api::{BatchLedger, FileStatus, LedgerFile, PlannedBatch, PlannedFile, ReplayLimits};
use sluice_change::{SourceFile, format_timestamp_micros};
use sluice_contract::{Contract, TableName};
use sluice_lake::{AppId, DeltaStore, Lake, TableLocation};
use std::collections::HashMap;

/// The ledger, from the manifests and the commits of bronze and silver. There is no time at which a
/// file was first seen: the wall clock is not used.
///
/// # Errors
/// When the lake cannot be read.
pub async fn batch_ledger(lake: &Lake, table: &TableName) -> Result<BatchLedger, RunError> {
    let manifests = lake.ledger().batches(table).await?;
    let (in_bronze, in_silver) = progress(lake, table).await?;
    let rows = rows_by_batch(&lake.table(TableLocation::Bronze(table.clone())), in_bronze).await?;
    let mut last_of_path: HashMap<&str, u64> = HashMap::new();
    for manifest in &manifests {
        last_of_path.extend(manifest.files.iter().map(|file| (file.path.as_str(), manifest.batch)));
    }
    let mut files = Vec::new();
    for manifest in &manifests {
        let status = match manifest.batch {
            batch if batch <= in_silver => FileStatus::Silver,
            batch if batch <= in_bronze => FileStatus::Bronze,
            _ => FileStatus::Claimed,
        };
        for (position, file) in manifest.files.iter().enumerate() {
            let later = last_of_path.get(file.path.as_str()).copied();
            files.push(LedgerFile {
                path: file.path.clone(),
                size: file.size,
                etag: file.etag.clone(),
                modified: modified(file),
                batch: manifest.batch,
                rows: rows.get(&manifest.batch).and_then(|rows| rows.get(position)).copied(),
                status,
                overwritten_in: later.filter(|later| *later > manifest.batch),
                backfill: manifest.backfill.as_ref().map(|backfill| backfill.name.clone()),
            });
        }
    }
    Ok(BatchLedger { table: table.clone(), files })
}

/// Plans the next batch within `limits`, without claiming or writing anything.
///
/// # Errors
/// When the lake cannot be read.
pub async fn plan_next_batch(
    lake: &Lake,
    contract: &Contract,
    limits: &ReplayLimits,
) -> Result<PlannedBatch, RunError> {
    let table = &contract.name;
    let manifests = lake.ledger().batches(table).await?;
    let (_, in_silver) = progress(lake, table).await?;
    let batches_of: HashMap<&str, u64> = manifests
        .iter()
        .flat_map(|manifest| manifest.files.iter().map(|file| (file.path.as_str(), manifest.batch)))
        .collect();
    let bounds = BatchBounds::new(limits.max_files, limits.max_bytes);
    let look = if limits.list_all { Look::Everything } else { Look::AsDue };
    let files = new_files(lake, contract, &manifests, look).await?.files;
    let mut batches = into_batches(lake, contract, files, bounds).await?.into_iter();
    let next = batches.next().unwrap_or_default();
    let later: Vec<_> = batches.flatten().collect();
    Ok(PlannedBatch {
        table: table.clone(),
        batch: manifests.last().map_or(0, |manifest| manifest.batch) + 1,
        pending: manifests.iter().map(|manifest| manifest.batch).filter(|batch| *batch > in_silver).collect(),
        bytes: next.iter().map(|file| file.size).sum(),
        files: next
            .into_iter()
            .map(|file| PlannedFile {
                overwrites: batches_of.get(file.path.as_str()).copied(),
                modified: modified(&file),
                path: file.path,
                size: file.size,
                etag: file.etag,
            })
            .collect(),
        later_files: later.len() as u64,
        later_bytes: later.iter().map(|file| file.size).sum(),
    })
}

fn modified(file: &SourceFile) -> Option<String> {
    file.modified_ms.and_then(|ms| ms.checked_mul(1_000)).and_then(format_timestamp_micros)
}

/// Last batch in bronze and in silver.
async fn progress(lake: &Lake, table: &TableName) -> Result<(u64, u64), RunError> {
    let bronze = lake.table(TableLocation::Bronze(table.clone())).snapshot(None).await?;
    let silver = lake.table(TableLocation::Silver(table.clone())).snapshot(None).await?;
    let batch = |txn: Option<i64>| txn.and_then(|version| u64::try_from(version).ok()).unwrap_or(0);
    Ok((
        batch(bronze.and_then(|snapshot| snapshot.txn(&AppId::bronze(table)))),
        batch(silver.and_then(|snapshot| snapshot.txn(&AppId::silver(table)))),
    ))
}

async fn rows_by_batch(bronze: &DeltaStore, in_bronze: u64) -> Result<HashMap<u64, Vec<u64>>, RunError> {
    if in_bronze == 0 {
        return Ok(HashMap::new());
    }
    let entries = bronze.history(usize::MAX).await?;
    Ok(entries.into_iter().filter_map(|entry| Some((entry.info.batch?, entry.info.file_rows?))).collect())
}
