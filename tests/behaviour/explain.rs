//! Why a row has its values: the events of its key out of bronze, in the order of the source, beside silver.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_tests::{Sluice, TestLake};
use std::collections::BTreeMap;
use tempfile::TempDir;

const CONTRACT: &str = "dataset: shop.customers\nsource: {path: landing/, format: debezium_json}\n\
    apply: {quarantine_limit: 1.0}\nschema:\n- {name: id, type: bigint, primary_key: true}\n\
    - {name: country, type: string}\n- {name: visits, type: int}\n- {name: email, type: string, pii: true}\n";
const EMAIL: &str = "anna.somebody@post.example";

fn upsert(position: u64, id: u64, country: &str, visits: &str) -> String {
    let after = format!("{{\"id\":{id},\"country\":\"{country}\",\"visits\":{visits},\"email\":\"{EMAIL}\"}}");
    format!("{{\"op\":\"u\",\"after\":{after},\"source\":{{\"lsn\":{position}}}}}\n")
}

fn delete(position: u64, id: u64) -> String {
    format!("{{\"op\":\"d\",\"before\":{{\"id\":{id}}},\"source\":{{\"lsn\":{position}}}}}\n")
}

fn lake(files: &[String]) -> Result<(TempDir, TestLake, Sluice)> {
    let folder = tempfile::Builder::new().prefix("sluice-explain-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/customers.yaml", CONTRACT)?;
    for (number, file) in files.iter().enumerate() {
        lake.write(&format!("landing/{:03}.json", number + 1), file)?;
    }
    let sluice = Sluice::on_folder(folder.path());
    sluice.ok(&["replay", "--max-files", "1"])?;
    Ok((folder, lake, sluice))
}

fn explained(sluice: &Sluice, id: u64, more: &[&str]) -> Result<Value> {
    let key = format!("id={id}");
    let mut words = vec!["--json", "explain", "shop.customers", "--key", &key];
    words.extend(more);
    let output = sluice.call(&words)?;
    ensure!(matches!(output.code, 0 | 7), "{output:?}");
    serde_json::from_str(&output.out).with_context(|| output.out.clone())
}

fn outcomes(view: &Value) -> Vec<String> {
    let events = view["events"].as_array().map_or(&[][..], Vec::as_slice);
    events.iter().map(|event| event["outcome"]["outcome"].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_key_of_several_columns_may_stand_in_one_text() -> Result<()> {
    let (_folder, lake, sluice) = lake(&[])?;
    let contract = CONTRACT.replace("country, type: string}", "country, type: string, primary_key: true}");
    lake.write("contracts/shop/customers.yaml", contract)?;
    lake.write("landing/001.json", upsert(10, 1, "QX", "1") + &upsert(11, 1, "QZ", "2"))?;
    sluice.ok(&["replay"])?;
    for command in ["explain", "history", "bisect"] {
        let one = sluice.ok(&[command, "shop.customers", "--key", "country=QZ,id=1"])?;
        let each = sluice.ok(&[command, "shop.customers", "--key", "country=QZ", "--key", "id=1"])?;
        ensure!(one == each && one.contains("QZ") && !one.contains("QX"), "{command}: {one} {each}");
    }
    let records = sluice.ok(&["batch", "records", "shop.customers", "1", "--key", "country=QZ,id=1"])?;
    ensure!(records.contains("QZ") && !records.contains("QX"), "{records}");
    let other = sluice.call(&["explain", "shop.customers", "--key", "country=QZ,visits=2"])?;
    ensure!(other.code == 2 && other.err.contains("The key of shop.customers is id, country"), "{other:?}");
    Ok(())
}

#[test]
fn every_event_of_a_row_has_its_file_and_why_it_lost() -> Result<()> {
    let files = [
        upsert(10, 1, "FR", "1") + &upsert(11, 2, "IT", "1"),
        upsert(30, 1, "DE", "3"),
        // Late, delivered twice, and one that cannot be read.
        upsert(20, 1, "ES", "2"),
        upsert(30, 1, "DE", "3"),
        upsert(40, 1, "AT", "\"many\""),
    ];
    let (_folder, _lake, sluice) = lake(&files)?;
    let view = explained(&sluice, 1, &[])?;
    ensure!(outcomes(&view) == ["older", "older", "applied", "duplicate", "quarantined"], "{view}");
    let events = &view["events"];
    ensure!(events[1]["file"] == "landing/003.json" && events[1]["batch"] == 3, "{events}");
    ensure!(events[2]["columns"].as_array().is_some_and(|columns| columns.len() == 4), "{events}");
    ensure!(view["silver"]["silver"] == "same", "{view}");
    let verdict = view["verdict"].as_str().context("a verdict")?;
    ensure!(verdict.starts_with("The row has its values because of event 3 of batch 2"), "{verdict}");
    ensure!(verdict.contains("event 2 of batch 3 lost: it is older than event 3"), "{verdict}");
    ensure!(verdict.contains("1 more in quarantine"), "{verdict}");
    // Nothing personal unless it is asked for.
    ensure!(!view.to_string().contains(EMAIL), "{view}");
    ensure!(explained(&sluice, 1, &["--reveal"])?.to_string().contains(EMAIL), "nothing was revealed");
    // As it was before.
    let before = explained(&sluice, 1, &["--as-of", "1"])?;
    ensure!(outcomes(&before) == ["applied"] && before["batch"] == 1, "{before}");
    // Another key is another story, and one without any says so.
    ensure!(outcomes(&explained(&sluice, 2, &[])?) == ["applied"], "key 2");
    let none = explained(&sluice, 99, &[])?;
    ensure!(none["verdict"].as_str().is_some_and(|text| text.starts_with("No record up to batch 5")), "{none}");
    Ok(())
}

#[test]
fn a_wrong_key_is_refused_with_the_right_one() -> Result<()> {
    let (_folder, _lake, sluice) = lake(&[upsert(10, 1, "FR", "1")])?;
    for (key, said) in [("name=1", "The key of shop.customers is id"), ("id=many", "is not a bigint")] {
        let output = sluice.call(&["explain", "shop.customers", "--key", key])?;
        ensure!(output.code == 2 && output.err.contains(said), "{output:?}");
    }
    let gold = sluice.call(&["explain", "gold.shop.x", "--key", "id=1"])?;
    ensure!(gold.code == 2 && gold.err.contains("has no events of its own"), "{gold:?}");
    Ok(())
}

/// Explanations agree with a fold of the files by hand, and with silver, for every key.
#[test]
fn explanations_agree_with_a_fold_of_the_files() -> Result<()> {
    let mut random = fastrand::Rng::with_seed(21);
    let mut files = vec![String::new(); 6];
    let mut newest: BTreeMap<u64, (u64, Option<String>)> = BTreeMap::new();
    for position in 1..=120_u64 {
        let id = random.u64(1..=20);
        let (line, country) = if random.u8(..5) == 0 {
            (delete(position, id), None)
        } else {
            let country = ["DE", "FR", "IT"][random.usize(..3)];
            (upsert(position, id, country, "1"), Some(country.to_owned()))
        };
        let file = random.usize(..files.len());
        files[file].push_str(&line);
        newest.insert(id, (position, country));
    }
    let (_folder, _lake, sluice) = lake(&files)?;
    for (id, (_, country)) in &newest {
        let view = explained(&sluice, *id, &[])?;
        ensure!(view["silver"]["silver"] == "same", "key {id}: {view}");
        let rows = view["rows"].as_array().context("rows")?;
        let cells = rows.first().and_then(|row| row["cells"].as_array());
        let found = cells.and_then(|cells| cells.iter().find(|cell| cell["column"] == "country"));
        let found = found.and_then(|cell| cell["value"].as_str()).map(str::to_owned);
        ensure!(found == *country, "key {id}: {found:?} instead of {country:?}: {view}");
    }
    Ok(())
}

/// Of many records the index leads to those of a key; whatever becomes of it, the answer is the same.
#[test]
fn an_index_of_the_records_changes_no_answer() -> Result<()> {
    let many: String = (0..100_100_u64).map(|id| upsert(100 + id, 1_000 + id, "FR", "1")).collect();
    let files = [
        upsert(10, 1, "FR", "1") + &upsert(11, 1_500, "IT", "1"),
        many,
        upsert(300_000, 1_500, "DE", "3") + &upsert(300_001, 1_500, "AT", "\"many\"") + &delete(300_002, 1_501),
    ];
    let (folder, lake, sluice) = lake(&files)?;
    let marks = folder.path().join("_sluice/cache/marks/bronze/shop/customers");
    let keys = [1, 1_500, 1_501, 1_502, 7];
    ensure!(!marks.exists(), "nobody asked yet");
    let first: Vec<Value> = keys.iter().map(|id| explained(&sluice, *id, &[])).collect::<Result<_>>()?;
    let expected: [&[&str]; 5] =
        [&["applied"], &["older", "older", "applied", "quarantined"], &["before_delete", "applied"], &["applied"], &[]];
    for ((id, view), expected) in keys.iter().zip(&first).zip(expected) {
        ensure!(outcomes(view) == expected, "key {id}: {view}");
    }
    let runs = || -> Result<Vec<std::path::PathBuf>> {
        Ok(std::fs::read_dir(&marks)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?)
    };
    ensure!(runs()?.len() == 3, "each file of bronze has its marks: {:?}", runs()?);
    // Marks that are damaged, of another table, or missing.
    for (number, run) in runs()?.iter().enumerate() {
        match number {
            0 => std::fs::remove_file(run)?,
            1 => {
                let mut bytes = std::fs::read(run)?;
                let middle = bytes.len() / 2;
                bytes[middle..].fill(7);
                std::fs::write(run, bytes)?;
            }
            _ => std::fs::write(run, "no marks")?,
        }
    }
    let same = |mut view: Value| {
        view["records_read"] = Value::Null;
        view["elapsed_ms"] = Value::Null;
        view
    };
    for (id, before) in keys.iter().zip(&first) {
        let (now, before) = (same(explained(&sluice, *id, &[])?), same(before.clone()));
        ensure!(now == before, "key {id} is explained otherwise: {now}, before {before}");
    }
    // A new batch is found at once, and another contract reads the records in its own way.
    lake.write("landing/900.json", upsert(400_000, 1, "PT", "1"))?;
    sluice.ok(&["replay"])?;
    ensure!(outcomes(&explained(&sluice, 1, &[])?) == ["older", "applied"]);
    lake.write("contracts/shop/customers.yaml", CONTRACT.replace("visits, type: int", "visits, type: string"))?;
    sluice.ok(&["replay"])?;
    ensure!(outcomes(&explained(&sluice, 1_500, &[])?) == ["older", "older", "older", "applied"]);
    // A record whose text has another key now is found by the one that it was delivered with.
    let edit = ["batch", "edit", "shop.customers", "4", "--record", "900.json:1", "--set", "after.id=1500"];
    sluice.ok(&[&edit[..], &["--because", "another customer", "--author", "mira"]].concat())?;
    sluice.ok(&["replay"])?;
    let edited = explained(&sluice, 1_500, &[])?;
    ensure!(outcomes(&edited) == ["older", "older", "older", "older", "applied"], "{edited}");
    ensure!(edited["silver"]["silver"] == "same", "{edited}");
    ensure!(edited["records_read"].as_u64().is_some_and(|records| records < 20), "{edited}");
    Ok(())
}
