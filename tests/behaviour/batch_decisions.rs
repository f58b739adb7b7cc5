//! Batches that are held, skipped and released: silver is a function of the events that are not skipped, whatever happens
//! in between.

use anyhow::{Result, ensure};
use sluice_api::{BatchAction, BatchView, JobId, Layer, ReplayLimits, SilverAgrees, TableName, TableRef, ask};
use sluice_runner::{Job, replay_batch};
use sluice_tests::{Sluice, TestLake};
use std::path::Path;
use tempfile::TempDir;

const TABLE: &str = "shop.orders";
/// Every kind of table.
const KINDS: [&str; 5] = [
    "",
    "apply: {delete_mode: soft}\n",
    "apply: {scd: 2, sequence: [source.lsn]}\n",
    "apply: {scd: append}\n",
    // Where deletes are forgotten the order of arrival matters: a release rebuilds.
    "apply: {tombstone_retention: 30d}\n",
];

fn contract(apply: &str, more: &str) -> String {
    format!(
        "dataset: \"{TABLE}\"\nsource: {{path: \"landing/orders/\", format: debezium_json}}\n{apply}\
         guards: {{max_deleted_share: 1, truncate: allow}}\n{more}schema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: status, type: string}}\n"
    )
}

fn lake(apply: &str) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-decisions-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", contract(apply, ""))?;
    Ok((folder, lake))
}

fn event(op: &str, id: u64, status: &str, position: u64) -> String {
    let row = format!("{{\"id\":{id},\"status\":\"{status}\"}}");
    let side = if op == "d" { "before" } else { "after" };
    format!("{{\"op\":\"{op}\",\"{side}\":{row},\"source\":{{\"lsn\":{position},\"ts_ms\":1700000000000}}}}\n")
}

/// Four batches; the second inserts, updates, deletes and brings a row back, and the later ones touch the same keys.
fn batches() -> [String; 4] {
    [
        (1..=6).map(|id| event("c", id, "new", id)).collect(),
        event("u", 1, "wrong", 10) + &event("d", 2, "new", 11) + &event("c", 7, "wrong", 12) + &event("d", 3, "x", 13),
        event("u", 1, "paid", 20) + &event("c", 2, "again", 21) + &event("u", 4, "paid", 22),
        event("u", 5, "sent", 30) + &event("d", 4, "paid", 31),
    ]
}

/// A lake with these batches alone, as a second opinion.
async fn made_of(apply: &str, numbers: &[usize]) -> Result<Vec<String>> {
    let (_folder, lake) = lake(apply)?;
    for number in numbers {
        lake.write(&format!("landing/orders/{number}.json"), &batches()[number - 1])?;
    }
    lake.replay_by(1).await?;
    rows(&lake).await
}

async fn rows(lake: &TestLake) -> Result<Vec<String>> {
    let names = ["id", "status", "_seq"];
    lake.silver_rows(TABLE, &names).await
}

async fn four_batches(apply: &str) -> Result<(TempDir, TestLake)> {
    let (folder, lake) = lake(apply)?;
    for (number, text) in (1..).zip(batches()) {
        lake.write(&format!("landing/orders/{number}.json"), text)?;
    }
    ensure!(lake.replay_by(1).await?.first_error().is_none());
    Ok((folder, lake))
}

fn orders() -> Result<TableName> {
    TABLE.parse().map_err(anyhow::Error::msg)
}

fn silver() -> Result<TableRef> {
    Ok(TableRef { layer: Layer::Silver, name: orders()? })
}

async fn decide(lake: &TestLake, batch: u64, action: BatchAction) -> Result<BatchView> {
    let (because, author) = ("the export was wrong".to_owned(), Some("Ann".to_owned()));
    let view = lake.host().call(ask::DecideBatch { table: orders()?, batch, action, because, author }).await?;
    view.batches.into_iter().find(|view| view.batch == batch).ok_or_else(|| anyhow::anyhow!("no such batch"))
}

async fn full_refresh(lake: &TestLake) -> Result<()> {
    let done = lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
    ensure!(done.first_error().is_none(), "{done:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn silver_is_made_without_what_is_skipped_and_with_what_is_released() -> Result<()> {
    for apply in KINDS {
        let (_folder, lake) = four_batches(apply).await?;
        let all = rows(&lake).await?;
        ensure!(all == made_of(apply, &[1, 2, 3, 4]).await?, "{apply}");
        let without = made_of(apply, &[1, 3, 4]).await?;
        ensure!(without != all, "{apply}");

        let decided = decide(&lake, 2, BatchAction::Skip).await?;
        ensure!(decided.is_skipped && decided.decisions.len() == 1, "{decided:?}");
        ensure!(rows(&lake).await? == all, "{apply}: nothing is done before the next run");
        ensure!(lake.replay().await?.first_error().is_none(), "{apply}");
        ensure!(rows(&lake).await? == without, "{apply}: skipped");

        // It stays so: with a run that has nothing to do, when all is rebuilt, by another contract, from a new process.
        let version = lake.versions().await?;
        lake.replay().await?;
        ensure!(lake.versions().await? == version, "{apply}: nothing is left to do");
        full_refresh(&lake).await?;
        ensure!(rows(&lake).await? == without, "{apply}: rebuilt");
        let other = TestLake::at(lake.folder());
        other.write(
            "contracts/shop/orders.yaml",
            contract(apply, "").replace("status, type: string", "status, type: string, description: x"),
        )?;
        other.write("landing/orders/5.json", event("c", 9, "late", 5))?;
        ensure!(other.replay().await?.first_error().is_none(), "{apply}");
        let more: Vec<String> = rows(&other).await?.into_iter().filter(|row| !row.starts_with("9 ")).collect();
        ensure!(more == without, "{apply}: {more:?}");

        // Released, its events are late ones: as if they had always been there, and as a rebuild makes them.
        decide(&other, 2, BatchAction::Release).await?;
        ensure!(other.replay().await?.first_error().is_none(), "{apply}");
        let released = other.fingerprints().await?;
        let more: Vec<String> = rows(&other).await?.into_iter().filter(|row| !row.starts_with("9 ")).collect();
        ensure!(more == all, "{apply}: {more:?} {all:?}");
        full_refresh(&other).await?;
        ensure!(other.fingerprints().await? == released, "{apply}: as a rebuild");
    }
    Ok(())
}

/// The newest decision holds, and the same twice is refused, so nobody believes that something happened.
#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused() -> Result<()> {
    let (_folder, lake) = four_batches("").await?;
    for (batch, action, says) in [
        (2, BatchAction::Hold, "Silver of shop.orders has batch 2 already"),
        (2, BatchAction::Release, "is in silver and not skipped"),
        (9, BatchAction::Skip, "has no batch 9"),
    ] {
        let error = decide(&lake, batch, action).await.err().map(|error| error.to_string()).unwrap_or_default();
        ensure!(error.contains(says), "{action} {batch}: {error}");
    }
    decide(&lake, 2, BatchAction::Skip).await?;
    ensure!(decide(&lake, 2, BatchAction::Skip).await.is_err(), "twice");
    let empty = ask::DecideBatch {
        table: orders()?,
        batch: 3,
        action: BatchAction::Skip,
        because: "  ".to_owned(),
        author: Some("Ann".to_owned()),
    };
    ensure!(lake.host().call(empty).await.is_err(), "without a reason");
    // Reprocessing would bring the events back.
    let job = Job::new(JobId(3), "test");
    let (open, engine, draft, name) = (lake.lake().await?, lake.host().engine().await?, lake.draft().await?, orders()?);
    let again = replay_batch(&open, &engine, &draft, &name, 2, &job);
    let error = again.await.err().map(|error| error.to_string()).unwrap_or_default();
    ensure!(error.contains("Batch 2 of shop.orders is skipped"), "{error}");
    Ok(())
}

/// Whoever loses the decisions does not bring a bad batch back: silver's own commit says what it is made without.
#[tokio::test(flavor = "multi_thread")]
async fn a_lake_that_lost_its_decisions_keeps_to_them() -> Result<()> {
    let (folder, lake) = four_batches("").await?;
    decide(&lake, 2, BatchAction::Skip).await?;
    lake.replay().await?;
    let without = rows(&lake).await?;
    std::fs::remove_dir_all(folder.path().join("_sluice/batch_decisions"))?;
    let again = TestLake::at(folder.path());
    again.write("landing/orders/5.json", event("c", 9, "late", 50))?;
    again.replay().await?;
    full_refresh(&again).await?;
    let found: Vec<String> = rows(&again).await?.into_iter().filter(|row| !row.starts_with("9 ")).collect();
    ensure!(found == without, "{found:?}");
    // Where it is decided again, that holds.
    decide(&again, 2, BatchAction::Release).await?;
    again.replay().await?;
    ensure!(rows(&again).await?.len() != without.len() + 1 || rows(&again).await? != found, "it is back");
    ensure!(rows(&again).await?.iter().any(|row| row.starts_with("7 wrong")), "it is back");
    Ok(())
}

/// What a person holds waits whatever the limits are, and the batches after it wait too.
#[tokio::test(flavor = "multi_thread")]
async fn a_person_holds_a_batch_that_is_not_in_silver() -> Result<()> {
    let (_folder, lake) = lake("")?;
    let failing = "quality: [{check: row_count > 7}]\n";
    lake.write("contracts/shop/orders.yaml", contract("", failing))?;
    lake.write("landing/orders/1.json", &batches()[0])?;
    ensure!(lake.replay().await?.first_error().is_some(), "the check does not hold");
    let held = decide(&lake, 1, BatchAction::Hold).await?;
    ensure!(held.is_held(), "{held:?}");
    lake.write("contracts/shop/orders.yaml", contract("", ""))?;
    lake.write("landing/orders/2.json", &batches()[1])?;
    let stopped = lake.replay().await?;
    let error = stopped.first_error().map(|error| error.to_string()).unwrap_or_default();
    ensure!(error.contains("Ann") && error.contains("holds it: the export was wrong"), "{error}");
    ensure!(error.contains("sluice batch release shop.orders 1"), "{error}");
    decide(&lake, 1, BatchAction::Release).await?;
    ensure!(lake.replay().await?.first_error().is_none());
    ensure!(rows(&lake).await? == made_of("", &[1, 2]).await?);
    Ok(())
}

/// A batch that a check refused is passed over once it is skipped.
#[tokio::test(flavor = "multi_thread")]
async fn a_refused_batch_is_skipped_and_the_next_ones_pass() -> Result<()> {
    let (_folder, lake) = lake("")?;
    let strict = "quality: [{check: \"accepted_values(status, 'new', 'paid', 'again', 'sent')\"}]\n";
    lake.write("contracts/shop/orders.yaml", contract("", strict))?;
    for (number, text) in (1..=3).zip(batches()) {
        lake.write(&format!("landing/orders/{number}.json"), text)?;
    }
    ensure!(lake.replay_by(1).await?.first_error().is_some(), "the second is refused");
    decide(&lake, 2, BatchAction::Skip).await?;
    ensure!(lake.replay_by(1).await?.first_error().is_none());
    ensure!(rows(&lake).await? == made_of("", &[1, 3]).await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_explanation_knows_what_silver_is_made_without() -> Result<()> {
    let (_folder, lake) = four_batches("").await?;
    decide(&lake, 2, BatchAction::Skip).await?;
    lake.replay().await?;
    let key = vec![("id".to_owned(), "7".to_owned())];
    for id in ["1", "2", "3", "7"] {
        let key = vec![("id".to_owned(), id.to_owned())];
        let explained = lake
            .host()
            .call(ask::Explain { table: silver()?, key, version: None, reveal: true, job: JobId(1) })
            .await?;
        ensure!(explained.silver == SilverAgrees::Same, "{id}: {:?}", explained.silver);
    }
    // The version before it is explained with it.
    let explain = ask::Explain { table: silver()?, key, version: Some(4), reveal: true, job: JobId(2) };
    let explained = lake.host().call(explain).await?;
    ensure!(explained.silver == SilverAgrees::Same && explained.events.len() == 1, "{explained:?}");
    Ok(())
}

fn sluice(folder: &Path, data: &TempDir) -> Sluice {
    let sluice = Sluice::on_folder(folder).env("SLUICE_AUTHOR", "mira");
    sluice.env("XDG_DATA_HOME", data.path().display().to_string())
}

/// In a sandbox a decision is tried: the lake stays as it is, and what was made by it does not become production.
#[tokio::test(flavor = "multi_thread")]
async fn a_decision_is_tried_in_a_sandbox() -> Result<()> {
    let (folder, lake) = four_batches("").await?;
    let data = tempfile::Builder::new().prefix("sluice-data-").tempdir()?;
    let on_lake = || sluice(folder.path(), &data);
    let all = rows(&lake).await?;
    on_lake().ok(&["batch", "skip", TABLE, "4", "--because", "tried below"])?;
    on_lake().ok(&["replay"])?;
    let without = rows(&lake).await?;
    on_lake().ok(&["sandbox", "new", "try"])?;
    let inside = || on_lake().env("SLUICE_SANDBOX", "try");
    let shown = inside().ok(&["batch", "show", TABLE, "4"])?;
    ensure!(shown.contains("skipped, silver is made without it") && shown.contains("tried below"), "{shown}");
    inside().ok(&["batch", "release", TABLE, "4", "--because", "it was right"])?;
    inside().ok(&["replay"])?;
    let in_sandbox = inside().json(&["fingerprint", "silver.shop.orders"])?;
    ensure!(rows(&lake).await? == without, "the lake is as it was");
    on_lake().ok(&["batch", "release", TABLE, "4", "--because", "it was right"])?;
    on_lake().ok(&["replay"])?;
    ensure!(on_lake().json(&["fingerprint", "silver.shop.orders"])? == in_sandbox && rows(&lake).await? == all);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_shows_and_decides() -> Result<()> {
    let (folder, _lake) = four_batches("").await?;
    let data = tempfile::Builder::new().prefix("sluice-data-").tempdir()?;
    let sluice = sluice(folder.path(), &data);
    let said = sluice.ok(&["batch", "skip", TABLE, "2", "--because", "a test system wrote it"])?;
    ensure!(
        said.contains("batch 2 of shop.orders: skipped") && said.contains("the next run makes silver anew"),
        "{said}"
    );
    let shown = sluice.json(&["batch", "show", TABLE, "2"])?;
    let decision = &shown["decisions"][0];
    ensure!(decision["action"] == "skip" && decision["because"] == "a test system wrote it", "{shown}");
    ensure!(decision["by"].as_str().is_some_and(|by| by.starts_with("mira")), "{shown}");
    let without = sluice.call(&["batch", "skip", TABLE, "3"])?;
    ensure!(without.code == 2, "--because is asked for: {without:?}");
    Ok(())
}
