//! SQL over tables as they were: `AT (VERSION => n)` and `AT (TIMESTAMP => …)`.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_tests::{Sluice, TestLake};
use tempfile::TempDir;

const CONTRACT: &str = "dataset: shop.orders\nsource: {path: landing/, format: debezium_json}\nschema:\n\
    - {name: id, type: bigint, primary_key: true}\n- {name: größe, type: string}\n- {name: email, type: string, pii: true}\n";

fn upsert(position: u64, id: u64, size: &str) -> String {
    let after = format!("{{\"id\":{id},\"größe\":\"{size}\",\"email\":\"anna{id}@post.example\"}}");
    format!("{{\"op\":\"u\",\"after\":{after},\"source\":{{\"lsn\":{position}}}}}\n")
}

fn lake() -> Result<(TempDir, TestLake, Sluice)> {
    let folder = tempfile::Builder::new().prefix("sluice-past-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", CONTRACT)?;
    let files = [upsert(1, 1, "s") + &upsert(2, 2, "s"), upsert(3, 1, "m") + &upsert(4, 3, "m"), upsert(5, 1, "l")];
    for (number, file) in files.iter().enumerate() {
        lake.write(&format!("landing/{number}.json"), file)?;
    }
    let sluice = Sluice::on_folder(folder.path());
    sluice.ok(&["replay", "--max-files", "1"])?;
    Ok((folder, lake, sluice))
}

fn rows(sluice: &Sluice, sql: &str) -> Result<String> {
    let view: Value = sluice.json(&["query", sql]).with_context(|| sql.to_owned())?;
    let rows = view["rows"].as_array().context("rows")?;
    let text = |cell: &Value| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
    let row = |row: &Value| row.as_array().into_iter().flatten().map(text).collect::<Vec<_>>().join(" ");
    Ok(rows.iter().map(row).collect::<Vec<_>>().join(", "))
}

#[test]
fn a_statement_reads_versions_of_its_tables_side_by_side() -> Result<()> {
    let (_folder, lake, sluice) = lake()?;
    let last = sluice.json(&["fingerprint", "shop.orders"])?["version"].as_u64().context("a version")?;
    let (first, second) = (last - 2, last - 1);
    for (sql, expected) in [
        (format!("SELECT count(*) FROM silver.shop.orders AT (VERSION => {first})"), "2"),
        (format!("SELECT orders.größe FROM silver.shop.orders AT (VERSION => {first}) WHERE id = 1"), "s"),
        (format!("SELECT o.größe FROM silver.shop.orders o AT (version => {second}) WHERE o.id = 1"), "m"),
        (format!("FROM silver.shop.orders AS o(a, b, c) AT (VERSION => {second}) SELECT count(*) WHERE a = 3"), "1"),
        (
            format!(
                "/* größe */ WITH past AS (SELECT * FROM silver.\"shop\".orders\n  AT (VERSION => {first}))\nSELECT now.id, \
                 past.größe, now.größe FROM silver.shop.orders now LEFT JOIN past USING (id) ORDER BY id"
            ),
            "1 s l, 2 s s, 3 null m",
        ),
        (
            format!(
                "SELECT id FROM silver.shop.orders AT (VERSION => {second}) EXCEPT SELECT id FROM silver.shop.orders AT \
                 (VERSION => {first})"
            ),
            "3",
        ),
        ("SELECT count(*) FROM silver.shop.orders AT (TIMESTAMP => '2999-01-01')".to_owned(), "3"),
        ("SELECT count(*) FROM silver.shop.orders AT (TIMESTAMP => TIMESTAMP '2999-01-01 00:00:00')".to_owned(), "3"),
        (format!("SELECT count(*) > 0 FROM bronze.shop.orders AT (VERSION => {first})"), "true"),
    ] {
        let found = rows(&sluice, &sql)?;
        ensure!(found == expected, "{sql}: {found}");
    }
    // The plan too, and the places of errors behind the clause.
    let plan = sluice.ok(&["query", &format!("EXPLAIN SELECT id FROM silver.shop.orders AT (VERSION => {first})")])?;
    ensure!(plan.to_lowercase().contains("parquet"), "{plan}");
    let wrong = format!("SELECT id\nFROM silver.shop.orders AT (VERSION => {first}) WHERE wrong = 1");
    let output = sluice.call(&["query", &wrong])?;
    let column = wrong.lines().nth(1).and_then(|line| line.find("wrong")).context("the word")? + 1;
    ensure!(output.err.contains(&format!("line 2, column {column}")), "{output:?}");
    // Personal data stays masked, of columns that the contract has forgotten too.
    let masked = rows(&sluice, &format!("SELECT email FROM silver.shop.orders AT (VERSION => {first}) LIMIT 1"))?;
    ensure!(!masked.contains("anna1"), "{masked}");
    lake.write("contracts/shop/orders.yaml", CONTRACT.replace("- {name: email, type: string, pii: true}\n", ""))?;
    sluice.ok(&["replay", "--full-refresh"])?;
    for sql in ["SELECT email FROM", "SELECT lower(email) AS e FROM", "SELECT * FROM"] {
        let masked = rows(&sluice, &format!("{sql} silver.shop.orders AT (VERSION => {first})"))?;
        ensure!(!masked.contains("anna1"), "{sql}: {masked}");
    }
    for side in ["latest", "production"] {
        let diff = sluice.call(&["diff", "shop.orders", "--from", &first.to_string(), "--to", side])?;
        ensure!(!diff.out.is_empty() && !(diff.out + &diff.err).contains("anna1"), "a diff with {side} shows it");
    }
    let sql = "SELECT count(*) > 2, min(email) FROM silver.shop.orders AS o";
    for question in [&["--sql", sql][..], &["--key", "id=1", "--column", "email", "--value", "x"]] {
        let mut words = vec!["bisect", "shop.orders"];
        words.extend(question);
        let output = sluice.call(&words)?;
        ensure!(!(output.out + &output.err).contains("anna1"), "{question:?} shows it");
    }
    Ok(())
}

#[test]
fn a_clause_that_names_no_version_is_refused_with_what_to_write() -> Result<()> {
    let (_folder, lake, sluice) = lake()?;
    for (sql, said) in [
        ("FROM silver.shop.orders AT (VERSION => 999)", "999"),
        ("FROM silver.shop.orders AT (VERSION => id)", "neither a version nor a time"),
        ("FROM silver.shop.orders AT (TIMESTAMP => 'yesterday')", "is no time"),
        ("FROM silver.shop.orders AT (TIMESTAMP => '2001-01-01')", "had no version at that time"),
        ("FROM silver.shop.none AT (VERSION => 1)", "silver.shop.none does not exist yet"),
        ("FROM orders AT (VERSION => 1)", "AT stands behind a table of the lake only"),
    ] {
        let output = sluice.call(&["query", sql])?;
        ensure!(output.code != 0 && output.err.contains(said), "{sql}: {output:?}");
    }
    // A model is made of its tables as they are.
    lake.write("models/shop/past.sql", "SELECT id FROM silver.shop.orders AT (VERSION => 1)")?;
    let output = sluice.call(&["replay"])?;
    ensure!(
        output.code != 0 && (output.err.clone() + &output.out).contains("AT reads a table as it was"),
        "{output:?}"
    );
    Ok(())
}
