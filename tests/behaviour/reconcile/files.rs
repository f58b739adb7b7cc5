//! A dump in a file, another table, and what a task of AWS DMS counted.

use super::{counts, ids, reconcile};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_tests::{Sluice, TestLake};
use tempfile::TempDir;

fn contract(table: &str) -> String {
    format!(
        "dataset: shop.{table}\nsource: {{path: landing/{table}/, format: debezium_json}}\nschema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: total, type: 'decimal(10,2)'}}\n\
         - {{name: at, type: timestamp}}\n- {{name: email, type: string, pii: true}}\n"
    )
}

fn event(position: u64, id: u64, total: &str) -> String {
    let at = "2026-11-20T08:00:00.5Z";
    let after = format!("{{\"id\":{id},\"total\":{total},\"at\":\"{at}\",\"email\":\"canary{id}@post.example\"}}");
    format!("{{\"op\":\"u\",\"after\":{after},\"source\":{{\"lsn\":{position}}}}}\n")
}

/// Ten customers; the source has another total of 3, no 7, and an 11.
fn lake() -> Result<(TempDir, Sluice, String)> {
    let folder = tempfile::Builder::new().prefix("sluice-reconcile-").tempdir()?;
    let lake = TestLake::at(folder.path());
    for table in ["customers", "copies"] {
        lake.write(&format!("contracts/shop/{table}.yaml"), contract(table))?;
        let total = |id| if table == "copies" && id == 3 { "3.50" } else { "1.00" };
        let ids = (1..=11).filter(|id| (table == "copies" && *id != 7) || (table == "customers" && *id != 11));
        let events: String = ids.map(|id| event(100 + id, id, total(id))).collect();
        lake.write(&format!("landing/{table}/1.json"), events)?;
    }
    let sluice = Sluice::on_folder(folder.path());
    sluice.ok(&["replay"])?;
    let dump = folder.path().join("dump.csv");
    let mut text = "id,total,at,email\n".to_owned();
    for id in (1..=11).filter(|id| *id != 7) {
        let total = if id == 3 { "3.5" } else { "1" };
        text += &format!("{id},{total},2026-11-20 08:00:00.500000+00,canary{id}@post.example\n");
    }
    std::fs::write(&dump, text)?;
    Ok((folder, sluice, dump.display().to_string()))
}

#[test]
fn a_dump_and_another_table_say_what_is_missing_surplus_and_different() -> Result<()> {
    let (folder, sluice, dump) = lake()?;
    for (with, arrival) in [(dump.as_str(), "unknown"), ("table:shop.copies", "unknown")] {
        let (code, found) = reconcile(&sluice, &["--with", with])?;
        ensure!(code == 7 && counts(&found) == [1, 1, 1], "{with}: {found:#}");
        ensure!(ids(&found, "missing", arrival) == [11] && ids(&found, "surplus", arrival) == [7], "{with}: {found:#}");
        ensure!(ids(&found, "different", arrival) == [3], "{found:#}");
        ensure!(found["columns"] == serde_json::json!([["total", 1]]), "{found:#}");
        ensure!(found["keys"][0]["explain"] == "sluice explain shop.customers --key id=3", "{found:#}");
        ensure!(found["is_arrival_unknown"] == true, "{found:#}");
    }
    // What JSON lines lack is said, not taken for null.
    let lines = folder.path().join("dump.jsonl");
    std::fs::write(&lines, "{\"id\":1,\"total\":1.00}\n{\"id\":2,\"total\":1.0}\n")?;
    let (_, found) = reconcile(&sluice, &["--with", &lines.display().to_string()])?;
    ensure!(counts(&found) == [0, 8, 0], "{found:#}");
    let left: Vec<&str> =
        found["not_compared"].as_array().into_iter().flatten().filter_map(|l| l["column"].as_str()).collect();
    ensure!(left == ["at", "email"], "{found:#}");
    // The text has the line that explains a row, and no personal value.
    let said = sluice.call(&["reconcile", "shop.customers", "--with", &dump])?;
    ensure!(said.out.contains("different (unknown) id=3  total: 3.50 in the source, 1.00 in silver"), "{}", said.out);
    ensure!(
        said.out.contains("sluice explain shop.customers --key id=7") && !said.out.contains("canary"),
        "{}",
        said.out
    );
    Ok(())
}

#[test]
fn a_dump_of_a_known_position_repairs_and_what_is_newer_stays() -> Result<()> {
    let (folder, sluice, dump) = lake()?;
    let lake = TestLake::at(folder.path());
    let refused =
        sluice.call(&["reconcile", "shop.customers", "--with", &dump, "--repair", "--yes", "--because", "lost"])?;
    ensure!(refused.code != 0 && refused.err.contains("--position"), "{refused:?}");
    // 5 changed behind the position of the dump.
    lake.write("landing/customers/2.json", event(300, 5, "9.00"))?;
    sluice.ok(&["replay"])?;
    let position = ["--with", &dump, "--position", "501.250"];
    let (code, found) = reconcile(&sluice, &position)?;
    ensure!(code == 7 && counts(&found) == [1, 1, 1] && found["newer_in_silver"] == 1, "{found:#}");
    ensure!(
        ids(&found, "different", "newer_in_silver") == [5] && ids(&found, "different", "fault") == [3],
        "{found:#}"
    );
    let shown = sluice.call(&[&["reconcile", "shop.customers"], &position[..], &["--repair"]].concat())?;
    ensure!(shown.code == 7 && shown.out.contains("Nothing was written"), "{shown:?}");
    let repair = ["--repair", "--yes", "--because", "the feed lost them", "--author", "Ada"];
    let (_, repaired) = reconcile(&sluice, &[&position[..], &repair].concat())?;
    ensure!(repaired["repair"]["correction"] == 1 && repaired["repair"]["upserts"] == 2, "{repaired:#}");
    ensure!(repaired["repair"]["deletes"] == 1, "{repaired:#}");
    let twice = sluice.call(&[&["reconcile", "shop.customers"], &position[..], &repair].concat())?;
    ensure!(twice.code != 0 && twice.err.contains("sluice replay --table shop.customers"), "{twice:?}");
    sluice.ok(&["replay"])?;
    let (code, found) = reconcile(&sluice, &position)?;
    ensure!(code == 0 && found["is_equal"] == true && found["newer_in_silver"] == 1, "{found:#}");
    let (_, again) = reconcile(&sluice, &[&position[..], &repair].concat())?;
    ensure!(again["repair"]["correction"].is_null(), "{again:#}");
    // A late event of before the dump changes nothing, one of behind it wins, and silver is what its events make of it.
    let silver = || -> Result<Value> {
        let found = sluice.json(&["query", "SELECT id, total FROM silver.shop.customers ORDER BY id"])?;
        Ok(found["rows"].clone())
    };
    let before = silver()?;
    lake.write("landing/customers/3.json", event(150, 3, "1.11") + &event(160, 7, "1.11"))?;
    sluice.ok(&["replay"])?;
    ensure!(silver()? == before, "a late event of before the dump");
    sluice.ok(&["replay", "--full-refresh"])?;
    ensure!(silver()? == before, "rebuilt");
    lake.write("landing/customers/4.json", event(260, 3, "2.22"))?;
    sluice.ok(&["replay"])?;
    ensure!(silver()? != before, "an event of behind the dump");
    // Where the row comes from is in bronze and in its explanation.
    let explained = sluice.json(&["explain", "shop.customers", "--key", "id=11"])?;
    let text = explained["events"][0]["record_text"].as_str().context("a record")?.to_owned();
    ensure!(text.contains("dump.csv") && text.contains("Ada") && !text.contains("canary"), "{text}");
    Ok(())
}

#[test]
fn a_task_of_dms_says_how_many_rows_there_are() -> Result<()> {
    let (folder, sluice, _) = lake()?;
    let file = folder.path().join("statistics.json");
    let statistics = |rows: u64, state: &str| {
        format!(
            "{{\"TableStatistics\":[{{\"SchemaName\":\"public\",\"TableName\":\"customers\",\"Inserts\":2,\"Deletes\":1,\
             \"FullLoadRows\":{rows},\"TableState\":\"Table completed\",\"ValidationState\":\"{state}\"}}]}}"
        )
    };
    for (rows, state, code) in [(9, "Validated", 0), (9, "Mismatched records", 7), (12, "Validated", 7)] {
        std::fs::write(&file, statistics(rows, state))?;
        let (ended, found) = reconcile(&sluice, &["--with", &format!("dms:{}", file.display())])?;
        ensure!(ended == code && found["source_rows"] == rows + 1, "{state}: {found:#}");
    }
    Ok(())
}

#[test]
fn what_cannot_be_compared_is_refused_without_showing_it() -> Result<()> {
    let (folder, sluice, _) = lake()?;
    let wrong = folder.path().join("wrong.csv");
    std::fs::write(&wrong, "id,total,email\n1,canary-total,a\n")?;
    let wrong = wrong.display().to_string();
    for (with, says) in [
        (wrong.as_str(), "total"),
        ("/nowhere/rows.csv", "/nowhere/rows.csv"),
        ("rows.dump", ".parquet"),
        ("postgres://ada:canary@127.0.0.1:1/shop", "Cannot connect to PostgreSQL 127.0.0.1:1/shop"),
        ("mysql://ada:canary@127.0.0.1:1/shop", "Cannot connect to MySQL 127.0.0.1:1/shop"),
    ] {
        let said = sluice.call(&["reconcile", "shop.customers", "--with", with])?;
        ensure!(said.code != 0 && said.err.contains(says), "{with}: {said:?}");
        ensure!(!said.err.contains("canary") && !said.out.contains("canary"), "{with}: {said:?}");
    }
    Ok(())
}
