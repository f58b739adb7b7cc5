//! A file that is read in parts makes what it makes as a whole: the same rows with the same places in bronze, the same
//! quarantine, the same silver, the same notes of what changed at the source.

use anyhow::{Context, Result, ensure};
use sluice_api::{Layer, TableRef};
use sluice_runner::{DecoderOptions, ReplayOptions};
use sluice_tests::{Rows, TestLake};

const LANDED: &str = "landing/items/1.json";

fn contract(source: &str) -> String {
    format!(
        "dataset: \"shop.items\"\nsource: {{path: \"landing/items/\", format: {source}}}\n\
         apply: {{quarantine_limit: 1.0}}\nschema:\n- {{name: id, type: bigint, primary_key: true}}\n\
         - {{name: note, type: string}}\n- {{name: n, type: int}}\n"
    )
}

/// 400 events of 90 keys: deletes, records that are no row, blank lines, a line that is longer than a part, a column that
/// the contract does not have near the end, and one that the second half of the file lacks.
fn lines() -> String {
    let mut lines = String::new();
    for number in 0..400_u32 {
        let id = number * 7 % 90;
        let note = if number == 150 { "long ".repeat(1_200) } else { format!("note {number}") };
        let row = match number {
            200.. => format!("{{\"id\":{id},\"note\":\"{note}\"}}"),
            _ => format!("{{\"id\":{id},\"note\":\"{note}\",\"n\":{number}}}"),
        };
        let lsn = number + 1;
        match number % 20 {
            3 => lines.push_str(&format!("{{\"op\":\"d\",\"before\":{row},\"source\":{{\"lsn\":{lsn}}}}}\n")),
            7 => lines.push_str("{\"op\":\"u\",\"after\":{\"id\":\"none\"}\n\n"),
            11 if number > 380 => lines.push_str(&format!(
                "{{\"op\":\"u\",\"after\":{{\"id\":{id},\"colour\":\"red\"}},\"source\":{{\"lsn\":{lsn}}}}}\n"
            )),
            _ => lines.push_str(&format!("{{\"op\":\"u\",\"after\":{row},\"source\":{{\"lsn\":{lsn}}}}}\n")),
        }
    }
    lines
}

#[derive(Debug, PartialEq)]
struct Left {
    bronze: Rows,
    quarantine: Rows,
    silver: Rows,
    fingerprint: String,
    ledger: String,
    notes: String,
}

async fn left(contract: &str, content: &str, part_bytes: u64) -> Result<Left> {
    let folder = tempfile::Builder::new().prefix("sluice-large-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/items.yaml", contract)?;
    lake.write(LANDED, content)?;
    let decoder = DecoderOptions { part_bytes, ..DecoderOptions::default() };
    let replayed = lake.replay_with(ReplayOptions { decoder, ..ReplayOptions::default() }).await?;
    let table = replayed.tables.first().context("one table")?;
    ensure!(table.error.is_none(), "{:?}", table.error);
    let name = "shop.items".parse().map_err(anyhow::Error::msg)?;
    let sorted = |mut rows: Rows| {
        rows.rows.sort();
        rows
    };
    let of_layer = |layer| TableRef { layer, name: "shop.items".parse().unwrap_or_else(|_| unreachable!()) };
    let notes = lake.lake().await?.ledger().source_changes(&name).await?;
    let changes: Vec<_> = notes.into_iter().flat_map(|note| note.changes).collect();
    Ok(Left {
        bronze: sorted(lake.rows(&of_layer(Layer::Bronze)).await?),
        quarantine: sorted(lake.quarantine("shop.items").await?),
        silver: sorted(lake.rows(&of_layer(Layer::Silver)).await?),
        fingerprint: format!("{:?}", lake.fingerprints().await?),
        ledger: format!("{:?}", table.counters),
        notes: format!("{changes:?}"),
    })
}

async fn ensure_parts_change_nothing(contract: &str, content: &str) -> Result<()> {
    let whole = left(contract, content, content.len() as u64).await?;
    for part_bytes in [100, 2_000, 9_000] {
        let parts = left(contract, content, part_bytes).await?;
        ensure!(parts.bronze == whole.bronze, "bronze differs with parts of {part_bytes} bytes");
        ensure!(parts == whole, "parts of {part_bytes} bytes: {parts:?}\n\nas a whole: {whole:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_parts_is_what_it_is_as_a_whole() -> Result<()> {
    ensure_parts_change_nothing(&contract("debezium_json"), &lines()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_the_last_part_brings_is_of_the_whole_file() -> Result<()> {
    let with_new = contract("debezium_json, evolution: add_new_columns");
    ensure_parts_change_nothing(&with_new, &lines()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_without_an_end_of_line_and_one_that_is_not_lines_are_read_too() -> Result<()> {
    let without_end = lines().trim_end().to_owned();
    ensure_parts_change_nothing(&contract("debezium_json"), &without_end).await?;
    let good: Vec<String> = (0..200)
        .map(|id| format!("{{\n\"op\":\"c\",\n\"after\":{{\"id\":{id}}},\n\"source\":{{\"lsn\":{id}}}}}"))
        .collect();
    ensure_parts_change_nothing(&contract("debezium_json"), &format!("[{}]", good.join(",\n"))).await
}
