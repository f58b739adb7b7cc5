//! Files of a lake that somebody deleted: made again where the tables' logs prove what they were, else a stop with the
//! way on.

use anyhow::{Context, Result, ensure};
use sluice_api::{ApiError, Health, Layer, ReplayLimits, TableSummary, ask};
use sluice_contract::TableName;
use sluice_lake::BatchManifest;
use sluice_tests::TestLake;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

const CONTRACT: &str = "dataset: \"shop.orders\"\nsource: {path: \"landing/orders/\", format: debezium_json}\n\
schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: status, type: string}\n";

fn event(op: &str, id: u64, position: u64) -> String {
    let row = format!("{{\"id\":{id},\"status\":\"s{position}\"}}");
    let (before, after) = if op == "d" { (row.as_str(), "null") } else { ("null", row.as_str()) };
    format!("{{\"op\":\"{op}\",\"before\":{before},\"after\":{after},\"source\":{{\"lsn\":{position}}}}}\n")
}

/// Three batches; the last one deletes row 1.
async fn three_batches() -> Result<(TempDir, TestLake, BTreeMap<String, String>)> {
    let folder = tempfile::Builder::new().prefix("sluice-lost-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", CONTRACT)?;
    lake.write("landing/orders/1.json", event("c", 1, 10) + &event("c", 2, 20))?;
    lake.write("landing/orders/2.json", event("u", 2, 30))?;
    lake.write("landing/orders/3.json", event("d", 1, 40))?;
    let replayed = lake.replay_by(1).await?;
    ensure!(replayed.tables[0].error.is_none() && replayed.tables[0].batches == 3, "{replayed:?}");
    let hashes = lake.fingerprints().await?;
    Ok((folder, lake, hashes))
}

fn orders() -> Result<TableName> {
    "shop.orders".parse().map_err(anyhow::Error::msg)
}

/// What a new process says that stops the table, and how many files it took.
async fn replay(lake: &TestLake, limits: ReplayLimits) -> Result<(u64, Option<ApiError>)> {
    let done = TestLake::at(lake.folder()).replay_within(limits).await?.tables.remove(0);
    Ok((done.files, done.error))
}

/// The line of silver in the overview, as a new process sees it.
async fn silver(lake: &TestLake) -> Result<TableSummary> {
    let view = TestLake::at(lake.folder()).host().call(ask::Lake {}).await?;
    view.tables.into_iter().find(|found| found.table.layer == Layer::Silver).context("silver")
}

/// The table is as before, takes a late event of a deleted row for late, and takes a new file.
async fn goes_on(lake: &TestLake, before: &BTreeMap<String, String>, taken_again: u64) -> Result<()> {
    let (files, error) = replay(lake, ReplayLimits::default()).await?;
    ensure!(error.is_none() && files == taken_again, "{files} files: {error:?}");
    ensure!(TestLake::at(lake.folder()).fingerprints().await? == *before, "silver is as before");
    lake.write("landing/orders/4.json", event("u", 1, 35) + &event("c", 9, 90))?;
    let (files, error) = replay(lake, ReplayLimits::default()).await?;
    ensure!(error.is_none() && files == 1, "{files} files: {error:?}");
    let table = sluice_api::TableRef { layer: Layer::Silver, name: orders()? };
    let mut rows = TestLake::at(lake.folder()).rows(&table).await?.select(&["id"])?.rows;
    rows.sort();
    let ids: Vec<_> = rows.into_iter().map(|row| row[0].clone().unwrap_or_default()).collect();
    ensure!(ids == ["2", "9"], "{ids:?}");
    Ok(())
}

fn remove(folder: &Path, path: &str) -> Result<()> {
    let path = folder.join(path);
    let removed = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
    removed.with_context(|| format!("cannot remove {}", path.display()))
}

#[tokio::test(flavor = "multi_thread")]
async fn manifests_are_made_again_from_bronze() -> Result<()> {
    let manifest = |batch: u64| format!("_sluice/batches/shop/orders/{batch:020}.json");
    for lost in [vec![manifest(3)], vec![manifest(2)], vec!["_sluice/batches".to_owned()]] {
        let (folder, lake, before) = three_batches().await?;
        let manifests = lake.lake().await?.ledger().batches(&orders()?).await?;
        for path in &lost {
            remove(folder.path(), path)?;
        }
        goes_on(&lake, &before, 0).await.with_context(|| format!("{lost:?}"))?;
        let now = TestLake::at(lake.folder()).lake().await?.ledger().batches(&orders()?).await?;
        let files = |manifests: &[Arc<BatchManifest>]| -> Vec<_> {
            manifests.iter().take(3).map(|m| (m.batch, m.files.clone(), m.contents.clone())).collect()
        };
        ensure!(files(&now) == files(&manifests), "{lost:?}: {now:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_without_its_own_folder_is_as_before() -> Result<()> {
    let (folder, lake, before) = three_batches().await?;
    remove(folder.path(), "_sluice")?;
    goes_on(&lake, &before, 0).await
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_changed_since_their_manifest_was_lost_come_again() -> Result<()> {
    let (folder, lake, before) = three_batches().await?;
    remove(folder.path(), "_sluice/batches")?;
    // Longer than it was: what the manifest said cannot be proven. Its events are known already.
    lake.write("landing/orders/2.json", event("u", 2, 30) + &event("u", 2, 30))?;
    goes_on(&lake, &before, 1).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_entry_of_bronze_is_made_again() -> Result<()> {
    let (folder, lake, before) = three_batches().await?;
    remove(folder.path(), &format!("bronze/shop/orders/_delta_log/{:020}.json", 3))?;
    goes_on(&lake, &before, 0).await
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_that_nobody_wrote_are_errors_that_name_their_file() -> Result<()> {
    for (place, number) in [("batches", u64::MAX), ("batches", 1 << 40), ("leases", u64::MAX)] {
        let (_folder, lake, _) = three_batches().await?;
        let path = format!("_sluice/{place}/shop/orders/{number:020}.json");
        lake.write(&path, "{}")?;
        lake.write("landing/orders/4.json", event("c", 4, 50))?;
        let done = TestLake::at(lake.folder()).replay().await?.tables.remove(0);
        let error = done.error.with_context(|| format!("{path} stops the table"))?;
        ensure!(error.message.contains(&format!("{number:020}.json")), "{path}: {error}");
        ensure!(!error.next.is_empty(), "{path}: {error}");
        let silver = silver(&lake).await?;
        ensure!(silver.health == Health::Fail, "{path}: {silver:?}");
        if place == "leases" {
            let note = silver.note.unwrap_or_default();
            ensure!(note.contains(&format!("{number:020}.json")) && note.contains("move the file away"), "{note}");
        }
    }
    Ok(())
}

/// A batch of two files is claimed, then one of them is deleted.
async fn one_file_of_a_claimed_batch_is_gone() -> Result<(TempDir, TestLake)> {
    let (folder, lake, _) = three_batches().await?;
    lake.write("landing/orders/4.json", event("c", 4, 50))?;
    lake.write("landing/orders/5.json", event("c", 5, 60))?;
    let open = lake.lake().await?;
    let mut files = open.objects().list("landing/orders").await?;
    files.retain(|file| file.path.ends_with("4.json") || file.path.ends_with("5.json"));
    let contents = open.ledger().contents(&files).await?;
    let manifest =
        BatchManifest { batch: 4, files, contract_hash: String::new(), contents, backfill: None, source: None };
    let _ = open.ledger().claim_batch(&orders()?, &manifest).await?;
    remove(folder.path(), "landing/orders/4.json")?;
    Ok((folder, lake))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_gone_before_it_was_read_is_named_and_can_be_left_out() -> Result<()> {
    let (_folder, lake) = one_file_of_a_claimed_batch_is_gone().await?;
    let (_, error) = replay(&lake, ReplayLimits::default()).await?;
    let error = error.context("the table stops")?;
    for part in ["landing/orders/4.json", "batch 4", "--skip-missing"] {
        ensure!(error.to_string().contains(part), "{part} is not in: {error}");
    }
    let skip = ReplayLimits { skip_missing: true, ..ReplayLimits::default() };
    let (files, error) = replay(&lake, skip).await?;
    ensure!(error.is_none() && files == 1, "{files} files: {error:?}");
    let (files, error) = replay(&lake, ReplayLimits::default()).await?;
    ensure!(error.is_none() && files == 0, "it is finished: {files} files: {error:?}");
    let left_out = silver(&lake).await?;
    let note = left_out.note.unwrap_or_default();
    ensure!(left_out.health == Health::Warn && note.contains("1 file left out"), "{note}");
    ensure!(note.contains("landing/orders/4.json"), "{note}");

    // Found again, it is taken.
    lake.write("landing/orders/4.json", event("c", 4, 50))?;
    let (files, error) = replay(&lake, ReplayLimits::default()).await?;
    ensure!(error.is_none() && files == 1, "{files} files: {error:?}");
    let whole = silver(&lake).await?;
    ensure!(whole.health == Health::Ok, "{whole:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lost_bronze_had_and_nobody_has_any_more_stays_named() -> Result<()> {
    let (folder, lake, before) = three_batches().await?;
    remove(folder.path(), "bronze")?;
    remove(folder.path(), "landing/orders/2.json")?;
    let (_, error) = replay(&lake, ReplayLimits::default()).await?;
    let error = error.context("the table stops")?.to_string();
    ensure!(error.contains("landing/orders/2.json") && error.contains("--skip-missing"), "{error}");
    let skip = ReplayLimits { skip_missing: true, ..ReplayLimits::default() };
    let (_, error) = replay(&lake, skip).await?;
    ensure!(error.is_none(), "{error:?}");
    ensure!(TestLake::at(lake.folder()).fingerprints().await? == before, "silver has its rows still");
    for _ in 0..2 {
        let found = silver(&lake).await?;
        let note = found.note.unwrap_or_default();
        ensure!(found.health == Health::Warn && note.contains("landing/orders/2.json"), "{note}");
        replay(&lake, ReplayLimits::default()).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_delivered_again_finishes_its_batch() -> Result<()> {
    let (_folder, lake) = one_file_of_a_claimed_batch_is_gone().await?;
    ensure!(replay(&lake, ReplayLimits::default()).await?.1.is_some());
    lake.write("landing/orders/4.json", event("c", 4, 50))?;
    let (files, error) = replay(&lake, ReplayLimits::default()).await?;
    ensure!(error.is_none() && files == 2, "{files} files: {error:?}");
    Ok(())
}

fn full() -> ReplayLimits {
    ReplayLimits { full_refresh: true, ..ReplayLimits::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_refresh_brings_bronze_back_first() -> Result<()> {
    let (folder, lake, before) = three_batches().await?;
    remove(folder.path(), "bronze")?;
    let (_, error) = replay(&lake, full()).await?;
    ensure!(error.is_none(), "{error:?}");
    goes_on(&lake, &before, 0).await?;

    // Where a file is gone, too, nothing is made of the rest.
    let (folder, lake, before) = three_batches().await?;
    remove(folder.path(), "bronze")?;
    remove(folder.path(), "landing/orders/2.json")?;
    let (_, error) = replay(&lake, full()).await?;
    ensure!(error.as_ref().is_some_and(|error| error.message.contains("landing/orders/2.json")), "{error:?}");
    ensure!(TestLake::at(lake.folder()).fingerprints().await? == before, "silver is as before");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_which_nothing_is_left_but_silver_stop_the_table() -> Result<()> {
    let (folder, lake, before) = three_batches().await?;
    remove(folder.path(), "bronze")?;
    remove(folder.path(), "_sluice")?;
    lake.write("landing/orders/4.json", event("c", 4, 50))?;
    for limits in [ReplayLimits::default(), full()] {
        let (files, error) = replay(&lake, limits).await?;
        let error = error.context("new files would get the numbers of lost batches")?;
        ensure!(files == 0 && error.message.contains("batches 1 to 3"), "{error}");
        ensure!(error.next.contains("silver/shop/orders away"), "{error}");
    }
    ensure!(TestLake::at(lake.folder()).fingerprints().await? == before, "silver is as before");

    // The way out where the change files are there.
    remove(folder.path(), "silver/shop/orders")?;
    let (files, error) = replay(&lake, ReplayLimits::default()).await?;
    ensure!(error.is_none() && files == 4, "{files} files: {error:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_with_all_its_entries_needs_no_checkpoint() -> Result<()> {
    let hint = "{\"version\":2,\"size\":3}";
    let checkpoint = format!("{:020}.checkpoint.parquet", 2);
    for (name, content) in [("_last_checkpoint", hint), (checkpoint.as_str(), "PAR1 damaged PAR1")] {
        for layer in ["bronze", "silver"] {
            let (_folder, lake, before) = three_batches().await?;
            lake.write(&format!("{layer}/shop/orders/_delta_log/{name}"), content)?;
            goes_on(&lake, &before, 0).await.with_context(|| format!("{layer} {name}"))?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_manifest_is_made_again_once_it_is_away() -> Result<()> {
    let (folder, lake, before) = three_batches().await?;
    let path = format!("_sluice/batches/shop/orders/{:020}.json", 2);
    lake.write(&path, "{\"batch\":")?;
    let (_, error) = replay(&lake, ReplayLimits::default()).await?;
    let error = error.context("the table stops")?;
    ensure!(error.message.contains(&path) && error.next.starts_with("Move the file away"), "{error}");
    remove(folder.path(), &path)?;
    goes_on(&lake, &before, 0).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_whose_folder_of_files_is_not_there_is_not_green() -> Result<()> {
    let (folder, lake, _) = three_batches().await?;
    ensure!(silver(&lake).await?.health == Health::Ok);
    remove(folder.path(), "landing/orders")?;
    let summary = silver(&lake).await?;
    ensure!(summary.health == Health::Warn, "{summary:?}");
    ensure!(summary.note.as_ref().is_some_and(|note| note.contains("landing/orders")), "{summary:?}");
    Ok(())
}
