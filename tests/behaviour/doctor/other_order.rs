//! Contracts that order or keep history by the wrong column: found, and nothing where the column is the right one.

use super::stream::{codes, examined};
use anyhow::{Result, ensure};
use serde_json::json;
use sluice_tests::TestLake;
use std::fmt::Write as _;

/// What the doctor finds in a feed of flattened records under a contract.
async fn found(apply: &str, records: &[serde_json::Value]) -> Result<Vec<(String, String, u64)>> {
    let folder = tempfile::Builder::new().prefix("sluice-doctor-").tempdir()?;
    let lake = TestLake::at(folder.path());
    let contract = format!(
        "dataset: shop.orders\nsource: {{path: landing, format: debezium_flat_json}}\napply: {{{apply}}}\nschema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: status, type: string}}\n\
         - {{name: log_position, type: bigint}}\n- {{name: source_updated_at, type: timestamp}}\n\
         - {{name: ingested_at, type: timestamp}}\n- {{name: last_synced_at, type: timestamp}}\n"
    );
    lake.write("contracts/shop/orders.yaml", contract)?;
    let mut text = String::new();
    for record in records {
        writeln!(text, "{record}")?;
    }
    lake.write("landing/1.json", text)?;
    lake.replay().await?;
    let report = examined(&lake, "shop.orders").await?;
    ensure!(codes(&report).len() == report.findings.len(), "each code once: {report:#?}");
    let of = |finding: &sluice_api::Finding| {
        let detail = finding.examples.first().map(|example| example.detail.clone()).unwrap_or_default();
        (finding.code.as_str().to_owned(), detail, finding.count)
    };
    Ok(report.findings.iter().map(of).filter(|(code, ..)| code != "NO_DELETES").collect())
}

/// An event of a row: minutes at which it changed, arrived and was copied.
fn event(id: u64, status: &str, position: u64, [changed, arrived, copied]: [u64; 3]) -> serde_json::Value {
    let time = |minute: u64| format!("2026-08-30T{:02}:{:02}:00Z", 10 + minute / 60, minute % 60);
    json!({
        "id": id, "status": status, "log_position": position, "source_updated_at": time(changed),
        "ingested_at": time(arrived), "last_synced_at": time(copied), "__op": "u",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_arrival_that_the_clock_of_the_source_contradicts_is_found() -> Result<()> {
    // The change of minute 2 comes after that of minute 7.
    let late = [event(1, "new", 1, [1, 1, 1]), event(1, "closed", 3, [7, 8, 1]), event(1, "open", 2, [2, 9, 1])];
    let by_arrival = found("sequence: [ingested_at]", &late).await?;
    let detail = "`source_updated_at` goes back where `ingested_at` goes on, in 1 of 2 changes of a row";
    ensure!(by_arrival == [("ORDER_CONTRADICTED".to_owned(), detail.to_owned(), 1)], "{by_arrival:?}");
    let by_source = found("sequence: [source_updated_at]", &late).await?;
    ensure!(by_source.iter().all(|(code, ..)| code == "ORDER_GOES_BACK"), "{by_source:?}");

    // A clock that is now and then a minute behind says nothing against a position.
    let of_machines = |number: u64| event(1, "new", number, [number - 2 * u64::from(number == 200), number, 1]);
    let skewed: Vec<_> = (2..=300).map(of_machines).collect();
    let by_position = found("sequence: [log_position]", &skewed).await?;
    ensure!(by_position.is_empty(), "{by_position:?}");
    let wrong: Vec<_> = (2..=300).map(|number| event(1, "new", number, [600 - number, number, 1])).collect();
    let by_position = found("sequence: [log_position]", &wrong).await?;
    ensure!(by_position.first().is_some_and(|(code, _, count)| code == "ORDER_CONTRADICTED" && *count == 298));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_of_copies_is_found() -> Result<()> {
    let copies: Vec<_> = (1..=51).map(|number| event(1, "new", number, [number, number, number])).collect();
    let except = |names: &str| format!("sequence: [log_position], scd: 2, track_history_except: [{names}]");
    let technical = "log_position, ingested_at, source_updated_at";
    let noise = found(&except(technical), &copies).await?;
    let detail = "`last_synced_at` alone changed in 50 of 50 later versions";
    ensure!(noise == [("HISTORY_NOISE".to_owned(), detail.to_owned(), 50)], "{noise:?}");
    let left_out = found(&except(&format!("{technical}, last_synced_at")), &copies).await?;
    ensure!(left_out.is_empty(), "{left_out:?}");
    let without_history = found("sequence: [log_position]", &copies).await?;
    ensure!(without_history.is_empty(), "{without_history:?}");

    // It changes with something else, or is the only column that a version is made of.
    let changing = |number: u64| event(1, if number.is_multiple_of(2) { "open" } else { "new" }, number, [number; 3]);
    let changes: Vec<_> = (1..=51).map(changing).collect();
    let with_others = found(&except(technical), &changes).await?;
    ensure!(with_others.is_empty(), "{with_others:?}");
    let on_purpose = found("sequence: [log_position], scd: 2, track_history: [last_synced_at]", &copies).await?;
    ensure!(on_purpose.is_empty(), "{on_purpose:?}");
    Ok(())
}
