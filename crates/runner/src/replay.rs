//! Replays tables: what the window, the command line and the runner all call.

use crate::contract_set::ContractSet;
use crate::decoder::{Decoder, DecoderOptions};
use crate::gold::refresh_gold;
use crate::quality::{evaluate_foreign_keys_again, parents_first};
use crate::source_files::BatchBounds;
use crate::table_run::{BatchDone, TableRun};
use crate::{Job, RunError};
use futures::StreamExt;
use sluice_api::{Counters, ReplayLimits, ReplaySummary, TableReplay};
use sluice_change::{RowLedger, SourceFile};
use sluice_contract::{Contract, TableName};
use sluice_lake::Lake;
use sluice_query::QueryEngine;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What to replay, and how.
#[derive(Clone, Debug, Default)]
pub struct ReplayOptions {
    /// Tables, all of the contract set if empty.
    pub tables: Vec<TableName>,
    /// Bounds.
    pub limits: ReplayLimits,
    /// Tables at the same time; 0 means 2.
    pub concurrency: usize,
    /// How long to wait for another writer of a table; `None` means [`LEASE_WAIT_DEFAULT`].
    pub lease_wait: Option<Duration>,
    /// Where files of binary formats are decoded.
    pub decoder: DecoderOptions,
}

/// How long a replay waits for another writer of a table when the caller does not say. Longer than the
/// silence after which a dead writer is taken over.
pub const LEASE_WAIT_DEFAULT: Duration = Duration::from_secs(30);

/// Replays. An error of one table is in its [`TableReplay`] and stops no other.
///
/// # Errors
/// When a named table has no contract, the lake can not be written, or gold can not be built.
pub async fn replay(
    lake: &Lake,
    engine: &QueryEngine,
    set: &ContractSet,
    options: &ReplayOptions,
    job: &Job,
) -> Result<ReplaySummary, RunError> {
    let started = Instant::now();
    let mut contracts = Vec::new();
    if options.tables.is_empty() {
        contracts.extend(set.contracts.values().filter(|contract| contract.source.is_some()).cloned());
    }
    for name in &options.tables {
        contracts.push(set.contract(name)?);
    }
    if !options.limits.dry_run {
        lake.ensure_writable().await?;
    }
    let concurrency = if options.concurrency == 0 { 2 } else { options.concurrency };
    let mut tables: Vec<TableReplay> = Vec::new();
    for group in parents_first(contracts) {
        let runs = group.into_iter().map(|contract| replay_table(lake, engine, contract, options, job));
        let done: Vec<_> = futures::stream::iter(runs).buffer_unordered(concurrency).collect().await;
        tables.extend(done);
    }
    tables.sort_by(|a, b| a.table.cmp(&b.table));
    let gold = if options.limits.dry_run || job.is_cancelled() {
        Vec::new()
    } else {
        let gold = refresh_gold(lake, engine, &set.models, job).await;
        evaluate_foreign_keys_again(lake, engine, set, job).await;
        gold?
    };
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(ReplaySummary { tables, gold, elapsed_ms, dry_run: options.limits.dry_run })
}

/// Takes exactly the files of a batch to silver again, for looking into it. Everything of them that
/// silver has is counted as superseded, so nothing changes; if silver lacks something, it is applied.
///
/// # Errors
/// When there is no such batch or contract, a file is not what it was, or silver refuses.
pub async fn replay_batch(
    lake: &Lake,
    engine: &QueryEngine,
    set: &ContractSet,
    table: &TableName,
    batch: u64,
    job: &Job,
) -> Result<TableReplay, RunError> {
    let contract = set.contract(table)?;
    lake.ensure_writable().await?;
    let decoder = Decoder::new(DecoderOptions::default());
    let mut turn = lake.turn(table).await?;
    let done = loop {
        let mut run = TableRun::open(lake, &contract, engine, job, &decoder).await?;
        if let Some(turn) = turn
            && let Some(lease) = lake.take_lease(table, turn).await?
        {
            run.fence(&lease);
            let done = run.again(batch).await;
            if let Err(error) = lease.release().await {
                job.log(format!("{table}: the lease was not released, others wait a moment for it: {error}"));
            }
            break done?;
        }
        let waits = |holder: &sluice_lake::Holder| job.log(format!("{table}: waits for {holder}"));
        turn = Some(lake.wait_for_turn(table, LEASE_WAIT_DEFAULT, waits).await?);
    };
    Ok(TableReplay {
        table: table.clone(),
        batches: 1,
        files: done.files,
        counters: counters(&done.ledger),
        silver_version: done.silver_version,
        reasons: done.reasons.into_iter().collect(),
        error: None,
    })
}

async fn replay_table(
    lake: &Lake,
    engine: &QueryEngine,
    contract: Arc<Contract>,
    options: &ReplayOptions,
    job: &Job,
) -> TableReplay {
    let mut report = Report {
        replay: TableReplay {
            table: contract.name.clone(),
            batches: 0,
            files: 0,
            counters: Counters::default(),
            silver_version: None,
            reasons: Vec::new(),
            error: None,
        },
        reasons: BTreeMap::new(),
    };
    let name = contract.name.to_string();
    let result = run_table(lake, engine, &contract, options, job, &mut report).await;
    let Report { mut replay, reasons } = report;
    let quarantined: u64 = reasons.values().sum();
    replay.reasons = reasons.into_iter().collect();
    replay.error = result.err().map(|error| error.to_api());
    job.progress(&name, |progress| {
        progress.note = match &replay.error {
            Some(error) if error.code == sluice_api::ErrorCode::Cancelled => "cancelled".to_owned(),
            Some(_) => "stopped".to_owned(),
            None if quarantined > 0 => format!("done, {quarantined} in quarantine"),
            None => "done".to_owned(),
        };
    });
    match &replay.error {
        Some(error) => job.log(format!("{name}: {error}")),
        None => job.log(format!("{name}: {} batches, {} files", replay.batches, replay.files)),
    }
    replay
}

struct Report {
    replay: TableReplay,
    reasons: BTreeMap<String, u64>,
}

impl Report {
    fn add(&mut self, done: &BatchDone) {
        self.replay.files += done.files;
        self.replay.counters.add(&counters(&done.ledger));
        for (reason, count) in &done.reasons {
            *self.reasons.entry(reason.clone()).or_default() += count;
        }
    }
}

async fn run_table(
    lake: &Lake,
    engine: &QueryEngine,
    contract: &Arc<Contract>,
    options: &ReplayOptions,
    job: &Job,
    report: &mut Report,
) -> Result<(), RunError> {
    let name = contract.name.to_string();
    job.progress(&name, |progress| "opening".clone_into(&mut progress.note));
    let decoder = Decoder::new(options.decoder.clone());
    let mut turn = if options.limits.dry_run { None } else { lake.turn(&contract.name).await? };
    loop {
        let mut run = TableRun::open(lake, contract, engine, job, &decoder).await?;
        report.replay.silver_version = run.silver_version();
        let batches = planned(&run, &options.limits).await?;
        if options.limits.dry_run {
            let done = run.dry_run(batches.into_iter().flatten().collect()).await?;
            report.replay.batches = u64::from(done.files > 0);
            report.add(&done);
            return Ok(());
        }
        if batches.is_empty() && !options.limits.full_refresh && !run.is_behind() {
            return Ok(());
        }
        if let Some(turn) = turn
            && let Some(lease) = lake.take_lease(&contract.name, turn).await?
        {
            run.fence(&lease);
            run.keep_free(options.limits.keep_free_bytes);
            let worked = work(&mut run, batches, options.limits.full_refresh, job, report).await;
            if let Err(error) = lease.release().await {
                job.log(format!("{name}: the lease was not released, others wait a moment for it: {error}"));
            }
            return worked;
        }
        // There is work, and somebody else is at it: what was read above is made again in one's turn.
        let wait = options.lease_wait.unwrap_or(LEASE_WAIT_DEFAULT);
        let seen = lake.wait_for_turn(&contract.name, wait, |holder| {
            job.log(format!("{name}: waits for {holder}"));
            job.progress(&name, |progress| progress.note = format!("waits for {holder}"));
        });
        turn = Some(seen.await?);
    }
}

/// New files in batches, as many as the limits allow.
async fn planned(run: &TableRun, limits: &ReplayLimits) -> Result<Vec<Vec<SourceFile>>, RunError> {
    let mut batches = run.planned(BatchBounds::new(limits.max_files, limits.max_bytes)).await?;
    if let Some(most) = limits.batches {
        batches.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    }
    Ok(batches)
}

/// Everything that an earlier run began, then the batches.
async fn work(
    run: &mut TableRun,
    batches: Vec<Vec<SourceFile>>,
    full_refresh: bool,
    job: &Job,
    report: &mut Report,
) -> Result<(), RunError> {
    let name = report.replay.table.to_string();
    let total: u64 = batches.iter().map(|files| files.len() as u64).sum();
    job.progress(&name, |progress| {
        progress.total = total;
        "running".clone_into(&mut progress.note);
    });
    let caught_up = match run.catch_up(full_refresh).await {
        // A batch that was refused stays pending and is tried again with the next one.
        Err(RunError::Refused { .. }) if !batches.is_empty() && !run.needs_rebuild() => BatchDone::default(),
        other => other?,
    };
    if caught_up.files > 0 {
        report.replay.batches += 1;
        report.add(&caught_up);
    }
    report.replay.silver_version = run.silver_version();
    for files in batches {
        job.check()?;
        let done = run.next_batch(files).await?;
        report.replay.batches += 1;
        report.add(&done);
        report.replay.silver_version = done.silver_version;
        job.progress(&name, |progress| {
            progress.done += done.files;
            progress.rows += done.ledger.rows_in;
        });
    }
    Ok(())
}

/// The ledger as the screens see it.
pub(crate) fn counters(ledger: &RowLedger) -> Counters {
    Counters {
        rows_in: ledger.rows_in,
        inserted: ledger.inserted,
        updated: ledger.updated,
        deleted: ledger.deleted,
        delete_of_absent: ledger.delete_of_absent,
        unchanged: ledger.unchanged,
        superseded: ledger.superseded,
        duplicate: ledger.duplicate,
        tombstone_blocked: ledger.tombstone_blocked,
        quarantined: ledger.quarantined,
        ties: ledger.ties,
        truncates: ledger.truncates,
        truncated_rows: ledger.truncated_rows,
        split_rows: ledger.split_rows,
        late_applied_to_history: ledger.late_applied_to_history,
        revived: ledger.revived,
        stale_ignored: ledger.stale_ignored,
        absent_filled: ledger.absent_filled,
        absent_unfilled: ledger.absent_unfilled,
        silver_before: ledger.silver_before,
        silver_after: ledger.silver_after,
    }
}
