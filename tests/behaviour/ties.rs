//! Ties: two different events of one key at one position count the same, in one batch or in several.

use anyhow::{Result, ensure};
use sluice_tests::{Sluice, TestLake};

/// An event of key 1 at a position.
fn upsert(position: u64, status: &str) -> String {
    format!("{{\"op\":\"u\",\"after\":{{\"id\":1,\"status\":\"{status}\"}},\"source\":{{\"lsn\":{position}}}}}\n")
}

fn delete(position: u64) -> String {
    format!("{{\"op\":\"d\",\"before\":{{\"id\":1}},\"source\":{{\"lsn\":{position}}}}}\n")
}

/// Ties that a lake counts which takes the events in batches of so many.
async fn ties(apply: &str, events: &[String], files: u64) -> Result<u64> {
    let folder = tempfile::tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write(
        "contracts/shop/orders.yaml",
        format!(
            "dataset: shop.orders\nsource: {{path: landing/, format: debezium_json}}\n{apply}\
             schema:\n- {{name: id, type: bigint, primary_key: true}}\n- {{name: status, type: string}}\n"
        ),
    )?;
    for (at, event) in events.iter().enumerate() {
        lake.write(&format!("landing/{at}.json"), event)?;
    }
    let replayed = lake.replay_by(files).await?;
    let table = &replayed.tables[0];
    ensure!(table.error.is_none() && table.counters.rows_in == events.len() as u64, "{table:?}");
    if table.counters.ties > 0 {
        let (_, sluice) = (&lake, Sluice::on_folder(folder.path()));
        for words in [&["status"][..], &["quality", "shop.orders"]] {
            let said = sluice.ok(words)?;
            ensure!(said.contains(&format!("{} ties", table.counters.ties)), "{words:?}: {said}");
        }
    }
    Ok(table.counters.ties)
}

#[tokio::test(flavor = "multi_thread")]
async fn ties_are_counted_the_same_for_any_batching() -> Result<()> {
    // What SCD 1 counts, and what a table counts that keeps all events.
    let cases = [
        (vec![upsert(10, "a"), upsert(10, "b")], 1, 1),
        (vec![upsert(10, "a"), upsert(10, "b"), upsert(10, "c")], 2, 2),
        (vec![upsert(10, "a"), delete(10)], 1, 1),
        (vec![upsert(5, "old"), upsert(10, "a"), delete(10), upsert(11, "b")], 1, 1),
        // SCD 1 knows the newest event of a key: one that comes late for an older position is no tie to it.
        (vec![upsert(10, "a"), upsert(11, "b"), upsert(10, "c")], 0, 1),
        (vec![upsert(10, "a"), upsert(10, "b"), upsert(11, "c"), upsert(10, "d"), delete(11)], 2, 3),
        (vec![upsert(10, "a"), delete(11), upsert(10, "c"), upsert(11, "d"), upsert(11, "e")], 2, 3),
        // A duplicate is no tie, whenever it comes.
        (vec![upsert(10, "a"), upsert(10, "a"), upsert(11, "b")], 0, 0),
    ];
    for apply in ["", "apply: {scd: 2}\n", "apply: {scd: append}\n"] {
        for (events, newest_only, all) in &cases {
            let expected = if apply.is_empty() { newest_only } else { all };
            for files in 1..=events.len() as u64 {
                let found = ties(apply, events, files).await?;
                ensure!(found == *expected, "{apply:?}, {files} files in a batch: {found} ties in {events:?}");
            }
        }
    }
    Ok(())
}
