//! What the command line can do, the window can ask for: the same requests, over the wire, with jobs that can be
//! watched and stopped.

use anyhow::{Context, Result, bail, ensure};
use sluice_api::{
    ErrorCode, FileStatus, JobId, JobKind, JobState, JobView, MaintainSettings, ReplayLimits, Reply, Request, RunMode,
    TableName, TableRef, ask,
};
use sluice_runner::Host;
use sluice_tests::{ShopLake, Sluice, TestLake, oracle};
use std::time::Duration;

/// As the window asks: JSON there and back.
async fn over_the_wire(host: &Host, request: Request) -> Result<Reply> {
    let request = serde_json::from_str(&serde_json::to_string(&request)?)?;
    let reply = host.handle(request).await;
    Ok(serde_json::from_str(&serde_json::to_string(&reply)?)?)
}

fn orders() -> Result<TableRef> {
    "silver.shop.orders".parse().map_err(anyhow::Error::msg)
}

async fn job(host: &Host, id: JobId) -> Result<JobView> {
    let jobs = host.call(ask::Jobs {}).await?;
    jobs.into_iter().find(|job| job.id == id).context("the job is listed")
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_have_the_answers_of_the_command_line() -> Result<()> {
    let lake = ShopLake::delivered_up_to(1)?;
    lake.replay_within(ReplayLimits { batches: Some(1), max_files: Some(2), ..ReplayLimits::default() }).await?;
    let (host, sluice, table) = (lake.host(), Sluice::on_folder(lake.folder()), orders()?);
    let name: TableName = table.name.clone();

    let request = Request::Fingerprint { table: table.clone(), version: None };
    let Reply::Fingerprint(found) = over_the_wire(host, request).await? else { bail!("no fingerprint") };
    ensure!(sluice.json(&["fingerprint", "shop.orders"])?["fingerprint"] == found.fingerprint.as_str(), "{found:?}");

    let request = Request::BatchLedger { table: name.clone() };
    let Reply::BatchLedger(ledger) = over_the_wire(host, request).await? else { bail!("no ledger") };
    ensure!(ledger.files.len() == 2 && ledger.files.iter().all(|file| file.status == FileStatus::Silver), "{ledger:?}");
    ensure!(sluice.json(&["batches", "shop.orders"])? == serde_json::to_value(&ledger)?, "{ledger:?}");

    let request = Request::NextBatch { table: name, max_files: Some(1), max_bytes: None };
    let Reply::NextBatch(next) = over_the_wire(host, request).await? else { bail!("no plan") };
    ensure!(next.batch == 2 && next.files.len() == 1 && next.later_files > 0, "{next:?}");
    let printed = sluice.json(&["batches", "shop.orders", "--next", "--max-files", "1"])?;
    ensure!(printed == serde_json::to_value(&next)?, "{printed}");

    lake.replay().await?;
    let folder = oracle(1).display().to_string();
    let Reply::CompareWithSource(compared) = over_the_wire(host, Request::CompareWithSource { folder }).await? else {
        bail!("no comparison")
    };
    ensure!(compared.len() == 7 && compared.iter().all(sluice_api::TableComparison::is_equal), "{compared:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_is_a_job_and_one_table_stops_no_other() -> Result<()> {
    let lake = ShopLake::delivered_up_to(1)?;
    lake.replay().await?;
    let missing: TableRef = "gold.shop.nothing".parse().map_err(anyhow::Error::msg)?;
    let request = Request::StartMaintain {
        job: JobId(7),
        tables: vec![missing.clone(), orders()?],
        options: MaintainSettings::default(),
        dry_run: true,
    };
    let Reply::StartMaintain(summary) = over_the_wire(lake.host(), request).await? else { bail!("no summary") };
    ensure!(summary.tables.len() == 1 && summary.tables[0].dry_run, "{summary:?}");
    ensure!(summary.tables[0].table == "silver.shop.orders" && summary.tables[0].files_before > 0, "{summary:?}");
    let [(table, error)] = summary.failed.as_slice() else { bail!("{summary:?}") };
    ensure!(*table == missing && error.code == ErrorCode::NotFound, "{error:?}");
    let job = job(lake.host(), JobId(7)).await?;
    ensure!(job.kind == JobKind::Maintain && matches!(job.state, JobState::Failed { .. }), "{job:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_reprocessed_as_a_job() -> Result<()> {
    let lake = ShopLake::delivered_up_to(1)?;
    lake.replay().await?;
    let before = lake.fingerprints().await?;
    let table = orders()?.name;
    let request = Request::ReprocessBatch { job: JobId(3), table, batch: 1 };
    let Reply::ReprocessBatch(again) = over_the_wire(lake.host(), request).await? else { bail!("no summary") };
    ensure!(again.counters.rows_in > 0 && again.counters.inserted == 0 && again.counters.balances(), "{again:?}");
    ensure!(job(lake.host(), JobId(3)).await?.kind == JobKind::Reprocess, "its kind");
    ensure!(lake.fingerprints().await? == before, "silver changed");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_watched_round_by_round_and_stopped() -> Result<()> {
    let lake = ShopLake::delivered_up_to(1)?;
    lake.replay().await?;
    Sluice::on_folder(lake.folder()).ok(&["publish"])?;
    let runner = TestLake::at(lake.folder());
    let (host, id) = (runner.host(), JobId(9));
    let start =
        Request::StartRun { job: id, mode: RunMode::Continuous, concurrency: 2, limits: ReplayLimits::default() };
    let watch = async {
        let first = loop {
            let rounds = host.call(ask::RunRounds { job: id, after: 0 }).await?.rounds;
            if let Some(round) = rounds.into_iter().next() {
                break round;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        ensure!(first.round == 1 && first.release == 1 && first.replay.tables.len() == 7, "{first:?}");
        ensure!(host.call(ask::RunRounds { job: id, after: 1 }).await?.rounds.is_empty(), "nothing new came");
        let running = job(host, id).await?;
        ensure!(running.kind == JobKind::Run && running.state == JobState::Running, "{running:?}");
        ensure!(over_the_wire(host, Request::Cancel { job: id }).await? == Reply::Cancel(()), "it hears");
        anyhow::Ok(())
    };
    let (ended, watched) = tokio::join!(over_the_wire(host, start), watch);
    watched?;
    let Reply::StartRun(summary) = ended? else { bail!("no summary") };
    ensure!(summary.cancelled && summary.rounds == 1 && summary.last.is_some(), "{summary:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_the_window_saved_is_run_by_the_command_line() -> Result<()> {
    let lake = ShopLake::delivered_up_to(1)?;
    lake.replay().await?;
    let sql = "SELECT count(*) AS n FROM silver.shop.orders".to_owned();
    let save = |name: &str| Request::SaveQuery { name: name.to_owned(), sql: sql.clone() };
    let Reply::SaveQuery(saved) = over_the_wire(lake.host(), save("orders/how many")).await? else {
        bail!("not saved")
    };
    ensure!(saved.len() == 1 && saved[0].name == "orders/how many" && saved[0].sql == sql, "{saved:?}");
    ensure!(std::fs::read_to_string(lake.folder().join("queries/orders/how many.sql"))? == sql);
    let Reply::Queries(listed) = over_the_wire(lake.host(), Request::Queries).await? else { bail!("no queries") };
    ensure!(listed == saved, "{listed:?}");
    let Reply::Error(error) = over_the_wire(lake.host(), save("../contracts/x")).await? else { bail!("it left") };
    ensure!(error.code == ErrorCode::Input, "{error:?}");

    let sluice = Sluice::on_folder(lake.folder());
    ensure!(sluice.json(&["query", "--saved", "orders/how many"])? == sluice.json(&["query", &sql])?);
    let said = sluice.call(&["query", "--saved", "orders"])?;
    ensure!(said.code == 2 && said.err.contains("There are orders/how many"), "{said:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_is_not_there_cannot_be_stopped() -> Result<()> {
    let lake = ShopLake::delivered_up_to(1)?;
    let Reply::Error(error) = over_the_wire(lake.host(), Request::Cancel { job: JobId(99) }).await? else {
        bail!("nothing was stopped")
    };
    ensure!(error.code == ErrorCode::NotFound && !error.next.is_empty(), "{error:?}");
    Ok(())
}
