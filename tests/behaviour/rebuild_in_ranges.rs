//! A rebuild whose events do not fit into memory at once is merged one range of keys after the other, and makes the same
//! table, the same counts and the same memory of deletes.

use anyhow::{Context, Result, ensure};
use sluice_api::{Layer, ReplayLimits, TableRef};
use sluice_contract::RowLedger;
use sluice_runner::ReplayOptions;
use sluice_tests::{Rows, TestLake};
use std::collections::BTreeMap;

/// So few that every table has many ranges.
const FEW_BYTES: u64 = 4_000;

const COLUMNS: &str = "- {name: id, type: int, primary_key: true}\n- {name: a, type: string}\n- {name: b, type: int}\n\
                       - {name: at, type: bigint}\n";

fn debezium(apply: &str) -> String {
    format!(
        "dataset: \"shop.items\"\nsource: {{path: \"landing/items/\", format: debezium_json}}\n\
         apply: {{quarantine_limit: 1.0{apply}}}\nguards: {{truncate: allow}}\nschema:\n{COLUMNS}"
    )
}

/// Events of 40 keys in no order: updates that leave a column out, deletes, truncates, changes of the key, records that
/// come twice, two events at one position, and some that are no row.
fn events(seed: u64, first: u64, count: u64) -> String {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut lines: Vec<String> = (0..count)
        .map(|number| {
            let lsn = first + number - number % 2 * u64::from(random.u8(..8) == 0);
            let id = random.u8(..40);
            let b = if random.u8(..4) == 0 {
                "\"__debezium_unavailable_value\"".to_owned()
            } else {
                random.u8(..3).to_string()
            };
            let row = |id: u8| format!("{{\"id\":{id},\"a\":\"v{}\",\"b\":{b},\"at\":{lsn}}}", number % 5);
            let (op, before, after) = match random.u8(..60) {
                0 => ("t", "null".to_owned(), "null".to_owned()),
                1..8 => ("d", row(id), "null".to_owned()),
                8..12 => ("u", row((id + 7) % 40), row(id)),
                12 => ("u", "null".to_owned(), "{\"id\":\"none\"}".to_owned()),
                _ => ("u", "null".to_owned(), row(id)),
            };
            format!(
                "{{\"op\":\"{op}\",\"before\":{before},\"after\":{after},\"source\":{{\"lsn\":{lsn},\"ts_ms\":{}}}}}\n",
                lsn * 1_000
            )
        })
        .collect();
    // Two events of one key at one position.
    for a in ["one", "other"] {
        let row = format!("{{\"id\":5,\"a\":\"{a}\",\"b\":1,\"at\":{first}}}");
        lines.push(format!(
            "{{\"op\":\"u\",\"before\":null,\"after\":{row},\"source\":{{\"lsn\":{first},\"ts_ms\":{first}}}}}\n"
        ));
    }
    let again: Vec<String> = lines.iter().step_by(9).cloned().collect();
    lines.extend(again);
    random.shuffle(&mut lines);
    lines.concat()
}

/// Three files of changes.
fn landed() -> Vec<(String, String)> {
    (1..4).map(|number| (format!("landing/items/{number}.json"), events(number, number * 1_000, 150))).collect()
}

fn items() -> Result<TableRef> {
    Ok(TableRef { layer: Layer::Silver, name: "shop.items".parse().map_err(anyhow::Error::msg)? })
}

/// What a rebuild left: rows with Sluice's own columns, counts, and the number of files.
struct Rebuilt {
    rows: Rows,
    ledger: RowLedger,
    files: usize,
}

async fn rebuilt(lake: &TestLake, bytes: Option<u64>) -> Result<Rebuilt> {
    let limits = ReplayLimits { full_refresh: true, ..ReplayLimits::default() };
    let replayed = lake.replay_with(ReplayOptions { limits, rebuild_bytes: bytes, ..ReplayOptions::default() }).await?;
    let table = replayed.tables.first().context("one table")?;
    ensure!(table.error.is_none(), "{:?}", table.error);
    let store = lake.store(&items()?).await?;
    let newest = store.history(1).await?.pop().context("no commit")?;
    ensure!(newest.operation.to_string() == "REBUILD", "{}", newest.operation);
    let mut rows = lake.rows(&items()?).await?;
    rows.rows.sort();
    let files = store.snapshot(None).await?.context("no silver")?.files.len();
    Ok(Rebuilt { rows, ledger: newest.info.ledger.context("no counts")?, files })
}

async fn ensure_ranges_change_nothing(
    contract: &str,
    files: &[(String, String)],
    late: &(String, String),
) -> Result<()> {
    let mut ends: BTreeMap<bool, Rows> = BTreeMap::new();
    let mut made: Vec<Rebuilt> = Vec::new();
    for in_ranges in [false, true] {
        let folder = tempfile::Builder::new().prefix("sluice-ranges-").tempdir()?;
        let lake = TestLake::at(folder.path());
        lake.write("contracts/shop/items.yaml", contract)?;
        for (path, content) in files {
            lake.write(path, content)?;
        }
        lake.replay_by(1).await?;
        let mut before = lake.rows(&items()?).await?;
        before.rows.sort();
        made.push(rebuilt(&lake, in_ranges.then_some(FEW_BYTES)).await?);
        // Which event loses a tie depends on what it is decoded with.
        let is_equal = made.last().is_some_and(|made| made.rows == before);
        ensure!(is_equal || contract.contains("tie_policy: quarantine"), "a rebuild changed {before:?}");
        ensure!(std::fs::read_dir(folder.path().join("_sluice/cache/spill")).map_or(0, Iterator::count) == 0);
        // What silver remembers is right too: late events meet it, in the process that rebuilt it and in another one.
        lake.write(&late.0, &late.1)?;
        let again = TestLake::at(folder.path());
        again.replay_by(1).await?;
        let mut rows = again.rows(&items()?).await?;
        rows.rows.sort();
        ends.insert(in_ranges, rows);
    }
    let (Some(ranges), Some(whole)) = (made.pop(), made.pop()) else { anyhow::bail!("two rebuilds") };
    ensure!(whole.files == 1 && ranges.files > 3, "{} and {} files", whole.files, ranges.files);
    ensure!(!whole.rows.rows.is_empty() && whole.rows == ranges.rows, "{:?}\nin ranges\n{:?}", whole.rows, ranges.rows);
    ensure!(whole.ledger == ranges.ledger, "{:?}\nin ranges\n{:?}", whole.ledger, ranges.ledger);
    ensure!(ends[&false] == ends[&true], "{:?}\nin ranges\n{:?}", ends[&false], ends[&true]);
    Ok(())
}

#[tokio::test]
async fn the_latest_row_of_every_key() -> Result<()> {
    let late = ("landing/items/9.json".to_owned(), events(9, 1_100, 100));
    for more in ["", ", tie_policy: quarantine", ", delete_mode: soft", ", tombstone_retention: 100d"] {
        ensure_ranges_change_nothing(&debezium(more), &landed(), &late).await.with_context(|| more.to_owned())?;
    }
    Ok(())
}

#[tokio::test]
async fn every_version_of_every_key() -> Result<()> {
    let late = ("landing/items/9.json".to_owned(), events(9, 1_100, 100));
    ensure_ranges_change_nothing(&debezium(", scd: 2, sequence: [source.lsn]"), &landed(), &late).await
}

#[tokio::test]
async fn every_event() -> Result<()> {
    let late = ("landing/items/9.json".to_owned(), events(9, 1_100, 100));
    ensure_ranges_change_nothing(&debezium(", scd: append"), &landed(), &late).await
}

#[tokio::test]
async fn full_snapshots() -> Result<()> {
    let day = |day: u64| {
        let mut random = fastrand::Rng::with_seed(day);
        let rows =
            (0..80).filter(|_| random.u8(..5) != 0).map(|id| format!("{id},v{},{},{day}\n", id % 5, id % 3 + day / 3));
        let broken = if day == 2 { "none,x,y,z\n" } else { "" };
        (format!("landing/items/2026-11-0{day}/items.csv"), format!("id,a,b,at\n{}{broken}", rows.collect::<String>()))
    };
    let contract = format!(
        "dataset: \"shop.items\"\nsource: {{path: \"landing/items/\", format: csv}}\n\
         apply: {{quarantine_limit: 1.0, from_snapshot: {{files: \"{{date}}/*.csv\"}}}}\nschema:\n{COLUMNS}"
    );
    ensure_ranges_change_nothing(&contract, &[day(1), day(2), day(3)], &day(4)).await
}

/// Ties that stop a table are found in every range; nothing becomes visible.
#[tokio::test]
async fn what_holds_a_rebuild_holds_it_in_ranges() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-ranges-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/items.yaml", debezium(""))?;
    for (path, content) in landed() {
        lake.write(&path, content)?;
    }
    lake.replay_by(1).await?;
    let before = lake.versions().await?;
    for (more, reason) in [(", tie_policy: error", "have the same position"), ("", "are in quarantine")] {
        let contract = debezium(more);
        let contract = if more.is_empty() {
            contract.replace("quarantine_limit: 1.0", "quarantine_limit: 0.001, scd: append")
        } else {
            contract
        };
        lake.write("contracts/shop/items.yaml", contract)?;
        let replayed =
            lake.replay_with(ReplayOptions { rebuild_bytes: Some(FEW_BYTES), ..ReplayOptions::default() }).await?;
        let error = replayed.tables.first().and_then(|table| table.error.clone()).context("it was rebuilt")?;
        ensure!(error.message.contains(reason) && error.message.contains("was not rebuilt"), "{error:?}");
        ensure!(lake.versions().await? == before);
    }
    Ok(())
}
