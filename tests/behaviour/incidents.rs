//! Tests and files for a colleague made of real records: no personal value is in them, and they do what production did.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_tests::{Sluice, TestLake, files_below};
use std::path::Path;
use tempfile::TempDir;

const CONTRACT: &str = "dataset: crm.people\nsource: {path: landing/people/, format: debezium_json}\n\
    apply: {quarantine_limit: 0.6}\nquality:\n- check: \"row_count < 4\"\nschema:\n\
    - {name: mail, type: string, primary_key: true, pii: true}\n- {name: region, type: string, primary_key: true}\n\
    - {name: city, type: string, from: \"upper(Town)\"}\n- {name: born, type: date, pii: true}\n\
    - {name: pay, type: 'decimal(9,2)', pii: true}\n";
const CANARIES: [&str; 5] = ["anna.canary", "bo.canary", "canary-note", "1980-02-03", "AVUxOA=="];

/// Batch 1 brings two people, batch 2 changes one of them late and brings a record that cannot be read, batch 3 brings too
/// many for a check.
fn lake() -> Result<(TempDir, Sluice)> {
    let folder = tempfile::Builder::new().prefix("sluice-incident-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/crm/people.yaml", CONTRACT)?;
    let sluice = Sluice::on_folder(folder.path()).env("SLUICE_AUTHOR", "tester");
    let anna = |town: &str, position: u64| {
        format!(
            "{{\"op\":\"u\",\"after\":{{\"mail\":\"anna.canary@post.example\",\"region\":\"eu\",\"Town\":\"{town}\",\
             \"born\":\"1980-02-03\",\"pay\":\"AVUxOA==\",\"note\":\"canary-note\"}},\"source\":{{\"lsn\":{position}}}}}\n"
        )
    };
    let other = |mail: &str, born: &str, position: u64| {
        format!(
            "{{\"op\":\"c\",\"after\":{{\"mail\":\"{mail}\",\"region\":\"eu\",\"Town\":\"Graz\",\"born\":{born}}},\
             \"source\":{{\"lsn\":{position}}}}}\n"
        )
    };
    let batches = [
        anna("Wien", 10) + &other("bo.canary@post.example", "null", 11),
        anna("Linz", 30) + &anna("Bonn", 20) + &other("cy@post.example", "\"canary-note\"", 31),
        other("d@post.example", "null", 40) + &other("e@post.example", "null", 41) + &anna("Rom", 42),
    ];
    for (number, content) in (1..).zip(batches) {
        lake.write(&format!("landing/people/{number}.json"), content)?;
        sluice.call(&["replay"])?;
    }
    Ok((folder, sluice))
}

fn ensure_masked(what: &str, text: &str) -> Result<()> {
    for canary in CANARIES {
        ensure!(!text.contains(canary), "{what} has {canary}:\n{text}");
    }
    Ok(())
}

const KEY: [&str; 4] = ["--key", "mail=anna.canary@post.example", "--key", "region=eu"];

#[test]
fn a_test_of_a_key_expects_what_silver_has() -> Result<()> {
    let (folder, sluice) = lake()?;
    let words = [&["explain", "crm.people"][..], &KEY, &["--save-test", "annas"]].concat();
    let said = sluice.ok(&words)?;
    ensure_masked("what is printed", &said)?;
    let path = folder.path().join("tests/crm/people/annas.yaml");
    let text = std::fs::read_to_string(&path)?;
    ensure_masked("the test", &text)?;
    ensure!(text.contains("\"city\": \"LINZ\"") && text.contains("masked-1@masked.example"), "{text}");
    ensure!(text.lines().next().is_some_and(|line| line.starts_with("# ")), "{text}");
    ensure!(sluice.ok(&["test"])?.contains("1 of 1 tests passed"));
    // It is edited to what it should be, and fails until the contract makes it so.
    std::fs::write(&path, text.replace("LINZ", "Linz"))?;
    let failed = sluice.call(&["test"])?;
    ensure!(failed.code == 6 && failed.out.contains("city expected Linz, got LINZ"), "{failed:?}");
    std::fs::write(folder.path().join("contracts/crm/people.yaml"), CONTRACT.replace("upper(Town)", "trim(Town)"))?;
    ensure!(sluice.ok(&["test"])?.contains("1 of 1 tests passed"));
    let again = sluice.call(&words)?;
    ensure!(again.code == 2 && again.err.contains("There is a test"), "{again:?}");
    // Into a file of this machine.
    let file = folder.path().join("anna.yaml").display().to_string();
    let words = [&["explain", "crm.people"][..], &KEY, &["--save-test", &file]].concat();
    sluice.ok(&words)?;
    ensure_masked("the file", &std::fs::read_to_string(&file)?)?;
    ensure!(sluice.call(&words)?.code == 2, "a file is never written over");
    Ok(())
}

#[test]
fn what_silver_has_and_the_events_do_not_make_is_expected_too() -> Result<()> {
    let (folder, sluice) = lake()?;
    // Silver is not made by this contract, so it is compared with nothing, and said so.
    std::fs::write(folder.path().join("contracts/crm/people.yaml"), CONTRACT.replace("upper(Town)", "lower(Town)"))?;
    sluice.ok(&[&["explain", "crm.people"][..], &KEY, &["--save-test", "annas"]].concat())?;
    let text = std::fs::read_to_string(folder.path().join("tests/crm/people/annas.yaml"))?;
    ensure!(text.contains("# Silver was not compared") && text.contains("\"city\": \"linz\""), "{text}");
    Ok(())
}

#[test]
fn an_incident_is_reproduced_from_its_file_alone() -> Result<()> {
    let (folder, sluice) = lake()?;
    let file = folder.path().join("incident.json").display().to_string();
    let said = sluice.ok(&["incident", "crm.people", "--batch", "2", "--out", &file, "--save-test", "batch2"])?;
    ensure!(said.contains("4 records of 1 keys") && said.contains("incident open"), "{said}");
    let text = std::fs::read_to_string(&file)?;
    ensure_masked("the file", &text)?;
    ensure!(
        !text.contains(&folder.path().display().to_string()) && !text.contains("tester"),
        "it names a place or a person"
    );
    let incident: Value = serde_json::from_str(&text)?;
    ensure!(incident["contract"][1].as_str().is_some_and(|text| text.contains("upper(Town)")), "{incident}");
    let ledger: Vec<u64> =
        incident["ledger"].as_array().context("ledger")?.iter().filter_map(|view| view["batch"].as_u64()).collect();
    ensure!(ledger == [1, 2] && incident["doctor"][0]["findings"].is_array(), "{ledger:?}");
    ensure!(incident["records"].as_array().map(Vec::len) == Some(4) && incident["left_out"] == 0, "{incident}");
    // The same rows, and the same record in quarantine.
    let opened = tempfile::tempdir()?;
    let lake = opened.path().join("lake").display().to_string();
    let elsewhere = Sluice::on(&lake);
    let said = elsewhere.ok(&["incident", "open", &file, "--into", &lake])?;
    ensure!(said.contains("batch 2 is batch 2 here") && said.contains("1 records are in quarantine"), "{said}");
    let query = "SELECT city, region FROM silver.crm.people ORDER BY city";
    let rows = elsewhere.json(&["query", query])?;
    ensure!(rows.to_string().contains("LINZ"), "{rows}");
    let explained = elsewhere.json(&["quality", "crm.people"])?;
    ensure!(explained.to_string().contains("TYPE_MISMATCH"), "{explained}");
    for path in files_below(Path::new(&lake))? {
        ensure_masked("a file of the lake", &String::from_utf8_lossy(&std::fs::read(Path::new(&lake).join(path))?))?;
    }
    ensure!(elsewhere.call(&["incident", "open", &file, "--into", &lake])?.code == 2, "a lake is never written over");
    // The test of it.
    let test = std::fs::read_to_string(folder.path().join("tests/crm/people/batch2.yaml"))?;
    ensure_masked("the test", &test)?;
    ensure!(test.contains("reason: TYPE_MISMATCH, column: \"born\", record: 3") && test.contains("LINZ"), "{test}");
    ensure!(sluice.ok(&["test"])?.contains("1 of 1 tests passed"));
    Ok(())
}

#[test]
fn a_batch_that_stopped_stops_in_its_test_too() -> Result<()> {
    let (folder, sluice) = lake()?;
    sluice.ok(&["incident", "crm.people", "--batch", "3", "--save-test", "batch3"])?;
    let test = std::fs::read_to_string(folder.path().join("tests/crm/people/batch3.yaml"))?;
    ensure_masked("the test", &test)?;
    ensure!(sluice.ok(&["test"])?.contains("1 of 1 tests passed"), "{test}");
    for (words, says) in [
        (&["incident", "crm.people", "--batch", "9", "--save-test", "x"][..], "has no batch 9"),
        (&["incident", "crm.people", "--batch", "2"], "Nothing was asked for"),
        (&["incident", "crm.people", "--batch", "2", "--save-test", "a b"], "is no name of a test"),
    ] {
        let refused = sluice.call(words)?;
        ensure!(refused.code == 2 && refused.err.contains(says) && refused.err.contains("next: "), "{refused:?}");
    }
    let edited = folder.path().join("edited.json");
    sluice.ok(&["incident", "crm.people", "--batch", "3", "--out", &edited.display().to_string()])?;
    let text = std::fs::read_to_string(&edited)?.replace("landing/people/3.json", "landing/people/../../../x");
    std::fs::write(&edited, text)?;
    let into = folder.path().join("into").display().to_string();
    let refused = sluice.call(&["incident", "open", &edited.display().to_string(), "--into", &into])?;
    ensure!(refused.code == 2 && refused.err.contains("outside of its source"), "{refused:?}");
    Ok(())
}
