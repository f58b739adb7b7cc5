//! Tables whose source delivers current rows without an operation (`format: parquet` and `csv`).

use anyhow::{Context, Result, ensure};
use arrow::array::{
    ArrayRef, Int64Array, RecordBatch, StringArray, TimestampMillisecondArray, TimestampNanosecondArray,
};
use parquet::arrow::ArrowWriter;
use sluice_api::{Layer, ReplayLimits, TableRef, TableReplay, ask};
use sluice_tests::TestLake;
use std::sync::Arc;
use tempfile::TempDir;

/// A row: id, name, watermark in milliseconds since 1970.
type Person = (i64, &'static str, Option<i64>);

fn contract(apply: &str) -> String {
    format!(
        "dataset: \"crm.people\"\nsource: {{path: \"landing/people/\", format: parquet}}\napply: {{{apply}}}\n\
schema:\n- {{name: id, type: bigint, primary_key: true}}\n- {{name: name, type: string}}\n\
- {{name: updated_at, type: timestamp}}\n"
    )
}

fn lake(contract: &str) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-watermark-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/crm/people.yaml", contract)?;
    Ok((folder, lake))
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Result<Vec<u8>> {
    let batch = RecordBatch::try_from_iter(columns)?;
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None)?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?)
}

/// Watermarks in milliseconds with a zone.
fn in_millis(people: &[Person]) -> Result<Vec<u8>> {
    let times = TimestampMillisecondArray::from_iter(people.iter().map(|person| person.2)).with_timezone("UTC");
    with_times(people, Arc::new(times))
}

/// The same in nanoseconds without a zone, as pandas writes them.
fn in_nanos(people: &[Person]) -> Result<Vec<u8>> {
    let nanos = people.iter().map(|person| person.2.map(|millis| millis * 1_000_000));
    with_times(people, Arc::new(TimestampNanosecondArray::from_iter(nanos)))
}

fn with_times(people: &[Person], times: ArrayRef) -> Result<Vec<u8>> {
    let ids = Int64Array::from_iter_values(people.iter().map(|person| person.0));
    let names = StringArray::from_iter_values(people.iter().map(|person| person.1));
    parquet(vec![("id", Arc::new(ids)), ("name", Arc::new(names)), ("updated_at", times)])
}

fn people() -> Result<TableRef> {
    Ok(TableRef { layer: Layer::Silver, name: "crm.people".parse().map_err(anyhow::Error::msg)? })
}

async fn replay(lake: &TestLake) -> Result<TableReplay> {
    let replay = lake.replay().await?.tables.pop().context("one table is replayed")?;
    ensure!(replay.error.is_none(), "{:?}", replay.error);
    ensure!(replay.counters.balances(), "{:?}", replay.counters);
    Ok(replay)
}

async fn rows(lake: &TestLake, columns: &[&str]) -> Result<Vec<String>> {
    let rows = lake.rows(&people()?).await?.select(columns)?.rows;
    let text = |row: Vec<Option<String>>| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(" ");
    let mut rows: Vec<String> = rows.into_iter().map(text).collect();
    rows.sort();
    Ok(rows)
}

async fn fingerprint(lake: &TestLake) -> Result<String> {
    lake.fingerprints().await?.remove("silver.crm.people").context("silver is there")
}

#[tokio::test]
async fn the_newest_state_of_a_row_wins_whatever_the_unit_and_the_order() -> Result<()> {
    let first = in_millis(&[(1, "Ada", Some(1_000)), (2, "Max", Some(1_000))])?;
    let second = in_nanos(&[(1, "Ada King", Some(3_000)), (3, "Eve", Some(3_000)), (4, "Kim", None)])?;
    let third = in_millis(&[(1, "Ada Byron", Some(2_000)), (3, "Eve", Some(3_000)), (2, "Maxi", Some(2_000))])?;
    let apply = "sequence: [updated_at], quarantine_limit: 1";
    let expected = ["1 Ada King", "2 Maxi", "3 Eve"];
    let mut found = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0], [1, 0, 2]] {
        let (_folder, lake) = lake(&contract(apply))?;
        for at in order {
            lake.write(&format!("landing/people/{at}.parquet"), [&first, &second, &third][at])?;
            replay(&lake).await?;
        }
        ensure!(
            rows(&lake, &["id", "name"]).await? == expected,
            "{order:?}: {:?}",
            rows(&lake, &["id", "name"]).await?
        );
        let quarantine = lake.quarantine("crm.people").await?.select(&["reason", "column", "row"])?;
        ensure!(quarantine.rows.len() == 1, "{:?}", quarantine.rows);
        let cells: Vec<&str> = quarantine.rows[0].iter().flatten().map(String::as_str).collect();
        ensure!(cells == ["MISSING_SEQ", "updated_at", "2"], "{cells:?}");
        found.push(fingerprint(&lake).await?);
        lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
        found.push(fingerprint(&lake).await?);
    }
    ensure!(found.iter().all(|one| *one == found[0]), "silver is a function of the rows: {found:?}");
    Ok(())
}

#[tokio::test]
async fn history_is_kept_by_the_watermark() -> Result<()> {
    let (_folder, lake) = lake(&contract("sequence: [updated_at], scd: 2"))?;
    lake.write("landing/people/1.parquet", in_millis(&[(1, "Ada", Some(1_000))])?)?;
    replay(&lake).await?;
    lake.write("landing/people/2.parquet", in_nanos(&[(1, "Ada King", Some(3_000))])?)?;
    replay(&lake).await?;
    lake.write("landing/people/3.parquet", in_millis(&[(1, "Ada Byron", Some(2_000))])?)?;
    replay(&lake).await?;
    let (first, second, third) = ("1970-01-01T00:00:01Z", "1970-01-01T00:00:02Z", "1970-01-01T00:00:03Z");
    let expected =
        [format!("Ada {first} {second}"), format!("Ada Byron {second} {third}"), format!("Ada King {third} ")];
    let found = rows(&lake, &["name", "__START_AT", "__END_AT"]).await?;
    ensure!(found == expected, "{found:?}");
    Ok(())
}

#[tokio::test]
async fn a_tie_is_decided_by_the_policy() -> Result<()> {
    let tied = in_millis(&[(1, "first", Some(1_000)), (1, "last", Some(1_000))])?;
    for (policy, expected) in [("first", "first"), ("last_in_file", "last")] {
        let (_folder, lake) = lake(&contract(&format!("sequence: [updated_at], tie_policy: {policy}")))?;
        lake.write("landing/people/1.parquet", &tied)?;
        ensure!(replay(&lake).await?.counters.ties == 1, "the tie is counted");
        ensure!(rows(&lake, &["name"]).await? == [expected], "{policy}");
    }
    Ok(())
}

#[tokio::test]
async fn of_rows_with_one_watermark_the_one_of_the_later_file_is_the_newer_one() -> Result<()> {
    let row = |name: &'static str| in_millis(&[(2, "other", Some(1_000)), (1, name, Some(1_000))]);
    let first = ("landing/people/2026-11-09/rows.parquet", in_millis(&[(1, "first", Some(1_000))])?);
    let second = ("landing/people/2026-11-10/rows-9.parquet", row("second")?);
    let third = ("landing/people/2026-11-10/rows-10.parquet", in_millis(&[(1, "third", Some(1_000))])?);
    for policy in ["", ", tie_policy: by_file"] {
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            let (_folder, lake) = lake(&contract(&format!("sequence: [updated_at]{policy}")))?;
            for file in order {
                let (path, bytes) = [&first, &second, &third][file];
                lake.write(path, bytes)?;
                let done = replay(&lake).await?;
                ensure!(done.error.is_none() && done.counters.ties == 0, "{:?} {:?}", done.error, done.counters);
            }
            ensure!(rows(&lake, &["name"]).await? == ["other", "third"], "{policy} in order {order:?}");
            let before = lake.fingerprints().await?;
            lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
            ensure!(lake.fingerprints().await? == before, "a rebuild from bronze");
        }
    }
    // Names that say nothing: it is a tie, and counted.
    let (_folder, lake) = lake(&contract("sequence: [updated_at]"))?;
    lake.write("landing/people/b.parquet", &first.1)?;
    lake.write("landing/people/a.parquet", &second.1)?;
    ensure!(replay(&lake).await?.counters.ties == 1);
    ensure!(rows(&lake, &["name"]).await? == ["other", "second"], "its line is the later one");
    Ok(())
}

#[tokio::test]
async fn an_order_by_files_is_refused_where_the_source_has_one() -> Result<()> {
    let (_folder, lake) =
        lake(&contract("sequence: [updated_at], tie_policy: by_file").replace("parquet", "debezium_json"))?;
    let message = format!("{:?}", lake.replay().await.err().context("it is refused")?);
    ensure!(message.contains("have their order from the source, not from their files"), "{message}");
    Ok(())
}

/// The draft of the folder.
async fn draft(lake: &TestLake) -> Result<sluice_api::OnboardDraft> {
    let request =
        ask::InferContract { path: "landing/people".to_owned(), name: None, table: None, answers: Default::default() };
    Ok(lake.host().call(request).await?)
}

#[tokio::test]
async fn onboarding_proposes_the_one_watermark_and_asks_where_there_is_not_one() -> Result<()> {
    let folder = tempfile::Builder::new().prefix("sluice-watermark-").tempdir()?;
    let lake = TestLake::at(folder.path());
    let many: Vec<Person> = (0..50).map(|id| (id, "x", Some(1_000 * (id + 1)))).collect();
    lake.write("landing/people/1.parquet", in_millis(&many)?)?;
    lake.write("landing/people/2.parquet", in_millis(&many[10..])?)?;
    let proposal = draft(&lake).await?;
    ensure!((proposal.format.as_str(), proposal.title.as_str()) == ("parquet", "Plain rows, Parquet"), "{proposal:?}");
    ensure!(proposal.key == ["id"] && proposal.sequence == ["updated_at"], "{proposal:?}");
    ensure!(proposal.problems.is_empty(), "{:?}\n{}", proposal.problems, proposal.yaml);
    lake.write("contracts/landing/people.yaml", &proposal.yaml)?;
    let replay = lake.replay().await?.tables.pop().context("one table is replayed")?;
    ensure!(replay.error.is_none() && replay.counters.inserted == 50, "{replay:?}");

    let columns = |names: &[&'static str]| -> Result<Vec<u8>> {
        let times = || Arc::new(TimestampMillisecondArray::from_iter_values(1_000..1_050)) as ArrayRef;
        let ids: ArrayRef = Arc::new(Int64Array::from_iter_values(0..50));
        parquet(std::iter::once(("id", ids)).chain(names.iter().map(|name| (*name, times()))).collect())
    };
    for (names, says) in [
        (&["modified", "updated_at"][..], "Several columns could be the watermark: modified, updated_at"),
        (&["created_at"][..], "No column looks like a watermark"),
    ] {
        let folder = tempfile::Builder::new().prefix("sluice-watermark-").tempdir()?;
        let lake = TestLake::at(folder.path());
        lake.write("landing/people/1.parquet", columns(names)?)?;
        let proposal = draft(&lake).await?;
        ensure!(proposal.sequence.is_empty(), "never a guess: {:?}", proposal.sequence);
        ensure!(proposal.evidence.iter().any(|seen| !seen.ok && seen.text.contains(says)), "{:?}", proposal.evidence);
        ensure!(proposal.yaml.contains("# decide: ") && proposal.problems.len() == 1, "{:?}", proposal.problems);
        ensure!(proposal.problems[0].message.contains("nothing says which row of a key is newer"));
    }
    Ok(())
}
