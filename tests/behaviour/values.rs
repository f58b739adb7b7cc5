//! Values that do not say what they are, and records that are no rows: what is not known is in quarantine with what to
//! write, and comes back once the contract has it.

use anyhow::{Context, Result, ensure};
use sluice_api::{Layer, TableRef, TableReplay};
use sluice_tests::TestLake;
use tempfile::TempDir;

fn lake() -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-values-").tempdir()?;
    let lake = TestLake::at(folder.path());
    Ok((folder, lake))
}

fn contract(lake: &TestLake, source: &str, columns: &str) -> Result<()> {
    let text = format!(
        "dataset: \"shop.orders\"\nsource: {{path: \"landing/\", {source}}}\napply: {{quarantine_limit: 1}}\n\
         schema:\n- {{name: id, type: bigint, primary_key: true}}\n{columns}"
    );
    lake.write("contracts/shop/orders.yaml", text)
}

/// Inserts with these members, each at a position of its own.
fn land(lake: &TestLake, file: &str, first: usize, rows: &[String]) -> Result<()> {
    let line = |(number, row): (usize, &String)| {
        let id = first + number;
        format!("{{\"op\":\"c\",\"after\":{{\"id\":{id},{row}}},\"source\":{{\"lsn\":{id}}}}}\n")
    };
    lake.write(file, rows.iter().enumerate().map(line).collect::<String>())
}

async fn replay(lake: &TestLake) -> Result<TableReplay> {
    let replay = lake.replay().await?.tables.pop().context("one table is replayed")?;
    ensure!(replay.error.is_none(), "{:?}", replay.error);
    ensure!(replay.counters.balances(), "{:?}", replay.counters);
    Ok(replay)
}

/// The values of a column, by key.
async fn column(lake: &TestLake, name: &str) -> Result<Vec<Option<String>>> {
    let orders = TableRef { layer: Layer::Silver, name: "shop.orders".parse().map_err(anyhow::Error::msg)? };
    let mut rows = lake.rows(&orders).await?.select(&["id", name])?.rows;
    rows.sort();
    Ok(rows.into_iter().map(|mut row| row.pop().flatten()).collect())
}

async fn details(lake: &TestLake) -> Result<Vec<String>> {
    let rows = lake.quarantine("shop.orders").await?.select(&["detail"])?.rows;
    Ok(rows.into_iter().flatten().flatten().collect())
}

#[tokio::test]
async fn a_number_of_another_unit_waits_for_the_contract_to_say_it() -> Result<()> {
    let (_folder, lake) = lake()?;
    contract(&lake, "format: debezium_json", "- {name: at, type: timestamp_ntz}\n")?;
    let rows = ["\"at\":1762000061001", "\"at\":1762000061001250"].map(str::to_owned);
    land(&lake, "landing/1.json", 1, &rows)?;
    let first = replay(&lake).await?;
    ensure!(first.reasons == [("VALUE_OUT_OF_RANGE".to_owned(), 1)], "{:?}", first.reasons);
    let details = details(&lake).await?;
    ensure!(details.len() == 1 && details[0].contains("unit: milliseconds"), "{details:?}");
    ensure!(column(&lake, "at").await?.len() == 1);
    contract(&lake, "format: debezium_json", "- {name: at, type: timestamp_ntz, unit: milliseconds}\n")?;
    land(&lake, "landing/2.json", 3, &["\"at\":1762000122002".to_owned()])?;
    replay(&lake).await?;
    let times = column(&lake, "at").await?;
    ensure!(times.len() == 2 && times.iter().flatten().all(|time| time.contains("2025-11-01")), "{times:?}");
    ensure!(times.iter().flatten().any(|time| time.contains("12:27:41.001")), "{times:?}");
    Ok(())
}

#[tokio::test]
async fn a_time_without_a_zone_waits_for_the_contract_to_say_the_zone() -> Result<()> {
    let (_folder, lake) = lake()?;
    let source = "format: csv, null_text: ''";
    let columns = "- {name: n, type: bigint}\n- {name: at, type: timestamp}\n";
    let with = |source: &str| {
        let text = format!(
            "dataset: \"shop.orders\"\nsource: {{path: \"landing/\", {source}}}\n\
             apply: {{quarantine_limit: 1, sequence: [n]}}\n\
             schema:\n- {{name: id, type: bigint, primary_key: true}}\n{columns}"
        );
        lake.write("contracts/shop/orders.yaml", text)
    };
    with(source)?;
    lake.write("landing/1.csv", "id,n,at\n1,1,2024-01-02 11:00:00\n2,2,2024-01-02 11:00:00Z\n")?;
    let first = replay(&lake).await?;
    ensure!(first.reasons == [("TYPE_MISMATCH".to_owned(), 1)], "{:?}", first.reasons);
    ensure!(details(&lake).await?[0].contains("source.time_zone"));
    with(&format!("{source}, time_zone: Europe/Berlin"))?;
    replay(&lake).await?;
    let times = column(&lake, "at").await?;
    ensure!(times.len() == 2, "{times:?}");
    ensure!(times[0].as_deref().is_some_and(|time| time.contains("10:00:00")), "{times:?}");
    ensure!(times[1].as_deref().is_some_and(|time| time.contains("11:00:00")), "{times:?}");
    with(&format!("{source}, time_zone: Europe/Atlantis"))?;
    let error = lake.replay().await?.tables.pop().and_then(|table| table.error).context("there is no such zone")?;
    ensure!(format!("{error:?}").contains("Europe/Atlantis"), "{error:?}");
    Ok(())
}

#[tokio::test]
async fn hexadecimal_waits_for_the_contract_to_say_it() -> Result<()> {
    let (_folder, lake) = lake()?;
    contract(&lake, "format: debezium_json", "- {name: hash, type: binary}\n")?;
    land(&lake, "landing/1.json", 1, &["\"hash\":\"deadbeef\"".to_owned(), "\"hash\":\"3q2+7w==\"".to_owned()])?;
    let first = replay(&lake).await?;
    ensure!(first.reasons == [("TYPE_MISMATCH".to_owned(), 1)], "{:?}", first.reasons);
    ensure!(details(&lake).await?[0].contains("hexadecimal"));
    contract(&lake, "format: debezium_json, binary: hex", "- {name: hash, type: binary}\n")?;
    replay(&lake).await?;
    ensure!(column(&lake, "hash").await?.len() == 1);
    Ok(())
}

#[tokio::test]
async fn a_record_with_thousands_of_new_columns_stops_nothing() -> Result<()> {
    let (_folder, lake) = lake()?;
    contract(&lake, "format: debezium_json, evolution: add_new_columns", "- {name: n, type: int}\n")?;
    let wide: Vec<String> = (0..5_000).map(|number| format!("\"c{number}\":1")).collect();
    land(&lake, "landing/1.json", 1, &["\"n\":1".to_owned(), wide.join(","), "\"n\":3,\"extra\":\"x\"".to_owned()])?;
    let first = replay(&lake).await?;
    ensure!(first.reasons == [("TOO_MANY_COLUMNS".to_owned(), 1)], "{:?}", first.reasons);
    ensure!(column(&lake, "extra").await? == [None, Some("x".to_owned())]);
    land(&lake, "landing/2.json", 4, &["\"n\":4".to_owned()])?;
    ensure!(replay(&lake).await?.reasons.is_empty());
    ensure!(column(&lake, "n").await?.len() == 3);
    Ok(())
}

#[tokio::test]
async fn many_records_that_each_add_columns_stop_nothing() -> Result<()> {
    let adding = |letter: &str| (0..1_500).map(|n| format!("\"{letter}{n}\":1")).collect::<Vec<_>>().join(",");
    // In one batch, and in one for each file: the same columns and the same records.
    for by in [u64::MAX, 1] {
        let (_folder, lake) = lake()?;
        contract(&lake, "format: debezium_json, evolution: add_new_columns", "- {name: n, type: int}\n")?;
        for (file, letter) in ["a", "b", "c", "d"].into_iter().enumerate() {
            land(&lake, &format!("landing/{file}.json"), 10 * file + 1, &[adding(letter), "\"n\":1".to_owned()])?;
        }
        let replayed = lake.replay_by(by).await?.tables.remove(0);
        ensure!(replayed.error.is_none(), "{:?}", replayed.error);
        ensure!(replayed.reasons == [("TOO_MANY_COLUMNS".to_owned(), 2)], "{by}: {:?}", replayed.reasons);
        ensure!(column(&lake, "n").await?.len() == 6, "all that fits is there");
        ensure!(column(&lake, "b7").await?.iter().flatten().count() == 1);
        // The table goes on, and what has no room is named by its reason.
        land(&lake, "landing/9.json", 101, &["\"n\":2".to_owned(), "\"a5\":3".to_owned(), "\"late\":3".to_owned()])?;
        let next = replay(&lake).await?;
        ensure!(next.reasons == [("TOO_MANY_COLUMNS".to_owned(), 1)], "{:?}", next.reasons);
        ensure!(column(&lake, "a5").await?.iter().flatten().count() == 2);
        // The way out that the reason names.
        contract(&lake, "format: debezium_json, evolution: rescue", "- {name: n, type: int}\n")?;
        replay(&lake).await?;
        ensure!(column(&lake, "n").await?.len() == 11, "nothing is lost");
    }
    Ok(())
}

#[tokio::test]
async fn special_values_are_in_silver() -> Result<()> {
    let (_folder, lake) = lake()?;
    let columns = "- {name: amount, type: numeric}\n- {name: ratio, type: double}\n- {name: valid_to, type: timestamp}\n\
                   - {name: day, type: date}\n";
    contract(&lake, "format: debezium_json, decimals: text", columns)?;
    let row = |amount: &str, ratio: &str, time: &str, day: &str| {
        format!("\"amount\":\"{amount}\",\"ratio\":{ratio},\"valid_to\":\"{time}\",\"day\":\"{day}\"")
    };
    let rows = [
        row("NAN", "\"NaN\"", "infinity", "infinity"),
        row("POSITIVE_INFINITY", "\"Infinity\"", "-infinity", "-infinity"),
        row("NEGATIVE_INFINITY", "\"-Infinity\"", "+10000-01-02T03:04:05Z", "20231-01-01"),
        row("1E+2", "1.5", "-0043-03-15T12:00:00Z", "0044-03-15 BC"),
    ];
    land(&lake, "landing/1.json", 1, &rows)?;
    let replay = replay(&lake).await?;
    ensure!(replay.reasons.is_empty(), "{:?}", replay.reasons);
    let amounts: Vec<String> = column(&lake, "amount").await?.into_iter().flatten().collect();
    ensure!(amounts == ["NaN", "Infinity", "-Infinity", "100"], "{amounts:?}");
    for name in ["ratio", "valid_to", "day"] {
        let values = column(&lake, name).await?;
        ensure!(values.len() == 4 && values.iter().all(Option::is_some), "{name}: {values:?}");
    }
    Ok(())
}
