//! Manifests that are gone although bronze has their batches: made again from bronze.
//!
//! Bronze says which files a batch had and how many bytes they were. Where the files are still there and are as large in
//! all, the new manifest is the old one. Where they are not, it names the files without size and etag: a file of such a
//! name that is delivered again is taken again, and silver, which has its events, stays as it is.

use super::context::TableContext;
use super::land::Bronze;
use crate::RunError;
use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use sluice_change::SourceFile;
use sluice_lake::{BatchManifest, Snapshot};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// More manifests than this are not made again: then it is not manifests that are wrong.
const LOST_MAX: u64 = 1_000_000;

/// Manifests of the batches that bronze has and that are not among `claimed`, by number.
///
/// # Errors
/// If bronze or the landing zone cannot be read.
pub(super) async fn lost_manifests(
    context: &TableContext,
    bronze: &Bronze,
    claimed: &[Arc<BatchManifest>],
) -> Result<Vec<BatchManifest>, RunError> {
    let known: BTreeSet<u64> = claimed.iter().map(|manifest| manifest.batch).collect();
    let name = &context.contract.name;
    if bronze.batch.saturating_sub(known.len() as u64) > LOST_MAX {
        return Err(RunError::Internal(format!("{} batches of {name} have no manifest", bronze.batch)));
    }
    let lost: BTreeSet<u64> = (1..=bronze.batch).filter(|batch| !known.contains(batch)).collect();
    let Some(snapshot) = bronze.store.snapshot(None).await?.filter(|_| !lost.is_empty()) else { return Ok(Vec::new()) };
    let mut paths = paths_by_batch(bronze, &snapshot, &lost).await?;
    let history = bronze.store.history_until(snapshot.version, usize::MAX).await?;
    let sums: BTreeMap<u64, (u64, u64)> = history
        .into_iter()
        .filter_map(|entry| Some((entry.info.batch?, (entry.info.files?, entry.info.bytes?))))
        .collect();
    let mut manifests = Vec::with_capacity(lost.len());
    for batch in lost {
        let paths = paths.remove(&batch).unwrap_or_default();
        manifests.push(manifest(context, batch, paths, sums.get(&batch).copied()).await?);
    }
    context.log(format_args!("{} manifests were gone and are made again from bronze", manifests.len()));
    Ok(manifests)
}

/// Files of the records of these batches, in the order of the records.
async fn paths_by_batch(
    bronze: &Bronze,
    snapshot: &Snapshot,
    batches: &BTreeSet<u64>,
) -> Result<BTreeMap<u64, Vec<String>>, RunError> {
    let damaged = || RunError::Internal("a bronze table does not have the columns of bronze".to_owned());
    let mut paths: BTreeMap<u64, Vec<String>> = BTreeMap::new();
    for rows in bronze.store.read_files(snapshot, &snapshot.files, Some(&["_batch", "_file"])).await? {
        let numbers = rows.column(0).as_primitive_opt::<Int64Type>().ok_or_else(damaged)?;
        let files = rows.column(1).as_string_opt::<i32>().ok_or_else(damaged)?;
        for row in 0..rows.num_rows() {
            let batch = u64::try_from(numbers.value(row)).unwrap_or(0);
            if !batches.contains(&batch) || files.is_null(row) {
                continue;
            }
            let of_batch = paths.entry(batch).or_default();
            // Records of a file are together.
            if of_batch.last().is_none_or(|last| last != files.value(row)) {
                of_batch.push(files.value(row).to_owned());
            }
        }
    }
    for files in paths.values_mut() {
        let mut seen = BTreeSet::new();
        files.retain(|file| seen.insert(file.clone()));
    }
    Ok(paths)
}

/// `sum`: how many files the batch had, and their bytes.
async fn manifest(
    context: &TableContext,
    batch: u64,
    paths: Vec<String>,
    sum: Option<(u64, u64)>,
) -> Result<BatchManifest, RunError> {
    let objects = context.lake.objects();
    let mut found = Vec::with_capacity(paths.len());
    for path in &paths {
        found.extend(objects.list(path).await?.into_iter().find(|file| file.path == *path));
    }
    let bytes = found.iter().fold(0_u64, |sum, file| sum.saturating_add(file.size));
    let as_it_was = sum == Some((found.len() as u64, bytes));
    let files = if as_it_was {
        found
    } else {
        context.log(format_args!("the files of batch {batch} are not what they were; those that are there come again"));
        paths.into_iter().map(|path| SourceFile { path, ..SourceFile::default() }).collect()
    };
    let contents = if as_it_was { context.lake.ledger().contents(&files).await? } else { Vec::new() };
    let backfill = files.first().and_then(|file| context.contract.backfill_of(&file.path)).cloned();
    // By which contract it was made is not known any more.
    let source = files.first().and_then(|file| context.contract.source_name_of(&file.path)).map(str::to_owned);
    Ok(BatchManifest { batch, files, contract_hash: String::new(), contents, backfill, source })
}
