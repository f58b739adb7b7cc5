//! Tables whose source delivers images of the whole table (`apply.from_snapshot`).

use anyhow::{Context, Result, ensure};
use arrow::array::{Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use sluice_api::{Layer, ReplayLimits, TableRef, TableReplay};
use sluice_tests::{TestLake, amount, seeded};
use std::collections::BTreeMap;
use std::sync::Arc;
use tempfile::TempDir;

type Image = BTreeMap<i64, &'static str>;

fn contract(format: &str, rule: &str, more: &str) -> String {
    format!(
        "dataset: \"shop.orders\"\nsource: {{path: \"landing/orders/\", format: {format}}}\n\
apply: {{from_snapshot: {{{rule}}}, {more}}}\n\
schema:\n- {{name: id, type: bigint, primary_key: true}}\n- {{name: status, type: string}}\n"
    )
}

const DAILY: &str = "files: \"{date}/*\", max_deleted_share: 1";

fn lake(contract: &str) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-snapshot-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", contract)?;
    Ok((folder, lake))
}

fn csv(image: &Image) -> String {
    let rows = image.iter().map(|(id, status)| format!("{id},{status}\n"));
    std::iter::once("id,status\n".to_owned()).chain(rows).collect()
}

fn day(day: usize) -> String {
    format!("landing/orders/2026-11-{day:02}/part-1.csv")
}

fn orders() -> Result<TableRef> {
    Ok(TableRef { layer: Layer::Silver, name: "shop.orders".parse().map_err(anyhow::Error::msg)? })
}

async fn replay(lake: &TestLake) -> Result<TableReplay> {
    lake.replay().await?.tables.pop().context("one table is replayed")
}

async fn good(lake: &TestLake) -> Result<TableReplay> {
    let replay = replay(lake).await?;
    ensure!(replay.error.is_none(), "{:?}", replay.error);
    ensure!(replay.counters.balances(), "{:?}", replay.counters);
    Ok(replay)
}

/// The message of a replay that stopped.
async fn stopped(lake: &TestLake) -> Result<String> {
    Ok(replay(lake).await?.error.context("the replay stops")?.message)
}

async fn rows(lake: &TestLake, columns: &[&str]) -> Result<Vec<String>> {
    let rows = lake.rows(&orders()?).await?.select(columns)?.rows;
    let text = |row: Vec<Option<String>>| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(" ");
    let mut rows: Vec<String> = rows.into_iter().map(text).collect();
    rows.sort();
    Ok(rows)
}

async fn fingerprint(lake: &TestLake) -> Result<String> {
    lake.fingerprints().await?.remove("silver.shop.orders").context("silver is there")
}

#[tokio::test]
async fn what_a_snapshot_lacks_is_deleted() -> Result<()> {
    let (_folder, lake) = lake(&contract("csv", DAILY, "scd: 1"))?;
    lake.write(&day(1), csv(&Image::from([(1, "new"), (2, "new"), (3, "new")])))?;
    let first = good(&lake).await?;
    ensure!((first.counters.rows_in, first.counters.inserted) == (3, 3), "{:?}", first.counters);
    lake.write(&day(2), csv(&Image::from([(1, "new"), (2, "paid"), (4, "new")])))?;
    let counters = good(&lake).await?.counters;
    ensure!((counters.rows_in, counters.unchanged, counters.updated) == (3, 1, 1), "{counters:?}");
    ensure!((counters.inserted, counters.deleted, counters.split_rows) == (1, 1, 1), "{counters:?}");
    ensure!(rows(&lake, &["id", "status"]).await? == ["1 new", "2 paid", "4 new"]);
    // A row that comes back, one that goes, in two snapshots that are taken at once.
    lake.write(&day(3), csv(&Image::from([(3, "again")])))?;
    lake.write(&day(4), csv(&Image::from([(3, "again"), (1, "back")])))?;
    let batches = good(&lake).await?;
    ensure!(batches.batches == 2, "one batch per snapshot");
    ensure!(rows(&lake, &["id", "status"]).await? == ["1 back", "3 again"]);
    let before = fingerprint(&lake).await?;
    lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
    ensure!(fingerprint(&lake).await? == before, "a rebuild from bronze");
    ensure!(good(&lake).await?.batches == 0, "nothing is taken twice");
    Ok(())
}

#[tokio::test]
async fn history_has_every_snapshot_and_a_late_one_splits_it() -> Result<()> {
    let (_folder, lake) = lake(&contract("csv", DAILY, "scd: 2"))?;
    lake.write(&day(1), csv(&Image::from([(1, "new"), (2, "new")])))?;
    good(&lake).await?;
    lake.write(&day(3), csv(&Image::from([(1, "new")])))?;
    good(&lake).await?;
    let shown = ["id", "status", "__START_AT", "__END_AT"];
    let (first, second, third) = ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z");
    ensure!(rows(&lake, &shown).await? == [format!("1 new {first} "), format!("2 new {first} {third}")]);
    lake.write(&day(2), csv(&Image::from([(1, "paid"), (2, "new")])))?;
    good(&lake).await?;
    let expected = [
        format!("1 new {first} {second}"),
        format!("1 new {third} "),
        format!("1 paid {second} {third}"),
        format!("2 new {first} {third}"),
    ];
    let found = rows(&lake, &shown).await?;
    ensure!(found == expected, "{found:?}");
    Ok(())
}

/// Silver is a function of the snapshots: in order, in any other order, one by one, several at once.
async fn any_order(more: &str, random: &mut fastrand::Rng) -> Result<()> {
    let words = ["new", "paid", "sent"];
    let count = random.usize(2..6);
    let image = || {
        let ids = if random.u8(..8) == 0 { 0 } else { 6 };
        (0..ids).filter_map(|id| words.get(random.usize(..4)).map(|word| (id, *word))).collect()
    };
    let images: Vec<Image> = std::iter::repeat_with(image).take(count).collect();
    let contract = contract("csv", DAILY, more) + "guards: {empty_load: allow}\n";
    let (_one, in_order) = lake(&contract)?;
    let (_other, shuffled) = lake(&contract)?;
    for (at, image) in images.iter().enumerate() {
        in_order.write(&day(at + 1), csv(image))?;
        good(&in_order).await?;
    }
    let mut order: Vec<usize> = (0..images.len()).collect();
    random.shuffle(&mut order);
    for &at in &order {
        shuffled.write(&day(at + 1), csv(&images[at]))?;
        if random.bool() {
            good(&shuffled).await?;
        }
    }
    good(&shuffled).await?;
    ensure!(fingerprint(&in_order).await? == fingerprint(&shuffled).await?, "{more}: {images:?} in order {order:?}");
    if more == "scd: 1" {
        let newest = images.last().context("an image")?;
        let expected: Vec<String> = newest.iter().map(|(id, status)| format!("{id} {status}")).collect();
        ensure!(rows(&shuffled, &["id", "status"]).await? == expected);
    }
    shuffled.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
    ensure!(fingerprint(&in_order).await? == fingerprint(&shuffled).await?, "{more}: a rebuild from bronze");
    Ok(())
}

#[tokio::test]
async fn snapshots_may_come_in_any_order() -> Result<()> {
    let mut random = seeded("snapshots_may_come_in_any_order");
    for _ in 0..amount("SLUICE_SNAPSHOT_CASES", 6) {
        for more in ["scd: 1", "scd: 2", "delete_mode: soft"] {
            any_order(more, &mut random).await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_snapshot_of_which_a_file_can_not_be_read_deletes_nothing() -> Result<()> {
    let (_folder, lake) = lake(&contract("csv", DAILY, "scd: 2"))?;
    lake.write(&day(1), csv(&Image::from([(1, "new"), (2, "new")])))?;
    good(&lake).await?;
    lake.write(&day(2), csv(&Image::from([(1, "paid")])))?;
    lake.write("landing/orders/2026-11-02/part-2.csv", b"PK\0\0 no text")?;
    let message = stopped(&lake).await?;
    ensure!(message.contains("INCOMPLETE_SNAPSHOT") && message.contains("2026-11-02/part-2.csv"), "{message}");
    ensure!(rows(&lake, &["id", "status"]).await? == ["1 new", "2 new"], "silver is as it was");
    // The next snapshot is whole: it is taken, the other is left out.
    lake.write(&day(3), csv(&Image::from([(1, "sent"), (2, "new")])))?;
    good(&lake).await?;
    let shown = ["id", "status", "__START_AT"];
    let (first, second, third) = ("2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z", "2026-11-03T00:00:00Z");
    let found = rows(&lake, &shown).await?;
    ensure!(found == [format!("1 new {first}"), format!("1 sent {third}"), format!("2 new {first}")], "{found:?}");
    // Its file is delivered again: now it has its place in history.
    lake.write("landing/orders/2026-11-02/part-2.csv", csv(&Image::from([(2, "new")])))?;
    good(&lake).await?;
    let found = rows(&lake, &shown).await?;
    let paid = format!("1 paid {second}");
    ensure!(found.len() == 4 && found.contains(&paid), "{found:?}");
    // Written again as rubbish it does not take the place of what could be read.
    let before = fingerprint(&lake).await?;
    lake.write("landing/orders/2026-11-02/part-2.csv", b"PK\0\0 no text")?;
    replay(&lake).await?;
    ensure!(fingerprint(&lake).await? == before);
    Ok(())
}

#[tokio::test]
async fn a_record_in_quarantine_may_be_the_row_that_lacks() -> Result<()> {
    let (_folder, lake) = lake(&contract("csv", DAILY, "quarantine_limit: 1"))?;
    lake.write(&day(1), csv(&Image::from([(1, "new"), (2, "new")])))?;
    good(&lake).await?;
    lake.write(&day(2), "id,status\n1,paid\nx,new\n")?;
    let done = good(&lake).await?;
    ensure!(done.counters.quarantined == 1 && done.counters.deleted == 0, "{:?}", done.counters);
    ensure!(rows(&lake, &["id", "status"]).await? == ["1 paid", "2 new"]);
    lake.write(&day(3), csv(&Image::from([(1, "paid")])))?;
    good(&lake).await?;
    ensure!(rows(&lake, &["id", "status"]).await? == ["1 paid"]);
    Ok(())
}

#[tokio::test]
async fn a_snapshot_that_lacks_too_much_is_refused() -> Result<()> {
    let rule = "files: \"{date}/*\"";
    let (_folder, lake) = lake(&contract("csv", rule, "scd: 1"))?;
    lake.write(&day(1), csv(&Image::from([(1, "new"), (2, "new"), (3, "new")])))?;
    good(&lake).await?;
    lake.write(&day(2), csv(&Image::from([(1, "new")])))?;
    let message = stopped(&lake).await?;
    ensure!(message.contains("snapshot 2026-11-02 lacks 2 of the 3 rows before it (66.7 %, the limit is 50.0 %)"));
    ensure!(message.contains("apply.from_snapshot.max_deleted_share"), "{message}");
    // Delivered again under its name it takes the place of what was refused.
    lake.write(&day(2), csv(&Image::from([(1, "new"), (2, "paid")])))?;
    good(&lake).await?;
    ensure!(rows(&lake, &["id", "status"]).await? == ["1 new", "2 paid"]);
    // Or the limit is raised, which rebuilds nothing.
    lake.write(&day(3), csv(&Image::new()))?;
    ensure!(stopped(&lake).await?.contains("lacks 2 of the 2 rows"));
    // A snapshot without a row is what a guard is about, too.
    let raised = contract("csv", DAILY, "scd: 1");
    lake.write("contracts/shop/orders.yaml", &raised)?;
    ensure!(stopped(&lake).await?.contains("Its full load has no record, and silver has 2 rows"));
    lake.write("contracts/shop/orders.yaml", raised + "guards: {empty_load: allow}\n")?;
    good(&lake).await?;
    ensure!(rows(&lake, &["id", "status"]).await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_mark_says_that_a_snapshot_is_whole() -> Result<()> {
    let rule = "files: \"{date}/*\", complete_when: _SUCCESS";
    let (_folder, lake) = lake(&contract("csv", rule, "scd: 1"))?;
    lake.write(&day(1), csv(&Image::from([(1, "new")])))?;
    ensure!(good(&lake).await?.batches == 0, "it waits for its mark");
    lake.write("landing/orders/2026-11-01/part-2.csv", csv(&Image::from([(2, "new")])))?;
    lake.write("landing/orders/2026-11-01/_SUCCESS", "")?;
    let done = good(&lake).await?;
    ensure!((done.batches, done.files) == (1, 2));
    ensure!(rows(&lake, &["id", "status"]).await? == ["1 new", "2 new"]);
    Ok(())
}

#[tokio::test]
async fn snapshots_come_as_parquet_with_a_number_in_their_name() -> Result<()> {
    let (_folder, lake) = lake(&contract("parquet", "files: \"orders-{version}.parquet\"", "scd: 2"))?;
    for (version, image) in [(9, vec![(1, "new"), (2, "new")]), (10, vec![(1, "paid"), (2, "new")])] {
        let ids = Int64Array::from_iter_values(image.iter().map(|(id, _)| *id));
        let texts = StringArray::from_iter_values(image.iter().map(|(_, status)| *status));
        let batch = RecordBatch::try_from_iter([("id", Arc::new(ids) as _), ("status", Arc::new(texts) as _)])?;
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None)?;
        writer.write(&batch)?;
        lake.write(&format!("landing/orders/orders-{version}.parquet"), writer.into_inner()?)?;
    }
    let done = good(&lake).await?;
    ensure!(done.batches == 2, "9 comes before 10");
    let found = rows(&lake, &["id", "status", "__START_AT", "__END_AT"]).await?;
    ensure!(found == ["1 new 9 10", "1 paid 10 ", "2 new 9 "], "{found:?}");
    Ok(())
}
