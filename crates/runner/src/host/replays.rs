//! Batches of a table, and starting a replay.

use super::batch_decisions::Decided;
use super::holding_decisions::Holding;
use super::table_view::entry_counters;
use super::{Host, OpenLake};
use crate::contract_set::ContractSet;
use crate::pipeline::release_rule::Unpublished;
use crate::pipeline::source_files::{BatchBounds, into_batches, new_files};
use crate::pipeline::source_listing::Look;
use crate::silver::Silver;
use crate::{Job, ReplayOptions, RunError, replay, replay_batch};
use sluice_api::{
    Answer, BatchState, BatchView, GoldCounter, JobId, JobKind, Layer, ReplaySummary, ReplayView, TableName,
    TableReplay, ask,
};
use sluice_lake::{AppId, HistoryEntry, Operation, TableLocation};
use std::collections::BTreeMap;

/// Commits looked at for the batches.
const HISTORY_MAX: usize = 100_000;

impl Answer<ask::StartReplay> for Host {
    async fn answer(&self, request: ask::StartReplay) -> Result<ReplaySummary, RunError> {
        let ask::StartReplay { job, tables, limits } = request;
        let open = self.opened().await?;
        let title = match tables.as_slice() {
            [] => "Replay all tables".to_owned(),
            [table] => format!("Replay {table}"),
            several => format!("Replay {} tables", several.len()),
        };
        let failure = |summary: &ReplaySummary| summary.first_error().cloned();
        let work = async |job: &Job| {
            // Where there is a release a run decides, and publishing brings it into effect.
            if !limits.dry_run && sluice_publish::current(&open.lake).await?.is_none() {
                open.decide_by_policy(job).await;
            }
            let set = ContractSet::draft(&open.lake).await?;
            let lease_wait = limits.lease_wait;
            // A dry run writes nothing.
            let unpublished =
                if limits.dry_run { Unpublished::default() } else { Unpublished::of(&open.lake, &set).await? };
            let options = ReplayOptions { tables, limits, lease_wait, unpublished, ..ReplayOptions::default() };
            replay(&open.lake, &open.engine, &set, &options, job).await
        };
        self.as_job(job, JobKind::Replay, title, failure, work).await
    }
}

impl Answer<ask::ReprocessBatch> for Host {
    async fn answer(&self, request: ask::ReprocessBatch) -> Result<TableReplay, RunError> {
        let ask::ReprocessBatch { job, table, batch } = request;
        let open = self.opened().await?;
        let title = format!("Reprocess batch {batch} of {table}");
        let failure = |replayed: &TableReplay| replayed.error.clone();
        let work = async |job: &Job| {
            let set = ContractSet::draft(&open.lake).await?;
            if let Some(refused) = Unpublished::of(&open.lake, &set).await?.refuse(&table) {
                return Err(refused);
            }
            replay_batch(&open.lake, &open.engine, &set, &table, batch, job).await
        };
        self.as_job(job, JobKind::Reprocess, title, failure, work).await
    }
}

impl Answer<ask::Replay> for Host {
    async fn answer(&self, request: ask::Replay) -> Result<ReplayView, RunError> {
        let open = self.opened().await?;
        let job = self.jobs.working_on(&request.table.to_string());
        open.replay_view(&request.table, request.max_files, job).await
    }
}

impl OpenLake {
    /// Batches of a table. Those that wait are cut by the functions and the bound with which a replay cuts them.
    pub(super) async fn replay_view(
        &self,
        table: &TableName,
        max_files: Option<u64>,
        job: Option<JobId>,
    ) -> Result<ReplayView, RunError> {
        let set = ContractSet::draft(&self.lake).await?;
        let contract = set.contract(table)?;
        let manifests = self.lake.ledger().batches(table).await?;
        let bronze = by_batch(&self.history(TableLocation::Bronze(table.clone())).await?, &AppId::bronze(table));
        let silver_history = self.history(TableLocation::Silver(table.clone())).await?;
        let silver = by_batch(&silver_history, &AppId::silver(table));
        // What was taken over from a sandbox is in no commit of a batch.
        let now = Silver::open_to_look(&self.lake, table).await?.batch();
        let in_silver = silver.keys().max().copied().unwrap_or(0).max(now);
        let decided = Decided::of(&self.lake, &contract).await?;
        let of_records = self.lake.ledger().record_decisions(table).await?;
        let holding = Holding::of(&of_records);
        let mut batches = Vec::new();
        let mut held = None;
        for manifest in &manifests {
            let (landed, merged) = (bronze.get(&manifest.batch), silver.get(&manifest.batch));
            let span = merged.and_then(|entry| entry.info.span.clone());
            let committed = manifest.batch <= in_silver;
            let refusal = match committed {
                true => None,
                false => decided.refusal(&self.lake, table, manifest.batch).await?,
            };
            let waits_for = held.filter(|_| !committed && refusal.is_none());
            held = held.or(refusal.as_ref().filter(|refusal| refusal.is_held()).map(|refusal| refusal.batch));
            let merged_with = silver.range(manifest.batch + 1..).next().map(|(batch, _)| *batch);
            let planned = refusal.as_ref().and_then(|refusal| refusal.counters);
            batches.push(BatchView {
                batch: manifest.batch,
                state: if committed { BatchState::Committed } else { BatchState::Pending },
                files: manifest.files.iter().map(|file| file.path.clone()).collect(),
                bytes: manifest.files.iter().map(|file| file.size).sum(),
                source_time_ms: span.as_ref().and_then(|span| span.newest_ms),
                elapsed_ms: span.as_ref().map(|span| span.elapsed_ms),
                sequence: span.and_then(|span| span.first.zip(span.last)),
                bronze_version: landed.map(|entry| entry.version),
                bronze_rows: landed.and_then(|entry| entry.info.rows),
                silver_version: merged.map(|entry| entry.version),
                counters: merged.and_then(entry_counters).or(planned),
                merged_with: merged_with.filter(|_| committed && merged.is_none()),
                refusal,
                decisions: decided.views(manifest.batch),
                is_skipped: decided.is_skipped(manifest.batch),
                records: holding.of_batch(manifest.batch),
                waits_for,
                reasons: merged.or(landed).map(reasons).unwrap_or_default(),
            });
        }
        let next = manifests.last().map_or(1, |manifest| manifest.batch + 1);
        let files = new_files(&self.lake, &contract, &manifests, Look::AsDue).await?.files;
        let planned = into_batches(&self.lake, &contract, files, BatchBounds::new(max_files, None)).await?;
        for (batch, files) in (next..).zip(planned) {
            batches.push(BatchView {
                batch,
                state: BatchState::Planned,
                bytes: files.iter().map(|file| file.size).sum(),
                files: files.into_iter().map(|file| file.path).collect(),
                source_time_ms: None,
                sequence: None,
                bronze_version: None,
                bronze_rows: None,
                silver_version: None,
                counters: None,
                merged_with: None,
                refusal: None,
                decisions: Vec::new(),
                is_skipped: false,
                records: Vec::new(),
                waits_for: held,
                reasons: Vec::new(),
                elapsed_ms: None,
            });
        }
        Ok(ReplayView {
            table: table.clone(),
            batches,
            gold: self.gold_of(&set, table).await?,
            job,
            sla: contract.sla.clone(),
        })
    }

    async fn history(&self, location: TableLocation) -> Result<Vec<HistoryEntry>, RunError> {
        let store = self.lake.table(location);
        match store.snapshot(None).await? {
            Some(_) => Ok(store.history(HISTORY_MAX).await?),
            None => Ok(Vec::new()),
        }
    }

    /// Gold models that read the table.
    async fn gold_of(&self, set: &ContractSet, table: &TableName) -> Result<Vec<GoldCounter>, RunError> {
        let mut counters = Vec::new();
        for model in &set.models {
            let reads = self.engine.tables_in(&model.sql);
            if !reads.iter().any(|read| read.layer == Layer::Silver && read.name == *table) {
                continue;
            }
            let store = self.lake.table(TableLocation::Gold(model.name.clone()));
            if let Some(snapshot) = store.snapshot(None).await? {
                let model = model.name.table.clone();
                counters.push(GoldCounter { model, rows: snapshot.rows(), version: snapshot.version });
            }
        }
        Ok(counters)
    }
}

/// Newest commit of every batch. Rebuilds, compactions and reprocessed batches are numbered by applications of
/// their own, so their numbers are no batches.
fn by_batch(history: &[HistoryEntry], batches: &AppId) -> BTreeMap<u64, HistoryEntry> {
    let mut found = BTreeMap::new();
    let is_batch = |entry: &&HistoryEntry| match &entry.info.app_id {
        Some(app) => app == batches,
        None => entry.operation != Operation::Rebuild,
    };
    for entry in history.iter().filter(is_batch) {
        if let Some(batch) = entry.info.batch {
            found.entry(batch).or_insert_with(|| entry.clone());
        }
    }
    found
}

fn reasons(entry: &HistoryEntry) -> Vec<(String, u64)> {
    entry.info.reasons.iter().flatten().map(|(reason, count)| (reason.clone(), *count)).collect()
}
