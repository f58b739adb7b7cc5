//! Tests of a lake: run by the pipeline without a lake, carried by drafts and releases, and in the way of publishing.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_tests::{Sluice, TestLake};
use tempfile::TempDir;

const CONTRACT: &str = "dataset: shop.orders\nsource: {path: landing/orders/, format: debezium_json}\n\
    apply: {quarantine_limit: 1}\nquality:\n- check: \"row_count > 1\"\nschema:\n\
    - {name: id, type: bigint, primary_key: true}\n- {name: total, type: 'decimal(10,2)'}\n\
    - {name: city, type: string}\n";
const MODEL: &str = "-- key: city\nSELECT city, sum(total) AS total FROM silver.shop.orders GROUP BY city\n";
const TEST: &str = "about: Late and bad records\nbatches:\n- events:\n\
    \x20 - {op: insert, at: 10, id: 1, total: 2.50, city: Wien}\n\
    \x20 - {op: insert, at: 11, id: 2, total: 1, city: Graz}\n\
    \x20 expect:\n\
    \x20   silver: [{id: 1, total: 2.5}, {id: 2, city: Graz}]\n\
    \x20   checks: {\"row_count > 1\": passed}\n\
    - records: |\n\
    \x20   {\"op\":\"u\",\"after\":{\"id\":1,\"total\":9,\"city\":\"Linz\"},\"source\":{\"lsn\":5}}\n\
    \x20   {\"op\":\"d\",\"before\":{\"id\":2},\"source\":{\"lsn\":20}}\n\
    \x20   {\"op\":\"c\",\"after\":{\"id\":3,\"total\":\"too much\",\"city\":\"Linz\"},\"source\":{\"lsn\":21}}\n\
    \x20   {\"op\":\"c\",\"after\":{\"id\":4,\"total\":1.25,\"city\":\"Wien\"},\"source\":{\"lsn\":22}}\n\
    \x20 expect:\n\
    \x20   silver: [{id: 1, total: 2.50, city: Wien}, {id: 4, city: Wien}]\n\
    \x20   silver_has: []\n";

/// The test with what follows its last `silver`.
fn test_with(more: &str) -> String {
    TEST.replace("    silver_has: []\n", more)
}

const REST: &str = "    quarantine: [{reason: TYPE_MISMATCH, column: total, record: 3}]\n    \
    counters: {rows_in: 4, inserted: 1, deleted: 1}\n    gold:\n      shop.cities: [{city: Wien, total: 3.75}]\n";
const PATH: &str = "tests/shop/orders/late.yaml";

fn lake(test: &str) -> Result<(TempDir, TestLake, Sluice)> {
    let folder = tempfile::Builder::new().prefix("sluice-lake-tests-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", CONTRACT)?;
    lake.write("models/shop/cities.sql", MODEL)?;
    lake.write(PATH, test)?;
    let sluice = Sluice::on_folder(folder.path()).env("SLUICE_AUTHOR", "tester");
    Ok((folder, lake, sluice))
}

fn run(sluice: &Sluice, code: i32) -> Result<Value> {
    let output = sluice.call(&["test", "--json"])?;
    ensure!(output.code == code, "{output:?}");
    serde_json::from_str(&output.out).with_context(|| output.out.clone())
}

#[test]
fn what_is_as_expected_passes_and_writes_nothing() -> Result<()> {
    let (folder, _lake, sluice) = lake(&test_with(REST))?;
    let report = run(&sluice, 0)?;
    let test = &report["tests"][0];
    ensure!(test["state"] == "passed" && test["about"] == "Late and bad records", "{test}");
    ensure!(test["compared"].as_u64() > Some(15), "{test}");
    let text = sluice.ok(&["test", "shop.orders"])?;
    ensure!(text.contains("passed  tests/shop/orders/late.yaml") && text.contains("1 of 1 tests passed"), "{text}");
    ensure!(!folder.path().join("bronze").exists() && !folder.path().join("_sluice/batches").exists(), "it wrote");
    // A folder needs no lake.
    let elsewhere = Sluice::on("/nowhere/at/all");
    let place = folder.path().display().to_string();
    ensure!(elsewhere.ok(&["test", "--draft-folder", &place])?.contains("1 of 1 tests passed"));
    let unknown = sluice.call(&["test", "shop.order"])?;
    ensure!(unknown.code == 2 && unknown.err.contains("There is no test of shop.order"), "{unknown:?}");
    Ok(())
}

#[test]
fn a_file_that_is_no_text_and_a_table_of_changes() -> Result<()> {
    let test = "batches:\n- file: part.json\n  base64: >\n    \
        H4sIAAAAAAACA6tWyi9QslJKVtJRSkwrSS1SsqpWykxRsjLXUSrJL0nMUbIy1DPVUUrOLKkEKvPJzKtSqtVRKs4vLUpOBanNKc5TsjKureUCABGFgppJAAAA\n  expect: {silver: [{id: 7, total: 1.5, city: Linz}]}\n";
    let events = "batches:\n- events:\n  - {op: insert, at: 1, id: 7, total: 1, city: Graz}\n\
        \x20 - {op: update, at: 2, id: 7, total: 2, city: Wien}\n  expect:\n\
        \x20   silver: [{id: 7, total: 2}]\n    changes_has: [{id: 7, total: 1, city: Graz}]\n";
    let (_folder, lake, sluice) = lake(test)?;
    let contract = CONTRACT.replace("row_count > 1", "row_count > 0");
    lake.write("contracts/shop/orders.yaml", &contract)?;
    run(&sluice, 0)?;
    lake.write(PATH, events)?;
    let found = run(&sluice, 6)?.to_string();
    ensure!(found.contains("does not say changes_table: true"), "{found}");
    lake.write("contracts/shop/orders.yaml", contract.replace("apply: {", "apply: {changes_table: true, "))?;
    run(&sluice, 0)?;
    lake.write(PATH, events.replace("changes_has: [{id: 7, total: 1, ", "changes: [{id: 7, total: 3, "))?;
    let found = run(&sluice, 6)?;
    ensure!(found["tests"][0]["failures"].to_string().contains("changes"), "{found}");
    Ok(())
}

#[test]
fn a_column_and_a_check_that_are_not_stated_fail_where_all_are() -> Result<()> {
    let all = REST.replace(
        "    counters:",
        "    columns: [city, id, total]\n    all_checks: {\"row_count > 1\": passed}\n    counters:",
    );
    let (_folder, lake, sluice) = lake(&test_with(&all))?;
    run(&sluice, 0)?;
    let wider = CONTRACT.replace("schema:", "- check: \"row_count < 9\"\nschema:");
    lake.write("contracts/shop/orders.yaml", format!("{wider}- {{name: note, type: string}}\n"))?;
    let text = sluice.call(&["test"])?.out;
    for line in [
        "after batch 2, columns: the table has other columns",
        "+ column = note: there, not expected",
        "after batch 2, all_checks: the contract has checks that are not stated",
        "+ check = row_count < 9: there, not expected",
    ] {
        ensure!(text.contains(line), "{line}\n{text}");
    }
    Ok(())
}

#[test]
fn what_differs_is_a_cell_by_key_and_column() -> Result<()> {
    let wrong = REST
        .replace("column: total", "column: city")
        .replace("rows_in: 4", "rows_in: 5")
        .replace("total: 3.75", "total: 3.70");
    let text = test_with(&wrong)
        .replace("{id: 1, total: 2.50, city: Wien}, {id: 4, city: Wien}", "{id: 1, total: 9}, {id: 7}");
    let (_folder, _lake, sluice) = lake(&text.replace("\"row_count > 1\": passed", "\"row_count > 1\": failed"))?;
    let report = run(&sluice, 6)?;
    let failures: Vec<&str> = report["tests"][0]["failures"]
        .as_array()
        .context("failures")?
        .iter()
        .filter_map(|failure| failure["what"].as_str())
        .collect();
    ensure!(
        failures == ["check row_count > 1", "silver", "quarantine", "counters", "gold.shop.cities"],
        "{failures:?}"
    );
    let text = sluice.call(&["test"])?.out;
    for line in [
        "FAILED  tests/shop/orders/late.yaml  Late and bad records",
        "tests/shop/orders/late.yaml:15: after batch 2, silver: 3 cells differ",
        "~ id = 1: total expected 9.00, got 2.50",
        "- id = 7: expected, not there",
        "+ id = 4: there, not expected",
        "- reason = TYPE_MISMATCH, column = city, record = 3: expected, not there",
        "+ reason = TYPE_MISMATCH, column = total, record = 3: there, not expected",
        "~ rows_in expected 5, got 4",
        "~ city = Wien: total expected 3.70, got 3.75",
        "0 of 1 tests passed, 1 failed",
    ] {
        ensure!(text.contains(line), "{line}\n{text}");
    }
    Ok(())
}

#[test]
fn a_malformed_test_names_file_line_key_and_next_step() -> Result<()> {
    let (_folder, lake, sluice) = lake(&TEST.replace("    silver_has: []\n", "    silvr: []\n"))?;
    lake.write(
        "tests/shop/orders/no_key.yaml",
        "batches:\n- events: [{op: insert, id: 1}]\n  expect:\n    silver: [{total: 1}]\n",
    )?;
    lake.write("tests/shop/orders/nothing.yaml", "batches:\n- events: [{op: insert, id: 1}]\n")?;
    lake.write("tests/shop/carts/none.yaml", "batches:\n- text: x\n  expect: {silver: []}\n")?;
    lake.write(
        "tests/shop/orders/check.yaml",
        "batches:\n- text: x\n  expect:\n    checks: {\"not_null(city)\": passed}\n",
    )?;
    let text = sluice.call(&["test"])?;
    ensure!(text.code == 6, "{text:?}");
    for line in [
        "tests/shop/orders/late.yaml:16:5: unknown field `silvr`",
        "tests/shop/orders/no_key.yaml:4:1: the row of silver does not name its key, id. Add the key",
        "tests/shop/orders/nothing.yaml:2:3: the test expects nothing, so it can never fail. Add expect",
        "There is no valid contract for shop.carts. There are shop.orders",
        "tests/shop/orders/check.yaml:4:1: shop.orders has no check not_null(city). Its checks are row_count > 1",
        "0 of 5 tests passed, 5 cannot be run",
    ] {
        ensure!(text.out.contains(line.trim_end()), "{line}\n{}", text.out);
    }
    Ok(())
}

#[test]
fn drafts_sandboxes_and_releases_carry_tests() -> Result<()> {
    let (_folder, lake, sluice) = lake(&test_with(REST))?;
    let repository = tempfile::tempdir()?;
    let place = repository.path().display().to_string();
    sluice.ok(&["draft", "pull", &place])?;
    ensure!(repository.path().join(PATH).is_file(), "the test was not pulled");
    sluice.ok(&["publish", "-m", "first"])?;
    let shown = sluice.json(&["release", "show", "r1"])?;
    ensure!(shown.to_string().contains(PATH) && shown["release"]["tests"] == 1, "{shown}");
    // A test alone is something to publish, changes no table, and is in the comparison.
    lake.write(PATH, test_with(REST).replace("Late and bad", "Late, bad"))?;
    let plan = sluice.json(&["publish", "--plan"])?;
    ensure!(
        plan["changes"].to_string().contains("late.yaml changed") && plan["tables"] == serde_json::json!([]),
        "{plan}"
    );
    let diff = sluice.ok(&["release", "diff", "r1", "draft"])?;
    ensure!(diff.contains(PATH), "{diff}");
    sluice.ok(&["publish", "--table", "shop.orders", "-m", "second"])?;
    ensure!(sluice.ok(&["publish"])?.contains("nothing to publish"));
    let release = std::fs::read_to_string(lake.folder().join("_sluice/releases/00000000000000000002.json"))?;
    ensure!(release.contains("Late, bad"), "the release has the former test");
    // A sandbox has the tests too, and takes its own to production.
    sluice.ok(&["sandbox", "new", "try"])?;
    let place = sluice.json(&["sandbox", "ls"])?[0]["place"].as_str().context("place")?.to_owned();
    let sandbox = std::path::Path::new(&place).join(PATH);
    std::fs::write(&sandbox, test_with(REST).replace("Late and bad", "Of the sandbox"))?;
    sluice.ok(&["--sandbox", "try", "publish", "-m", "third"])?;
    ensure!(std::fs::read_to_string(lake.folder().join(PATH))?.contains("Of the sandbox"));
    sluice.ok(&["sandbox", "rm", "try"])?;
    Ok(())
}

#[test]
fn a_test_that_fails_is_in_the_way_of_publishing() -> Result<()> {
    let (_folder, lake, sluice) = lake(&test_with(REST))?;
    sluice.ok(&["publish", "-m", "first"])?;
    // Another precision: totals have one digit less.
    lake.write("contracts/shop/orders.yaml", CONTRACT.replace("decimal(10,2)", "decimal(10,1)"))?;
    let plan = sluice.ok(&["publish", "--plan"])?;
    ensure!(plan.contains("tests: 0 of 1 tests passed, 1 failed") && plan.contains(PATH), "{plan}");
    for words in
        [&["publish", "-m", "no"][..], &["publish", "-m", "no", "--force"], &["publish", "--canary", "--force"]]
    {
        let refused = sluice.call(words)?;
        ensure!(refused.code == 6 && refused.err.contains("0 of 1 tests passed"), "{refused:?}");
        ensure!(refused.err.contains("--without-tests --because"), "{refused:?}");
    }
    let releases = sluice.json(&["releases"])?;
    ensure!(releases["releases"].as_array().map(Vec::len) == Some(1), "{releases}");
    ensure!(sluice.call(&["publish", "--without-tests"])?.code == 2, "a reason is needed");
    sluice.ok(&["publish", "-m", "all the same", "--without-tests", "--because", "the test follows"])?;
    let shown = sluice.ok(&["release", "show", "r2"])?;
    ensure!(shown.contains("the test follows"), "{shown}");
    // The way back does not ask for tests.
    sluice.ok(&["publish", "--rollback", "r1"])?;
    Ok(())
}
