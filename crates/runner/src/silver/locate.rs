//! Which rows of silver have the keys of a batch, and which of them the plan has to read.

use super::data_files::{file_at, newest_in};
use crate::RunError;
use arrow::array::{ArrayRef, ArrowPrimitiveType, AsArray};
use arrow::datatypes::{DataType, Int16Type, Int32Type, Int64Type};
use futures::{StreamExt, TryStreamExt};
use sluice_change::{ChangeBatch, EventSeq};
use sluice_contract::{Contract, Scd};
use sluice_engine::{ExistingRows, KeyEncoder, KeyedChanges, RowAt};
use sluice_lake::{DataFile, DeltaStore, KeyHasher, Snapshot};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Files read at once.
const FILES_AT_ONCE: usize = 2;

/// What was found of the keys of a batch.
#[derive(Default)]
pub(super) struct Located {
    /// With their content.
    pub(super) read: Vec<ExistingRows>,
    /// Only the hash of the key and the place.
    pub(super) unread: Vec<(u128, RowAt)>,
}

/// Finds the rows of the batch's keys, and reads those that the plan needs.
pub(super) async fn find_rows(
    store: &DeltaStore,
    contract: &Arc<Contract>,
    snapshot: &Snapshot,
    changes: &[ChangeBatch],
    keyed: &KeyedChanges,
) -> Result<Located, RunError> {
    let scd = contract.apply.scd;
    if keyed.has_truncates() && scd != Scd::Append {
        return read_all(store, snapshot).await;
    }
    let encoder = Arc::new(KeyEncoder::new(contract)?);
    let names: Vec<&str> = contract.apply.key.iter().map(String::as_str).collect();
    let of_hasher = Arc::clone(&encoder);
    let hasher: KeyHasher = Arc::new(move |batch| Ok(of_hasher.hashes(batch)?));
    let files = files_in_range(contract, snapshot, changes);
    let matches = store.cached().locate(snapshot, &files, keyed.hashes(), &names, &hasher).await?;
    let newest: Vec<Option<EventSeq>> = snapshot.files.iter().map(newest_in).collect();
    let mut located = Located::default();
    let mut to_read: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for found in matches {
        let key = found.key as usize;
        if scd != Scd::Type1 || keyed.needs_row(changes, key, newest.get(found.file as usize).copied().flatten()) {
            to_read.entry(found.file).or_default().push(found.row);
        } else if let Some(hash) = keyed.hashes().get(key) {
            located.unread.push((*hash, RowAt { file: found.file, row: found.row }));
        }
    }
    // Each batch of such a table reads rows from all over it.
    let always = scd == Scd::Type2 || keyed.some_are_partial();
    let reads = to_read.into_iter().map(|(number, mut positions)| {
        let (store, snapshot) = (store.clone(), snapshot.clone());
        async move {
            positions.sort_unstable();
            // A task of its own each, so that files are decoded on all cores.
            let task = tokio::spawn(async move {
                let file = file_at(&snapshot.files, number)?;
                let rows = if always {
                    store.cached().read_rows_cached(&snapshot, file, &positions).await?
                } else {
                    store.read_positions(&snapshot, file, &positions, None).await?
                };
                let at = positions.into_iter().map(|row| RowAt { file: number, row }).collect();
                Ok::<_, RunError>(ExistingRows { rows, at })
            });
            task.await.map_err(|error| RunError::Internal(format!("reading rows ended early: {error}")))?
        }
    });
    located.read = futures::stream::iter(reads).buffered(FILES_AT_ONCE).try_collect().await?;
    Ok(located)
}

/// All rows that are not deleted.
async fn read_all(store: &DeltaStore, snapshot: &Snapshot) -> Result<Located, RunError> {
    let mut located = Located::default();
    for (number, file) in (0_u32..).zip(snapshot.files.iter()) {
        let deleted = store.deleted_positions(file).await?;
        let is_live = |row: &u32| deleted.as_ref().is_none_or(|deleted| !deleted.contains(u64::from(*row)));
        let mut live = (0..u32::try_from(file.physical_rows()).unwrap_or(u32::MAX)).filter(is_live);
        for rows in store.read_files(snapshot, std::slice::from_ref(file), None).await? {
            let at = live.by_ref().take(rows.num_rows()).map(|row| RowAt { file: number, row }).collect();
            located.read.push(ExistingRows { rows, at });
        }
    }
    Ok(located)
}

/// Files that may hold a key of the changes, by their statistics of the first key column.
fn files_in_range(contract: &Contract, snapshot: &Snapshot, changes: &[ChangeBatch]) -> Vec<u32> {
    let numbers = 0..u32::try_from(snapshot.files.len()).unwrap_or(u32::MAX);
    let key = contract.apply.key.first().map(String::as_str).unwrap_or_default();
    let mut bounds: Option<(i64, i64)> = None;
    for batch in changes.iter().filter(|batch| !batch.is_empty()) {
        let Some((low, high)) = batch.rows.column_by_name(key).and_then(whole_number_bounds) else {
            return numbers.collect();
        };
        bounds = Some(bounds.map_or((low, high), |(least, most)| (least.min(low), most.max(high))));
    }
    let Some((least, most)) = bounds else { return numbers.collect() };
    let overlaps =
        |file: &DataFile| file.whole_number_bounds(key).is_none_or(|(low, high)| low <= most && least <= high);
    numbers.zip(snapshot.files.iter()).filter(|(_, file)| overlaps(file)).map(|(number, _)| number).collect()
}

/// Least and greatest value of a column of whole numbers.
fn whole_number_bounds(column: &ArrayRef) -> Option<(i64, i64)> {
    fn of<T: ArrowPrimitiveType>(column: &ArrayRef) -> Option<(i64, i64)>
    where
        T::Native: Into<i64>,
    {
        let values = column.as_primitive_opt::<T>()?;
        Some((arrow::compute::min(values)?.into(), arrow::compute::max(values)?.into()))
    }
    match column.data_type() {
        DataType::Int16 => of::<Int16Type>(column),
        DataType::Int32 => of::<Int32Type>(column),
        DataType::Int64 => of::<Int64Type>(column),
        _ => None,
    }
}
