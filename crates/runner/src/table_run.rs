//! One table, batch by batch: claim, decode, bronze, silver.
//!
//! Order of the writes, so that a crash anywhere is made good by the next run: the manifest says
//! which files are batch n (put-if-absent), then quarantine, bronze and silver carry n in their
//! `txn`. What is behind is done again from the manifest or from bronze, what is there is skipped.

use crate::audit::{Audited, audit};
use crate::batch_ledger::overwritten;
use crate::bronze::{INFO_FILE_ROWS, bronze_rows, bronze_schema, decode_bronze, records_of};
use crate::contract_set::silver_hash;
use crate::decoder::Decoder;
use crate::disk_space::check_space;
use crate::late::{INFO_WATERMARK, quarantine_late, watermark};
use crate::quality::write_records;
use crate::quarantine::{quarantine_rows, quarantine_schema, reasons, rejected_rows};
use crate::schema_change::{
    INFO_COLUMNS, SchemaChange, change_columns, columns_of, effective, learn, record_schema, schema_change, stop,
};
use crate::silver::{INFO_BATCH, INFO_REASONS, INFO_SPAN, Silver, SilverCommit, blocking, rebuild_app_id};
use crate::silver_merge::Candidate;
use crate::snapshots::INFO_FAILED;
use crate::source_files::{BatchBounds, into_batches, new_files};
use crate::ties::{quarantine_losers, tie_error};
use crate::{Job, RunError};
use serde_json::{Map, Value, json};
use sluice_cdc::DecodedFile;
use sluice_change::{RowLedger, SourceFile};
use sluice_contract::{CheckRecord, Contract, Flow};
use sluice_lake::{BatchManifest, Commit, CommitOutcome, DeltaStore, Lake, Lease, PutNew, TableLocation};
use sluice_query::QueryEngine;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

mod again;
mod snapshots;

use snapshots::failed_of;

/// What one batch did.
#[derive(Clone, Debug, Default)]
pub(crate) struct BatchDone {
    pub(crate) files: u64,
    pub(crate) ledger: RowLedger,
    pub(crate) reasons: BTreeMap<String, u64>,
    pub(crate) silver_version: Option<u64>,
}

/// A table under work.
pub(crate) struct TableRun {
    lake: Lake,
    /// As written; `contract` is it together with what the events have taught.
    declared: Arc<Contract>,
    contract: Arc<Contract>,
    engine: QueryEngine,
    job: Job,
    decoder: Decoder,
    /// Bytes that stay free on the disk of a local lake.
    keep_free: Option<u64>,
    bronze: DeltaStore,
    bronze_app: String,
    quarantine: DeltaStore,
    silver: Silver,
    /// Outcome of the checks for the version that silver has, once this process has made one.
    audited: Option<Audited>,
    manifests: Vec<BatchManifest>,
    bronze_batch: u64,
}

impl TableRun {
    /// Opens the table's layers.
    pub(crate) async fn open(
        lake: &Lake,
        contract: &Arc<Contract>,
        engine: &QueryEngine,
        job: &Job,
        decoder: &Decoder,
    ) -> Result<Self, RunError> {
        let name = contract.name.clone();
        if contract.source.is_none() {
            let next = "Add `source` with path and format to the contract";
            return Err(RunError::input(format!("The contract of {name} does not say where its change data is"), next));
        }
        let (declared, contract) = (contract, &effective(lake, contract).await?);
        let bronze = lake.table(TableLocation::Bronze(name.clone()));
        let bronze_app = format!("sluice.bronze.{name}");
        let in_bronze = bronze.snapshot(None).await?.and_then(|snapshot| snapshot.txn(&bronze_app)).unwrap_or(0);
        Ok(Self {
            silver: Silver::open(lake, contract).await?,
            audited: None,
            manifests: lake.batches(&name).await?,
            bronze_batch: u64::try_from(in_bronze).unwrap_or(0),
            quarantine: lake.table(TableLocation::Quarantine(name)),
            lake: lake.clone(),
            declared: Arc::clone(declared),
            contract: Arc::clone(contract),
            engine: engine.clone(),
            job: job.clone(),
            decoder: decoder.clone(),
            keep_free: None,
            bronze,
            bronze_app,
        })
    }

    /// Leaves so many bytes free on the disk of a local lake; `None` for the default.
    pub(crate) fn keep_free(&mut self, bytes: Option<u64>) {
        self.keep_free = bytes;
    }

    fn check_space(&self, files: &[SourceFile]) -> Result<(), RunError> {
        check_space(&self.lake, &self.contract, self.silver.snapshot.as_ref(), files, self.keep_free)
    }

    /// Makes every commit from now on carry the number of a lease.
    pub(crate) fn fence(&mut self, lease: &Lease) {
        for store in [&mut self.bronze, &mut self.quarantine, &mut self.silver.store] {
            *store = lease.fence(store);
        }
    }

    /// Whether an earlier run left something to [`TableRun::catch_up`].
    pub(crate) fn is_behind(&self) -> bool {
        let claimed = self.manifests.last().map_or(0, |manifest| manifest.batch);
        claimed > self.bronze_batch || self.silver.batch() < self.bronze_batch || self.needs_rebuild()
    }

    /// Silver version now.
    pub(crate) fn silver_version(&self) -> Option<u64> {
        self.silver.version()
    }

    /// New files in batches, not claimed.
    pub(crate) async fn planned(&self, bounds: BatchBounds) -> Result<Vec<Vec<SourceFile>>, RunError> {
        let files = new_files(&self.lake, &self.contract, &self.manifests).await?;
        if files.is_empty() {
            self.tell_of_no_snapshot().await?;
        }
        Ok(into_batches(&self.contract, files, bounds))
    }

    /// Does what an earlier run began: claimed batches that are not in bronze, bronze that is not in
    /// silver, silver of another contract.
    pub(crate) async fn catch_up(&mut self, full_refresh: bool) -> Result<BatchDone, RunError> {
        let mut done = BatchDone::default();
        let behind: Vec<BatchManifest> =
            self.manifests.iter().filter(|manifest| manifest.batch > self.bronze_batch).cloned().collect();
        if self.silver.contract_hash.as_deref() != Some(&silver_hash(&self.contract)) {
            record_schema(&self.lake, &self.contract).await?;
        }
        let rebuilt = if full_refresh && self.silver.batch() > 0 { self.rebuild().await } else { Ok(()) };
        let adapted = match rebuilt {
            Ok(()) => self.adapt_silver().await,
            error => error,
        };
        let mut refused = match adapted {
            Err(error @ RunError::Refused { .. }) => Some(error),
            other => {
                other?;
                None
            }
        };
        for manifest in behind {
            self.job.check()?;
            self.check_space(&manifest.files)?;
            // Whatever becomes of silver, a claimed batch goes to bronze before another one is claimed:
            // bronze counts upwards, so a batch that another one passes would never be taken.
            if refused.is_some() {
                self.decode_and_land(&manifest).await?;
                continue;
            }
            match self.finish_batch(&manifest).await {
                Err(error @ RunError::Refused { .. }) => refused = Some(error),
                other => done = other?,
            }
        }
        if let Some(error) = refused {
            return Err(error);
        }
        if self.silver.batch() < self.bronze_batch {
            done = self.pending_from_bronze().await?;
        }
        Ok(done)
    }

    /// Claims `files` as the next batch and takes them to silver.
    pub(crate) async fn next_batch(&mut self, files: Vec<SourceFile>) -> Result<BatchDone, RunError> {
        self.check_space(&files)?;
        let batch = self.manifests.last().map_or(0, |manifest| manifest.batch) + 1;
        for (path, before) in overwritten(&self.manifests, &files) {
            self.job.log(format!("{}: {path} was written again since batch {before}", self.contract.name));
        }
        let contents = self.lake.contents(&files).await?;
        let flow = files.first().and_then(|file| self.contract.flow_of(&file.path)).cloned();
        if let Some(flow) = &flow {
            self.job.log(format!("{}: backfill {} is batch {batch}", self.contract.name, flow.name));
        }
        let manifest = BatchManifest { batch, files, contract_hash: silver_hash(&self.contract), contents, flow };
        match self.lake.claim_batch(&self.contract.name, &manifest).await? {
            PutNew::Created => {}
            PutNew::Exists => return Err(RunError::Conflict(self.contract.name.to_string())),
        }
        self.manifests.push(manifest.clone());
        let done = self.finish_batch(&manifest).await?;
        // The batch is visible; what stands in the way of a compaction can wait for the next batch.
        match self.silver.compact_when_due(&self.contract).await {
            // The same rows in other files.
            Ok(()) => {
                let version = self.silver.version();
                self.audited = self.audited.take().zip(version).map(|(of, version)| Audited { version, ..of });
            }
            Err(error) => {
                let name = &self.contract.name;
                self.job.log(format!("{name}: its files were not merged, the next batch tries again: {error}"));
            }
        }
        Ok(done)
    }

    /// Makes silver what the contract says, with as little work as the change allows.
    async fn adapt_silver(&mut self) -> Result<(), RunError> {
        match schema_change(&self.lake, &self.bronze, &self.silver, &self.contract).await? {
            SchemaChange::Same => Ok(()),
            SchemaChange::Columns => change_columns(&self.lake, &mut self.silver, &self.contract).await,
            SchemaChange::Rebuild => self.rebuild().await,
        }
    }

    /// Whether silver is not what the contract says, so that nothing may be merged into it.
    pub(crate) fn needs_rebuild(&self) -> bool {
        self.silver.batch() > 0 && self.silver.is_of_other_contract(&self.contract)
    }

    async fn decode_and_land(&mut self, manifest: &BatchManifest) -> Result<Vec<DecodedFile>, RunError> {
        let mut decoded = self.decode_batch(manifest).await?;
        while let Some(wider) = learn(&self.lake, &self.declared, &self.contract, &decoded, manifest.batch).await? {
            self.contract = wider;
            decoded = self.decode_batch(manifest).await?;
        }
        let decoded = quarantine_losers(&self.contract, decoded)?;
        let decoded = quarantine_late(&self.contract, decoded, self.watermark().await?)?;
        self.land(manifest, &decoded).await?;
        Ok(decoded)
    }

    /// Reads and decodes the files of a batch.
    async fn decode_batch(&self, manifest: &BatchManifest) -> Result<Vec<DecodedFile>, RunError> {
        let contract = of_flow(&self.contract, manifest.flow.as_ref());
        decode_files(&self.lake, &self.decoder, &contract, &manifest.files).await
    }

    async fn finish_batch(&mut self, manifest: &BatchManifest) -> Result<BatchDone, RunError> {
        let started = Instant::now();
        let decoded = self.decode_and_land(manifest).await?;
        self.adapt_silver().await?;
        // A batch that was refused before is folded into this one.
        if self.silver.batch() + 1 < manifest.batch {
            return self.pending_from_bronze().await;
        }
        self.merge_into_silver(manifest.batch, decoded, manifest.files.len() as u64, started).await
    }

    /// Quarantine and bronze.
    async fn land(&mut self, manifest: &BatchManifest, decoded: &[DecodedFile]) -> Result<(), RunError> {
        let batch = manifest.batch;
        if batch > self.bronze_batch + 1 {
            let next = self.bronze_batch + 1;
            return Err(RunError::Internal(format!("batch {batch} of {} would pass batch {next}", self.contract.name)));
        }
        let why = reasons(decoded);
        if let Some(rows) = quarantine_rows(batch, decoded)? {
            let app = format!("sluice.quarantine.{}", self.contract.name);
            let info = Map::from_iter([(INFO_BATCH.to_owned(), json!(batch)), (INFO_REASONS.to_owned(), json!(why))]);
            append(&self.quarantine, &quarantine_schema(), rows, &app, batch, info).await?;
        }
        let rows = bronze_rows(batch, decoded)?;
        let paths: Vec<&str> = manifest.files.iter().map(|file| file.path.as_str()).collect();
        let bytes: u64 = manifest.files.iter().map(|file| file.size).sum();
        let mut info = Map::from_iter([
            (INFO_BATCH.to_owned(), json!(batch)),
            (INFO_REASONS.to_owned(), json!(why)),
            ("sluice.files".to_owned(), json!(paths.len())),
            ("sluice.bytes".to_owned(), json!(bytes)),
            ("sluice.rows".to_owned(), json!(rows.num_rows())),
            (INFO_FILE_ROWS.to_owned(), json!(decoded.iter().map(records_of).collect::<Vec<_>>())),
            (INFO_COLUMNS.to_owned(), json!(columns_of(&self.contract, decoded))),
        ]);
        let failed = failed_of(decoded);
        if !failed.is_empty() {
            info.insert(INFO_FAILED.to_owned(), json!(failed));
        }
        append(&self.bronze, &bronze_schema(), rows, &self.bronze_app, batch, info).await?;
        self.bronze_batch = batch;
        Ok(())
    }

    /// Applies everything in bronze that silver lacks, as one commit.
    async fn pending_from_bronze(&mut self) -> Result<BatchDone, RunError> {
        let started = Instant::now();
        let (first, last) = (self.silver.batch() + 1, self.bronze_batch);
        let decoded = loop {
            let decoded = self.decode_bronze(first, last).await?;
            let decoded_by = Arc::clone(&self.contract);
            self.adapt_silver().await?;
            if Arc::ptr_eq(&decoded_by, &self.contract) {
                break quarantine_late(&self.contract, decoded, self.watermark().await?)?;
            }
        };
        let files =
            self.manifests.iter().filter(|m| (first..=last).contains(&m.batch)).map(|m| m.files.len() as u64).sum();
        self.merge_into_silver(last, decoded, files, started).await
    }

    async fn decode_bronze(&mut self, first: u64, last: u64) -> Result<Vec<DecodedFile>, RunError> {
        let rows = match self.bronze.snapshot(None).await? {
            Some(snapshot) => self.bronze.read_files(&snapshot, &snapshot.files, None).await?,
            None => Vec::new(),
        };
        let rows = Arc::new(rows);
        loop {
            let (contract, rows) = (Arc::clone(&self.contract), Arc::clone(&rows));
            let newest = self.newest_deliveries(last).await?;
            let of = move |batch: u64, path: &str| newest.as_ref().is_none_or(|of| of.get(path) == Some(&batch));
            let in_range = self.manifests.iter().filter(|manifest| (first..=last).contains(&manifest.batch));
            let flows: BTreeMap<u64, Arc<Contract>> = in_range
                .filter_map(|manifest| Some((manifest.batch, of_flow(&contract, Some(manifest.flow.as_ref()?)))))
                .collect();
            let decoded = blocking(move || {
                let of_changes = |batch, path: &str| {
                    (first..=last).contains(&batch) && !flows.contains_key(&batch) && of(batch, path)
                };
                let mut decoded = vec![decode_bronze(&contract, &rows, of_changes)?];
                for (batch, contract) in &flows {
                    decoded.push(decode_bronze(contract, &rows, |of, _| of == *batch)?);
                }
                Ok(decoded)
            })
            .await?;
            match learn(&self.lake, &self.declared, &self.contract, &decoded, last).await? {
                Some(wider) => self.contract = wider,
                None => return quarantine_losers(&self.contract, decoded),
            }
        }
    }

    /// Plan, write, audit, publish.
    async fn merge_into_silver(
        &mut self,
        batch: u64,
        decoded: Vec<DecodedFile>,
        files: u64,
        started: Instant,
    ) -> Result<BatchDone, RunError> {
        let new_images = self.new_images(batch).await?;
        let replaces = new_images.as_ref().is_some_and(|new| new.replace_silver);
        let decoded = if replaces {
            self.job.log(format!("{}: an older snapshot came, silver is rebuilt from bronze", self.contract.name));
            self.decode_bronze(1, batch).await?
        } else {
            decoded
        };
        let why = reasons(&decoded);
        let quarantined = rejected_rows(&decoded);
        let mut span = Span::of(&decoded);
        span.newest_ms = span.newest_ms.or_else(|| self.snapshot_time_ms(batch));
        if let Some(reason) = stop(&self.contract, &decoded) {
            return Err(self.refused(batch, reason));
        }
        self.check_quarantine_limit(batch, &decoded, quarantined)?;
        self.check_ties(batch, &decoded)?;
        self.silver.ensure_exists(&self.contract).await?;
        let mut changes = self.changes_of(batch, decoded, new_images.as_ref()).await?;
        let batches = std::mem::take(&mut changes.batches);
        let emptied = replaces.then(|| self.silver.emptied());
        let onto = emptied.as_ref().unwrap_or(&self.silver);
        let mut candidate = onto.prepare(&self.contract, batches, quarantined).await?;
        candidate.ledger = changes.ledger(candidate.ledger)?;
        if let Some(snapshot) = self.silver.snapshot.as_ref().filter(|_| replaces) {
            candidate.remove = snapshot.files.to_vec();
            // All rows go and come, and none has an event of its own for that.
            let ledger = &mut candidate.ledger;
            ledger.silver_before = snapshot.rows();
            ledger.deleted += snapshot.rows();
            ledger.split_rows += snapshot.rows();
        }
        let mut info = Map::from_iter([
            (INFO_BATCH.to_owned(), json!(batch)),
            (INFO_REASONS.to_owned(), json!(why)),
            (INFO_SPAN.to_owned(), span.to_json(started)),
        ]);
        self.add_watermark(&mut info, self.watermark().await?.max(span.newest_ms));
        let app_id = self.silver.app_id.clone();
        let operation = if replaces { "REBUILD" } else { "MERGE" };
        let ledger = self
            .audit_and_publish(batch, candidate, SilverCommit { app_id: &app_id, txn: batch, operation, info })
            .await?;
        Ok(BatchDone { files, ledger, reasons: why, silver_version: self.silver_version() })
    }

    async fn audit_and_publish(
        &mut self,
        batch: u64,
        candidate: Candidate,
        commit: SilverCommit<'_>,
    ) -> Result<RowLedger, RunError> {
        // A rebuild changes every row.
        let before = self.audited.take().filter(|_| commit.operation != "REBUILD");
        let audited = match &candidate.held_back {
            Some(reason) => Err(self.refused(batch, reason.clone())),
            None => self.audit(batch, &candidate, before.as_ref()).await,
        };
        let checks = match audited {
            Ok(checks) => checks,
            Err(error) => {
                self.audited = before;
                self.silver.discard(&candidate).await;
                return Err(error);
            }
        };
        let ledger = self.silver.publish(&self.lake, &self.contract, candidate, commit).await?;
        self.audited = self.silver.version().map(|version| Audited { version, checks });
        Ok(ledger)
    }

    /// Checks of the contract on the candidate; the results are kept beside the table.
    async fn audit(
        &self,
        batch: u64,
        candidate: &Candidate,
        before: Option<&Audited>,
    ) -> Result<Vec<CheckRecord>, RunError> {
        let checks = audit(&self.lake, &self.engine, &self.contract, &self.silver, candidate, before).await?;
        write_records(&self.lake, &self.contract.name, batch, &checks).await?;
        let failed: Vec<&CheckRecord> = checks.iter().filter(|check| check.blocks()).collect();
        if let Some(first) = failed.first() {
            let reason =
                format!("{} of {} checks did not hold, the first is {}", failed.len(), checks.len(), first.check);
            return Err(self.refused(batch, reason));
        }
        Ok(checks)
    }

    fn check_quarantine_limit(&self, batch: u64, decoded: &[DecodedFile], quarantined: u64) -> Result<(), RunError> {
        let rows: u64 = decoded.iter().map(|file| file.changes.len() as u64).sum::<u64>() + quarantined;
        #[expect(clippy::cast_precision_loss, reason = "a share for a limit")]
        let share = if rows == 0 { 0.0 } else { quarantined as f64 / rows as f64 };
        if share > self.contract.apply.quarantine_limit {
            let limit = self.contract.apply.quarantine_limit * 100.0;
            let reason = format!("{:.1} % of its records are in quarantine, the limit is {limit:.1} %", share * 100.0);
            return Err(self.refused(batch, reason));
        }
        Ok(())
    }

    /// Newest event time in silver, where deletes are not remembered forever.
    async fn watermark(&self) -> Result<Option<i64>, RunError> {
        watermark(&self.contract, &self.silver.store).await
    }

    fn add_watermark(&self, info: &mut Map<String, Value>, newest_ms: Option<i64>) {
        if let Some(newest) = newest_ms.filter(|_| self.contract.apply.tombstone_retention.is_some()) {
            info.insert(INFO_WATERMARK.to_owned(), json!(newest));
        }
    }

    fn check_ties(&self, batch: u64, decoded: &[DecodedFile]) -> Result<(), RunError> {
        tie_error(&self.contract, decoded)?.map_or(Ok(()), |reason| Err(self.refused(batch, reason)))
    }

    fn refused(&self, batch: u64, reason: String) -> RunError {
        let stays = match self.silver_version() {
            Some(version) if self.silver.batch() > 0 => format!("v{version} stays visible"),
            _ => "there is no version yet".to_owned(),
        };
        RunError::Refused { table: self.contract.name.to_string(), batch, stays, reason }
    }

    /// Makes silver again from bronze, batches up to the one it has, as one commit.
    async fn rebuild(&mut self) -> Result<(), RunError> {
        let Some(snapshot) = self.silver.snapshot.clone() else { return Ok(()) };
        let started = Instant::now();
        let last = self.silver.batch();
        self.job.log(format!("{}: silver is rebuilt from bronze, batches 1 to {last}", self.contract.name));
        let decoded = self.decode_bronze(1, last).await?;
        self.check_ties(last, &decoded)?;
        let quarantined = rejected_rows(&decoded);
        let span = Span::of(&decoded);
        let mut changes = self.changes_of_bronze(last, decoded).await?;
        let batches = std::mem::take(&mut changes.batches);
        let mut candidate = self.silver.emptied().prepare(&self.contract, batches, quarantined).await?;
        candidate.ledger = changes.ledger(candidate.ledger)?;
        candidate.remove = snapshot.files.to_vec();
        let mut info =
            Map::from_iter([(INFO_BATCH.to_owned(), json!(last)), (INFO_SPAN.to_owned(), span.to_json(started))]);
        self.add_watermark(&mut info, span.newest_ms);
        let app_id = rebuild_app_id(&self.contract.name);
        let txn = snapshot.txn(&app_id).and_then(|txn| u64::try_from(txn).ok()).unwrap_or(0) + 1;
        self.audit_and_publish(last, candidate, SilverCommit { app_id: &app_id, txn, operation: "REBUILD", info })
            .await?;
        Ok(())
    }

    /// Counts what `files` would do as one batch, without writing anything.
    pub(crate) async fn dry_run(&self, files: Vec<SourceFile>) -> Result<BatchDone, RunError> {
        let mut decoded = Vec::new();
        for files in files.chunk_by(|a, b| self.contract.flow_of(&a.path) == self.contract.flow_of(&b.path)) {
            let flow = files.first().and_then(|file| self.contract.flow_of(&file.path));
            let contract = of_flow(&self.contract, flow);
            decoded.extend(decode_files(&self.lake, &self.decoder, &contract, files).await?);
        }
        let decoded = quarantine_losers(&self.contract, decoded)?;
        let decoded = quarantine_late(&self.contract, decoded, self.watermark().await?)?;
        let why = reasons(&decoded);
        let quarantined = rejected_rows(&decoded);
        let mut changes = self.changes_of_files(&files, decoded).await?;
        let batches = std::mem::take(&mut changes.batches);
        let plan = self.silver.plan(&self.contract, batches, quarantined).await?.plan;
        Ok(BatchDone {
            files: files.len() as u64,
            ledger: changes.ledger(plan.ledger)?,
            reasons: why,
            silver_version: self.silver_version(),
        })
    }
}

/// The contract for files of a flow, or of changes.
fn of_flow(contract: &Arc<Contract>, flow: Option<&Flow>) -> Arc<Contract> {
    flow.map_or_else(|| Arc::clone(contract), |flow| Arc::new(contract.of_flow(flow)))
}

/// Reads and decodes files, in order, the CPU work off the async threads.
async fn decode_files(
    lake: &Lake,
    decoder: &Decoder,
    contract: &Arc<Contract>,
    files: &[SourceFile],
) -> Result<Vec<DecodedFile>, RunError> {
    let mut decoded = Vec::with_capacity(files.len());
    for file in files {
        let bytes = lake.read(&file.path).await?;
        let (decoder, contract, file) = (decoder.clone(), Arc::clone(contract), file.clone());
        decoded.push(blocking(move || decoder.decode(&contract, file, bytes)).await?);
    }
    Ok(decoded)
}

/// Appends rows to a table that only grows, once per batch.
async fn append(
    store: &DeltaStore,
    schema: &arrow::datatypes::Schema,
    rows: arrow::array::RecordBatch,
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

/// First and last position of a batch and its newest source time, for people.
struct Span {
    first: Option<String>,
    last: Option<String>,
    newest_ms: Option<i64>,
}

impl Span {
    fn of(decoded: &[DecodedFile]) -> Self {
        let seqs = || decoded.iter().flat_map(|file| file.changes.seqs.iter());
        Self {
            first: seqs().min().map(|seq| seq.position()),
            last: seqs().max().map(|seq| seq.position()),
            newest_ms: decoded.iter().flat_map(|file| file.changes.source_times_ms.iter()).flatten().max(),
        }
    }

    fn to_json(&self, started: Instant) -> Value {
        let elapsed = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        json!({ "first": self.first, "last": self.last, "newest_ms": self.newest_ms, "elapsed_ms": elapsed })
    }
}
