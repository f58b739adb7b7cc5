//! Records that a rebuild puts into quarantine: silver no longer has them, so the quarantine lists them.
//!
//! A batch lists its records when it lands. A contract that asks for more than the one that they landed by puts further ones
//! into quarantine; they are appended before the rebuilt version is published, each once. Nothing is ever taken out of the
//! list: what the contract reads again is `readable`.

use super::context::TableContext;
use super::decode::{BatchPiece, decoded_bronze_by_batch};
use super::land::{NewRows, append, base_of};
use super::quarantine::{quarantine_rows, quarantine_schema};
use super::table_state::TableState;
use crate::RunError;
use crate::support::blocking::blocking;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Int64Array, RecordBatch};
use arrow::compute::filter_record_batch;
use arrow::datatypes::Int64Type;
use futures::TryStreamExt;
use sluice_cdc::DecodedFile;
use sluice_contract::TableName;
use sluice_lake::{AppId, BatchManifest, CommitInfo, DeltaStore};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::pin::pin;
use std::sync::Arc;

/// How often the quarantine lists a record, by its file and number in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listed(HashMap<u128, u32>);

impl Listed {
    /// What a quarantine lists.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) async fn of(store: &DeltaStore) -> Result<Self, RunError> {
        let mut listed = Self::default();
        for place in places(store).await? {
            *listed.0.entry(hash_of(&place.file, place.row)).or_default() += 1;
        }
        Ok(listed)
    }

    /// Takes a record out, if it is listed.
    fn take(&mut self, file: &str, row: u64) -> bool {
        match self.0.get_mut(&hash_of(file, row)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }

    /// Takes out what is rejected of a file; whether all of it is listed.
    pub(crate) fn take_all(&mut self, decoded: &DecodedFile) -> bool {
        let rejects = decoded.rejects.iter().filter(|reject| !reject.whole_file);
        let path = |at: u32| decoded.changes.files.get(at as usize).map_or("", |file| file.path.as_str());
        rejects.filter(|reject| !self.take(path(reject.at.file), reject.at.row)).count() == 0
    }
}

fn hash_of(file: &str, row: u64) -> u128 {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&row.to_le_bytes()).update(file.as_bytes());
    let mut head = [0; 16];
    head.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    u128::from_le_bytes(head)
}

/// Lists what the contract rejects of the batches up to one and the quarantine does not list yet.
///
/// # Errors
/// If bronze or the quarantine cannot be read, or the store fails.
pub(super) async fn list_rejects(context: &TableContext, table: &TableState, last: u64) -> Result<(), RunError> {
    let store = &table.bronze.quarantine;
    let known: HashSet<Listing> = places(store).await?.into_iter().collect();
    let known = Arc::new(known);
    let mut pieces = pin!(decoded_bronze_by_batch(context, table, 1..=last).await?);
    let mut listed = 0;
    while let Some(pieces) = pieces.try_next().await? {
        let known = Arc::clone(&known);
        let rows = blocking(move || {
            let mut rows = Vec::new();
            for BatchPiece { batch, mut decoded } in pieces {
                let files = decoded.changes.files.clone();
                decoded.rejects.retain(|reject| {
                    let file = files.get(reject.at.file as usize).map_or_else(String::new, |file| file.path.clone());
                    !known.contains(&Listing { batch, file, row: reject.at.row })
                });
                if !decoded.rejects.is_empty() {
                    rows.extend(quarantine_rows(batch, std::slice::from_ref(&decoded))?);
                }
            }
            Ok(rows)
        });
        listed += append_rows(store, &context.contract.name, rows.await?).await?;
    }
    if listed > 0 {
        context.log(format_args!("{listed} more records are in quarantine by the contract as it is now"));
    }
    Ok(())
}

/// Lists what another quarantine of the table lists and this one does not, in the batches that have the files here.
///
/// # Errors
/// If one of them cannot be read, or the store fails.
pub(super) async fn list_of_other(
    store: &DeltaStore,
    other: &DeltaStore,
    name: &TableName,
    batches: &[Arc<BatchManifest>],
) -> Result<(), RunError> {
    let Some(snapshot) = other.snapshot(None).await? else { return Ok(()) };
    let mut listed = Listed::of(store).await?;
    let mut batch_of: BTreeMap<&str, u64> = BTreeMap::new();
    for manifest in batches {
        batch_of.extend(manifest.files.iter().map(|file| (file.path.as_str(), manifest.batch)));
    }
    let mut new = Vec::new();
    for rows in other.read_files(&snapshot, &snapshot.files, None).await? {
        let places = places_of(&rows)?;
        let mut here: Vec<Option<i64>> = Vec::with_capacity(places.len());
        for place in places {
            let batch = place.as_ref().and_then(|place| batch_of.get(place.file.as_str()));
            let batch = batch.and_then(|batch| i64::try_from(*batch).ok());
            here.push(batch.filter(|_| place.is_some_and(|place| !listed.take(&place.file, place.row))));
        }
        let is_new: BooleanArray = here.iter().map(|batch| Some(batch.is_some())).collect();
        if is_new.true_count() == 0 || rows.num_columns() != quarantine_schema().fields().len() {
            continue;
        }
        let mut columns: Vec<ArrayRef> = filter_record_batch(&rows, &is_new)?.columns().to_vec();
        if let Some(batch) = columns.first_mut() {
            *batch = Arc::new(Int64Array::from_iter_values(here.into_iter().flatten()));
        }
        new.push(RecordBatch::try_new(quarantine_schema(), columns)?);
    }
    append_rows(store, name, new).await.map(|_| ())
}

async fn append_rows(store: &DeltaStore, name: &TableName, rows: Vec<RecordBatch>) -> Result<u64, RunError> {
    let count = rows.iter().map(|piece| piece.num_rows() as u64).sum();
    if count == 0 {
        return Ok(0);
    }
    let (app, schema) = (AppId::quarantine_rebuild(name), quarantine_schema());
    let base = base_of(store, &schema).await?;
    let number = u64::try_from(base.next_number(&app)?).unwrap_or(u64::MAX);
    let rows = NewRows { schema, count, batches: rows.into_iter().map(Ok) };
    append(store, &base, rows, &app, number, CommitInfo::default()).await?;
    Ok(count)
}

/// Where a record of the list is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Listing {
    batch: u64,
    file: String,
    row: u64,
}

/// The records that a quarantine lists, without what is in the place of a whole file.
async fn places(store: &DeltaStore) -> Result<Vec<Listing>, RunError> {
    let Some(snapshot) = store.snapshot(None).await? else { return Ok(Vec::new()) };
    let columns = ["batch", "file", "row", "whole_file"];
    let mut places = Vec::new();
    for rows in store.read_files(&snapshot, &snapshot.files, Some(&columns)).await? {
        places.extend(places_of(&rows)?.into_iter().flatten());
    }
    Ok(places)
}

/// Of every row the record, `None` for what is in the place of a whole file.
fn places_of(rows: &RecordBatch) -> Result<Vec<Option<Listing>>, RunError> {
    let damaged = || RunError::Internal("a quarantine does not have the columns of one".to_owned());
    let numbers =
        |name: &str| rows.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>()).ok_or_else(damaged);
    let (batch, row) = (numbers("batch")?, numbers("row")?);
    let file = rows.column_by_name("file").and_then(|c| c.as_string_opt::<i32>()).ok_or_else(damaged)?;
    let whole = rows.column_by_name("whole_file").and_then(|c| c.as_boolean_opt()).ok_or_else(damaged)?;
    let number = |of: &Int64Array, at| u64::try_from(of.value(at)).unwrap_or(0);
    let place = |at: usize| {
        let is_record = !(whole.is_valid(at) && whole.value(at));
        is_record.then(|| Listing { batch: number(batch, at), file: file.value(at).to_owned(), row: number(row, at) })
    };
    Ok((0..rows.num_rows()).map(place).collect())
}

#[cfg(test)]
mod tests {
    use super::{NewRows, append, base_of, quarantine_schema};
    use arrow::array::{Array, RecordBatch, new_null_array};
    use sluice_lake::{AppId, CommitInfo, Lake, TableLocation};
    use std::sync::Arc;

    /// Versions before the column `reasons` left tables without it.
    #[tokio::test(flavor = "multi_thread")]
    async fn an_older_quarantine_gets_the_columns_that_it_lacks() {
        let folder = tempfile::tempdir().unwrap();
        let lake = Lake::open(&folder.path().display().to_string()).await.unwrap();
        let name: sluice_contract::TableName = "shop.orders".parse().unwrap();
        let store = lake.table(TableLocation::Quarantine(name.clone()));
        let of_today = quarantine_schema();
        let older = Arc::new(of_today.project(&(0..of_today.fields().len() - 1).collect::<Vec<_>>()).unwrap());
        for (number, schema) in [(1, older), (2, of_today)] {
            let columns = schema.fields().iter().map(|field| new_null_array(field.data_type(), 1)).collect();
            let rows = RecordBatch::try_new(Arc::clone(&schema), columns).unwrap();
            let base = base_of(&store, &schema).await.unwrap();
            let rows = NewRows { schema, count: 1, batches: std::iter::once(Ok(rows)) };
            append(&store, &base, rows, &AppId::quarantine(&name), number, CommitInfo::default()).await.unwrap();
        }
        let snapshot = store.snapshot(None).await.unwrap().unwrap();
        let read = store.read_files(&snapshot, &snapshot.files, None).await.unwrap();
        assert_eq!(read.iter().map(RecordBatch::num_rows).sum::<usize>(), 2);
        assert!(read.iter().all(|rows| rows.column_by_name("reasons").is_some_and(|column| column.null_count() == 1)));
    }
}
