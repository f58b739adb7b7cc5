//! Batches: the file ledger, the plan of the next one, one batch once more, files that come again,
//! and the repeating modes of the runner.

use anyhow::{Context, Result, ensure};
use sluice_api::{JobId, Layer, ReplayLimits, TableRef};
use sluice_contract::{CheckRecord, Verdict};
use sluice_runner::{FileStatus, Job, RunMode, RunOptions, batch_ledger, plan_next_batch, replay_batch, run};
use sluice_tests::{Sluice, TestLake};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};
use tempfile::TempDir;

const CONTRACT: &str = "dataset: \"shop.orders\"\nsource: {path: \"landing/orders/\", format: debezium_json}\n\
schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: status, type: string}\n";

fn event(id: u64, status: &str, position: u64) -> String {
    format!("{{\"op\":\"u\",\"after\":{{\"id\":{id},\"status\":\"{status}\"}},\"source\":{{\"lsn\":{position}}}}}\n")
}

fn lake() -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-batches-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", CONTRACT)?;
    Ok((folder, lake))
}

/// Three files of one event each.
fn three_files(lake: &TestLake) -> Result<()> {
    for file in 1..=3 {
        lake.write(&format!("landing/orders/{file}.json"), event(file, "new", file * 10))?;
    }
    Ok(())
}

fn orders() -> Result<TableRef> {
    Ok(TableRef { layer: Layer::Silver, name: "shop.orders".parse().map_err(anyhow::Error::msg)? })
}

async fn statuses(lake: &TestLake) -> Result<Vec<Option<String>>> {
    let mut rows = lake.rows(&orders()?).await?.select(&["id", "status"])?.rows;
    rows.sort();
    Ok(rows.into_iter().map(|row| row[1].clone()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_tells_every_file_and_what_waits() -> Result<()> {
    let (_folder, lake) = lake()?;
    three_files(&lake)?;
    lake.replay_within(ReplayLimits { max_files: Some(2), batches: Some(1), ..ReplayLimits::default() }).await?;
    let name = orders()?.name;
    let open = lake.lake().await?;
    let contract = lake.draft().await?.contract(&name)?;

    let ledger = batch_ledger(&open, &name).await?;
    let listed: Vec<_> = ledger.files.iter().map(|f| (f.path.as_str(), f.batch, f.rows, f.status)).collect();
    let in_silver = FileStatus::Silver;
    ensure!(
        listed == [("landing/orders/1.json", 1, Some(1), in_silver), ("landing/orders/2.json", 1, Some(1), in_silver)],
        "{listed:?}"
    );
    ensure!(ledger.files.iter().all(|file| file.modified.is_some() && file.size > 0 && !file.etag.is_empty()));

    lake.write("landing/orders/4.json", event(4, "new", 40))?;
    let limits = ReplayLimits { max_files: Some(1), ..ReplayLimits::default() };
    let plan = plan_next_batch(&open, &contract, &limits).await?;
    let files: Vec<&str> = plan.files.iter().map(|file| file.path.as_str()).collect();
    ensure!(plan.batch == 2 && files == ["landing/orders/3.json"] && plan.later_files == 1, "{plan:?}");
    ensure!(plan.bytes == plan.files[0].size && plan.pending.is_empty(), "{plan:?}");
    ensure!(open.ledger().batches(&name).await?.len() == 1, "a plan claims nothing");

    // The same from the command line.
    let sluice = Sluice::on_folder(lake.folder());
    let said = sluice.json(&["batches", "shop.orders"])?;
    ensure!(said["files"].as_array().map(Vec::len) == Some(2), "{said}");
    let said = sluice.ok(&["batches", "shop.orders", "--next", "--max-bytes", "1"])?;
    ensure!(said.contains("batch 2 would take 1 files") && said.contains("would wait"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_once_more_changes_nothing() -> Result<()> {
    let (_folder, lake) = lake()?;
    three_files(&lake)?;
    lake.replay_by(1).await?;
    let before = lake.versions().await?;
    let name = orders()?.name;
    let (open, engine, set) = (lake.lake().await?, lake.host().engine().await?, lake.draft().await?);
    let job = Job::new(JobId(1), "test");

    let again = replay_batch(&open, &engine, &set, &name, 2, &job).await?;

    let counters = again.counters;
    ensure!((counters.rows_in, counters.superseded, counters.duplicate) == (1, 1, 1), "{counters:?}");
    ensure!(lake.versions().await? == before, "no table has a new version");
    ensure!(replay_batch(&open, &engine, &set, &name, 9, &job).await.is_err(), "there is no batch 9");

    lake.write("landing/orders/2.json", event(2, "other", 20))?;
    let refused = replay_batch(&open, &engine, &set, &name, 2, &job).await.err().context("the file changed")?;
    ensure!(refused.to_string().contains("written again"), "{refused}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_without_times_is_not_taken_twice_and_a_new_content_is() -> Result<()> {
    let (folder, lake) = lake()?;
    three_files(&lake)?;
    lake.replay().await?;

    // As `cp -r` and most object store downloads do: the content is the same, the times are not.
    for file in 1..=3 {
        touch(&folder.path().join(format!("landing/orders/{file}.json")))?;
    }
    let copied = TestLake::at(lake.folder());
    let replayed = copied.replay().await?;
    ensure!(replayed.tables[0].files == 0, "{:?}", replayed.tables[0]);

    // The same path and size with another content.
    lake.write("landing/orders/2.json", event(2, "old", 90))?;
    touch(&folder.path().join("landing/orders/2.json"))?;
    let replayed = TestLake::at(lake.folder()).replay().await?;
    ensure!(replayed.tables[0].files == 1 && replayed.tables[0].counters.updated == 1, "{:?}", replayed.tables[0]);
    let ledger = batch_ledger(&lake.lake().await?, &orders()?.name).await?;
    let overwritten: Vec<_> = ledger.files.iter().filter(|file| file.overwritten_in == Some(2)).collect();
    ensure!(overwritten.len() == 1 && overwritten[0].path == "landing/orders/2.json", "{overwritten:?}");
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the time of a file on disk")]
fn touch(path: &Path) -> Result<()> {
    let file = std::fs::File::options().write(true).open(path)?;
    Ok(file.set_modified(SystemTime::now() + Duration::from_secs(60))?)
}

/// Runs in a mode until `work` is done.
async fn while_running<T>(lake: &TestLake, mode: RunMode, work: impl Future<Output = Result<T>>) -> Result<T> {
    Sluice::on_folder(lake.folder()).ok(&["publish", "--force"])?;
    let (open, engine) = (lake.lake().await?, lake.host().engine().await?);
    let job = Job::new(JobId(1), "test");
    let options = RunOptions { mode, concurrency: 1, limits: ReplayLimits::default(), lease_wait: None };
    let nothing = |_| -> futures::future::LocalBoxFuture<'_, ()> { Box::pin(std::future::ready(())) };
    let running = run(&open, &engine, &options, &job, &nothing, |_| {});
    tokio::select! {
        ended = running => {
            ended?;
            anyhow::bail!("the run ended by itself")
        }
        done = work => done,
    }
}

async fn wait_for(lake: &TestLake, id: usize, status: &str) -> Result<Duration> {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(60) {
        if statuses(lake).await.is_ok_and(|rows| rows.get(id - 1).is_some_and(|row| row.as_deref() == Some(status))) {
            return Ok(started.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    anyhow::bail!("row {id} did not become {status}")
}

#[tokio::test(flavor = "multi_thread")]
async fn continuous_takes_files_as_they_land() -> Result<()> {
    let (_folder, lake) = lake()?;
    three_files(&lake)?;
    let reader = TestLake::at(lake.folder());
    while_running(&lake, RunMode::Continuous, async {
        wait_for(&reader, 3, "new").await?;
        let mut latencies = Vec::new();
        for round in 0..10_u64 {
            let status = format!("s{round}");
            lake.write(&format!("landing/orders/c{round}.json"), event(2, &status, 100 + round))?;
            latencies.push(wait_for(&reader, 2, &status).await?);
        }
        latencies.sort();
        println!(
            "landed to silver: median {:?}, slowest {:?}",
            latencies[latencies.len() / 2],
            latencies[latencies.len() - 1]
        );
        Ok(())
    })
    .await?;
    ensure!(statuses(&lake).await? == ["new", "s9", "new"].map(|status| Some(status.to_owned())));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn interval_takes_what_landed_meanwhile() -> Result<()> {
    let (_folder, lake) = lake()?;
    three_files(&lake)?;
    let reader = TestLake::at(lake.folder());
    while_running(&lake, RunMode::Interval(Duration::from_millis(300)), async {
        wait_for(&reader, 3, "new").await?;
        lake.write("landing/orders/4.json", event(1, "paid", 100))?;
        lake.write("landing/orders/5.json", event(1, "sent", 101))?;
        wait_for(&reader, 1, "sent").await
    })
    .await?;
    let ledger = batch_ledger(&lake.lake().await?, &orders()?.name).await?;
    ensure!(ledger.files.len() == 5 && ledger.files.iter().all(|file| file.status == FileStatus::Silver), "{ledger:?}");
    Ok(())
}

/// The checks of one batch, as they are kept beside the table.
fn checks_of(folder: &Path, batch: u64) -> Result<Vec<CheckRecord>> {
    let path = folder.join(format!("_sluice/quality/shop/orders/{batch:020}.json"));
    Ok(serde_json::from_slice(&std::fs::read(path)?)?)
}

#[test]
fn checks_of_later_batches_look_at_new_rows_and_still_stop_them() -> Result<()> {
    let (folder, lake) = lake()?;
    let checks = "quality:\n- {check: \"row_count > 0\", severity: fail}\n\
- {check: \"accepted_values(status, 'new', 'paid')\", severity: fail}\n- {check: \"unique(status, id)\", severity: fail}\n";
    lake.write("contracts/shop/orders.yaml", CONTRACT.replace("schema:", &format!("{checks}schema:")))?;
    lake.write("landing/orders/1.json", (1..=5).map(|id| event(id, "new", id)).collect::<String>())?;
    lake.write("landing/orders/2.json", event(2, "paid", 12) + &event(6, "new", 13))?;
    lake.write("landing/orders/3.json", event(7, "lost", 20))?;
    let said = Sluice::on_folder(folder.path()).call(&["replay", "--max-files", "1"])?;
    ensure!(said.code == 3, "the last batch is refused: {said:?}");
    let evaluated = |batch| -> Result<Vec<u64>> {
        Ok(checks_of(folder.path(), batch)?.iter().filter_map(|check| check.outcome.evaluated).collect())
    };
    // row_count, accepted_values, unique(status, id), not_null(id), unique(id)
    ensure!(evaluated(1)? == [5, 5, 5, 5, 5], "all rows: {:?}", evaluated(1)?);
    ensure!(evaluated(2)? == [6, 2, 6, 2, 2], "new rows, and all where new ones tell nothing: {:?}", evaluated(2)?);
    let refused = checks_of(folder.path(), 3)?;
    ensure!(refused[1].outcome.verdict == Verdict::Failed && refused[1].outcome.failed == Some(1), "{refused:?}");
    lake.write("landing/orders/4.json", event(7, "paid", 21))?;
    let said = Sluice::on_folder(folder.path()).call(&["replay", "--max-files", "1"])?;
    ensure!(said.code == 0, "a later event completes it: {said:?}");
    Ok(())
}

#[test]
fn another_process_goes_on_from_what_the_checks_said_of_the_same_rows() -> Result<()> {
    let (folder, lake) = lake()?;
    let checks = "quality:\n- {check: \"accepted_values(status, 'new', 'paid')\", severity: fail}\n";
    let contract = CONTRACT.replace("schema:", &format!("{checks}schema:"));
    lake.write("contracts/shop/orders.yaml", &contract)?;
    // accepted_values, not_null(id), unique(id)
    let evaluated_by_a_process = |batch: u64| -> Result<Vec<u64>> {
        let said = Sluice::on_folder(folder.path()).call(&["replay"])?;
        ensure!(said.code == 0, "{said:?}");
        Ok(checks_of(folder.path(), batch)?.iter().filter_map(|check| check.outcome.evaluated).collect())
    };
    lake.write("landing/orders/1.json", (1..=5).map(|id| event(id, "new", id)).collect::<String>())?;
    ensure!(evaluated_by_a_process(1)? == [5, 5, 5]);
    lake.write("landing/orders/2.json", event(2, "paid", 12))?;
    ensure!(evaluated_by_a_process(2)? == [1, 1, 1], "the new row");

    // Outcomes that are of other rows, or damaged.
    let kept = |batch: u64| folder.path().join(format!("_sluice/quality/shop/orders/{batch:020}.json"));
    std::fs::copy(kept(1), kept(2))?;
    lake.write("landing/orders/3.json", event(6, "new", 20))?;
    ensure!(evaluated_by_a_process(3)? == [6, 6, 6], "all rows");
    std::fs::write(kept(3), "[")?;
    lake.write("landing/orders/4.json", event(7, "new", 21))?;
    ensure!(evaluated_by_a_process(4)? == [7, 7, 7], "all rows");

    // A check that nobody evaluated yet.
    lake.write("contracts/shop/orders.yaml", contract.replace("'new', 'paid'", "'new', 'paid', 'sent'"))?;
    lake.write("landing/orders/5.json", event(8, "sent", 22))?;
    ensure!(evaluated_by_a_process(5)? == [8, 8, 8], "all rows");
    lake.write("landing/orders/6.json", event(9, "lost", 23))?;
    let said = Sluice::on_folder(folder.path()).call(&["replay"])?;
    ensure!(said.code == 3, "a new row that does not hold stops the batch: {said:?}");
    Ok(())
}
