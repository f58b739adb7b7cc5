//! Words that the tests share.

use arrow::array::{Int64Array, RecordBatch, StringArray};
use sluice_contract::TableName;
use sluice_lake::{
    AppId, CommitInfo, DeltaStore, Lake, NewFile, Operation, Snapshot, TableLocation, Transaction, TransactionId,
};
use std::sync::Arc;

pub(crate) fn name(table: &str) -> TableName {
    TableName::new("shop", table).unwrap()
}

pub(crate) fn silver(lake: &Lake) -> DeltaStore {
    lake.table(TableLocation::Silver(name("orders")))
}

/// Rows `first..first + rows`.
pub(crate) fn rows(first: i64, rows: i64) -> RecordBatch {
    let ids: Vec<i64> = (first..first + rows).collect();
    let names: Vec<String> = ids.iter().map(|id| format!("name {id}")).collect();
    RecordBatch::try_from_iter([
        ("id", Arc::new(Int64Array::from(ids)) as _),
        ("name", Arc::new(StringArray::from(names)) as _),
    ])
    .unwrap()
}

/// A table with the columns of [`rows`].
pub(crate) async fn new_table(lake: &Lake) -> (DeltaStore, Snapshot) {
    let table = silver(lake);
    let base = table.writer().create(&rows(0, 1).schema(), &[]).await.unwrap();
    (table, base)
}

/// Who commits in the tests.
pub(crate) fn app() -> AppId {
    AppId::silver(&name("orders"))
}

/// An append of files on a base.
pub(crate) fn append(table: &DeltaStore, base: &Snapshot, batch: i64, hash: &str, add: Vec<NewFile>) -> Transaction {
    append_by(app(), table, base, batch, hash, add)
}

/// The same by someone else.
pub(crate) fn append_by(
    app: AppId,
    table: &DeltaStore,
    base: &Snapshot,
    number: i64,
    hash: &str,
    add: Vec<NewFile>,
) -> Transaction {
    let id = TransactionId { app, number, content_hash: hash.to_owned() };
    let info = CommitInfo { watermark: Some(number), ..CommitInfo::default() };
    table.transaction(base, id, Operation::Merge).add(add).info(info)
}

pub(crate) fn ids(batches: &[RecordBatch]) -> Vec<i64> {
    let mut ids = Vec::new();
    for batch in batches {
        let column = batch.column_by_name("id").unwrap().as_any().downcast_ref::<Int64Array>().unwrap().clone();
        ids.extend(column.values());
    }
    ids.sort_unstable();
    ids
}
