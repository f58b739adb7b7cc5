//! The decoder process: it dies, hangs or asks for too much memory, and only its file is in quarantine.

#![cfg(unix)]

use anyhow::{Result, ensure};
use sluice_api::{ErrorCode, JobId, ReplaySummary};
use sluice_runner::{DecoderOptions, Job, ReplayOptions, replay};
use sluice_tests::{ShopLake, Stream, oracle, sluice_program};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A lake of Parquet files.
fn lake() -> Result<ShopLake> {
    let lake = ShopLake::of(Stream::DmsParquet)?;
    lake.deliver(1)?;
    Ok(lake)
}

/// A program that stands in for `sluice`.
fn script(lake: &ShopLake, text: &str) -> Result<PathBuf> {
    lake.write("decoder.sh", format!("#!/bin/sh\n{text}\n"))?;
    let path = lake.folder().join("decoder.sh");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755))?;
    Ok(path)
}

async fn replay_with(lake: &ShopLake, decoder: DecoderOptions) -> Result<ReplaySummary> {
    let set = lake.draft().await?;
    let options = ReplayOptions { decoder, ..ReplayOptions::default() };
    let engine = lake.host().engine().await?;
    Ok(replay(&lake.lake().await?, &engine, &set, &options, &Job::new(JobId(1), "test")).await?)
}

/// Every file of every table is in quarantine, and bronze knows its batch. A table may stop only where a
/// check of its contract asks for rows.
async fn ensure_crashed(lake: &ShopLake, summary: &ReplaySummary, reasons: &[&str]) -> Result<()> {
    for table in &summary.tables {
        let stopped = table.error.as_ref().is_some_and(|error| error.code != ErrorCode::Quality);
        ensure!(!stopped, "{} stopped: {:?}", table.table, table.error);
        let name = table.table.to_string();
        let rows = lake.quarantine(&name).await?.select(&["reason", "whole_file", "file"])?.rows;
        let crashed = |row: &Vec<Option<String>>| {
            row[0].as_deref().is_some_and(|reason| reasons.contains(&reason)) && row[1].as_deref() == Some("true")
        };
        ensure!(!rows.is_empty() && rows.iter().all(crashed), "{name}: {rows:?}");
        let files: Vec<_> = lake
            .lake()
            .await?
            .ledger()
            .batches(&table.table)
            .await?
            .into_iter()
            .flat_map(|b| b.files.clone())
            .collect();
        ensure!(files.len() == rows.len(), "{name}: {} files, {} in quarantine", files.len(), rows.len());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn files_decoded_by_the_worker_are_as_decoded_here() -> Result<()> {
    let (here, worker, missing) = (lake()?, lake()?, lake()?);
    replay_with(&here, DecoderOptions { program: None, ..DecoderOptions::default() }).await?;
    let expected = here.fingerprints().await?;

    let sluice = sluice_program()?;
    let program =
        script(&worker, &format!("echo \"$@\" >> \"$(dirname \"$0\")/calls\"\nexec {} \"$@\"", sluice.display()))?;
    replay_with(&worker, DecoderOptions { program: Some(program), ..DecoderOptions::default() }).await?;
    ensure!(worker.fingerprints().await? == expected, "the worker decodes something else");
    for table in worker.compare(&oracle(1)).await? {
        ensure!(table.is_equal(), "{table:?}");
    }
    let calls = std::fs::read_to_string(worker.folder().join("calls"))?;
    let tables = worker.draft().await?.contracts.len();
    ensure!(calls == "decode-worker\n".repeat(tables), "one worker for every table: {calls}");

    let nowhere = Some(missing.folder().join("no-such-program"));
    replay_with(&missing, DecoderOptions { program: nowhere, ..DecoderOptions::default() }).await?;
    ensure!(missing.fingerprints().await? == expected, "without a worker the files are decoded here");

    // The program was replaced while this one runs.
    let replaced = lake()?;
    let hello = r#"{"version":"0.0.1","form":1}"#;
    let length = hello.len();
    let other =
        script(&replaced, &format!("printf '\\{length:03o}\\0\\0\\0\\0\\0\\0\\0%s' '{hello}'\nexec sleep 600"))?;
    replay_with(&replaced, DecoderOptions { program: Some(other), ..DecoderOptions::default() }).await?;
    ensure!(replaced.fingerprints().await? == expected, "a worker of another version is not asked");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_dies_costs_its_file() -> Result<()> {
    let lake = lake()?;
    let program = Some(script(&lake, "kill -9 $$")?);
    let summary = replay_with(&lake, DecoderOptions { program, ..DecoderOptions::default() }).await?;
    ensure_crashed(&lake, &summary, &["DECODER_CRASHED"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_hangs_is_killed() -> Result<()> {
    let lake = lake()?;
    let program = Some(script(&lake, "exec sleep 600")?);
    let deadline = Duration::from_millis(100);
    let begun = Instant::now();
    let summary = replay_with(&lake, DecoderOptions { program, deadline, ..DecoderOptions::default() }).await?;
    ensure!(begun.elapsed() < Duration::from_secs(30), "it took {} s", begun.elapsed().as_secs());
    ensure_crashed(&lake, &summary, &["DECODER_CRASHED"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_may_not_take_all_memory() -> Result<()> {
    let lake = lake()?;
    // Less than its own program has mapped, so the first larger allocation ends it.
    let options =
        DecoderOptions { program: Some(sluice_program()?), memory_bytes: 1 << 20, ..DecoderOptions::default() };
    let summary = replay_with(&lake, options).await?;
    // Some files are refused by the reader, which was not given memory, before the program ends.
    ensure_crashed(&lake, &summary, &["DECODER_CRASHED", "UNREADABLE_FILE"]).await
}
