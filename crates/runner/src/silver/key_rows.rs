//! The rows of one key in a version of silver.

use super::data_files::file_at;
use crate::RunError;
use arrow::array::RecordBatch;
use sluice_contract::Contract;
use sluice_engine::KeyEncoder;
use sluice_lake::{DeltaStore, KeyHasher, Snapshot};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reads the rows whose key has the hash; more than a glance at the key runs is taken if they are not as many as
/// `expected`.
///
/// # Errors
/// If the table cannot be read.
pub(crate) async fn key_rows(
    store: &DeltaStore,
    snapshot: &Snapshot,
    contract: &Contract,
    hash: u128,
    expected: usize,
) -> Result<Vec<RecordBatch>, RunError> {
    let encoder = KeyEncoder::new(contract)?;
    let hasher: KeyHasher = Arc::new(move |batch| Ok(encoder.hashes(batch)?));
    let names: Vec<&str> = contract.apply.key.iter().map(String::as_str).collect();
    let mut found = store.cached().glance(snapshot, hash, &names, &hasher).await?;
    if found.len() != expected {
        let files: Vec<u32> = (0..u32::try_from(snapshot.files.len()).unwrap_or(u32::MAX)).collect();
        found = store.cached().locate(snapshot, &files, &Arc::new(vec![hash]), &names, &hasher).await?;
    }
    let mut positions: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for one in found {
        positions.entry(one.file).or_default().push(one.row);
    }
    let mut rows = Vec::with_capacity(positions.len());
    for (file, mut positions) in positions {
        positions.sort_unstable();
        let file = file_at(&snapshot.files, file)?;
        rows.push(store.read_positions(snapshot, file, &positions, None).await?);
    }
    Ok(rows)
}
