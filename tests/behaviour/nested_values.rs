//! Columns of structs from the files to silver, and read by others.

use anyhow::{Context, Result, ensure};
use sluice_api::{Layer, ReplayLimits, TableRef};
use sluice_tests::{Sluice, TestLake};

const CONTRACT: &str = "dataset: \"shop.people\"\nsource: {path: \"landing/people/\", format: debezium_json, decimals: text}\n\
schema:\n- {name: id, type: bigint, primary_key: true}\n\
- {name: address, type: \"struct<city: string, at: struct<lat: double>, since: timestamp_ntz>\"}\n\
- {name: lines, type: \"array<struct<sku: string, n: decimal(5,2)>>\"}\n";

#[tokio::test(flavor = "multi_thread")]
async fn structs_are_columns_of_silver_that_sql_reads() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-nested-").tempdir()?;
    let lake = TestLake::at(folder.path());
    for (scd, file) in [("1", "v1"), ("2", "v2")] {
        let history = scd == "2";
        let text = if history { CONTRACT.replace("schema:", "apply: {scd: 2}\nschema:") } else { CONTRACT.to_owned() };
        lake.write("contracts/shop/people.yaml", text)?;
        let event = |id: u32, lsn: u32, city: &str| {
            format!(
                "{{\"op\":\"u\",\"after\":{{\"id\":{id},\"address\":{{\"city\":\"{city}\",\"at\":{{\"lat\":1.5}},\
                 \"since\":\"2026-01-02 03:04:05\"}},\"lines\":[{{\"sku\":\"s\",\"n\":\"2.50\"}}]}},\"source\":{{\"lsn\":{lsn}}}}}\n"
            )
        };
        let lsn = if history { 100 } else { 10 };
        lake.write(&format!("landing/people/{file}-1.json"), event(1, lsn, "Kiel") + &event(2, lsn + 1, "Ulm"))?;
        let none =
            format!("{{\"op\":\"u\",\"after\":{{\"id\":2,\"address\":null}},\"source\":{{\"lsn\":{}}}}}\n", lsn + 5);
        lake.write(&format!("landing/people/{file}-2.json"), event(1, lsn + 4, "Bonn") + &none)?;
        let replayed = lake.replay_by(1).await?;
        ensure!(replayed.tables[0].error.is_none(), "{replayed:?}");
        let current = if history { " WHERE __END_AT IS NULL" } else { "" };
        let sql =
            format!("SELECT id, address.city, address.at.lat, lines[1].n FROM silver.shop.people{current} ORDER BY id");
        let found = Sluice::on_folder(folder.path()).ok(&["query", &sql])?;
        let rows: Vec<Vec<&str>> = found.lines().map(|line| line.split_whitespace().collect()).collect();
        ensure!(rows[1] == ["1", "Bonn", "1.5", "2.50"] && rows[2] == ["2", "∅", "∅", "∅"], "{found}");

        let table = TableRef { layer: Layer::Silver, name: "shop.people".parse().map_err(anyhow::Error::msg)? };
        let mut before = lake.rows(&table).await?;
        lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
        let mut after = lake.rows(&table).await?;
        before.rows.sort();
        after.rows.sort();
        ensure!(before == after, "{before:?}\nbut a rebuild makes\n{after:?}");
        ensure!(lake.fingerprints().await?.values().next().context("a table")?.len() == 64);
    }
    Ok(())
}

/// A contract of a table with a map, whose values are personal or not.
fn tagged(more: &str) -> String {
    format!(
        "dataset: \"shop.goods\"\nsource: {{path: \"landing/goods/\", format: debezium_json}}\napply: {{quarantine_limit: 1.0}}\nschema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: tags, type: \"map<string, int>\"{more}}}\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn maps_are_columns_of_silver_that_sql_reads() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-maps-").tempdir()?;
    let lake = TestLake::at(folder.path());
    let sluice = Sluice::on_folder(folder.path());
    lake.write("contracts/shop/goods.yaml", tagged(""))?;
    let event = |id: u32, lsn: u32, tags: &str| {
        format!("{{\"op\":\"u\",\"after\":{{\"id\":{id},\"tags\":{tags}}},\"source\":{{\"lsn\":{lsn}}}}}\n")
    };
    lake.write("landing/goods/1.json", event(1, 1, "{\"size\":3,\"color\":7}") + &event(2, 2, "{}"))?;
    lake.write("landing/goods/2.json", event(3, 3, "null") + &event(4, 4, "{\"a\":1,\"a\":1}"))?;
    lake.write("landing/goods/3.json", event(2, 5, "{\"size\":9}"))?;
    // The same members in another order are the same value: a duplicate, and no tie.
    lake.write("landing/goods/4.json", event(1, 1, "{\"color\":7,\"size\":3}"))?;
    let replayed = lake.replay_by(1).await?;
    ensure!(replayed.tables[0].error.is_none() && replayed.tables[0].counters.quarantined == 1, "{replayed:?}");
    let found = sluice.ok(&["query", "SELECT id, tags['size'] AS size, tags FROM silver.shop.goods ORDER BY id"])?;
    let rows: Vec<String> = found.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    ensure!(rows[1..=3] == ["1 3 {color=7, size=3}", "2 9 {size=9}", "3 ∅ ∅"], "{found}");
    let explained = sluice.ok(&["explain", "shop.goods", "--key", "id=2"])?;
    ensure!(explained.contains("size: 9"), "{explained}");
    let diff = sluice.ok(&["diff", "shop.goods", "--from", "1"])?;
    ensure!(!diff.is_empty(), "{diff}");

    let before = lake.fingerprints().await?;
    lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
    ensure!(before == lake.fingerprints().await?, "a rebuild makes other maps");

    lake.write("contracts/shop/goods.yaml", tagged(", pii: true"))?;
    let masked = sluice.ok(&["query", "SELECT tags FROM silver.shop.goods"])?;
    ensure!(!masked.contains("color"), "{masked}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_says_what_cannot_be_a_struct() -> Result<()> {
    for (column, words) in [
        ("{name: a, type: \"map<int, int>\"}", "Write map<string"),
        ("{name: a, type: \"map<string, int>\", primary_key: true}", "cannot be a key"),
        ("{name: a, type: \"struct<a: int>\", primary_key: true}", "cannot be a key"),
        ("{name: a, type: \"struct<b c: int>\"}", "cannot be a field"),
    ] {
        let text = format!("dataset: a.b\nschema:\n- {{name: id, type: int, primary_key: true}}\n- {column}\n");
        let problems = sluice_contract::Contract::parse(&text, "b.yaml").err().context("it is refused")?;
        let said = format!("{} {}", problems[0].message, problems[0].fix);
        ensure!(said.contains(words), "{said}");
    }
    Ok(())
}
