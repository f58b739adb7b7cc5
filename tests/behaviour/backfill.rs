//! Folders that are taken once into a table that changes feed (`source.backfill`).

use anyhow::{Context, Result, ensure};
use sluice_api::{Layer, ReplayLimits, TableRef, TableReplay};
use sluice_runner::batch_ledger;
use sluice_tests::TestLake;
use tempfile::TempDir;

fn contract(backfill: &str) -> String {
    format!(
        "dataset: \"shop.orders\"\nsource:\n  path: \"landing/orders/\"\n  format: debezium_json\n{backfill}\
schema:\n- {{name: id, type: bigint, primary_key: true}}\n- {{name: status, type: string}}\n"
    )
}

fn backfill(name: &str, path: &str) -> String {
    format!("  backfill:\n  - {{name: {name}, path: \"{path}\", format: csv, read_rank: below_cdc}}\n")
}

fn lake(contract: &str) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-backfill-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", contract)?;
    Ok((folder, lake))
}

/// Row 1 is updated, row 2 is deleted, row 4 is new.
fn changes(lake: &TestLake) -> Result<()> {
    let events = "{\"op\":\"u\",\"after\":{\"id\":1,\"status\":\"paid\"},\"source\":{\"lsn\":5}}\n\
{\"op\":\"d\",\"before\":{\"id\":2},\"source\":{\"lsn\":6}}\n\
{\"op\":\"c\",\"after\":{\"id\":4,\"status\":\"new\"},\"source\":{\"lsn\":7}}\n";
    lake.write("landing/orders/1.json", events)
}

async fn replay(lake: &TestLake) -> Result<TableReplay> {
    let replay = lake.replay().await?.tables.pop().context("one table is replayed")?;
    ensure!(replay.error.is_none(), "{:?}", replay.error);
    Ok(replay)
}

fn orders() -> Result<TableRef> {
    Ok(TableRef { layer: Layer::Silver, name: "shop.orders".parse().map_err(anyhow::Error::msg)? })
}

async fn rows(lake: &TestLake) -> Result<Vec<String>> {
    let rows = lake.rows(&orders()?).await?.select(&["id", "status"])?.rows;
    let text = |row: Vec<Option<String>>| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(" ");
    let mut rows: Vec<String> = rows.into_iter().map(text).collect();
    rows.sort();
    Ok(rows)
}

async fn rebuild(lake: &TestLake) -> Result<()> {
    lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
    Ok(())
}

#[tokio::test]
async fn a_backfill_lies_below_every_change_and_runs_once() -> Result<()> {
    let path = "landing/orders_history/";
    let (_folder, lake) = lake(&contract(""))?;
    changes(&lake)?;
    replay(&lake).await?;
    ensure!(rows(&lake).await? == ["1 paid", "4 new"]);
    lake.write("landing/orders_history/part-1.csv", "id,status\n1,old\n2,old\n")?;
    lake.write("landing/orders_history/part-2.csv", "id,status\n3,old\n")?;
    lake.write("contracts/shop/orders.yaml", contract(&backfill("history", path)))?;
    let done = replay(&lake).await?;
    ensure!((done.batches, done.files, done.counters.inserted) == (1, 2, 1), "{done:?}");
    ensure!(done.counters.tombstone_blocked == 1, "row 2 was deleted after it: {:?}", done.counters);
    let expected = ["1 paid", "3 old", "4 new"];
    ensure!(rows(&lake).await? == expected);
    // More files, or the same written again: its name has run.
    lake.write("landing/orders_history/part-3.csv", "id,status\n5,old\n")?;
    lake.write("landing/orders_history/part-2.csv", "id,status\n6,old\n")?;
    ensure!(replay(&lake).await?.batches == 0);
    rebuild(&lake).await?;
    ensure!(rows(&lake).await? == expected, "a rebuild from bronze");
    let ledger = batch_ledger(&lake.lake().await?, &orders()?.name).await?;
    let backfills: Vec<Option<&str>> = ledger.files.iter().map(|file| file.backfill.as_deref()).collect();
    ensure!(backfills == [None, Some("history"), Some("history")], "{backfills:?}");
    // Bronze can be read without the entry too.
    lake.write("contracts/shop/orders.yaml", contract(""))?;
    rebuild(&lake).await?;
    ensure!(rows(&lake).await? == expected, "a rebuild without the entry");
    // Another name takes the folder as it is now.
    lake.write("contracts/shop/orders.yaml", contract(&backfill("history_again", path)))?;
    ensure!(replay(&lake).await?.files == 3);
    ensure!(rows(&lake).await? == ["1 paid", "3 old", "4 new", "5 old", "6 old"]);
    Ok(())
}

#[tokio::test]
async fn silver_does_not_depend_on_when_a_backfill_runs() -> Result<()> {
    let with_backfill = contract(&backfill("history", "landing/old/"));
    let mut found = Vec::new();
    for (changes_first, at_once) in [(true, false), (false, false), (true, true)] {
        let (_folder, lake) = lake(&with_backfill)?;
        let history = |lake: &TestLake| lake.write("landing/old/a.csv", "id,status\n1,old\n2,old\n3,old\n");
        for step in [changes_first, !changes_first] {
            if step {
                changes(&lake)?;
            } else {
                history(&lake)?;
            }
            if !at_once {
                replay(&lake).await?;
            }
        }
        replay(&lake).await?;
        found.push((rows(&lake).await?, lake.fingerprints().await?));
    }
    ensure!(found[0] == found[1] && found[1] == found[2], "{found:?}");
    ensure!(found[0].0 == ["1 paid", "3 old", "4 new"]);
    Ok(())
}
