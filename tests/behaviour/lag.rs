//! A table is late by the age of its newest event, and by nothing else.

use anyhow::{Context, Result, ensure};
use sluice_api::{Health, Layer, Reply, Request, TableRef, TableSummary, Timeliness};
use sluice_tests::TestLake;
use tempfile::TempDir;

/// Ten seconds before the clock of a lake under test.
const EVENT_MS: u64 = 1_699_999_990_000;

/// A lake with one event of that time, or of none.
async fn lake(head: &str, with_time: bool) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-lag-").tempdir()?;
    let lake = TestLake::at(folder.path());
    let contract = format!(
        "dataset: \"shop.orders\"\n{head}\nsource: {{path: \"landing/\", format: debezium_json}}\nschema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: note, type: string}}\n"
    );
    lake.write("contracts/shop/orders.yaml", contract)?;
    let time = if with_time { format!(",\"ts_ms\":{EVENT_MS}") } else { String::new() };
    let event = format!("{{\"op\":\"c\",\"after\":{{\"id\":1,\"note\":null}},\"source\":{{\"lsn\":1{time}}}}}\n");
    lake.write("landing/1.json", event)?;
    let replayed = lake.replay().await?.tables.pop().context("one table")?;
    ensure!(replayed.error.is_none(), "{:?}", replayed.error);
    Ok((folder, lake))
}

async fn orders(lake: &TestLake) -> Result<TableSummary> {
    let Reply::Lake(view) = lake.host().handle(Request::Lake).await else { anyhow::bail!("no lake") };
    view.tables.into_iter().find(|table| table.table.layer == Layer::Silver).context("there is a silver table")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_beyond_its_sla_is_late() -> Result<()> {
    let (_folder, lake) = lake("sla: \"6 seconds\"\nowner: shop\nsize_class: large", true).await?;
    let orders = orders(&lake).await?;
    ensure!((orders.health, orders.facts.timeliness()) == (Health::Warn, Timeliness::Late), "{orders:?}");
    ensure!(orders.note.as_deref() == Some("10 s behind source, SLA 6 seconds"), "{orders:?}");
    let facts = &orders.facts;
    ensure!(facts.owner.as_deref() == Some("shop") && facts.size_class.as_deref() == Some("large"), "{facts:?}");
    let table = TableRef { layer: Layer::Silver, name: orders.table.name.clone() };
    let Reply::Table(view) = lake.host().handle(Request::Table { table, version: None }).await else {
        anyhow::bail!("no table");
    };
    ensure!((view.health, view.facts.clone()) == (Health::Warn, orders.facts), "{view:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_beyond_twice_its_sla_fails() -> Result<()> {
    let (_folder, lake) = lake("sla: \"4 seconds\"", true).await?;
    let orders = orders(&lake).await?;
    ensure!((orders.health, orders.facts.timeliness()) == (Health::Fail, Timeliness::Overdue), "{orders:?}");
    ensure!(orders.note.as_deref() == Some("10 s behind source, SLA 4 seconds"), "{orders:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_within_its_sla_is_on_time_whatever_else_warns() -> Result<()> {
    let (_folder, fine) = lake("sla: 1m", true).await?;
    let summary = orders(&fine).await?;
    ensure!((summary.health, summary.note.clone()) == (Health::Ok, None), "{summary:?}");
    let (_other, warning) = lake("sla: 1m\nquality: [{check: not_null(note), severity: warn}]", true).await?;
    let summary = orders(&warning).await?;
    ensure!((summary.health, summary.facts.timeliness()) == (Health::Warn, Timeliness::OnTime), "{summary:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lag_that_nobody_knows_is_not_on_time() -> Result<()> {
    let (_folder, lake) = lake("sla: 1m", false).await?;
    let orders = orders(&lake).await?;
    ensure!(orders.facts.timeliness() == Timeliness::Unknown, "{orders:?}");
    ensure!(orders.note.as_deref() == Some("lag unknown, no event has a time; SLA 1m"), "{orders:?}");
    Ok(())
}
