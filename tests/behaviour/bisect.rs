//! Since when something is so: the versions of silver and gold, halved.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_tests::{Sluice, TestLake};
use tempfile::TempDir;

const CONTRACT: &str = "dataset: shop.orders\nsource: {path: landing/, format: debezium_json}\nschema:\n\
    - {name: id, type: bigint, primary_key: true}\n- {name: total, type: 'decimal(10,2)'}\n\
    - {name: email, type: string, pii: true}\n";
const BATCHES: u64 = 20;

fn upsert(position: u64, id: u64, total: &str) -> String {
    let after = format!("{{\"id\":{id},\"total\":{total},\"email\":\"anna{id}@post.example\"}}");
    format!("{{\"op\":\"u\",\"after\":{after},\"source\":{{\"lsn\":{position}}}}}\n")
}

/// Batch 7 changes the total of order 1, batch 12 deletes order 2, batch 15 brings a negative total.
fn lake() -> Result<(TempDir, Sluice)> {
    let folder = tempfile::Builder::new().prefix("sluice-bisect-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", CONTRACT)?;
    lake.write("models/shop/sum.sql", "SELECT count(*) AS orders, sum(total) AS total FROM silver.shop.orders")?;
    let sluice = Sluice::on_folder(folder.path());
    for batch in 1..=BATCHES {
        let position = batch * 100;
        let mut events = upsert(position, 100 + batch, "1.00");
        match batch {
            1 => events += &(upsert(position + 1, 1, "10.50") + &upsert(position + 2, 2, "3.00")),
            7 => events += &upsert(position + 1, 1, "99.00"),
            12 => {
                let at = position + 1;
                events += &format!("{{\"op\":\"d\",\"before\":{{\"id\":2}},\"source\":{{\"lsn\":{at}}}}}\n");
            }
            15 => events += &upsert(position + 1, 3, "-5.00"),
            _ => {}
        }
        lake.write(&format!("landing/{batch:03}.json"), events)?;
        sluice.ok(&["replay"])?;
    }
    Ok((folder, sluice))
}

fn bisect(sluice: &Sluice, table: &str, question: &[&str]) -> Result<Value> {
    let mut words = vec!["--json", "bisect", table];
    words.extend(question);
    let output = sluice.call(&words)?;
    ensure!(matches!(output.code, 0 | 7), "{output:?}");
    serde_json::from_str(&output.out).with_context(|| output.out.clone())
}

#[test]
fn the_batch_and_its_event_are_found_by_halving() -> Result<()> {
    let (_folder, sluice) = lake()?;
    for (question, batch, record) in [
        (&["--key", "id=1", "--column", "total", "--value", "99"][..], 7, Some((1, "landing/007.json"))),
        (&["--key", "id=2", "--gone"], 12, Some((1, "landing/012.json"))),
        (&["--key", "id=113"], 13, Some((0, "landing/013.json"))),
        (&["--check", "min_value(total, 0)"], 15, Some((1, "landing/015.json"))),
        (&["--sql", "SELECT min(total) < 0, min(total) FROM silver.shop.orders"], 15, Some((1, "landing/015.json"))),
        // A row that went.
        (
            &["--sql", "SELECT count(*) FILTER (WHERE id = 2) = 0 FROM silver.shop.orders WHERE id < 100"],
            12,
            Some((1, "landing/012.json")),
        ),
        // A version that the statement names is read at every step.
        (
            &[
                "--sql",
                "SELECT now.n - was.n >= 5 FROM (SELECT count(*) n FROM silver.shop.orders) now, \
                 (SELECT count(*) n FROM silver.shop.orders AT (VERSION => 1)) was",
            ],
            6,
            Some((0, "landing/006.json")),
        ),
        // What was before stays true: the first that can be read.
        (&["--key", "id=1", "--column", "email", "--value", "anna1@post.example"], 1, None),
    ] {
        let view = bisect(&sluice, "shop.orders", question)?;
        ensure!(view["found"]["batch"] == batch, "{question:?}: {view}");
        let steps = view["steps"].as_array().context("steps")?;
        ensure!(steps.len() <= 7 && view["versions"] == BATCHES, "{question:?}: {view}");
        if let Some((record, file)) = record {
            let event = &view["found"]["event"];
            ensure!(event["record"] == record + 1 && event["file"] == file, "{question:?}: {view}");
        }
        ensure!(!view.to_string().contains("anna1@"), "personal data: {view}");
    }
    // As a look at every version says.
    for batch in 1..=BATCHES {
        let view = bisect(&sluice, "shop.orders", &["--key", &format!("id={}", 100 + batch)])?;
        ensure!(view["found"]["batch"] == batch, "{view}");
    }
    Ok(())
}

/// Of many events of one batch that which a fold of them says, in both ways to write files.
#[test]
fn the_event_within_a_batch_is_that_of_a_fold() -> Result<()> {
    for mode in ["deletion_vectors", "copy_on_write"] {
        let folder = tempfile::Builder::new().prefix("sluice-bisect-").tempdir()?;
        let lake = TestLake::at(folder.path());
        let contract = CONTRACT.replace("schema:", &format!("apply: {{mode: {mode}}}\nschema:"));
        lake.write("contracts/shop/orders.yaml", contract)?;
        let sluice = Sluice::on_folder(folder.path());
        let first: String = (1..=200).map(|id| upsert(id, id, "1.00")).collect();
        lake.write("landing/1.json", first)?;
        sluice.ok(&["replay"])?;
        // Each key once, in another order than that of their numbers; every third is new.
        let events: Vec<(u64, u64)> =
            (0..150).map(|at| (at, if at % 3 == 0 { 500 + at } else { 1 + at * 7 % 200 })).collect();
        let second: String = events.iter().map(|(at, id)| upsert(1_000 + at, *id, "3.00")).collect();
        lake.write("landing/2.json", second)?;
        sluice.ok(&["replay"])?;
        for threshold in [201, 250, 333, 499] {
            let mut sum = 200;
            let crossing = events.iter().find(|(_, id)| {
                sum += if *id >= 500 { 3 } else { 2 };
                sum >= threshold
            });
            let (record, id) = crossing.context("the sum gets there")?;
            let sql = format!("SELECT sum(total) >= {threshold} FROM silver.shop.orders");
            let view = bisect(&sluice, "shop.orders", &["--sql", &sql])?;
            ensure!(view["found"]["event"]["record"] == record + 1, "{mode} {threshold}: {view}");
            ensure!(view["found"]["key"] == serde_json::json!([["id", id.to_string()]]), "{view}");
            ensure!(
                view["verdict"].to_string().contains(&format!("by record {} of landing/2.json", record + 1)),
                "{view}"
            );
        }
    }
    Ok(())
}

#[test]
fn where_no_event_can_be_named_the_reason_is_said() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-bisect-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", CONTRACT)?;
    let sluice = Sluice::on_folder(folder.path());
    for (batch, total) in [(1, "1.00"), (2, "2.00")] {
        lake.write(&format!("landing/{batch}.json"), upsert(batch * 100, batch, total))?;
        sluice.ok(&["replay"])?;
    }
    lake.write("contracts/shop/orders.yaml", CONTRACT.replace("decimal(10,2)", "decimal(10,0)"))?;
    sluice.ok(&["replay"])?;
    let sql = "SELECT max(typeof(total)) = 'DECIMAL(10,0)' FROM silver.shop.orders";
    let view = bisect(&sluice, "shop.orders", &["--sql", sql])?;
    ensure!(view["found"]["event"].is_null(), "{view}");
    ensure!(view["found"]["no_event"] == "the version was computed again from bronze", "{view}");
    ensure!(view["verdict"].to_string().contains("Not known is by which event"), "{view}");
    Ok(())
}

#[test]
fn gold_names_what_it_was_made_of_and_never_is_an_answer() -> Result<()> {
    let (_folder, sluice) = lake()?;
    let sql = "SELECT total > 100, total FROM gold.shop.sum";
    let view = bisect(&sluice, "gold.shop.sum", &["--sql", sql])?;
    ensure!(view["found"]["inputs"] == serde_json::json!([["silver.shop.orders", 6, 7]]), "{view}");
    let verdict = view["verdict"].as_str().context("a verdict")?;
    ensure!(verdict.contains("silver.shop.orders v6 to v7"), "{verdict}");
    let output = sluice.call(&["bisect", "shop.orders", "--key", "id=999"])?;
    ensure!(output.code == 7 && output.out.contains("not so in the latest version"), "{output:?}");
    for (question, said) in [
        (&["--sql", "SELECT 1 FROM silver.shop.orders"][..], "neither true nor false"),
        (&["--sql", "SELECT true"], "does not read silver.shop.orders"),
        (&["--sql", "SELECT true FROM silver.shop.orders AT (VERSION => 1)"], "does not read silver.shop.orders"),
        (&["--check", "minimum(total)"], "minimum"),
        (&["--key", "id=1", "--column", "total", "--value", "many"], "is not a decimal"),
        (&["--key", "number=1"], "There is no column `number`"),
    ] {
        let mut words = vec!["bisect", "shop.orders"];
        words.extend(question);
        let output = sluice.call(&words)?;
        ensure!(output.code == 2 && output.err.contains(said), "{question:?}: {output:?}");
    }
    let bronze = sluice.call(&["bisect", "bronze.shop.orders", "--sql", "SELECT true FROM bronze.shop.orders"])?;
    ensure!(bronze.code == 2 && bronze.err.contains("only grows"), "{bronze:?}");
    Ok(())
}
