//! Replays tables: what the window, the command line and the runner all call.

use super::replay_options::ReplayOptions;
use super::replay_table::{replay_table, reprocess_table};
use crate::contract_set::ContractSet;
use crate::gold::{GoldRefresh, refresh_gold};
use crate::quality::{evaluate_foreign_keys_again, parents_first};
use crate::support::elapsed::elapsed_ms;
use crate::{Job, RunError};
use futures::StreamExt;
use futures::future::LocalBoxFuture;
use sluice_api::{GoldFailure, ReplaySummary, TableReplay};
use sluice_contract::TableName;
use sluice_lake::Lake;
use sluice_query::QueryEngine;
use std::time::Instant;

/// Replays. An error of one table is in its [`TableReplay`] and stops no other, one of a model likewise.
///
/// # Errors
/// When a named table has no contract, or the lake cannot be written.
///
/// Boxed, so that its code is compiled here once and not in every program that waits for it.
pub fn replay<'a>(
    lake: &'a Lake,
    engine: &'a QueryEngine,
    set: &'a ContractSet,
    options: &'a ReplayOptions,
    job: &'a Job,
) -> LocalBoxFuture<'a, Result<ReplaySummary, RunError>> {
    Box::pin(replay_tables(lake, engine, set, options, job))
}

async fn replay_tables(
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
        lake.objects().ensure_writable().await?;
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
        GoldRefresh::default()
    } else {
        let left_out = options.left_out_models.union(&options.unpublished.models).cloned().collect();
        let gold = refresh_gold(lake, engine, set, &left_out, options.previews.as_deref(), job).await;
        evaluate_foreign_keys_again(lake, engine, set, job).await;
        gold?
    };
    let GoldRefresh { done: gold, failed: mut gold_failed } = gold;
    gold_failed.extend(options.unpublished.models.iter().filter_map(|model| {
        let error = options.unpublished.refuse(model)?.to_api();
        Some(GoldFailure { model: model.clone(), error })
    }));
    let (dry_run, left_out) = (options.limits.dry_run, set.problems.clone());
    Ok(ReplaySummary { tables, gold, gold_failed, elapsed_ms: elapsed_ms(started), dry_run, left_out })
}

/// Reprocesses exactly the files of a batch, for looking into it. Everything of them that silver has is counted as
/// superseded, so nothing changes; if silver lacks something, it is applied.
///
/// # Errors
/// When there is no such batch or contract, a file is not what it was, or silver refuses.
pub fn replay_batch<'a>(
    lake: &'a Lake,
    engine: &'a QueryEngine,
    set: &'a ContractSet,
    table: &'a TableName,
    batch: u64,
    job: &'a Job,
) -> LocalBoxFuture<'a, Result<TableReplay, RunError>> {
    Box::pin(async move {
        let contract = set.contract(table)?;
        lake.objects().ensure_writable().await?;
        reprocess_table(lake, engine, &contract, batch, job).await
    })
}
