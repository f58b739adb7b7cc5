//! Where a table begins (`source.from`): what a changed start makes, and that `now` is one moment for good.

use anyhow::{Context, Result, ensure};
use sluice_api::{Layer, ReplayLimits, TableRef, TableReplay};
use sluice_tests::TestLake;
use std::collections::BTreeSet;
use tempfile::TempDir;

/// Long ago, and long after any machine runs this.
const TIMES: [u64; 2] = [1_500_000_000_000, 4_000_000_000_000];

fn contract(from: &str) -> String {
    format!(
        "dataset: shop.orders\nsource: {{path: landing/, format: debezium_json{from}}}\n\
         apply: {{sequence: [source.lsn]}}\nschema:\n- {{name: id, type: bigint, primary_key: true}}\n\
         - {{name: note, type: string}}\n"
    )
}

fn lake(from: &str) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-starts-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", contract(from))?;
    Ok((folder, lake))
}

fn land(lake: &TestLake, id: u64, time: u64) -> Result<()> {
    let event = format!(
        "{{\"op\":\"c\",\"after\":{{\"id\":{id},\"note\":\"n\"}},\"source\":{{\"lsn\":{id},\"ts_ms\":{time}}}}}\n"
    );
    lake.write(&format!("landing/{id:03}.json"), event)
}

async fn replay(lake: &TestLake, full_refresh: bool) -> Result<TableReplay> {
    let done = lake.replay_within(ReplayLimits { full_refresh, ..ReplayLimits::default() }).await?;
    let table = done.tables.into_iter().next().context("the table is replayed")?;
    ensure!(table.error.is_none() && table.counters.balances(), "{table:?}");
    Ok(table)
}

async fn ids(lake: &TestLake) -> Result<BTreeSet<String>> {
    let table = TableRef { layer: Layer::Silver, name: "shop.orders".parse().map_err(anyhow::Error::msg)? };
    Ok(lake.rows(&table).await?.rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
}

fn set(ids: &[u64]) -> BTreeSet<String> {
    ids.iter().map(u64::to_string).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_start_makes_what_a_full_refresh_makes() -> Result<()> {
    let (_folder, lake) = lake(", from: position 7")?;
    for id in 1..=10 {
        land(&lake, id, TIMES[usize::from(id > 4)])?;
    }
    let table = replay(&lake, false).await?;
    ensure!(table.counters.filtered == 6 && table.counters.rows_in == 10, "{:?}", table.counters);
    ensure!(ids(&lake).await? == set(&[7, 8, 9, 10]));
    for (from, expected) in [
        (", from: 2020-01-01", set(&[5, 6, 7, 8, 9, 10])),
        ("", (1..=10).map(|id: u64| id.to_string()).collect()),
        (", from: position 3", set(&[3, 4, 5, 6, 7, 8, 9, 10])),
    ] {
        lake.write("contracts/shop/orders.yaml", contract(from))?;
        replay(&lake, false).await?;
        ensure!(ids(&lake).await? == expected, "{from}");
        let before = lake.fingerprints().await?;
        replay(&lake, true).await?;
        ensure!(lake.fingerprints().await? == before, "{from}: a full refresh makes another table");
    }
    lake.write("contracts/shop/orders.yaml", contract(", from: position first"))?;
    let done = lake.replay().await?;
    let said = done.tables[0].error.as_ref().context("no position")?.to_string();
    ensure!(said.contains("source.from") && said.contains("source.lsn"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn now_is_one_moment_for_good() -> Result<()> {
    let (folder, lake) = lake(", from: now")?;
    land(&lake, 1, TIMES[0])?;
    land(&lake, 2, TIMES[1])?;
    let dry = lake.replay_within(ReplayLimits { dry_run: true, ..ReplayLimits::default() }).await?;
    ensure!(dry.tables[0].counters.filtered == 1, "{dry:?}");
    ensure!(!folder.path().join("_sluice/started").exists(), "a dry run begins no table");
    ensure!(replay(&lake, false).await?.counters.filtered == 1);
    let began = std::fs::read(folder.path().join("_sluice/started/shop/orders.json"))?;
    land(&lake, 3, TIMES[0])?;
    land(&lake, 4, TIMES[1])?;
    replay(&lake, false).await?;
    replay(&lake, true).await?;
    ensure!(ids(&lake).await? == set(&[2, 4]));
    ensure!(std::fs::read(folder.path().join("_sluice/started/shop/orders.json"))? == began);
    Ok(())
}
