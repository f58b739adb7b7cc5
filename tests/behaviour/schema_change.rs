//! Columns that come and go: without writing a file where bronze proves that this is enough, and always
//! to the same table that a rebuild makes.

use anyhow::{Context, Result, ensure};
use sluice_api::{Layer, ReplayLimits, TableRef};
use sluice_tests::{Rows, TestLake};
use tempfile::TempDir;

const KEY_AND_STATUS: &str = "- {name: id, type: bigint, primary_key: true}\n- {name: status, type: string}\n";
const NOTE: &str = "- {name: note, type: string}\n";

fn orders() -> Result<TableRef> {
    Ok(TableRef { layer: Layer::Silver, name: "shop.orders".parse().map_err(anyhow::Error::msg)? })
}

fn declare(lake: &TestLake, source: &str, columns: &[&str]) -> Result<()> {
    let head = format!(
        "dataset: \"shop.orders\"\nsource: {{path: \"landing/orders/\", format: debezium_json{source}}}\n\
         apply: {{quarantine_limit: 1.0}}\nschema:\n"
    );
    lake.write("contracts/shop/orders.yaml", head + &columns.concat())
}

fn land(lake: &TestLake, file: &str, events: &[(&str, u64)]) -> Result<()> {
    let line = |(row, position): &(&str, u64)| {
        format!("{{\"op\":\"u\",\"after\":{{{row}}},\"source\":{{\"lsn\":{position}}}}}\n")
    };
    lake.write(&format!("landing/orders/{file}.json"), events.iter().map(line).collect::<String>())
}

/// A lake with two rows in two files.
async fn two_batches(columns: &[&str], rows: [&str; 2]) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-columns-").tempdir()?;
    let lake = TestLake::at(folder.path());
    declare(&lake, "", columns)?;
    land(&lake, "1", &[(rows[0], 10)])?;
    land(&lake, "2", &[(rows[1], 20)])?;
    replay(&lake).await?;
    Ok((folder, lake))
}

async fn replay(lake: &TestLake) -> Result<sluice_api::TableReplay> {
    let mut replayed = lake.replay_by(1).await?.tables;
    let table = replayed.pop().context("one table")?;
    ensure!(table.error.is_none(), "{:?}", table.error);
    Ok(table)
}

/// Data files of silver, and what the newest commit was.
async fn files(lake: &TestLake) -> Result<(Vec<String>, String)> {
    let store = lake.store(&orders()?).await?;
    let snapshot = store.snapshot(None).await?.context("no silver")?;
    let newest = store.history(1).await?.pop().context("no commit")?;
    Ok((snapshot.files.iter().map(|file| file.path.clone()).collect(), newest.operation.to_string()))
}

/// Rows with all columns, Sluice's own too.
async fn rows(lake: &TestLake) -> Result<Rows> {
    let mut rows = lake.rows(&orders()?).await?;
    rows.rows.sort();
    Ok(rows)
}

/// Silver made from bronze alone is the same, its own columns too.
async fn ensure_a_rebuild_is_equal(lake: &TestLake) -> Result<()> {
    let before = rows(lake).await?;
    lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
    let after = rows(lake).await?;
    ensure!(before == after, "{before:?}\nbut a rebuild makes\n{after:?}");
    Ok(())
}

fn column(rows: &Rows, name: &str) -> Result<Vec<Option<String>>> {
    Ok(rows.select(&[name])?.rows.into_iter().flatten().collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_nullable_column_writes_no_file() -> Result<()> {
    let (_folder, lake) =
        two_batches(&[KEY_AND_STATUS], ["\"id\":1,\"status\":\"a\"", "\"id\":2,\"status\":\"b\""]).await?;
    let (before, _) = files(&lake).await?;

    declare(&lake, "", &[KEY_AND_STATUS, NOTE])?;
    replay(&lake).await?;

    let (after, operation) = files(&lake).await?;
    ensure!(after == before && operation == "CHANGE COLUMNS", "{operation}: {before:?} became {after:?}");
    ensure!(column(&rows(&lake).await?, "note")? == [None, None]);
    land(&lake, "3", &[("\"id\":2,\"status\":\"c\",\"note\":\"n\"", 30)])?;
    replay(&lake).await?;
    ensure!(column(&rows(&lake).await?, "note")? == [None, Some("n".to_owned())]);
    ensure_a_rebuild_is_equal(&lake).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_column_that_older_events_have_is_filled_from_bronze() -> Result<()> {
    let rows_in = ["\"id\":1,\"status\":\"a\",\"note\":\"first\"", "\"id\":2,\"status\":\"b\""];
    let (_folder, lake) = two_batches(&[KEY_AND_STATUS], rows_in).await?;

    declare(&lake, "", &[KEY_AND_STATUS, NOTE])?;
    replay(&lake).await?;

    ensure!(files(&lake).await?.1 == "REBUILD");
    ensure!(column(&rows(&lake).await?, "note")? == [Some("first".to_owned()), None]);
    ensure_a_rebuild_is_equal(&lake).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_column_writes_no_file_and_copies_stay_copies() -> Result<()> {
    let rows_in = ["\"id\":1,\"status\":\"a\",\"note\":\"x\"", "\"id\":2,\"status\":\"b\",\"note\":\"y\""];
    let (_folder, lake) = two_batches(&[KEY_AND_STATUS, NOTE], rows_in).await?;
    let (before, _) = files(&lake).await?;

    declare(&lake, "", &[KEY_AND_STATUS])?;
    replay(&lake).await?;

    let (after, operation) = files(&lake).await?;
    ensure!(after == before && operation == "CHANGE COLUMNS", "{operation}: {before:?} became {after:?}");
    ensure!(!rows(&lake).await?.columns.contains(&"note".to_owned()));
    land(&lake, "again", &[(rows_in[0], 10)])?;
    let counters = replay(&lake).await?.counters;
    ensure!((counters.duplicate, counters.superseded, counters.ties) == (1, 1, 0), "{counters:?}");
    ensure_a_rebuild_is_equal(&lake).await?;

    // Back again: the older records have it, so it is filled.
    declare(&lake, "", &[KEY_AND_STATUS, NOTE])?;
    replay(&lake).await?;
    ensure!(column(&rows(&lake).await?, "note")? == [Some("x".to_owned()), Some("y".to_owned())]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_in_quarantine_gets_its_chance_from_a_rebuild() -> Result<()> {
    let number = "- {name: note, type: int}\n";
    let rows_in = ["\"id\":1,\"status\":\"a\",\"note\":\"x\"", "\"id\":2,\"status\":\"b\",\"note\":7"];
    let (_folder, lake) = two_batches(&[KEY_AND_STATUS, number], rows_in).await?;
    ensure!(rows(&lake).await?.rows.len() == 1);

    declare(&lake, "", &[KEY_AND_STATUS])?;
    replay(&lake).await?;

    ensure!(files(&lake).await?.1 == "REBUILD" && rows(&lake).await?.rows.len() == 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_the_events_bring_writes_no_old_file() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-columns-").tempdir()?;
    let lake = TestLake::at(folder.path());
    declare(&lake, ", evolution: add_new_columns", &[KEY_AND_STATUS])?;
    land(&lake, "1", &[("\"id\":1,\"status\":\"a\"", 10), ("\"id\":9,\"status\":1", 11)])?;
    replay(&lake).await?;
    let (before, _) = files(&lake).await?;

    land(&lake, "2", &[("\"id\":2,\"status\":\"b\",\"note\":\"n\",\"B\":1", 20)])?;
    replay(&lake).await?;

    let operations: Vec<String> =
        lake.store(&orders()?).await?.history(10).await?.into_iter().map(|entry| entry.operation.to_string()).collect();
    ensure!(
        operations.contains(&"CHANGE COLUMNS".to_owned()) && !operations.contains(&"REBUILD".to_owned()),
        "{operations:?}"
    );
    let written = rows(&lake).await?;
    ensure!(written.columns[..4] == ["id", "status", "B", "note"].map(str::to_owned), "{:?}", written.columns);
    ensure!(!before.is_empty());
    let schemas = lake.lake().await?.ledger().schemas(&orders()?.name).await?;
    let numbers: Vec<u64> = schemas.iter().map(|schema| schema.number).collect();
    ensure!(numbers == [1, 2] && schemas[1].inferred.added.contains("note") && schemas[1].batch == 2, "{schemas:?}");
    ensure_a_rebuild_is_equal(&lake).await?;

    // Declared later, it gets its type.
    declare(&lake, ", evolution: add_new_columns", &[KEY_AND_STATUS, "- {name: b, type: int}\n"])?;
    replay(&lake).await?;
    let written = rows(&lake).await?;
    ensure!(written.columns[..4] == ["id", "status", "b", "note"].map(str::to_owned), "{:?}", written.columns);
    ensure!(column(&written, "b")? == [None, Some("1".to_owned()), None], "{written:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn another_delete_mode_is_a_rebuild() -> Result<()> {
    for (before, after, rows_after) in [("soft", "hard", 1), ("hard", "soft", 2)] {
        let folder = tempfile::Builder::new().prefix("sluice-columns-").tempdir()?;
        let lake = TestLake::at(folder.path());
        let declare = |mode: &str| {
            let text = format!(
                "dataset: \"shop.orders\"\nsource: {{path: \"landing/orders/\", format: debezium_json}}\n\
                 apply: {{delete_mode: {mode}}}\nschema:\n{KEY_AND_STATUS}"
            );
            lake.write("contracts/shop/orders.yaml", text)
        };
        declare(before)?;
        land(&lake, "1", &[("\"id\":1,\"status\":\"a\"", 10)])?;
        land(&lake, "2", &[("\"id\":2,\"status\":\"b\"", 20)])?;
        lake.write("landing/orders/3.json", "{\"op\":\"d\",\"before\":{\"id\":1},\"source\":{\"lsn\":30}}\n")?;
        replay(&lake).await?;

        declare(after)?;
        replay(&lake).await?;

        let operation = files(&lake).await?.1;
        ensure!(operation == "REBUILD", "{before} to {after}: {operation}");
        ensure!(rows(&lake).await?.rows.len() == rows_after, "{before} to {after}");
        ensure_a_rebuild_is_equal(&lake).await?;
    }
    Ok(())
}
