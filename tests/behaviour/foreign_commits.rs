//! Other programs that commit to the tables: found by the next run, named, and with two ways out.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use sluice_api::{ErrorCode, Health, Layer, ReplayLimits, TableRef, ask};
use sluice_contract::CheckRecord;
use sluice_lake::{ForeignChange, Operation};
use sluice_tests::{TestLake, python};
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

const CONTRACT: &str = "dataset: \"shop.orders\"\nsource: {path: \"landing/orders/\", format: debezium_json}\n\
schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: status, type: string}\n";

const PROGRAM: &str = "delta-rs:9.9.9";

fn event(id: u64, status: &str, position: u64) -> String {
    format!("{{\"op\":\"u\",\"after\":{{\"id\":{id},\"status\":\"{status}\"}},\"source\":{{\"lsn\":{position}}}}}\n")
}

fn table(layer: Layer) -> Result<TableRef> {
    Ok(TableRef { layer, name: "shop.orders".parse().map_err(anyhow::Error::msg)? })
}

/// A lake with two batches, of which the first has the rows 1 and 2, the second row 3.
async fn two_batches() -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-foreign-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", CONTRACT)?;
    lake.write("landing/orders/1.json", event(1, "new", 10) + &event(2, "new", 20))?;
    lake.write("landing/orders/2.json", event(3, "new", 30))?;
    let replayed = lake.replay_by(1).await?;
    ensure!(replayed.tables[0].error.is_none() && replayed.tables[0].batches == 2, "{replayed:?}");
    Ok((folder, lake))
}

fn log_of(lake: &TestLake, layer: Layer) -> PathBuf {
    lake.folder().join(layer.as_str()).join("shop/orders/_delta_log")
}

/// Adds an entry to the log of a table as another program does; its version.
async fn commit(lake: &TestLake, layer: Layer, operation: &str, actions: &[Value]) -> Result<u64> {
    let snapshot = lake.store(&table(layer)?).await?.snapshot(None).await?.context("no table")?;
    let version = snapshot.version + 1;
    let info = json!({"commitInfo": {"timestamp": 1, "operation": operation, "engineInfo": PROGRAM}});
    let lines: Vec<String> = std::iter::once(&info).chain(actions).map(Value::to_string).collect();
    std::fs::write(log_of(lake, layer).join(format!("{version:020}.json")), lines.join("\n"))?;
    Ok(version)
}

/// The removal of the first file of a table, with all its rows.
async fn removal(lake: &TestLake, layer: Layer, data_change: bool) -> Result<Value> {
    let snapshot = lake.store(&table(layer)?).await?.snapshot(None).await?.context("no table")?;
    let file = snapshot.files.first().context("no file")?;
    Ok(json!({"remove": {"path": file.path, "dataChange": data_change, "deletionTimestamp": 1, "size": file.size}}))
}

/// What a new process says that stops the table.
async fn stop(lake: &TestLake) -> Result<Option<sluice_api::ApiError>> {
    Ok(TestLake::at(lake.folder()).replay().await?.tables.remove(0).error)
}

async fn full_refresh(lake: &TestLake) -> Result<()> {
    let limits = ReplayLimits { full_refresh: true, ..ReplayLimits::default() };
    let replayed = TestLake::at(lake.folder()).replay_within(limits).await?;
    ensure!(replayed.tables[0].error.is_none(), "{:?}", replayed.tables[0].error);
    Ok(())
}

async fn ids(lake: &TestLake) -> Result<Vec<Option<String>>> {
    let mut rows = TestLake::at(lake.folder()).rows(&table(Layer::Silver)?).await?.select(&["id"])?.rows;
    rows.sort();
    Ok(rows.into_iter().map(|row| row[0].clone()).collect())
}

fn some(ids: &[&str]) -> Vec<Option<String>> {
    ids.iter().map(|id| Some((*id).to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_another_program_deletes_stop_the_table_until_a_rebuild() -> Result<()> {
    let (_folder, lake) = two_batches().await?;
    let before = lake.fingerprints().await?;
    let version = commit(&lake, Layer::Silver, "DELETE", &[removal(&lake, Layer::Silver, true).await?]).await?;

    lake.write("landing/orders/3.json", event(1, "paid", 40))?;
    let error = stop(&lake).await?.context("the table stops")?;
    let said = error.to_string();
    for part in [&format!("v{version}"), "DELETE", PROGRAM, "--full-refresh", "sluice adopt silver.shop.orders"] {
        ensure!(said.contains(part), "{part} is not in: {said}");
    }
    ensure!(error.code == ErrorCode::Input, "{error:?}");
    // It is in the overview, too, before anyone replays.
    let view = TestLake::at(lake.folder()).host().call(ask::Lake {}).await?;
    let silver = view.tables.iter().find(|found| found.table.layer == Layer::Silver).context("silver")?;
    ensure!(silver.health == Health::Fail && silver.note.as_ref().is_some_and(|n| n.contains("DELETE")), "{silver:?}");

    std::fs::remove_file(lake.folder().join("landing/orders/3.json"))?;
    full_refresh(&lake).await?;
    ensure!(TestLake::at(lake.folder()).fingerprints().await? == before, "as if nothing had happened");
    ensure!(stop(&lake).await?.is_none(), "the foreign commit is known");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_adopted_table_goes_on_from_its_rows() -> Result<()> {
    let (_folder, lake) = two_batches().await?;
    let before = ids(&lake).await?;
    commit(&lake, Layer::Silver, "DELETE", &[removal(&lake, Layer::Silver, true).await?]).await?;
    let left = ids(&lake).await?;
    ensure!(left.len() < before.len() && stop(&lake).await?.is_some(), "{left:?}");

    let host = TestLake::at(lake.folder());
    let adopted = host.host().call(ask::Adopt { table: table(Layer::Silver)? }).await?;
    ensure!(adopted.commits.len() == 1 && adopted.commits[0].program == PROGRAM, "{adopted:?}");
    ensure!(stop(&lake).await?.is_none() && ids(&lake).await? == left, "the rows are as they were");
    let again = host.host().call(ask::Adopt { table: table(Layer::Silver)? }).await?;
    ensure!(again.commits.is_empty() && again.version == adopted.version, "nothing is left to accept: {again:?}");
    let store = lake.store(&table(Layer::Silver)?).await?;
    let entry = store.history(1).await?.remove(0);
    let named = entry.info.adopted.context("the commit names what was accepted")?;
    ensure!(entry.operation == Operation::Adopt && named[0].change == ForeignChange::Rows, "{named:?}");

    // Later events are merged, and a rebuild is what the events make.
    lake.write("landing/orders/3.json", event(4, "new", 40))?;
    ensure!(stop(&lake).await?.is_none());
    ensure!(ids(&lake).await?.len() == left.len() + 1);
    let checks = lake.folder().join("_sluice/quality/shop/orders/00000000000000000003.json");
    let checks: Vec<CheckRecord> = serde_json::from_slice(&std::fs::read(checks)?)?;
    let all = left.len() as u64 + 1;
    ensure!(checks.iter().all(|check| check.outcome.evaluated == Some(all)), "what the other wrote, too: {checks:?}");
    full_refresh(&lake).await?;
    ensure!(ids(&lake).await? == some(&["1", "2", "3", "4"]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_number_that_another_program_writes_hides_no_batch() -> Result<()> {
    let jump = |number: i64| json!({"txn": {"appId": "sluice.silver.shop.orders", "version": number}});
    for by_adoption in [false, true] {
        let (_folder, lake) = two_batches().await?;
        commit(&lake, Layer::Silver, "WRITE", &[jump(i64::MAX)]).await?;
        lake.write("landing/orders/3.json", event(4, "new", 40))?;
        let error = stop(&lake).await?.context("the table stops")?;
        ensure!(error.message.contains("the number of the last batch"), "{error}");
        if by_adoption {
            TestLake::at(lake.folder()).host().call(ask::Adopt { table: table(Layer::Silver)? }).await?;
        } else {
            full_refresh(&lake).await?;
        }
        ensure!(stop(&lake).await?.is_none(), "by adoption: {by_adoption}");
        ensure!(ids(&lake).await? == some(&["1", "2", "3", "4"]), "by adoption: {by_adoption}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bronze_stops_too_and_can_only_be_adopted() -> Result<()> {
    let (_folder, lake) = two_batches().await?;
    commit(&lake, Layer::Bronze, "RESTORE", &[removal(&lake, Layer::Bronze, true).await?]).await?;
    let error = stop(&lake).await?.context("the table stops")?;
    ensure!(error.message.contains("bronze.shop.orders") && error.next.contains("adopt bronze.shop.orders"), "{error}");
    ensure!(!error.next.contains("full-refresh"), "a rebuild would lose rows: {error}");
    TestLake::at(lake.folder()).host().call(ask::Adopt { table: table(Layer::Bronze)? }).await?;
    lake.write("landing/orders/3.json", event(4, "new", 40))?;
    ensure!(stop(&lake).await?.is_none() && ids(&lake).await? == some(&["1", "2", "3", "4"]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_loses_rows_and_says_that_it_changes_none_is_found() -> Result<()> {
    let (_folder, lake) = two_batches().await?;
    commit(&lake, Layer::Silver, "OPTIMIZE", &[removal(&lake, Layer::Silver, false).await?]).await?;
    let error = stop(&lake).await?.context("the table stops")?;
    ensure!(error.message.contains("OPTIMIZE") && error.message.contains("changed rows"), "{error}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_no_row_is_fine() -> Result<()> {
    let (_folder, lake) = two_batches().await?;
    let snapshot = lake.store(&table(Layer::Silver)?).await?.snapshot(None).await?.context("no silver")?;
    let file = snapshot.files.first().context("no file")?;
    // The same rows in a file of another name, as OPTIMIZE makes it.
    let folder = lake.folder().join("silver/shop/orders");
    std::fs::copy(folder.join(&file.path), folder.join("compacted.parquet"))?;
    let add = json!({"add": {"path": "compacted.parquet", "size": file.size, "partitionValues": {}, "dataChange": false,
        "modificationTime": 1, "stats": file.stats}});
    commit(&lake, Layer::Silver, "OPTIMIZE", &[removal(&lake, Layer::Silver, false).await?, add]).await?;
    commit(&lake, Layer::Silver, "VACUUM START", &[]).await?;
    commit(&lake, Layer::Silver, "VACUUM END", &[]).await?;
    commit(
        &lake,
        Layer::Silver,
        "SET TBLPROPERTIES",
        &[metadata(&lake, "delta.logRetentionDuration", "interval 30 days")?],
    )
    .await?;
    lake.write("landing/orders/3.json", event(4, "new", 40))?;
    ensure!(stop(&lake).await?.is_none());
    ensure!(ids(&lake).await? == some(&["1", "2", "3", "4"]));
    Ok(())
}

/// The metadata of silver with one more property.
fn metadata(lake: &TestLake, key: &str, value: &str) -> Result<Value> {
    let first = std::fs::read_to_string(log_of(lake, Layer::Silver).join(format!("{:020}.json", 0)))?;
    let lines: Vec<Value> = first.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let mut line = lines.into_iter().find(|line| line["metaData"].is_object()).context("no metadata")?;
    line["metaData"]["configuration"][key] = json!(value);
    Ok(line)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_switch_on_is_named_with_the_way_out() -> Result<()> {
    for (key, value, name, fix) in [
        ("delta.constraints.positive", "id > 0", "the constraint `positive`", "DROP CONSTRAINT positive"),
        ("delta.enableChangeDataFeed", "true", "the change data feed", "SET TBLPROPERTIES"),
        ("delta.enableRowTracking", "true", "row tracking", "SET TBLPROPERTIES"),
        ("delta.columnMapping.mode", "name", "column mapping", "Move the folder silver/shop/orders away"),
    ] {
        let (_folder, lake) = two_batches().await?;
        commit(&lake, Layer::Silver, "SET TBLPROPERTIES", &[metadata(&lake, key, value)?]).await?;
        lake.write("landing/orders/3.json", event(4, "new", 40))?;
        let error = stop(&lake).await?.context("the table stops")?;
        ensure!(error.message.contains(name) && error.next.contains(fix), "{key}: {error}");
        ensure!(!error.message.contains('{'), "no structure of a program: {error}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silver_table_with_column_mapping_is_made_anew_once_its_folder_is_away() -> Result<()> {
    let (_folder, lake) = two_batches().await?;
    let before = lake.fingerprints().await?;
    commit(&lake, Layer::Silver, "SET TBLPROPERTIES", &[metadata(&lake, "delta.columnMapping.mode", "name")?]).await?;
    ensure!(stop(&lake).await?.is_some(), "the table stops");
    std::fs::rename(lake.folder().join("silver/shop/orders"), lake.folder().join("away"))?;
    ensure!(stop(&lake).await?.is_none(), "what the message says helps");
    ensure!(TestLake::at(lake.folder()).fingerprints().await? == before);
    Ok(())
}

/// Older versions of Sluice did not say how far they looked.
#[tokio::test(flavor = "multi_thread")]
async fn a_lake_of_an_older_version_goes_on() -> Result<()> {
    let (_folder, lake) = two_batches().await?;
    for layer in [Layer::Bronze, Layer::Silver] {
        for entry in std::fs::read_dir(log_of(&lake, layer))? {
            let path = entry?.path();
            if path.extension().is_some_and(|ending| ending == "json") {
                let text = std::fs::read_to_string(&path)?;
                let mut lines: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
                for line in &mut lines {
                    if let Some(info) = line["commitInfo"].as_object_mut() {
                        info.remove("sluice.checked");
                    }
                }
                let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
                std::fs::write(&path, lines.join("\n"))?;
            }
        }
    }
    lake.write("landing/orders/3.json", event(4, "new", 40))?;
    ensure!(stop(&lake).await?.is_none());
    ensure!(ids(&lake).await? == some(&["1", "2", "3", "4"]));
    Ok(())
}

/// What `delta-rs` does to a table.
const OPERATION: &str = r#"
import sys, deltalake
table = deltalake.DeltaTable(sys.argv[1])
operation = sys.argv[2]
if operation == "delete":
    table.delete("id = 1")
elif operation == "update":
    table.update(updates={"status": "'x'"}, predicate="id = 1")
elif operation == "restore":
    table.restore(1)
elif operation in ("append", "overwrite"):
    deltalake.write_deltalake(table, table.to_pyarrow_table(), mode=operation)
elif operation == "optimize":
    table.optimize.compact()
elif operation == "vacuum":
    table.vacuum(0, dry_run=False, enforce_retention_duration=False)
elif operation == "checkpoint":
    table.create_checkpoint()
elif operation == "properties":
    table.alter.set_table_properties({"delta.logRetentionDuration": "interval 30 days"})
else:
    sys.exit(f"there is no operation {operation}")
"#;

#[tokio::test(flavor = "multi_thread")]
async fn what_delta_rs_does_is_found_or_fine() -> Result<()> {
    let Some(python) = python("foreign_commits") else { return Ok(()) };
    let stops = ["delete", "update", "restore", "append", "overwrite"];
    for operation in stops.into_iter().chain(["optimize", "vacuum", "checkpoint", "properties"]) {
        let (folder, lake) = two_batches().await?;
        let done = Command::new(&python)
            .args(["-c", OPERATION])
            .arg(folder.path().join("silver/shop/orders"))
            .arg(operation)
            .output()?;
        ensure!(done.status.success(), "{operation}: {}", String::from_utf8_lossy(&done.stderr));
        lake.write("landing/orders/3.json", event(4, "new", 40))?;
        match (stop(&lake).await?, stops.contains(&operation)) {
            (Some(error), true) => {
                ensure!(error.message.contains("delta-rs"), "{operation}: {error}");
                full_refresh(&lake).await?;
            }
            (None, false) => {}
            (found, _) => anyhow::bail!("{operation}: {found:?}"),
        }
        ensure!(ids(&lake).await? == some(&["1", "2", "3", "4"]), "{operation}");
    }
    Ok(())
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in from.read_dir()? {
        let entry = entry?;
        let goal = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &goal)?;
        } else {
            std::fs::copy(entry.path(), goal)?;
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_of_another_lake_is_none_of_this_one() -> Result<()> {
    for layer in [Layer::Silver, Layer::Bronze] {
        let (folder, lake) = two_batches().await?;
        let (other_folder, other) = two_batches().await?;
        let place = format!("{layer}/shop/orders");
        std::fs::remove_dir_all(folder.path().join(&place))?;
        copy_folder(&other_folder.path().join(&place), &folder.path().join(&place))?;
        let error = stop(&lake).await?.with_context(|| format!("{layer} of another lake is taken"))?;
        ensure!(error.code == ErrorCode::Input && error.message.contains("another lake"), "{error}");
        ensure!(error.next.contains("adopt"), "{error}");
        let view = TestLake::at(lake.folder()).host().call(ask::Lake {}).await?;
        let summary = view.tables.iter().find(|found| found.table.layer == layer).context("in the view")?;
        ensure!(summary.health == Health::Fail, "{summary:?}");
        if layer == Layer::Silver {
            full_refresh(&lake).await?;
            ensure!(stop(&lake).await?.is_none(), "it is ours again");
            ensure!(ids(&lake).await? == some(&["1", "2", "3"]), "{:?}", ids(&lake).await?);
        }
        // The lake that it came from has no trouble.
        ensure!(stop(&other).await?.is_none());
    }
    // A copy of a whole lake is the same lake, and one that lost its own folder finds itself in its tables.
    let (folder, _lake) = two_batches().await?;
    let copy = tempfile::tempdir()?;
    copy_folder(folder.path(), copy.path())?;
    let copied = TestLake::at(copy.path());
    ensure!(stop(&copied).await?.is_none());
    std::fs::remove_dir_all(copy.path().join("_sluice"))?;
    copied.write("landing/orders/3.json", event(4, "new", 40))?;
    ensure!(stop(&TestLake::at(copy.path())).await?.is_none());
    let identity = |folder: &std::path::Path| std::fs::read_to_string(folder.join("_sluice/identity.json"));
    ensure!(identity(copy.path())? == identity(folder.path())?, "it has the identity that it had");
    Ok(())
}
