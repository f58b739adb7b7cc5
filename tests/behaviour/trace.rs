//! What became of a delivered file or record: every record is accounted for, and named with what took its place.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_tests::{Sluice, TestLake};
use tempfile::TempDir;

const CONTRACT: &str = "dataset: shop.customers\nsource: {path: landing/, format: debezium_json}\n\
    apply: {quarantine_limit: 1.0}\nschema:\n- {name: id, type: bigint, primary_key: true}\n\
    - {name: country, type: string}\n- {name: visits, type: int}\n- {name: email, type: string, pii: true}\n";
const EMAIL: &str = "anna.canary@post.example";

fn event(op: &str, position: u64, id: u64, country: &str, visits: &str) -> String {
    let row = format!("{{\"id\":{id},\"country\":\"{country}\",\"visits\":{visits},\"email\":\"{EMAIL}\"}}");
    let rows = if op == "d" { format!("\"before\":{row}") } else { format!("\"after\":{row}") };
    format!("{{\"op\":\"{op}\",{rows},\"source\":{{\"lsn\":{position}}}}}\n")
}

/// Three batches; the second file has a record of every kind.
fn lake() -> Result<(TempDir, TestLake, Sluice)> {
    let folder = tempfile::Builder::new().prefix("sluice-trace-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/customers.yaml", CONTRACT)?;
    let model = "SELECT id, count(*) AS n FROM silver.shop.customers GROUP BY id";
    lake.write("models/shop/per_customer.sql", model)?;
    lake.write("landing/day-1.json", event("c", 10, 1, "FR", "1") + &event("c", 50, 2, "IT", "1"))?;
    let second = [
        event("u", 20, 1, "DE", "2"),
        event("u", 40, 2, "ES", "2"),
        event("u", 30, 1, "DE", "\"many\""),
        event("c", 10, 1, "FR", "1"),
        event("d", 60, 2, "IT", "1"),
        event("c", 70, 3, "PL", "1"),
    ];
    lake.write("landing/day-2.json", second.concat())?;
    lake.write("landing/day-3.json", event("u", 80, 3, "PT", "9"))?;
    let sluice = Sluice::on_folder(folder.path());
    sluice.ok(&["replay", "--max-files", "1"])?;
    Ok((folder, lake, sluice))
}

fn traced(sluice: &Sluice, place: &str) -> Result<Value> {
    let traces = sluice.json(&["trace", place])?;
    let trace = traces.as_array().and_then(|traces| traces.first()).context("a trace")?;
    Ok(trace.clone())
}

#[test]
fn every_record_of_a_file_is_accounted_for() -> Result<()> {
    let (_folder, lake, sluice) = lake()?;
    let trace = traced(&sluice, "day-2.json")?;
    let counts = &trace["counts"];
    // Applied: the update of 1 and the delete of 2. Superseded: the late update of 2, the duplicate, the insert of 3.
    let expected =
        [("records", 6), ("applied", 2), ("superseded", 3), ("quarantined", 1), ("left_out", 0), ("unknown", 0)];
    for (name, count) in expected {
        ensure!(counts[name] == count, "{name}: {trace:#}");
    }
    ensure!(trace["stage"] == "silver" && trace["batch"] == 2 && trace["file"] == "landing/day-2.json", "{trace:#}");
    let listed: Vec<(u64, &str)> = trace["records"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|record| (record["record"].as_u64().unwrap_or(99), record["outcome"]["outcome"].as_str().unwrap_or("")))
        .collect();
    ensure!(listed == [(2, "before_delete"), (3, "quarantined"), (4, "duplicate"), (6, "older")], "{listed:?}");
    let by = &trace["records"][3]["by"];
    ensure!(by["file"] == "landing/day-3.json" && by["batch"] == 3 && by["record"] == 1, "{by}");
    ensure!(!trace.to_string().contains(EMAIL), "personal data was shown");
    ensure!(
        sluice.ok(&["trace", "landing/day-2.json", "--reveal", "--records"])?.contains(EMAIL),
        "nothing was revealed"
    );
    let text = sluice.ok(&["trace", "day-2.json"])?;
    ensure!(text.contains("6 records = 2 applied + 3 superseded + 1 in quarantine, in batch 2"), "{text}");
    // A file that no batch has.
    lake.write("landing/day-4.json", event("u", 90, 1, "NO", "3"))?;
    let waiting = traced(&sluice, "day-4.json")?;
    ensure!(waiting["stage"] == "waiting" && waiting["batch"].is_null(), "{waiting:#}");
    Ok(())
}

#[test]
fn a_record_is_followed_to_its_columns_and_to_gold() -> Result<()> {
    let (_folder, _lake, sluice) = lake()?;
    let trace = traced(&sluice, "day-2.json:1")?;
    let record = &trace["records"][0];
    ensure!(record["outcome"]["outcome"] == "applied" && record["key"]["id"] == "1", "{trace:#}");
    let cell =
        |name: &str| record["cells"].as_array().and_then(|cells| cells.iter().find(|cell| cell["column"] == name));
    let country = cell("country").context("the country")?;
    ensure!(country["read"] == "DE" && country["now"] == "DE" && country["of_record"] == true, "{country}");
    ensure!(cell("email").is_some_and(|cell| cell["read"] == "a•••@post.example"), "{record:#}");
    let gold = &trace["gold"][0];
    ensure!(gold["model"]["table"] == "per_customer" && gold["rows"] == 1, "{trace:#}");
    let quarantined = traced(&sluice, "day-2.json:3")?;
    ensure!(
        quarantined["verdict"].as_str().is_some_and(|text| text.contains("TYPE_MISMATCH (visits)")),
        "{quarantined:#}"
    );
    let gone = traced(&sluice, "day-2.json:6")?;
    let verdict = gone["verdict"].as_str().unwrap_or_default();
    ensure!(verdict.contains("superseded by record 1 of landing/day-3.json in batch 3"), "{verdict}");
    for (place, said) in [
        ("day-9.json", "The nearest names are"),
        ("day-2.json:77", "has no record 77"),
        ("day-2.json:0", "counted from 1"),
    ] {
        let output = sluice.call(&["trace", place])?;
        ensure!(output.code == 2 && output.err.contains(said), "{output:?}");
    }
    Ok(())
}

/// The counts agree with a fold of the files by hand, and every file balances.
#[test]
fn counts_agree_with_a_fold_of_the_files() -> Result<()> {
    let mut random = fastrand::Rng::with_seed(12);
    let mut files = vec![Vec::new(); 5];
    for position in 1..=100_u64 {
        let id = random.u64(1..=25);
        let file = random.usize(..files.len());
        files[file].push((position, id));
    }
    let folder = tempfile::tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/customers.yaml", CONTRACT)?;
    for (number, events) in files.iter().enumerate() {
        let text: String = events.iter().map(|(position, id)| event("u", *position, *id, "DE", "1")).collect();
        lake.write(&format!("landing/{number}.json"), text)?;
    }
    let sluice = Sluice::on_folder(folder.path());
    sluice.ok(&["replay", "--max-files", "1"])?;
    for (number, events) in files.iter().enumerate() {
        let is_newest =
            |(position, id): &&(u64, u64)| files.iter().flatten().all(|(other, of)| of != id || other <= position);
        let applied = events.iter().filter(is_newest).count();
        let trace = traced(&sluice, &format!("landing/{number}.json"))?;
        let counts = &trace["counts"];
        ensure!(counts["applied"] == applied && counts["records"] == events.len(), "{number}: {applied}: {trace:#}");
        ensure!(counts["superseded"] == events.len() - applied, "{number}: {trace:#}");
    }
    Ok(())
}

/// Of many records the index leads to those of the traced keys, and the story is the one that all of bronze tells.
#[test]
fn the_events_of_the_keys_come_from_the_index() -> Result<()> {
    let (_folder, lake, sluice) = lake()?;
    let before = traced(&sluice, "day-2.json:5")?;
    let many: String = (0..100_100_u64).map(|id| event("c", 1_000 + id, 10_000 + id, "FR", "1")).collect();
    lake.write("landing/day-4.json", many)?;
    sluice.ok(&["replay"])?;
    for place in ["day-2.json:5", "day-2.json"] {
        let trace = traced(&sluice, place)?;
        let read = trace["records_read"].as_u64().context("records read")?;
        ensure!((7..=20).contains(&read), "{read} records were read: {trace:#}");
    }
    let now = traced(&sluice, "day-2.json:5")?;
    ensure!(now["records"] == before["records"], "{now:#} {before:#}");
    Ok(())
}
