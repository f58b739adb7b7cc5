//! Step 3, land: quarantine, then bronze, which keeps every record as it was delivered.

use super::batch::DecodedBatch;
use super::bronze::{INFO_FILE_ROWS, bronze_rows, bronze_schema, records_of};
use super::context::TableContext;
use super::quarantine::{quarantine_rows, quarantine_schema};
use super::snapshot_files::{INFO_FAILED, unreadable_files};
use crate::RunError;
use crate::silver::schema_change::{INFO_COLUMNS, columns_of};
use crate::silver::{INFO_BATCH, INFO_REASONS};
use crate::support::places::{bronze_app_id, quarantine_app_id};
use arrow::array::RecordBatch;
use arrow::datatypes::Schema;
use serde_json::{Map, Value, json};
use sluice_contract::TableName;
use sluice_lake::{BatchManifest, Commit, CommitOutcome, DeltaStore, Lake, Lease, TableLocation};

/// The two tables that have a batch as it was delivered: bronze all records, and the quarantine those that could
/// not be applied, with the reason.
pub(crate) struct Bronze {
    pub(crate) store: DeltaStore,
    quarantine: DeltaStore,
    app_id: String,
    /// Last batch in bronze, 0 for none. It only grows by one.
    pub(crate) batch: u64,
}

impl Bronze {
    /// The tables as they are; they need not exist.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn open(lake: &Lake, table: &TableName) -> Result<Self, RunError> {
        let store = lake.table(TableLocation::Bronze(table.clone()));
        let app_id = bronze_app_id(table);
        let batch = store.snapshot(None).await?.and_then(|snapshot| snapshot.txn(&app_id)).unwrap_or(0);
        Ok(Self {
            store,
            quarantine: lake.table(TableLocation::Quarantine(table.clone())),
            app_id,
            batch: u64::try_from(batch).unwrap_or(0),
        })
    }

    /// Makes every commit from now on carry the number of a lease.
    pub(crate) fn fence(&mut self, lease: &Lease) {
        self.store = lease.fence(&self.store);
        self.quarantine = lease.fence(&self.quarantine);
    }

    /// All rows of bronze.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn rows(&self) -> Result<Vec<RecordBatch>, RunError> {
        match self.store.snapshot(None).await? {
            Some(snapshot) => Ok(self.store.read_files(&snapshot, &snapshot.files, None).await?),
            None => Ok(Vec::new()),
        }
    }
}

/// Writes a batch to quarantine and bronze, each once however often it is tried.
///
/// # Errors
/// If the store fails, another writer was faster, or an earlier batch is not in bronze.
pub(crate) async fn land(
    context: &TableContext,
    bronze: &mut Bronze,
    manifest: &BatchManifest,
    decoded: &DecodedBatch,
) -> Result<(), RunError> {
    let DecodedBatch { records, summary } = decoded;
    let (batch, name) = (manifest.batch, &context.contract.name);
    if batch > bronze.batch + 1 {
        let next = bronze.batch + 1;
        return Err(RunError::Internal(format!("batch {batch} of {name} would pass batch {next}")));
    }
    let why = &summary.reasons;
    if let Some(rows) = quarantine_rows(batch, records)? {
        let app = quarantine_app_id(name);
        let info = Map::from_iter([(INFO_BATCH.to_owned(), json!(batch)), (INFO_REASONS.to_owned(), json!(why))]);
        append(&bronze.quarantine, &quarantine_schema(), rows, &app, batch, info).await?;
    }
    let rows = bronze_rows(batch, records)?;
    let paths: Vec<&str> = manifest.files.iter().map(|file| file.path.as_str()).collect();
    let bytes: u64 = manifest.files.iter().map(|file| file.size).sum();
    let mut info = Map::from_iter([
        (INFO_BATCH.to_owned(), json!(batch)),
        (INFO_REASONS.to_owned(), json!(why)),
        ("sluice.files".to_owned(), json!(paths.len())),
        ("sluice.bytes".to_owned(), json!(bytes)),
        ("sluice.rows".to_owned(), json!(rows.num_rows())),
        (INFO_FILE_ROWS.to_owned(), json!(records.iter().map(records_of).collect::<Vec<_>>())),
        (INFO_COLUMNS.to_owned(), json!(columns_of(&context.contract, records))),
    ]);
    let failed = unreadable_files(records);
    if !failed.is_empty() {
        info.insert(INFO_FAILED.to_owned(), json!(failed));
    }
    append(&bronze.store, &bronze_schema(), rows, &bronze.app_id, batch, info).await?;
    bronze.batch = batch;
    Ok(())
}

/// Appends rows to an append-only table, once per batch.
async fn append(
    store: &DeltaStore,
    schema: &Schema,
    rows: RecordBatch,
    app_id: &str,
    batch: u64,
    info: Map<String, Value>,
) -> Result<(), RunError> {
    let base = match store.snapshot(None).await? {
        Some(snapshot) => snapshot,
        None => store.create(schema, &[]).await?,
    };
    let txn = i64::try_from(batch).unwrap_or(i64::MAX);
    if base.txn(app_id).is_some_and(|done| done >= txn) {
        return Ok(());
    }
    let add = if rows.num_rows() == 0 { Vec::new() } else { vec![store.write_file(&[rows]).await?] };
    let content_hash = add.first().map_or_else(|| "empty".to_owned(), |file| file.blake3.clone());
    let commit = Commit {
        base: Some(base),
        add,
        remove: Vec::new(),
        update: Vec::new(),
        schema: None,
        app_id: app_id.to_owned(),
        batch: txn,
        content_hash,
        operation: "WRITE",
        info,
        data_change: true,
    };
    match store.commit(commit).await? {
        CommitOutcome::Committed(_) | CommitOutcome::AlreadyApplied(_) => Ok(()),
        CommitOutcome::Conflict(_) => Err(RunError::Conflict(app_id.to_owned())),
    }
}
