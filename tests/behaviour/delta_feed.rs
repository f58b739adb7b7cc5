//! A Delta table of another program as a source: its change data feed, and what is no feed.

use anyhow::{Context, Result, ensure};
use sluice_api::{Layer, OnboardAnswers, TableRef, TableReplay, ask};
use sluice_tests::{TestLake, files_below, package_path, python};
use std::path::Path;
use std::process::Command;

const FOLDER: &str = "landing/shop/orders";

/// Makes or changes the table with delta-rs; its rows afterwards, the values as texts.
fn change(python: &Path, lake: &TestLake, round: u32) -> Result<Vec<Vec<Option<String>>>> {
    let script = package_path("python/delta_feed.py");
    let mut call = Command::new(python);
    let output = call.arg(script).arg(lake.folder().join(FOLDER)).arg(round.to_string()).output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}

async fn replay(lake: &TestLake) -> Result<TableReplay> {
    let replay = lake.replay().await?.tables.pop().context("one table is replayed")?;
    ensure!(replay.counters.balances(), "{:?}", replay.counters);
    Ok(replay)
}

async fn silver(lake: &TestLake) -> Result<Vec<Vec<Option<String>>>> {
    let table = TableRef { layer: Layer::Silver, name: "shop.orders".parse().map_err(anyhow::Error::msg)? };
    let mut rows = lake.rows(&table).await?.select(&["id", "status", "day", "country"])?.rows;
    rows.sort_by_key(|row| row.first().cloned().flatten().and_then(|id| id.parse::<i64>().ok()));
    Ok(rows)
}

#[tokio::test]
async fn the_feed_of_a_table_gives_its_rows_after_every_run() -> Result<()> {
    let Some(python) = python("delta feed") else { return Ok(()) };
    let folder = tempfile::Builder::new().prefix("sluice-delta-feed-").tempdir()?;
    let lake = TestLake::at(folder.path());
    let mut expected = change(&python, &lake, 1)?;
    let found = lake.host().call(ask::InspectSource { source: "landing".to_owned() }).await?;
    ensure!(found.tables.len() == 1 && found.tables[0].format.as_deref() == Some("delta_feed_parquet"), "{found:?}");
    let draft =
        ask::InferContract { path: FOLDER.to_owned(), name: None, table: None, answers: OnboardAnswers::default() };
    let draft = lake.host().call(draft).await?;
    ensure!(draft.sequence == ["_commit_version"] && draft.questions.is_empty(), "{draft:?}");
    ensure!(draft.name.to_string() == "shop.orders" && draft.key == ["id"] && draft.problems.is_empty(), "{draft:?}");
    lake.write("contracts/shop/orders.yaml", &draft.yaml)?;
    for round in 1..4 {
        if round > 1 {
            expected = change(&python, &lake, round)?;
        }
        let replayed = replay(&lake).await?;
        ensure!(replayed.error.is_none() && replayed.reasons.is_empty(), "round {round}: {replayed:?}");
        let rows = silver(&lake).await?;
        ensure!(rows == expected, "round {round}: {rows:?}\n{expected:?}");
        ensure!(replay(&lake).await?.files == 0, "a commit is taken once");
    }

    // Bronze has all of it.
    let rebuilt = draft.yaml.replace("apply:", "apply:\n  tie_policy: quarantine");
    lake.write("contracts/shop/orders.yaml", rebuilt)?;
    replay(&lake).await?;
    ensure!(silver(&lake).await? == expected, "a rebuild gives the same");
    Ok(())
}

/// A log in which every commit has these lines.
fn write_log(lake: &TestLake, first: u64, commits: &[&str]) -> Result<()> {
    for (version, lines) in (first..).zip(commits) {
        lake.write(&format!("{FOLDER}/_delta_log/{version:020}.json"), lines)?;
    }
    Ok(())
}

const PLAIN: &str = r#"{"metaData":{"id":"x","configuration":{}}}"#;
const FEED: &str = r#"{"metaData":{"id":"x","configuration":{"delta.enableChangeDataFeed":"true"}}}"#;
const EMPTY: &str = r#"{"commitInfo":{"timestamp":1767323045000}}"#;
const MAPPED: &str = r#"{"metaData":{"id":"x","configuration":{"delta.enableChangeDataFeed":"true","delta.columnMapping.mode":"name"}}}"#;
const GONE: &str = r#"{"add":{"path":"a.parquet","partitionValues":{},"size":1,"dataChange":true}}"#;

#[tokio::test]
async fn what_is_missing_from_a_feed_is_a_refusal() -> Result<()> {
    let cases: [(u64, &[&str], &str, &str); 8] = [
        (0, &[PLAIN, EMPTY], "", "without a change data feed"),
        (0, &[PLAIN, FEED], "", "begins with version 1"),
        (0, &[PLAIN, FEED], ", from_version: 0", "begins with version 1"),
        (0, &[FEED, PLAIN], "", "without a change data feed"),
        (3, &[EMPTY, EMPTY], ", from_version: 2", "begins with version 3 where 2 is expected"),
        (3, &[FEED, EMPTY], "", "begins with version 3"),
        (0, &[FEED, MAPPED], "", "column mapping"),
        (0, &[FEED, GONE], "", "was vacuumed"),
    ];
    for (first, commits, from, says) in cases {
        let folder = tempfile::Builder::new().prefix("sluice-delta-feed-").tempdir()?;
        let lake = TestLake::at(folder.path());
        write_log(&lake, first, commits)?;
        let contract = format!(
            "dataset: shop.orders\nsource: {{path: {FOLDER}, format: delta_feed_parquet{from}}}\nschema:\n\
             - {{name: id, type: bigint, primary_key: true}}\n"
        );
        lake.write("contracts/shop/orders.yaml", contract)?;
        let error = replay(&lake).await?.error.with_context(|| format!("{says}: the table stops"))?;
        ensure!(error.message.contains(says), "{says}: {error:?}");
    }
    Ok(())
}

#[tokio::test]
async fn rows_that_deletion_vectors_mark_are_deletes() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-delta-feed-").tempdir()?;
    let made = TestLake::at(folder.path());
    let schema = "schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: status, type: string}\n";
    let contract = format!(
        "dataset: made.orders\nsource: {{path: landing/made, format: debezium_json}}\napply: {{mode: deletion_vectors}}\n{schema}"
    );
    made.write("contracts/made/orders.yaml", contract)?;
    let event = |op: &str, id: u32, status: &str, at: u32| {
        let image = format!("{{\"id\":{id},\"status\":\"{status}\"}}");
        let side = if op == "d" { "before" } else { "after" };
        format!("{{\"op\":\"{op}\",\"{side}\":{image},\"source\":{{\"lsn\":{at}}}}}\n")
    };
    let batches = [
        (1..200).map(|id| event("c", id, "new", id)).collect::<String>(),
        [event("u", 3, "paid", 500), event("d", 4, "", 501), event("d", 199, "", 502)].concat(),
        [event("u", 3, "sent", 600), event("d", 5, "", 601), event("c", 4, "back", 602)].concat(),
    ];
    for (at, batch) in batches.iter().enumerate() {
        made.write(&format!("landing/made/{at}.json"), batch)?;
        replay(&made).await?;
    }
    // The same table, as one whose feed is on; its commits have no change files.
    let copy = tempfile::Builder::new().prefix("sluice-delta-feed-").tempdir()?;
    let lake = TestLake::at(copy.path());
    let mut vectors = 0;
    for file in files_below(&folder.path().join("silver/made/orders"))? {
        let mut content = std::fs::read(folder.path().join("silver/made/orders").join(&file))?;
        let name = file.display().to_string();
        if name.starts_with("_delta_log") && name.ends_with(".json") {
            let text = String::from_utf8(content)?;
            vectors += text.matches("\"deletionVector\":{").count();
            let on = "\"configuration\":{\"delta.enableChangeDataFeed\":\"true\",";
            content = text.replace("\"configuration\":{", on).replace(",}", "}").into_bytes();
        }
        lake.write(&format!("{FOLDER}/{name}"), content)?;
    }
    ensure!(vectors > 0, "the table has deletion vectors");
    let contract = format!("dataset: shop.orders\nsource: {{path: {FOLDER}, format: delta_feed_parquet}}\n{schema}");
    lake.write("contracts/shop/orders.yaml", contract)?;
    let replayed = replay(&lake).await?;
    ensure!(replayed.error.is_none() && replayed.counters.deleted + replayed.counters.superseded > 2, "{replayed:?}");
    let rows = |lake: TestLake, name: &'static str| async move {
        let table = TableRef { layer: Layer::Silver, name: name.parse().map_err(anyhow::Error::msg)? };
        let mut rows = lake.rows(&table).await?.select(&["id", "status"])?.rows;
        rows.sort();
        anyhow::Ok(rows)
    };
    let (expected, found) = (rows(made, "made.orders").await?, rows(lake, "shop.orders").await?);
    ensure!(expected.len() == 197 && found == expected, "{} rows, not {}", found.len(), expected.len());
    Ok(())
}

#[tokio::test]
async fn a_log_that_was_cleaned_before_it_was_read_stops_the_table() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-delta-feed-").tempdir()?;
    let lake = TestLake::at(folder.path());
    write_log(&lake, 0, &[FEED, EMPTY])?;
    lake.write(
        "contracts/shop/orders.yaml",
        format!(
            "dataset: shop.orders\nsource: {{path: {FOLDER}, format: delta_feed_parquet}}\nschema:\n\
             - {{name: id, type: bigint, primary_key: true}}\n"
        ),
    )?;
    ensure!(replay(&lake).await?.error.is_none());
    write_log(&lake, 3, &[EMPTY])?;
    let error = replay(&lake).await?.error.context("the table stops")?;
    ensure!(error.message.contains("begins with version 3 where 2 is expected"), "{error:?}");
    write_log(&lake, 2, &[EMPTY])?;
    ensure!(replay(&lake).await?.error.is_none());

    // Onboarding names the table, and what it lacks.
    write_log(&lake, 4, &[PLAIN])?;
    lake.write(&format!("{FOLDER}/a.parquet"), "PAR1")?;
    let draft =
        ask::InferContract { path: FOLDER.to_owned(), name: None, table: None, answers: OnboardAnswers::default() };
    let refused = lake.host().call(draft).await.err().context("it has no feed")?;
    ensure!(refused.message.contains("a table of Delta") && refused.to_string().len() > 40, "{refused:?}");
    Ok(())
}
