//! A recorded table of MariaDB: silver equals the database at every checkpoint, in whatever order the files arrive, and
//! nobody says what orders the events.

use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use serde_json::{Map, Value};
use sluice_api::{Layer, TableRef, ask};
use sluice_tests::{TestLake, package_path, seeded};
use std::collections::BTreeSet;

const FOLDER: &str = "landing/store.store.stock/partition=0";
/// Columns that are texts alike in the database's dump and in silver.
const COMPARED: [&str; 6] = ["sku", "title", "quantity", "price", "launched", "tags"];
/// The contract of the recorded table.
pub(crate) const CONTRACT: &str = "dataset: store.stock
source: {path: landing/store.store.stock, format: debezium_json, decimals: text}
schema:
- {name: sku, type: string, primary_key: true}
- {name: title, type: string}
- {name: quantity, type: int, required: true}
- {name: price, type: \"decimal(10,2)\"}
- {name: weight, type: double}
- {name: launched, type: date}
- {name: changed, type: timestamp_ntz, unit: milliseconds}
- {name: seen, type: timestamp}
- {name: picture, type: binary}
- {name: tags, type: string}
- {name: extra, type: json}
- {name: big, type: bigint}
";

#[derive(Deserialize)]
struct Recorded {
    file: String,
    checkpoint: u64,
}

fn recorded() -> Result<Vec<Recorded>> {
    Ok(serde_json::from_str(&std::fs::read_to_string(package_path("../fixtures/mariadb/manifest.json"))?)?)
}

fn deliver(lake: &TestLake, file: &str) -> Result<()> {
    let from = package_path("../fixtures/mariadb/topics/store.store.stock/partition=0").join(file);
    lake.write(&format!("{FOLDER}/{file}"), std::fs::read(from)?)
}

fn source_rows(checkpoint: u64) -> Result<BTreeSet<Vec<Option<String>>>> {
    let path = package_path("../fixtures/mariadb/oracle").join(format!("checkpoint-{checkpoint}.jsonl"));
    let row = |line: &str| -> Result<Vec<Option<String>>> {
        let row: Map<String, Value> = serde_json::from_str(line)?;
        Ok(COMPARED.iter().map(|name| row.get(*name).and_then(Value::as_str).map(str::to_owned)).collect())
    };
    std::fs::read_to_string(path)?.lines().map(row).collect()
}

async fn replay(lake: &TestLake) -> Result<Vec<(String, u64)>> {
    let table = lake.replay().await?.tables.pop().context("one table is replayed")?;
    ensure!(table.error.is_none() && table.counters.balances(), "{table:?}");
    ensure!(table.counters.quarantined == 0, "{:?}", table.reasons);
    Ok(table.orders)
}

async fn ensure_equals_source(lake: &TestLake, checkpoint: u64) -> Result<()> {
    let table = TableRef { layer: Layer::Silver, name: "store.stock".parse().map_err(anyhow::Error::msg)? };
    let found: BTreeSet<_> = lake.rows(&table).await?.select(&COMPARED)?.rows.into_iter().collect();
    let source = source_rows(checkpoint)?;
    ensure!(source.len() > 30, "{} rows in the database", source.len());
    let missing = source.difference(&found).count();
    ensure!(found == source, "checkpoint {checkpoint}: {missing} rows of the database are not in silver");
    Ok(())
}

#[tokio::test]
async fn silver_equals_the_database_whatever_the_order_of_arrival() -> Result<()> {
    let files = recorded()?;
    let mut random = seeded("mariadb_replay");
    for _ in 0..3 {
        let folder = tempfile::Builder::new().prefix("sluice-mariadb-").tempdir()?;
        let lake = TestLake::at(folder.path());
        lake.write("contracts/store/stock.yaml", CONTRACT)?;
        for checkpoint in 1..=3 {
            let mut due: Vec<&Recorded> = files.iter().filter(|file| file.checkpoint == checkpoint).collect();
            random.shuffle(&mut due);
            for file in due {
                deliver(&lake, &file.file)?;
                let orders = replay(&lake).await?;
                ensure!(orders.iter().all(|(words, _)| words == "source.file, source.pos, source.row"), "{orders:?}");
            }
            ensure_equals_source(&lake, checkpoint).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn onboarding_asks_nothing_about_the_order() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-mariadb-").tempdir()?;
    let lake = TestLake::at(folder.path());
    for file in recorded()? {
        deliver(&lake, &file.file)?;
    }
    let path = "landing/store.store.stock".to_owned();
    let proposal =
        lake.host().call(ask::InferContract { path, name: None, table: None, answers: Default::default() }).await?;
    ensure!(proposal.title == "Debezium MariaDB, JSON" && proposal.key == ["sku"], "{proposal:?}");
    ensure!(proposal.order() == "source.file, source.pos, source.row", "{:?}", proposal.evidence);
    ensure!(
        proposal.sequence.is_empty() && !proposal.questions.iter().any(|question| question.text.contains("order")),
        "{proposal:?}"
    );
    Ok(())
}
