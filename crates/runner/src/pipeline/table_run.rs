//! One table, batch by batch: discover, decode, land, merge, audit, publish.
//!
//! Order of the writes, so that a run that ends anywhere is resumed by the next one from the last completed step:
//! the manifest says which files are batch n (put-if-absent), then quarantine, bronze and silver carry n in their
//! `txn`. A step that is done is skipped; one that is not is done from the manifest or from bronze.

use super::audit::{Audited, audit_merged};
use super::batch::{BatchDone, DecodedBatch};
use super::context::TableContext;
use super::decode::{decode_bronze, decode_claimed};
use super::decoder::Decoder;
use super::discover::{Discovered, claim, discover};
use super::disk_space::check_space;
use super::land::land;
use super::large_file::land_in_parts;
use super::lost_bronze::ensure_batches_known;
use super::lost_files::leave_out_missing;
use super::merge::{Merged, merge, merge_again};
use super::publish::publish;
use super::rebuild::merge_all_again;
use super::source_files::BatchBounds;
use super::source_listing::{FullListing, Look};
use super::table_state::TableState;
use crate::maintain::tiers::compact_when_due;
use crate::previewed::{Previews, SilverVersion};
use crate::quality::{digest, keep_refusal};
use crate::silver::review::{add_reviewed, has_reviewed};
use crate::silver::schema_change::{SchemaChange, change_columns, schema_change};
use crate::silver::schema_document::record_schema;
use crate::silver::watermark::watermark;
use crate::silver_hash::silver_hash;
use crate::support::hash_keys::remember_keys;
use crate::support::started::remember_start;
use crate::support::table_content::known_fingerprint;
use crate::{Job, RunError};
use sluice_api::{ReachedTable, SilverRemade};
use sluice_change::SourceFile;
use sluice_contract::Contract;
use sluice_engine::silver_schema;
use sluice_lake::{BatchManifest, DataFile, Lake, Lease, Snapshot};
use sluice_query::QueryEngine;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Instant;

/// A table under work.
pub(crate) struct TableRun {
    pub(super) context: TableContext,
    pub(super) table: TableState,
    /// Last batch that was refused in this run, but not held: it is merged together with the next one.
    pub(super) refused_up_to: u64,
    /// Batches that wait were judged elsewhere, so they are merged in one commit.
    pub(super) in_one_commit: bool,
    /// Outcome of the checks for the version that silver has, where this process knows it.
    pub(super) audited: Option<Audited>,
    /// Bytes that stay free on the disk of a local lake; `None` for the default.
    keep_free: Option<u64>,
    /// Files of a claimed batch that are gone are left out of it.
    skip_missing: bool,
    /// What the table was where the release was tried.
    previews: Option<Arc<Previews>>,
    /// What was made anew so far.
    remade: Vec<SilverRemade>,
}

impl TableRun {
    /// Opens the table's layers.
    ///
    /// # Errors
    /// If the contract names no source, or the lake cannot be read.
    pub(crate) async fn open(
        lake: &Lake,
        contract: &Arc<Contract>,
        engine: &QueryEngine,
        job: &Job,
        decoder: &Decoder,
    ) -> Result<Self, RunError> {
        let context = TableContext::open(lake, contract, engine, job, decoder).await?;
        let table = TableState::open(&context).await?;
        Ok(Self::of_parts(context, table))
    }

    /// A table of which the layers are open.
    pub(super) fn of_parts(context: TableContext, table: TableState) -> Self {
        Self {
            context,
            table,
            refused_up_to: 0,
            in_one_commit: false,
            audited: None,
            keep_free: None,
            skip_missing: false,
            previews: None,
            remade: Vec::new(),
        }
    }

    /// What it works with, and how far it is.
    pub(super) fn parts(&self) -> (&TableContext, &TableState) {
        (&self.context, &self.table)
    }

    /// How far it is, to be changed.
    pub(super) fn state_mut(&mut self) -> &mut TableState {
        &mut self.table
    }

    /// Leaves so many bytes free on the disk of a local lake; `None` for the default.
    pub(crate) fn keep_free(&mut self, bytes: Option<u64>) {
        self.keep_free = bytes;
    }

    /// Merges up to so many bytes of events at a time when silver is made anew.
    pub(crate) fn rebuild_within(&mut self, bytes: u64) {
        self.context.rebuild_bytes = bytes;
    }

    /// Leaves files of claimed batches out that are gone before they were read.
    pub(crate) fn skip_missing(&mut self, skip: bool) {
        self.skip_missing = skip;
    }

    /// Publishes nothing that differs from what was previewed of the same inputs.
    pub(crate) fn compare_with(&mut self, previews: Option<Arc<Previews>>) {
        self.previews = previews;
    }

    /// Makes every commit from now on carry the number of a lease.
    pub(crate) fn fence(&mut self, lease: &Lease) {
        self.table.fence(lease);
    }

    /// Notes what the records are decoded with besides the contract: keys of keyed hashes, when the table began.
    ///
    /// # Errors
    /// When the lake knows another key of a name, or cannot be written.
    pub(crate) async fn remember(&self) -> Result<(), RunError> {
        remember_start(&self.context.lake, &self.context.contract).await?;
        remember_keys(&self.context.lake, &self.context.contract).await
    }

    /// Rows of silver now; `None` before its first version.
    pub(crate) fn silver_rows(&self) -> Option<u64> {
        self.table.silver.snapshot.as_ref().map(Snapshot::rows)
    }

    /// What was made anew so far.
    pub(crate) fn remade(&self) -> &[SilverRemade] {
        &self.remade
    }

    /// Notes what was made anew.
    pub(super) fn has_remade(&mut self, what: SilverRemade) {
        self.remade.push(what);
    }

    /// Silver version now.
    pub(crate) fn silver_version(&self) -> Option<u64> {
        self.table.silver.version()
    }

    /// Whether an earlier run left something to [`TableRun::resume`].
    pub(crate) fn is_unfinished(&self) -> bool {
        let TableState { bronze, silver, lost, .. } = &self.table;
        self.table.last_claimed() > bronze.batch
            || silver.batch() != bronze.batch
            || self.needs_rebuild()
            || self.ensure_own().is_err()
            || !lost.is_empty()
    }

    /// Refuses tables in which another program changed what Sluice counts on.
    ///
    /// # Errors
    /// [`RunError::Foreign`].
    pub(crate) fn ensure_own(&self) -> Result<(), RunError> {
        let name = &self.context.contract.name;
        self.table.bronze.ensure_own(name)?;
        self.table.silver.ensure_own(name)
    }

    /// Whether silver is not what the contract says, so that nothing may be merged into it.
    pub(crate) fn needs_rebuild(&self) -> bool {
        let silver = &self.table.silver;
        silver.batch() > 0
            && (silver.lost_state
                || silver.is_of_other_contract(&self.context.contract)
                || self.table.has_lost_records()
                || self.table.has_other_decisions())
    }

    /// Whether the next run makes rows of silver anew, beyond what new files do.
    pub(crate) async fn will_remake(&self) -> Result<bool, RunError> {
        let TableState { bronze, silver, .. } = &self.table;
        let change = schema_change(&self.context.lake, &bronze.store, silver, &self.context.contract).await?;
        Ok(silver.batch() > 0 && (change == SchemaChange::Rebuild || self.table.has_other_decisions()))
    }

    /// New files in batches, not claimed.
    pub(crate) async fn discover(&self, bounds: BatchBounds, look: Look) -> Result<Discovered, RunError> {
        discover(&self.context, &self.table, bounds, look).await
    }

    /// Remembers that all that a listing of everything found is claimed.
    pub(crate) fn record_full_listings(&self, listings: &[FullListing]) {
        for FullListing { source, at_ms } in listings {
            self.context.lake.ledger().record_full_listing(&self.context.contract.name, source, *at_ms);
        }
    }

    /// Folds the manifests of landed batches when many are not. Nothing depends on it.
    pub(crate) async fn fold_manifests(&self) {
        let TableContext { lake, contract, .. } = &self.context;
        if let Err(error) =
            lake.ledger().fold_batches(&contract.name, &self.table.claimed, self.table.bronze.batch).await
        {
            self.context.log(format_args!("its manifests were not folded, the next run tries again: {error}"));
        }
    }

    /// Whether columns are to be added because nobody decided on them in time.
    ///
    /// # Errors
    /// If the lake cannot be read.
    pub(crate) async fn has_reviewed(&self) -> Result<bool, RunError> {
        has_reviewed(&self.context.lake, &self.context.declared).await
    }

    /// Resumes from the last completed step of an earlier run: claimed batches that are not in bronze, bronze
    /// that is not in silver, silver of another contract.
    ///
    /// # Errors
    /// [`RunError::Foreign`] if another program wrote one of the tables; a full refresh does away with what it did to
    /// silver.
    pub(crate) async fn resume(&mut self, full_refresh: bool) -> Result<BatchDone, RunError> {
        match full_refresh {
            true => self.table.bronze.ensure_own(&self.context.contract.name)?,
            false => {
                self.ensure_own()?;
                self.ensure_records_known()?;
            }
        }
        self.table.record_lost(&self.context).await?;
        self.bring_bronze_back().await?;
        if let Some(wider) = add_reviewed(&self.context.lake, &self.context.declared).await? {
            self.context.contract = wider;
        }
        let mut done = BatchDone::default();
        let not_landed: Vec<BatchManifest> =
            self.table.manifests(self.table.bronze.batch + 1..=u64::MAX).cloned().collect();
        let contract = &self.context.contract;
        if self.table.silver.contract_hash.as_deref() != Some(&silver_hash(contract)) {
            record_schema(&self.context.lake, contract).await?;
        }
        let mut refused = match Box::pin(self.renew_silver(full_refresh)).await {
            Err(error @ RunError::Refused { .. }) => Some(error),
            other => {
                other?;
                None
            }
        };
        for manifest in not_landed {
            self.context.job.check()?;
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
        if self.table.silver.batch() < self.table.bronze.batch {
            let merged = Box::pin(self.merge_pending()).await;
            done = keep_refusal(&self.context.lake, &self.context.contract.name, merged).await?;
        }
        Ok(done)
    }

    /// Claims `files` as the next batch and takes them to silver.
    pub(crate) async fn next_batch(&mut self, files: Vec<SourceFile>) -> Result<BatchDone, RunError> {
        self.check_space(&files)?;
        let manifest = claim(&self.context, &self.table, files).await?;
        self.table.claimed.push(Arc::new(manifest.clone()));
        let done = self.finish_batch(&manifest).await?;
        // The batch is visible; what stands in the way of a compaction can wait for the next batch.
        match compact_when_due(&mut self.table.silver, &self.context.contract).await {
            // The same rows in other files.
            Ok(()) => {
                let version = self.silver_version();
                self.audited = self.audited.take().zip(version).map(|(of, version)| Audited { version, ..of });
            }
            Err(error) => {
                self.context.log(format_args!("its files were not merged, the next batch tries again: {error}"));
            }
        }
        Ok(done)
    }

    /// Lands batches in bronze, those that are claimed already first; silver stays as it is.
    ///
    /// # Errors
    /// [`RunError::Foreign`] if another program wrote bronze; errors of the store.
    pub(crate) async fn land(&mut self, batches: Vec<Vec<SourceFile>>) -> Result<(), RunError> {
        self.table.bronze.ensure_own(&self.context.contract.name)?;
        self.table.record_lost(&self.context).await?;
        let not_landed: Vec<BatchManifest> =
            self.table.manifests(self.table.bronze.batch + 1..=u64::MAX).cloned().collect();
        for manifest in not_landed {
            self.decode_and_land(&manifest).await?;
        }
        for files in batches {
            self.check_space(&files)?;
            let manifest = claim(&self.context, &self.table, files).await?;
            self.table.claimed.push(Arc::new(manifest.clone()));
            self.decode_and_land(&manifest).await?;
        }
        Ok(())
    }

    /// Merges exactly the files of a batch that silver has again. Commits only if that changes a row, which
    /// says that silver was not what the events make of it.
    ///
    /// # Errors
    /// [`RunError`] when there is no such batch, or one of its files is not what it was.
    pub(crate) async fn reprocess(&mut self, batch: u64) -> Result<BatchDone, RunError> {
        self.ensure_own()?;
        let TableContext { contract, .. } = &self.context;
        let (name, silver) = (&contract.name, &self.table.silver);
        if contract.apply.from_snapshot.is_some() {
            let message = format!("{name} is made of snapshots, of which one alone says nothing");
            return Err(RunError::input(message, "`sluice replay --full-refresh` rebuilds silver from all of them"));
        }
        let Some(manifest) = self.table.manifest(batch) else {
            let next = format!("`sluice batches {name}` lists the batches");
            return Err(RunError::not_found(format!("{name} has no batch {batch}"), next));
        };
        if self.table.skipped.contains(&batch) {
            let next = format!("`sluice batch release {name} {batch}` merges it");
            return Err(RunError::input(format!("Batch {batch} of {name} is skipped"), next));
        }
        if batch > silver.batch() || silver.is_of_other_contract(contract) {
            let message = format!("Silver of {name} does not have batch {batch} yet, or is of another contract");
            return Err(RunError::input(message, "Run `sluice replay` first"));
        }
        let merged = merge_again(&self.context, &self.table, manifest).await?;
        if merged.candidate.writes_nothing {
            merged.candidate.discard(&silver.store).await;
            let version = self.silver_version();
            return Ok(merged.summary.done(merged.candidate.ledger, version));
        }
        self.audit_and_publish(merged).await
    }

    /// Refuses to go on where decisions on single records are gone by which silver is made: what they kept out would come
    /// back.
    fn ensure_records_known(&self) -> Result<(), RunError> {
        if !self.table.has_lost_records() {
            return Ok(());
        }
        let name = &self.context.contract.name;
        let (decided, last) = (self.table.silver.decided, self.table.records.last());
        let message = format!(
            "Silver of {name} is made by {decided} decisions on single records, and the lake has {last} of them"
        );
        let next = format!(
            "Put _sluice/record_decisions/{}/{} back from a copy of the lake; `sluice replay --table {name} --full-refresh` \
             makes silver of all records as they were delivered",
            name.dataset, name.table
        );
        Err(RunError::input(message, next))
    }

    /// Batches that silver has and bronze has lost go to bronze again, before anything is made of bronze.
    ///
    /// # Errors
    /// If nothing says any more which files they had, or one of those cannot be read.
    async fn bring_bronze_back(&mut self) -> Result<(), RunError> {
        ensure_batches_known(&self.context, &self.table)?;
        let lost: Vec<BatchManifest> =
            self.table.manifests(self.table.bronze.batch + 1..=self.table.silver.batch()).cloned().collect();
        for manifest in lost {
            self.context.job.check()?;
            self.check_space(&manifest.files)?;
            self.decode_and_land(&manifest).await?;
        }
        Ok(())
    }

    fn check_space(&self, files: &[SourceFile]) -> Result<(), RunError> {
        let TableContext { lake, contract, .. } = &self.context;
        check_space(lake, contract, self.table.silver.snapshot.as_ref(), files, self.keep_free)
    }

    /// A claimed batch, from its files to silver. Why it is refused is kept.
    async fn finish_batch(&mut self, manifest: &BatchManifest) -> Result<BatchDone, RunError> {
        let done = Box::pin(self.take_to_silver(manifest)).await;
        keep_refusal(&self.context.lake, &self.context.contract.name, done).await
    }

    async fn take_to_silver(&mut self, manifest: &BatchManifest) -> Result<BatchDone, RunError> {
        let decoded = Box::pin(self.decode_and_land(manifest)).await?;
        self.adapt_silver().await?;
        // Bronze had lost it, silver has not.
        if self.table.silver.batch() >= manifest.batch {
            return Ok(BatchDone { silver_version: self.silver_version(), ..BatchDone::default() });
        }
        // Batches before it wait, or somebody decided something about it.
        let is_next = self.table.silver.batch() + 1 == manifest.batch;
        let is_decided = self.table.decisions.newest(manifest.batch).is_some();
        if !is_next || is_decided || self.table.has_decided_records(manifest.batch) {
            return Box::pin(self.merge_pending()).await;
        }
        let merged = Box::pin(merge(&mut self.context, &mut self.table, decoded)).await?;
        self.audit_and_publish(merged).await
    }

    async fn decode_and_land(&mut self, manifest: &BatchManifest) -> Result<DecodedBatch, RunError> {
        let left = if self.skip_missing { self.without_missing(manifest).await? } else { None };
        let manifest = left.as_ref().unwrap_or(manifest);
        let landed = Box::pin(land_in_parts(&mut self.context, &mut self.table, manifest)).await?;
        let mut decoded = match landed {
            Some(decoded) => decoded,
            None => {
                let mut decoded = decode_claimed(&mut self.context, &self.table.silver, manifest).await?;
                land(&self.context, &mut self.table.bronze, manifest, &mut decoded).await?;
                decoded
            }
        };
        // Bronze has them as they were delivered.
        self.table.leave_out_dropped(&self.context.contract, &mut decoded.records)?;
        Ok(decoded)
    }

    /// The batch without the files that are gone; `None` if all are there.
    async fn without_missing(&mut self, manifest: &BatchManifest) -> Result<Option<BatchManifest>, RunError> {
        let left = leave_out_missing(&self.context, manifest).await?;
        if let (Some(left), Some(claimed)) = (&left, self.table.claimed.iter_mut().find(|m| m.batch == manifest.batch))
        {
            *claimed = Arc::new(left.clone());
        }
        Ok(left)
    }

    /// The next batches in bronze, as one commit.
    pub(super) async fn merge_together(&mut self, lacking: RangeInclusive<u64>) -> Result<BatchDone, RunError> {
        let started = Instant::now();
        let mut decoded = loop {
            let decoded = decode_bronze(&mut self.context, &self.table, lacking.clone()).await?;
            let decoded_by = Arc::clone(&self.context.contract);
            self.adapt_silver().await?;
            if Arc::ptr_eq(&decoded_by, &self.context.contract) {
                let watermark = watermark(&decoded_by, &self.table.silver.store).await?;
                break decoded.without_late(&decoded_by, watermark)?;
            }
        };
        decoded.summary.started = started;
        let merged = Box::pin(merge(&mut self.context, &mut self.table, decoded)).await?;
        self.audit_and_publish(merged).await
    }

    /// Makes silver what the contract says, all of it if that is asked for.
    async fn renew_silver(&mut self, full_refresh: bool) -> Result<(), RunError> {
        let silver = &self.table.silver;
        if full_refresh && (silver.batch() > 0 || !silver.foreign.commits.is_empty()) {
            self.rebuild(true).await?;
        }
        self.adapt_silver().await
    }

    /// Makes silver what the contract says, with as little work as the change allows.
    async fn adapt_silver(&mut self) -> Result<(), RunError> {
        self.adapt_columns().await?;
        Box::pin(self.adapt_to_decisions()).await
    }

    async fn adapt_columns(&mut self) -> Result<(), RunError> {
        let TableState { bronze, silver, .. } = &self.table;
        match schema_change(&self.context.lake, &bronze.store, silver, &self.context.contract).await? {
            SchemaChange::Same => Ok(()),
            SchemaChange::Columns => {
                let files = silver.snapshot.as_ref().map(|snapshot| Arc::clone(&snapshot.files)).unwrap_or_default();
                let reached = Box::pin(self.ensure_as_previewed(&files, silver.batch())).await?;
                change_columns(&self.context.lake, &mut self.table.silver, &self.context.contract).await?;
                self.keep_reached(reached).await;
                Ok(())
            }
            SchemaChange::Rebuild if Box::pin(self.change_kept_rows()).await? => Ok(()),
            SchemaChange::Fill(columns) if Box::pin(self.fill_columns(&columns)).await? => Ok(()),
            // What was decided of a batch may take many rows.
            SchemaChange::Fill(_) | SchemaChange::Rebuild => self.rebuild(self.table.has_other_decisions()).await,
        }
    }

    /// Compares a version that has the batches up to one with the preview of the release, before it is visible.
    async fn ensure_as_previewed(&self, files: &[DataFile], batch: u64) -> Result<Option<ReachedTable>, RunError> {
        let (Some(previews), Some(base)) = (&self.previews, &self.table.silver.snapshot) else { return Ok(None) };
        let TableContext { lake, contract, job, .. } = &self.context;
        let mut snapshot = base.clone();
        snapshot.schema = Arc::new(silver_schema(contract));
        let version = SilverVersion { store: &self.table.silver.store, snapshot: &snapshot, files };
        let made_of = (self.table.included_in(0..=batch), &self.table.records);
        let found = previews.compare_silver(lake, contract, version, made_of).await?;
        let visible = self.silver_version().filter(|_| self.table.silver.batch() > 0);
        previews.ensure_as_previewed(lake, found, visible, job).await
    }

    /// Keeps what was found of the version that is visible now.
    async fn keep_reached(&self, reached: Option<ReachedTable>) {
        if let (Some(previews), Some(reached)) = (&self.previews, reached) {
            let reached = ReachedTable { version: self.silver_version(), ..reached };
            previews.keep(&self.context.lake, reached, &self.context.job).await;
        }
    }

    /// Computes silver again from bronze, batches up to the one it has, as one commit.
    pub(super) async fn rebuild(&mut self, asked_for: bool) -> Result<(), RunError> {
        let Some(merged) = Box::pin(merge_all_again(&mut self.context, &self.table, asked_for)).await? else {
            return Ok(());
        };
        let rows_before = self.silver_rows().unwrap_or_default();
        self.audit_and_publish(merged).await?;
        self.has_remade(SilverRemade::Rebuilt { rows_before, rows_after: self.silver_rows().unwrap_or_default() });
        self.know_fingerprint().await
    }

    /// Publishing what was tried promises its fingerprint, and is to be done in a moment however large the table is.
    pub(super) async fn know_fingerprint(&self) -> Result<(), RunError> {
        if let (Some(_), Some(snapshot)) = (self.context.lake.sandbox(), &self.table.silver.snapshot) {
            known_fingerprint(&self.table.silver.store, snapshot).await?;
        }
        Ok(())
    }

    /// The last two steps. If the audit refuses the batch, its files are discarded.
    pub(super) async fn audit_and_publish(&mut self, mut merged: Merged) -> Result<BatchDone, RunError> {
        let silver = &self.table.silver;
        let before = match self.audited.take() {
            // All its rows are new.
            _ if merged.candidate.add.len() == merged.candidate.files.len() => None,
            Some(before) => Some(before),
            None => Audited::of_version(&self.context.lake, silver, &self.context.contract).await,
        };
        let checks = match audit_merged(&self.context, silver, &merged, before.as_ref()).await {
            Ok(checks) => checks,
            Err(error) => {
                self.audited = before;
                merged.candidate.discard(&silver.store).await;
                return Err(error);
            }
        };
        merged.commit.info.audited = digest(&checks);
        let compared = Box::pin(self.ensure_as_previewed(&merged.candidate.files, merged.summary.batch)).await;
        let reached = match compared {
            Ok(reached) => reached,
            Err(error) => {
                self.audited = before;
                merged.candidate.discard(&self.table.silver.store).await;
                return Err(error);
            }
        };
        let done = publish(&self.context, &mut self.table.silver, merged).await?;
        self.keep_reached(reached).await;
        self.audited = done.silver_version.map(|version| Audited { version, checks });
        Ok(done)
    }
}
