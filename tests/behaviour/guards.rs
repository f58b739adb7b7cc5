//! A batch that would do what a source rarely means is held before its commit, in every kind of table.

use anyhow::{Context, Result, ensure};
use sluice_api::{
    BatchAction, BatchState, BatchView, JobId, RefusalCause, ReplayLimits, ReplaySummary, RunMode, TableName, ask,
};
use sluice_runner::{Job, RunOptions, run};
use sluice_tests::{Sluice, TestLake};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// More than two rows and more than 20 % are too many.
const GUARDS: &str = "guards: {max_deleted_rows: 2}\n";

fn contract(table: &str, apply: &str, guards: &str) -> String {
    format!(
        "dataset: \"shop.{table}\"\nsource: {{path: \"landing/{table}/\", format: debezium_json}}\n{apply}{guards}schema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: status, type: string}}\n"
    )
}

fn lake(apply: &str, guards: &str) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-guards-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", contract("orders", apply, guards))?;
    Ok((folder, lake))
}

fn insert(id: u64, position: u64) -> String {
    format!("{{\"op\":\"c\",\"after\":{{\"id\":{id},\"status\":\"new\"}},\"source\":{{\"lsn\":{position}}}}}\n")
}

fn delete(id: u64, position: u64) -> String {
    format!("{{\"op\":\"d\",\"before\":{{\"id\":{id},\"status\":\"new\"}},\"source\":{{\"lsn\":{position}}}}}\n")
}

fn ten_rows(lake: &TestLake) -> Result<()> {
    lake.write("landing/orders/1.json", (0..10).map(|id| insert(id, 10 + id)).collect::<String>())
}

fn deletes(ids: std::ops::Range<u64>, position: u64) -> String {
    ids.map(|id| delete(id, position + id)).collect()
}

async fn batch(lake: &TestLake, number: u64) -> Result<BatchView> {
    let table: TableName = "shop.orders".parse().map_err(anyhow::Error::msg)?;
    let view = lake.host().call(ask::Replay { table, max_files: Some(1) }).await?;
    view.batches.into_iter().find(|batch| batch.batch == number).context("the batch is there")
}

async fn decide(lake: &TestLake, batch: u64, action: BatchAction) -> Result<()> {
    let table: TableName = "shop.orders".parse().map_err(anyhow::Error::msg)?;
    let (because, author) = ("the shop was cleaned up".to_owned(), Some("Ann".to_owned()));
    lake.host().call(ask::DecideBatch { table, batch, action, because, author }).await?;
    Ok(())
}

fn message(summary: &ReplaySummary) -> String {
    summary.first_error().map(|error| error.message.clone()).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_deletes_too_much_waits_with_all_after_it_and_is_released_in_order() -> Result<()> {
    let kinds = ["", "apply: {delete_mode: soft}\n", "apply: {scd: 2, sequence: [source.lsn]}\n"];
    for apply in kinds {
        let (_folder, lake) = lake(apply, GUARDS)?;
        ten_rows(&lake)?;
        lake.replay().await?;
        let before = lake.fingerprints().await?;
        lake.write("landing/orders/2.json", deletes(0..3, 100))?;
        lake.write("landing/orders/3.json", insert(20, 200))?;
        lake.write("landing/orders/4.json", insert(0, 201))?;
        let held = lake.replay_by(1).await?;
        let said = message(&held);
        ensure!(said.contains("It would delete 3 of 10 rows (30.0 %), the guard lets 20.0 % pass"), "{apply} {said}");
        ensure!(lake.fingerprints().await? == before, "nothing is visible");
        // What comes after it is in bronze, and waits.
        let (second, third, fourth) = (batch(&lake, 2).await?, batch(&lake, 3).await?, batch(&lake, 4).await?);
        let refusal = second.refusal.clone().context("its reason is kept")?;
        ensure!(second.is_held() && refusal.cause == RefusalCause::Guard, "{second:?}");
        ensure!(refusal.keys == ["id=0", "id=1", "id=2"], "{refusal:?}");
        ensure!(second.decisions.len() == 1 && second.decisions[0].by_guard, "{:?}", second.decisions);
        for waits in [&third, &fourth] {
            ensure!(waits.waits_for == Some(2) && waits.bronze_rows == Some(1), "{waits:?}");
            ensure!(waits.state == BatchState::Pending, "{waits:?}");
        }
        // Again, without new files: the same words, no second decision.
        ensure!(message(&lake.replay_by(1).await?) == said, "said alike");
        ensure!(batch(&lake, 2).await?.decisions.len() == 1, "held once");
        decide(&lake, 2, BatchAction::Release).await?;
        let done = lake.replay_by(1).await?;
        ensure!(done.first_error().is_none(), "{done:?}");
        let decisions = batch(&lake, 2).await?.decisions;
        ensure!(decisions.len() == 2 && decisions[1].by.starts_with("Ann"), "{decisions:?}");
        let released = lake.fingerprints().await?;
        ensure!(released != before, "its deletes are there");

        // The guard is as it was: the next one is held.
        lake.write("landing/orders/5.json", deletes(3..7, 300))?;
        ensure!(message(&lake.replay().await?).contains("It would delete 4 of 9 rows"), "{apply}");
        decide(&lake, 5, BatchAction::Skip).await?;
        ensure!(lake.replay().await?.first_error().is_none());
        ensure!(lake.fingerprints().await? == released, "silver is made without it");

        // The same as without a guard.
        let (_other, free) = self::lake(apply, "guards: {max_deleted_share: 1}\n")?;
        ten_rows(&free)?;
        free.write("landing/orders/2.json", deletes(0..3, 100))?;
        free.write("landing/orders/3.json", insert(20, 200))?;
        free.write("landing/orders/4.json", insert(0, 201))?;
        free.replay_by(1).await?;
        ensure!(free.fingerprints().await? == released, "{apply}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_a_soft_delete_marked_before_are_not_live() -> Result<()> {
    let (_folder, lake) = lake("apply: {delete_mode: soft}\n", GUARDS)?;
    ten_rows(&lake)?;
    lake.write("landing/orders/2.json", deletes(0..2, 100))?;
    lake.write("landing/orders/3.json", deletes(2..4, 200))?;
    lake.replay_by(1).await?;
    lake.write("landing/orders/4.json", deletes(4..7, 300))?;
    let said = message(&lake.replay().await?);
    ensure!(said.contains("It would delete 3 of 6 rows"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn up_to_the_limit_nothing_is_held() -> Result<()> {
    let (_folder, lake) = lake("", GUARDS)?;
    ten_rows(&lake)?;
    lake.write("landing/orders/2.json", deletes(0..2, 100))?;
    lake.write("landing/orders/3.json", deletes(2..4, 200) + &insert(30, 300))?;
    let done = lake.replay_by(1).await?;
    ensure!(done.first_error().is_none() && lake.silver_rows("shop.orders", &["id"]).await?.len() == 7, "{done:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn other_limits_of_the_contract_are_tried_by_the_next_run() -> Result<()> {
    let (_folder, lake) = lake("", GUARDS)?;
    ten_rows(&lake)?;
    lake.replay().await?;
    lake.write("landing/orders/2.json", deletes(0..5, 100))?;
    ensure!(lake.replay().await?.first_error().is_some());
    lake.write(
        "contracts/shop/orders.yaml",
        contract("orders", "", "guards: {max_deleted_share: 0.5, max_deleted_rows: 2}\n"),
    )?;
    ensure!(lake.replay().await?.first_error().is_none());
    ensure!(lake.silver_rows("shop.orders", &["id"]).await?.len() == 5);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_truncate_is_held_unless_the_contract_allows_it() -> Result<()> {
    for (guards, rows) in [("", 10), ("guards: {truncate: allow}\n", 1)] {
        let (_folder, lake) = lake("", guards)?;
        ten_rows(&lake)?;
        lake.replay().await?;
        lake.write("landing/orders/2.json", "{\"op\":\"t\",\"source\":{\"lsn\":100}}\n".to_owned() + &insert(50, 101))?;
        let said = message(&lake.replay().await?);
        let found = lake.silver_rows("shop.orders", &["id"]).await?.len();
        ensure!(found == rows, "{guards}: {found} {said}");
        ensure!(
            said.contains("It truncates the table, after which 10 of 10 rows would be gone") == (rows == 10),
            "{said}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_full_snapshot_is_held() -> Result<()> {
    for (guards, is_held) in [("", true), ("guards: {empty_load: allow}\n", false)] {
        let (_folder, lake) = lake("", "")?;
        let text = format!(
            "dataset: \"shop.orders\"\nsource: {{path: \"landing/orders/\", format: csv}}\n\
             apply: {{from_snapshot: {{files: \"{{version}}.csv\", max_deleted_share: 1}}}}\n{guards}schema:\n\
             - {{name: id, type: bigint, primary_key: true}}\n- {{name: status, type: string}}\n"
        );
        lake.write("contracts/shop/orders.yaml", text)?;
        lake.write("landing/orders/1.csv", "id,status\n1,new\n2,new\n")?;
        ensure!(lake.replay().await?.first_error().is_none());
        lake.write("landing/orders/2.csv", "id,status\n")?;
        lake.write("landing/orders/3.csv", "id,status\n1,new\n2,paid\n")?;
        let said = message(&lake.replay().await?);
        ensure!(said.contains("Its full load has no record, and silver has 2 rows") == is_held, "{said}");
        if is_held {
            decide(&lake, 2, BatchAction::Skip).await?;
            ensure!(lake.replay().await?.first_error().is_none());
        }
        ensure!(lake.silver_rows("shop.orders", &["id", "status"]).await? == ["1 new", "2 paid"]);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_it_and_decides_nothing() -> Result<()> {
    let (folder, lake) = lake("", GUARDS)?;
    ten_rows(&lake)?;
    lake.replay().await?;
    lake.write("landing/orders/2.json", deletes(0..3, 100))?;
    let dry = lake.replay_within(ReplayLimits { dry_run: true, ..ReplayLimits::default() }).await?;
    let would = dry.tables[0].would_hold.clone().context("it would be held")?;
    ensure!(would.contains("It would delete 3 of 10 rows"), "{would}");
    ensure!(!folder.path().join("_sluice/batch_decisions").exists(), "nothing is written");
    lake.replay().await?;
    lake.write("landing/orders/3.json", insert(40, 400))?;
    let dry = lake.replay_within(ReplayLimits { dry_run: true, ..ReplayLimits::default() }).await?;
    ensure!(dry.tables[0].would_hold.as_deref() == Some("Batch 2 is held, and every batch after it waits"), "{dry:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_are_personal_are_masked() -> Result<()> {
    let (folder, lake) = lake("", GUARDS)?;
    let text = contract("orders", "", GUARDS).replace("primary_key: true", "primary_key: true, pii: true");
    lake.write("contracts/shop/orders.yaml", text)?;
    lake.write("landing/orders/1.json", (0..10).map(|id| insert(778_800 + id, 10 + id)).collect::<String>())?;
    lake.replay().await?;
    lake.write("landing/orders/2.json", deletes(778_800..778_805, 100))?;
    lake.replay().await?;
    let refusal = batch(&lake, 2).await?.refusal.context("it is held")?;
    ensure!(refusal.keys == ["id=•••"], "{refusal:?}");
    for kind in ["batch_decisions", "quality"] {
        for file in std::fs::read_dir(folder.path().join(format!("_sluice/{kind}/shop/orders")))? {
            let text = std::fs::read_to_string(file?.path())?;
            ensure!(!text.contains("7788"), "{kind}: {text}");
        }
    }
    Ok(())
}

/// The held table waits, the other goes on; it is said once, and a release is taken without a restart.
#[tokio::test(flavor = "multi_thread")]
async fn a_continuous_run_goes_on_with_the_other_tables() -> Result<()> {
    let (folder, lake) = lake("", GUARDS)?;
    lake.write("contracts/shop/items.yaml", contract("items", "", GUARDS))?;
    ten_rows(&lake)?;
    lake.write("landing/items/1.json", insert(1, 1))?;
    Sluice::on_folder(folder.path()).ok(&["publish", "--force"])?;
    let reader = TestLake::at(folder.path());
    let (open, engine, job) = (lake.lake().await?, lake.host().engine().await?, Job::new(JobId(1), "test"));
    let (mode, limits) = (RunMode::Continuous, ReplayLimits::default());
    let options = RunOptions { mode, concurrency: 1, limits, lease_wait: None };
    let nothing = |_| -> futures::future::LocalBoxFuture<'_, ()> { Box::pin(std::future::ready(())) };
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&said);
    let running = run(&open, &engine, &options, &job, &nothing, move |round| {
        let errors = round.replay.tables.iter().filter_map(|table| table.error.as_ref());
        heard
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .extend(errors.map(|error| error.message.clone()));
    });
    let work = async {
        wait(&reader, "orders", 10).await?;
        lake.write("landing/orders/2.json", deletes(0..5, 100))?;
        lake.write("landing/orders/3.json", insert(60, 300))?;
        while !batch(&reader, 2).await.is_ok_and(|batch| batch.is_held()) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        lake.write("landing/items/2.json", insert(2, 2))?;
        wait(&reader, "items", 2).await?;
        ensure!(reader.silver_rows("shop.orders", &["id"]).await?.len() == 10, "it waits");
        let status = Sluice::on_folder(folder.path()).call(&["status"])?;
        ensure!(status.code == 3 && status.out.contains("It would delete 5 of 10 rows"), "{status:?}");
        decide(&reader, 2, BatchAction::Release).await?;
        wait(&reader, "orders", 6).await
    };
    tokio::select! {
        ended = running => ended?,
        done = work => done?,
    }
    let said = said.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let held = said.iter().filter(|text| text.contains("It would delete 5 of 10 rows")).count();
    ensure!(held == 1, "said once: {said:?}");
    Ok(())
}

async fn wait(lake: &TestLake, table: &str, rows: usize) -> Result<()> {
    let started = Instant::now();
    let name = format!("shop.{table}");
    while lake.silver_rows(&name, &["id"]).await.map_or(0, |rows| rows.len()) != rows {
        ensure!(started.elapsed() < Duration::from_secs(30), "{table} has not {rows} rows");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}
