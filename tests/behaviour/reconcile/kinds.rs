//! Tables with history, of every event, and of full snapshots.

use super::{counts, ids, reconcile};
use anyhow::{Result, ensure};
use sluice_tests::{Sluice, TestLake};
use tempfile::TempDir;

const COLUMNS: &str = "schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: status, type: string}\n";
const EVENTS: &str = r#"{"op":"c","after":{"id":1,"status":"new"},"source":{"lsn":10}}
{"op":"c","after":{"id":2,"status":"new"},"source":{"lsn":11}}
{"op":"c","after":{"id":3,"status":"new"},"source":{"lsn":12}}
{"op":"u","after":{"id":1,"status":"paid"},"source":{"lsn":20}}
{"op":"d","before":{"id":3},"source":{"lsn":21}}
"#;

/// A table with that rule, its first delivery, and a dump in which 1 is paid, 2 is paid and 4 is new.
fn lake(source: &str, apply: &str, delivery: (&str, &str)) -> Result<(TempDir, Sluice, String)> {
    let folder = tempfile::Builder::new().prefix("sluice-reconcile-").tempdir()?;
    let lake = TestLake::at(folder.path());
    let source = format!("source: {{path: landing/, {source}}}");
    let contract = format!("dataset: shop.customers\n{source}\napply: {{{apply}}}\n{COLUMNS}");
    lake.write("contracts/shop/customers.yaml", contract)?;
    lake.write(&format!("landing/{}", delivery.0), delivery.1)?;
    let sluice = Sluice::on_folder(folder.path());
    sluice.ok(&["replay"])?;
    let dump = folder.path().join("dump.csv");
    std::fs::write(&dump, "id,status\n1,paid\n2,paid\n4,new\n")?;
    Ok((folder, sluice, dump.display().to_string()))
}

const REPAIR: [&str; 4] = ["--repair", "--yes", "--because", "lost"];

#[test]
fn of_a_table_with_history_the_current_versions_are_compared() -> Result<()> {
    let (_folder, sluice, dump) = lake("format: debezium_json", "scd: 2", ("1.json", EVENTS))?;
    let position = ["--with", &dump, "--position", "43.21"];
    let (code, found) = reconcile(&sluice, &position)?;
    ensure!(code == 7 && counts(&found) == [1, 0, 1] && found["silver_rows"] == 2, "{found:#}");
    ensure!(ids(&found, "different", "fault") == [2] && ids(&found, "missing", "fault") == [4], "{found:#}");
    ensure!(found["notes"].to_string().contains("The current version of each key is compared"), "{found:#}");
    let refused = sluice.call(&[&["reconcile", "shop.customers"], &position[..], &REPAIR].concat())?;
    ensure!(refused.code != 0 && refused.err.contains("keeps history"), "{refused:?}");
    ensure!(refused.err.contains("--repair request"), "the way out: {refused:?}");
    Ok(())
}

#[test]
fn a_table_of_every_event_has_nothing_that_it_is_compared_by() -> Result<()> {
    let (folder, sluice, dump) = lake("format: debezium_json", "scd: append", ("1.json", EVENTS))?;
    let statistics = folder.path().join("statistics.json");
    std::fs::write(&statistics, "{\"TableStatistics\":[{\"SchemaName\":\"p\",\"TableName\":\"customers\"}]}")?;
    for with in [dump, format!("dms:{}", statistics.display()), "table:shop.customers".to_owned()] {
        let refused = sluice.call(&["reconcile", "shop.customers", "--with", &with])?;
        ensure!(refused.code == 2 && refused.err.contains("has a row for each event"), "{refused:?}");
        ensure!(refused.err.contains("table of the latest rows"), "the way out: {refused:?}");
    }
    Ok(())
}

#[test]
fn a_table_of_full_snapshots_is_compared_with_the_latest() -> Result<()> {
    let first = ("1.csv", "id,status\n1,paid\n2,new\n3,new\n");
    let (folder, sluice, dump) = lake("format: csv", "from_snapshot: {files: \"{version}.csv\"}", first)?;
    let (code, found) = reconcile(&sluice, &["--with", &dump])?;
    ensure!(code == 7 && counts(&found) == [1, 1, 1], "{found:#}");
    ensure!(ids(&found, "different", "unknown") == [2] && ids(&found, "surplus", "unknown") == [3], "{found:#}");
    let words = ["reconcile", "shop.customers", "--with", &dump, "--position", "1"];
    let refused = sluice.call(&[&words[..], &REPAIR].concat())?;
    ensure!(refused.code != 0 && refused.err.contains("full snapshots"), "{refused:?}");
    ensure!(refused.err.contains("Deliver its files again"), "the way out: {refused:?}");
    std::fs::copy(&dump, folder.path().join("landing/2.csv"))?;
    sluice.ok(&["replay"])?;
    let (code, found) = reconcile(&sluice, &["--with", &dump])?;
    ensure!(code == 0 && found["is_equal"] == true, "{found:#}");
    Ok(())
}
