//! What the window shows of a batch that is not published, and of the plan of the next ones.

use anyhow::{Context, Result, ensure};
use sluice_api::{
    BatchState, BatchView, Health, Layer, QualityView, RefusalCause, ReplayLimits, ReplayView, TableName, TableSummary,
    ask,
};
use sluice_tests::TestLake;
use tempfile::TempDir;

const CONTRACT: &str = "dataset: \"shop.orders\"\nsource: {path: \"landing/orders/\", format: debezium_json}\n\
schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: status, type: string}\n";

fn event(id: &str, position: u64) -> String {
    format!("{{\"op\":\"c\",\"after\":{{\"id\":{id},\"status\":\"new\"}},\"source\":{{\"lsn\":{position}}}}}\n")
}

fn lake(more: &str) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-refused-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", format!("{CONTRACT}{more}"))?;
    Ok((folder, lake))
}

fn orders() -> Result<TableName> {
    "shop.orders".parse().map_err(anyhow::Error::msg)
}

async fn view(lake: &TestLake, max_files: Option<u64>) -> Result<ReplayView> {
    Ok(lake.host().call(ask::Replay { table: orders()?, max_files }).await?)
}

async fn batch(lake: &TestLake, number: u64) -> Result<BatchView> {
    let view = view(lake, Some(1)).await?;
    view.batches.into_iter().find(|batch| batch.batch == number).context("the batch is there")
}

async fn quality(lake: &TestLake) -> Result<QualityView> {
    Ok(lake.host().call(ask::Quality { table: orders()? }).await?)
}

async fn silver(lake: &TestLake) -> Result<TableSummary> {
    let view = lake.host().call(ask::Lake {}).await?;
    view.tables.into_iter().find(|each| each.table.layer == Layer::Silver).context("silver is in the tree")
}

/// Ten events of which one cannot be read, after a batch that is published.
fn too_many_rejects(lake: &TestLake) -> Result<()> {
    let good: String = (2..11).map(|id: u64| event(&id.to_string(), id * 10)).collect();
    lake.write("landing/orders/2.json", format!("{good}{}", event("\"no number\"", 200)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_batch_has_its_reason_and_the_counts_of_its_plan() -> Result<()> {
    let (_folder, lake) = lake("apply: {quarantine_limit: 0.05}\n")?;
    lake.write("landing/orders/1.json", event("1", 10))?;
    lake.replay().await?;
    too_many_rejects(&lake)?;
    let stopped = lake.replay().await?.tables.pop().and_then(|table| table.error).context("it was refused")?;

    let refused = batch(&lake, 2).await?;
    ensure!(refused.state == BatchState::Pending && refused.silver_version.is_none(), "{refused:?}");
    let counters = refused.counters.context("its plan counts")?;
    ensure!((counters.rows_in, counters.inserted, counters.quarantined) == (10, 9, 1), "{counters:?}");
    ensure!(counters.balances() && (counters.silver_before, counters.silver_after) == (1, 10), "{counters:?}");
    ensure!(refused.bronze_rows.is_some() && refused.elapsed_ms.is_none(), "{refused:?}");
    let refusal = refused.refusal.context("its reason is kept")?;
    ensure!(refusal.reason.starts_with("10.0 % of its records are in quarantine, the limit is 5.0 %"), "{refusal:?}");
    ensure!((refusal.cause, refusal.first_batch) == (RefusalCause::Quarantine, 2), "{refusal:?}");
    ensure!(stopped.message.contains(&refusal.reason), "{stopped}");
    let seen = quality(&lake).await?;
    ensure!(seen.refused_batch == Some(2) && seen.refusal.as_ref() == Some(&refusal), "{seen:?}");
    let summary = silver(&lake).await?;
    ensure!(summary.health == Health::Fail, "{summary:?}");
    ensure!(summary.note.as_deref().is_some_and(|note| note.ends_with(&refusal.reason)), "{summary:?}");

    // Merged together with the next one, which has enough good records: its rows are counted there.
    let many: String = (11..60).map(|id: u64| event(&id.to_string(), id * 10)).collect();
    lake.write("landing/orders/3.json", many)?;
    lake.replay().await?;
    let (first, second) = (batch(&lake, 2).await?, batch(&lake, 3).await?);
    ensure!(first.state == BatchState::Committed && first.refusal.is_none(), "{first:?}");
    ensure!(first.counters.is_none() && first.merged_with == Some(3), "{first:?}");
    ensure!(second.counters.is_some_and(|counters| counters.rows_in == 59), "{second:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_refused_by_its_checks_leads_to_them() -> Result<()> {
    let (_folder, lake) = lake("quality: [{check: row_count > 3}]\n")?;
    lake.write("landing/orders/1.json", event("1", 10))?;
    lake.replay().await?;
    let refusal = batch(&lake, 1).await?.refusal.context("its reason is kept")?;
    ensure!(refusal.cause == RefusalCause::Checks, "{refusal:?}");
    ensure!(refusal.reason.contains("checks did not hold, the first is row_count > 3"), "{refusal:?}");
    ensure!(refusal.counters.is_some_and(|counters| counters.inserted == 1), "{refusal:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_takes_the_files_of_the_first_planned_batch() -> Result<()> {
    for bound in [Some(1), Some(2), None] {
        let (_folder, lake) = lake("")?;
        for file in 1..=3_u64 {
            lake.write(&format!("landing/orders/{file}.json"), event(&file.to_string(), file * 10))?;
        }
        while let Some(planned) = view(&lake, bound).await?.batches.into_iter().find(|b| b.state == BatchState::Planned)
        {
            lake.replay_within(ReplayLimits { batches: Some(1), max_files: bound, ..ReplayLimits::default() }).await?;
            let done = batch(&lake, planned.batch).await?;
            ensure!(done.state == BatchState::Committed && done.files == planned.files, "{planned:?} {done:?}");
        }
    }
    Ok(())
}
