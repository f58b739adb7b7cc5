//! Step 3, land: quarantine, then bronze, which keeps every record as it was delivered.

use super::batch::{BatchSummary, DecodedBatch};
use super::bronze::{bronze_rows, bronze_schema, kept_rows, records_of};
use super::context::TableContext;
use super::quarantine::{quarantine_rows, quarantine_schema};
use super::snapshot_files::unreadable_files;
use crate::RunError;
use crate::silver::schema_change::columns_of;
use crate::support::foreign::ensure_own;
use crate::support::personal::RECORDS;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use futures::TryStreamExt;
use futures::stream::BoxStream;
use sluice_api::Layer;
use sluice_cdc::DecodedFile;
use sluice_contract::{TableName, limits};
use sluice_lake::{
    AppId, BatchManifest, CommitInfo, CommitOutcome, DataFile, DeltaStore, ForeignCommits, Lake, LakeError, Lease,
    NewFile, Operation, Snapshot, TableLocation, TransactionId,
};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// The two tables that have a batch as it was delivered: bronze all records, and the quarantine those that could
/// not be applied, with the reason.
pub(crate) struct Bronze {
    pub(crate) store: DeltaStore,
    pub(super) quarantine: DeltaStore,
    app_id: AppId,
    /// Last batch in bronze, 0 for none. It only grows by one.
    pub(crate) batch: u64,
    /// What other programs committed to bronze; as long as there is something, nothing is appended.
    foreign: ForeignCommits,
    /// Version of bronze up to which their commits were looked for.
    checked: Option<u64>,
}

impl Bronze {
    /// The tables as they are; they need not exist.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn open(lake: &Lake, table: &TableName) -> Result<Self, RunError> {
        let store = lake.table(TableLocation::Bronze(table.clone()));
        let app_id = AppId::bronze(table);
        let snapshot = store.snapshot(None).await?;
        let checked = snapshot.as_ref().map(|snapshot| snapshot.version);
        let foreign = match checked {
            Some(version) => store.foreign_commits(version, None).await?,
            None => ForeignCommits::default(),
        };
        // What another program wrote is no batch of anybody's.
        let own = foreign.own_number(&app_id);
        let batch = own.or_else(|| snapshot.and_then(|snapshot| snapshot.txn(&app_id))).unwrap_or(0);
        Ok(Self {
            store,
            quarantine: lake.table(TableLocation::Quarantine(table.clone())),
            app_id,
            batch: u64::try_from(batch).unwrap_or(0),
            foreign,
            checked,
        })
    }

    /// Refuses a bronze table in which another program changed what Sluice counts on.
    ///
    /// # Errors
    /// [`RunError::Foreign`].
    pub(crate) fn ensure_own(&self, table: &TableName) -> Result<(), RunError> {
        ensure_own(Layer::Bronze, table, &self.foreign)
    }

    /// Looks for commits of other programs since the last look, up to the version that the next commit is made on.
    async fn look_again(&mut self, table: &TableName, version: u64) -> Result<(), RunError> {
        if self.checked != Some(version) {
            self.foreign = self.store.foreign_commits(version, self.checked).await?;
            self.checked = Some(version);
        }
        self.ensure_own(table)
    }

    /// Notes that a version has a batch, if this made it.
    fn has(&mut self, batch: u64, version: Option<u64>) {
        // The commit was made on exactly the version that was looked at.
        self.checked = version.filter(|version| version.checked_sub(1) == self.checked).or(self.checked);
        self.batch = batch;
    }

    /// Makes every commit from now on carry the number of a lease.
    pub(crate) fn fence(&mut self, lease: &Lease) {
        self.store = lease.fence(&self.store);
        self.quarantine = lease.fence(&self.quarantine);
    }

    /// The rows of a range of batches as they came, in pieces of a bounded size that are read when they are asked for.
    /// `whole_files`: a piece ends with a data file only.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn pieces(
        &self,
        batches: &RangeInclusive<u64>,
        whole_files: bool,
    ) -> Result<BronzeRows, RunError> {
        let snapshot = self.store.snapshot(None).await?;
        let files = snapshot.as_ref().map(|snapshot| files_of(snapshot, batches)).unwrap_or_default();
        Ok(BronzeRows { store: self.store.clone(), snapshot, files, open: None, whole_files })
    }

    /// The latest version and its files that may hold records of a range of batches, the oldest first; `None` if bronze
    /// does not exist.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn files(
        &self,
        batches: &RangeInclusive<u64>,
    ) -> Result<Option<(Snapshot, Vec<DataFile>)>, RunError> {
        let Some(snapshot) = self.store.snapshot(None).await? else { return Ok(None) };
        let mut files = files_of(&snapshot, batches);
        files.reverse();
        Ok(Some((snapshot, files)))
    }
}

/// Rows of one step of reading bronze: few enough that wide records are not many bytes.
const READ_ROWS: usize = 4_096;

/// Rows of bronze that are read piece by piece.
pub(crate) struct BronzeRows {
    store: DeltaStore,
    snapshot: Option<Snapshot>,
    /// Those that are not read yet. The newest is the first in a snapshot, so the next is the last.
    files: Vec<DataFile>,
    open: Option<BoxStream<'static, Result<RecordBatch, LakeError>>>,
    whole_files: bool,
}

impl BronzeRows {
    /// The next piece; `None` at the end.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<RecordBatch>>, RunError> {
        let Some(snapshot) = &self.snapshot else { return Ok(None) };
        let (mut piece, mut bytes) = (Vec::new(), 0);
        loop {
            let rows = match &mut self.open {
                Some(open) => open.try_next().await?,
                None => None,
            };
            if let Some(rows) = rows {
                bytes += rows.get_array_memory_size() as u64;
                piece.push(rows);
                if bytes < limits::BRONZE_PIECE_BYTES || self.whole_files {
                    continue;
                }
                return Ok(Some(piece));
            }
            self.open = None;
            if bytes >= limits::BRONZE_PIECE_BYTES {
                return Ok(Some(piece));
            }
            let Some(file) = self.files.pop() else { break };
            self.open = Some(self.store.stream_file(snapshot, &file, READ_ROWS).await?);
        }
        Ok((!piece.is_empty()).then_some(piece))
    }
}

/// The files of a version that may hold records of the batches, the newest first.
fn files_of(snapshot: &Snapshot, batches: &RangeInclusive<u64>) -> Vec<DataFile> {
    snapshot.files.iter().filter(|file| may_hold(file.stats.as_deref(), batches)).cloned().collect()
}

/// Whether a file of bronze may hold records of the batches, by its statistics.
fn may_hold(stats: Option<&str>, batches: &RangeInclusive<u64>) -> bool {
    let stats = stats.and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok());
    let bound = |kind: &str| stats.as_ref().and_then(|stats| stats[kind]["_batch"].as_u64());
    match (bound("minValues"), bound("maxValues")) {
        (Some(first), Some(last)) => first <= *batches.end() && last >= *batches.start(),
        _ => true,
    }
}

/// Writes a batch to quarantine and bronze, each once however often it is tried. The texts of the records are let go
/// afterwards: bronze has them, and a merge needs the typed rows only.
///
/// # Errors
/// If the store fails, another writer was faster, or an earlier batch is not in bronze.
pub(crate) async fn land(
    context: &TableContext,
    bronze: &mut Bronze,
    manifest: &BatchManifest,
    decoded: &mut DecodedBatch,
) -> Result<(), RunError> {
    let DecodedBatch { records, summary } = decoded;
    let counts = RecordCounts::of(records);
    let base = begin(context, bronze, manifest, records, summary).await?;
    let info = info_of(context, bronze, manifest, records, summary, &counts);
    let shared = Arc::new(std::mem::take(records));
    let batches = bronze_rows(manifest.batch, Arc::clone(&shared));
    let rows = NewRows { schema: bronze_schema(), count: counts.rows, batches };
    let version = append(&bronze.store, &base, rows, &bronze.app_id, manifest.batch, info).await?;
    bronze.has(manifest.batch, version);
    *records = Arc::try_unwrap(shared)
        .map_err(|_| RunError::Internal("a file that is written still reads its records".to_owned()))?;
    let_texts_go(records);
    Ok(())
}

/// The same for a batch whose file of bronze is written already.
///
/// # Errors
/// Those of [`land`].
pub(crate) async fn land_written(
    context: &TableContext,
    bronze: &mut Bronze,
    manifest: &BatchManifest,
    decoded: &DecodedBatch,
    WrittenRecords { file, counts }: WrittenRecords,
) -> Result<(), RunError> {
    let DecodedBatch { records, summary } = decoded;
    let base = begin(context, bronze, manifest, records, summary).await?;
    let info = info_of(context, bronze, manifest, records, summary, &counts);
    let app_id = bronze.app_id.clone();
    if is_applied(&base, &app_id, manifest.batch) {
        bronze.store.writer().discard(&[file]).await;
        bronze.has(manifest.batch, None);
        return Ok(());
    }
    let version = commit(&bronze.store, &base, vec![file], None, (&app_id, manifest.batch), info).await?;
    bronze.has(manifest.batch, version);
    Ok(())
}

/// The records of a batch in a file of bronze that no version names yet.
pub(crate) struct WrittenRecords {
    pub(crate) file: NewFile,
    pub(crate) counts: RecordCounts,
}

/// How many records a batch has, counted while their texts are there.
#[derive(Debug, Default)]
pub(crate) struct RecordCounts {
    /// Rows that bronze has of them.
    pub(crate) rows: u64,
    /// Records by file.
    pub(crate) of_files: Vec<u64>,
}

impl RecordCounts {
    pub(crate) fn of(records: &[DecodedFile]) -> Self {
        Self { rows: records.iter().map(kept_rows).sum(), of_files: records.iter().map(records_of).collect() }
    }
}

/// Writes the records of a batch in quarantine, and looks whether bronze can have the batch; the version of bronze that
/// it is appended to.
async fn begin(
    context: &TableContext,
    bronze: &mut Bronze,
    manifest: &BatchManifest,
    records: &[DecodedFile],
    summary: &BatchSummary,
) -> Result<Snapshot, RunError> {
    let (batch, name) = (manifest.batch, &context.contract.name);
    if batch > bronze.batch + 1 {
        let next = bronze.batch + 1;
        return Err(RunError::Internal(format!("batch {batch} of {name} would pass batch {next}")));
    }
    let rejected = quarantine_rows(batch, records)?;
    if !rejected.is_empty() {
        let app = AppId::quarantine(name);
        let reasons = Some(summary.reasons.clone());
        let info = CommitInfo { batch: Some(batch), reasons, ..CommitInfo::default() };
        let count = rejected.iter().map(|piece| piece.num_rows() as u64).sum();
        let rows = NewRows { schema: quarantine_schema(), count, batches: rejected.into_iter().map(Ok) };
        let base = base_of(&bronze.quarantine, &rows.schema).await?;
        append(&bronze.quarantine, &base, rows, &app, batch, info).await?;
    }
    let base = base_of(&bronze.store, &bronze_schema()).await?;
    bronze.look_again(name, base.version).await?;
    Ok(base)
}

/// What the commit of a batch says of it.
fn info_of(
    context: &TableContext,
    bronze: &Bronze,
    manifest: &BatchManifest,
    records: &[DecodedFile],
    summary: &BatchSummary,
    counts: &RecordCounts,
) -> CommitInfo {
    CommitInfo {
        checked: bronze.checked,
        batch: Some(manifest.batch),
        reasons: Some(summary.reasons.clone()),
        files: Some(manifest.files.len() as u64),
        bytes: Some(manifest.files.iter().map(|file| file.size).sum()),
        rows: Some(counts.rows),
        file_rows: Some(counts.of_files.clone()),
        columns: Some(columns_of(&context.contract, records)),
        failed_files: Some(unreadable_files(records)).filter(|failed| !failed.is_empty()),
        ..CommitInfo::default()
    }
}

/// Lets the texts of records go, which bronze has.
pub(crate) fn let_texts_go(records: &mut [DecodedFile]) {
    for file in records {
        file.changes.records = Vec::new();
    }
}

/// Rows that are made while their file is written.
pub(super) struct NewRows<I> {
    pub(super) schema: SchemaRef,
    pub(super) count: u64,
    pub(super) batches: I,
}

/// The latest version of a table, which is created if it does not exist.
pub(super) async fn base_of(store: &DeltaStore, schema: &SchemaRef) -> Result<Snapshot, RunError> {
    match store.snapshot(None).await? {
        Some(snapshot) => Ok(snapshot),
        None => Ok(store.writer().create(schema, &[]).await?),
    }
}

/// Appends rows to an append-only table, once per number of the application; the version that has them, if this made it.
/// A table of an older version of Sluice gets the columns that it lacks.
///
/// # Errors
/// If the store fails, or another writer was faster.
pub(super) async fn append(
    store: &DeltaStore,
    base: &Snapshot,
    rows: NewRows<impl Iterator<Item = Result<RecordBatch, RunError>> + Send + 'static>,
    app_id: &AppId,
    number: u64,
    info: CommitInfo,
) -> Result<Option<u64>, RunError> {
    if is_applied(base, app_id, number) {
        return Ok(None);
    }
    let wider = (base.schema.fields().len() < rows.schema.fields().len()).then(|| Arc::clone(&rows.schema));
    let add = if rows.count == 0 { Vec::new() } else { vec![write(store, rows.schema, rows.batches).await?] };
    commit(store, base, add, wider, (app_id, number), info).await
}

/// Whether a version has a batch.
fn is_applied(base: &Snapshot, app_id: &AppId, batch: u64) -> bool {
    base.txn(app_id).is_some_and(|done| done >= i64::try_from(batch).unwrap_or(i64::MAX))
}

/// Writes a file that no version names yet. Its statistics say nothing of what is in a record.
///
/// # Errors
/// Those of the rows; if the store fails.
pub(crate) async fn write(
    store: &DeltaStore,
    schema: SchemaRef,
    rows: impl Iterator<Item = Result<RecordBatch, RunError>> + Send + 'static,
) -> Result<NewFile, RunError> {
    let file = store.writer().write_rows(schema, rows).await?;
    Ok(file.without_bounds(|column| RECORDS.contains(&column)))
}

async fn commit(
    store: &DeltaStore,
    base: &Snapshot,
    add: Vec<NewFile>,
    wider: Option<SchemaRef>,
    (app_id, number): (&AppId, u64),
    info: CommitInfo,
) -> Result<Option<u64>, RunError> {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    let content_hash = add.first().map_or_else(|| "empty".to_owned(), |file| file.blake3.clone());
    let id = TransactionId { app: app_id.clone(), number, content_hash };
    match store.transaction(base, id, Operation::Write).add(add).schema(wider).info(info).commit().await? {
        CommitOutcome::Committed(version) | CommitOutcome::AlreadyApplied(version) => Ok(Some(version)),
        CommitOutcome::Conflict(_) => Err(RunError::Conflict(app_id.as_str().to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::may_hold;

    #[test]
    fn a_file_of_other_batches_is_not_read() {
        let stats = r#"{"minValues":{"_batch":3},"maxValues":{"_batch":5}}"#;
        assert!(may_hold(Some(stats), &(5..=9)) && may_hold(Some(stats), &(1..=3)));
        assert!(!may_hold(Some(stats), &(6..=9)) && !may_hold(Some(stats), &(1..=2)));
        assert!(may_hold(None, &(6..=9)), "what is not known is read");
    }
}
