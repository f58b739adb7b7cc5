//! What is broken costs itself: a model, a contract, a document of one table. It is named, and the exit code says it.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_tests::{Sluice, TestLake};
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn contract(table: &str) -> String {
    format!(
        "dataset: shop.{table}\nsource: {{path: landing/{table}/, format: debezium_json}}\n\
         schema:\n- {{name: id, type: bigint, primary_key: true}}\n- {{name: email, type: string, pii: true}}\n"
    )
}

fn event(id: u64, email: &str) -> String {
    format!("{{\"op\":\"u\",\"after\":{{\"id\":{id},\"email\":\"{email}\"}},\"source\":{{\"lsn\":{id}}}}}\n")
}

/// A lake with two tables that have a file each.
fn lake() -> Result<(TempDir, TestLake, Sluice)> {
    let folder = tempfile::Builder::new().prefix("sluice-parts-").tempdir()?;
    let lake = TestLake::at(folder.path());
    for table in ["orders", "customers"] {
        lake.write(&format!("contracts/shop/{table}.yaml"), contract(table))?;
        lake.write(&format!("landing/{table}/1.json"), event(1, "anna@post.example"))?;
    }
    let sluice = Sluice::on_folder(folder.path());
    Ok((folder, lake, sluice))
}

/// The JSON of a call that ends with `code`.
fn json(sluice: &Sluice, words: &[&str], code: i32) -> Result<Value> {
    let said = sluice.call(&[words, &["--json"]].concat())?;
    ensure!(said.code == code, "{words:?} ended with {}, not {code}: {}{}", said.code, said.out, said.err);
    Ok(serde_json::from_str(&said.out)?)
}

fn table<'v>(view: &'v Value, layer: &str, name: &str) -> Result<&'v Value> {
    let of = |each: &&Value| each["table"]["layer"] == layer && each["table"]["name"]["table"] == name;
    view["tables"].as_array().into_iter().flatten().find(of).with_context(|| format!("no {layer}.{name} in {view}"))
}

#[test]
fn a_model_that_fails_costs_itself_and_those_that_read_it() -> Result<()> {
    let (_folder, lake, sluice) = lake()?;
    for (path, sql) in [
        ("shop/good.sql", "SELECT count(*) AS n FROM silver.shop.orders"),
        ("shop/above_good.sql", "SELECT n + 1 AS m FROM gold.shop.good"),
        ("shop/column.sql", "SELECT nothing FROM silver.shop.orders"),
        ("shop/above_column.sql", "SELECT * FROM gold.shop.column"),
        ("shop/value.sql", "SELECT CAST(email AS BIGINT) AS n FROM silver.shop.orders"),
        ("shop/typing.sql", "SELECT * FROM silver.shop.ordrs"),
        ("shop/one.sql", "SELECT * FROM gold.shop.two"),
        ("shop/two.sql", "SELECT * FROM gold.shop.one"),
        ("shop/notes.sql", "these are notes"),
        ("README.sql", "-- how to write a model"),
        ("shop/my model.sql", "SELECT 1 AS one"),
    ] {
        lake.write(&format!("models/{path}"), sql)?;
    }
    let replayed = json(&sluice, &["replay"], 3)?;
    let done: Vec<&str> =
        replayed["gold"].as_array().into_iter().flatten().filter_map(|g| g["model"].as_str()).collect();
    ensure!(done == ["shop.good", "shop.above_good"], "{replayed}");
    ensure!(replayed["tables"].as_array().is_some_and(|all| all.iter().all(|table| table["error"].is_null())));
    let says = |model: &str, text: &str| -> Result<()> {
        let failed = replayed["gold_failed"].as_array().into_iter().flatten();
        let failed = failed.into_iter().find(|failed| failed["model"]["table"] == model);
        let said = failed.map(|failed| failed["error"]["message"].to_string()).unwrap_or_default();
        ensure!(said.contains(text) && !said.contains("anna"), "{model}: {said:?}");
        Ok(())
    };
    says("column", "nothing")?;
    says("above_column", "gold.shop.column, which could not be refreshed")?;
    says("value", "cannot be converted")?;
    says("typing", "silver.shop.ordrs, which does not exist")?;
    says("one", "gold.shop.one, gold.shop.two read each other in a circle")?;
    says("two", "circle")?;
    says("notes", "")?;
    let left_out = replayed["left_out"].to_string();
    ensure!(left_out.contains("README.sql") && left_out.contains("my model.sql"), "{left_out}");

    let status = json(&sluice, &["status"], 3)?;
    let column = table(&status, "gold", "column")?;
    ensure!(column["health"] == "fail" && column["note"].to_string().contains("nothing"), "{column}");
    ensure!(table(&status, "gold", "good")?["health"] == "ok", "{status}");
    ensure!(status["problems"].to_string().contains("README.sql"), "{status}");

    // Corrected, nothing stays.
    for name in ["README", "shop/my model", "shop/typing", "shop/one", "shop/two", "shop/notes", "shop/value"] {
        std::fs::remove_file(lake.folder().join(format!("models/{name}.sql")))?;
    }
    lake.write("models/shop/column.sql", "SELECT id FROM silver.shop.orders")?;
    json(&sluice, &["replay"], 0)?;
    let status = json(&sluice, &["status"], 0)?;
    ensure!(table(&status, "gold", "column")?["health"] == "ok", "{status}");
    Ok(())
}

#[test]
fn a_broken_contract_is_not_green() -> Result<()> {
    let (_folder, lake, sluice) = lake()?;
    lake.write("contracts/shop/orders.yaml", contract("orders").replace("bigint", "struct"))?;
    let replayed = json(&sluice, &["replay"], 3)?;
    ensure!(replayed["tables"][0]["batches"] == 1, "the other table continues: {replayed}");
    let status = json(&sluice, &["status"], 3)?;
    ensure!(status["problems"].to_string().contains("orders.yaml"), "{status}");
    std::fs::remove_file(lake.folder().join("contracts/shop/customers.yaml"))?;
    json(&sluice, &["replay"], 3)?;
    json(&sluice, &["status"], 3)?;
    Ok(())
}

#[test]
fn an_unreadable_document_costs_its_table() -> Result<()> {
    let (_folder, lake, sluice) = lake()?;
    sluice.ok(&["publish"])?;
    sluice.ok(&["replay"])?;
    for (path, content) in [
        ("_sluice/quality/shop/orders/00000000000000000001.json", "torn"),
        ("_sluice/batches/shop/orders/00000000000000000001.json", "{"),
        ("silver/shop/orders/_delta_log/00000000000000000001.json", "{\"add"),
    ] {
        let path = lake.folder().join(path);
        let whole = std::fs::read(&path).with_context(|| path.display().to_string())?;
        std::fs::write(&path, content)?;
        let status = json(&sluice, &["status"], 3)?;
        ensure!(table(&status, "silver", "orders")?["health"] == "fail", "{path:?}: {status}");
        ensure!(table(&status, "silver", "customers")?["health"] == "ok", "{path:?}: {status}");
        std::fs::write(&path, whole)?;
    }
    std::fs::write(lake.folder().join("_sluice/current/00000000000000000001.json"), "torn")?;
    let status = json(&sluice, &["status"], 3)?;
    ensure!(table(&status, "silver", "orders")?["health"] == "ok" && status["release"].is_null(), "{status}");
    Ok(())
}

/// Waits until `is_so` or a minute is over.
fn wait(what: &str, mut is_so: impl FnMut() -> Result<bool>) -> Result<()> {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(60) {
        if is_so()? {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    anyhow::bail!("{what} did not happen")
}

#[test]
fn a_continuous_run_says_once_what_fails_and_recovers() -> Result<()> {
    let (folder, lake, sluice) = lake()?;
    sluice.ok(&["publish"])?;
    let out = folder.path().join("run.txt");
    let mut run = sluice
        .command(&["run", "--continuous", "--json"])?
        .stdout(std::fs::File::create(&out)?)
        .stderr(std::process::Stdio::null())
        .spawn()?;
    let said = || Ok::<_, anyhow::Error>(std::fs::read_to_string(&out)?);
    wait("the first round", || Ok(said()?.contains("\"release\"")))?;

    // A batch in quarantine stops one table.
    lake.write("landing/orders/2.json", "no record at all\n")?;
    wait("the stop", || Ok(said()?.contains("in quarantine")))?;
    std::thread::sleep(Duration::from_secs(2));
    let text = said()?;
    ensure!(text.matches("was not published").count() == 1, "said more than once: {text}");
    ensure!(text.contains("for example record 1 of landing/orders/2.json"), "{text}");
    // The other table continues.
    lake.write("landing/customers/2.json", event(2, "b@post.example"))?;
    let rows = || sluice.json(&["query", "SELECT count(*) AS n FROM silver.shop.customers"]);
    wait("the other table", || Ok(rows()?["rows"][0][0] == "2"))?;

    // A torn pointer is said once, and the run recovers by itself.
    let pointer = lake.folder().join("_sluice/current/00000000000000000001.json");
    let whole = std::fs::read(&pointer)?;
    std::fs::write(&pointer, "torn")?;
    wait("the word of the pointer", || Ok(said()?.contains("releases cannot be used")))?;
    std::fs::write(&pointer, whole)?;
    lake.write("landing/customers/3.json", event(3, "c@post.example"))?;
    wait("the recovery", || Ok(rows()?["rows"][0][0] == "3"))?;
    ensure!(said()?.matches("releases cannot be used").count() == 1, "{}", said()?);

    // SIGTERM ends it at a whole batch, with the code of the last round.
    let asked = std::process::Command::new("kill").args(["-TERM", &run.id().to_string()]).status()?;
    ensure!(asked.success(), "the run is there");
    let ended = run.wait()?;
    ensure!(ended.code().is_some(), "the signal ended it: {ended}");
    Ok(())
}

#[test]
fn a_mistyped_lake_is_no_new_lake() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let lake = folder.path().join("lkae");
    let sluice = Sluice::on_folder(&lake);
    for words in
        [&["status"][..], &["replay"], &["query", "SELECT 1"], &["run"], &["onboard", "landing/"], &["publish"]]
    {
        let said = sluice.call(words)?;
        ensure!(said.code == 2 && said.err.contains("there is no lake at"), "{words:?}: {said:?}");
        ensure!(said.err.contains("sluice init"), "{words:?}: {said:?}");
        ensure!(!lake.exists(), "{words:?} made a folder");
    }
    sluice.ok(&["init"])?;
    sluice.ok(&["init"])?;
    ensure!(sluice.json(&["status"])?["tables"] == Value::Array(Vec::new()));
    Ok(())
}

#[test]
fn where_nobody_reads_a_command_ends_quietly() -> Result<()> {
    let (_folder, _lake, sluice) = lake()?;
    let query = "SELECT i, repeat('x', 100) AS x FROM range(100000) AS t(i)";
    for words in [&["replay"][..], &["status"], &["quality", "shop.orders"], &["query", query, "--rows", "100000"]] {
        for json in [&[][..], &["--json"]] {
            let mut command = sluice.command(&[words, json].concat())?;
            let mut child =
                command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn()?;
            drop(child.stdout.take());
            let ended = child.wait_with_output()?;
            let err = String::from_utf8_lossy(&ended.stderr);
            ensure!(ended.status.code() == Some(0) && err.is_empty(), "{words:?}: {} {err}", ended.status);
        }
    }
    let mut child = sluice.command(&["query", "SELEC"])?.stderr(std::process::Stdio::piped()).spawn()?;
    drop(child.stderr.take());
    ensure!(child.wait()?.code() == Some(2), "an error that nobody reads");
    Ok(())
}
