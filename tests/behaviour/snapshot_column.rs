//! Full snapshots whose version is in a column of their rows.

use anyhow::{Context, Result, ensure};
use arrow::array::{ArrayRef, Date32Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use sluice_api::{OnboardDraft, ReplayLimits, TableReplay, ask};
use sluice_contract::OnboardAnswers;
use sluice_tests::TestLake;
use std::sync::Arc;
use tempfile::TempDir;

/// Snapshots by the day of their export.
const DAYS: [(i32, &[(i64, &str)]); 3] =
    [(20_777, &[(1, "Ada"), (2, "Max")]), (20_778, &[(1, "Ada King")]), (20_779, &[(2, "Max"), (1, "Ada King")])];

fn empty_lake() -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-version-").tempdir()?;
    let lake = TestLake::at(folder.path());
    Ok((folder, lake))
}

fn date(day: i32) -> String {
    format!("2026-11-{:02}", day - 20_757)
}

/// A snapshot as a file of a format.
fn snapshot(format: &str, day: i32, people: &[(i64, &str)]) -> Result<Vec<u8>> {
    let lines = |line: &dyn Fn(&(i64, &str)) -> String| people.iter().map(line).collect::<String>().into_bytes();
    let date = date(day);
    Ok(match format {
        "csv" => {
            let mut csv = b"id,name,exported\n".to_vec();
            csv.extend(lines(&|(id, name)| format!("{id},{name},{date}\n")));
            csv
        }
        "json" => lines(&|(id, name)| format!("{{\"id\":{id},\"name\":\"{name}\",\"exported\":\"{date}\"}}\n")),
        _ => {
            let ids: ArrayRef = Arc::new(people.iter().map(|(id, _)| Some(*id)).collect::<Int64Array>());
            let names: ArrayRef = Arc::new(StringArray::from_iter_values(people.iter().map(|(_, name)| *name)));
            let days: ArrayRef = Arc::new(Date32Array::from(vec![day; people.len()]));
            let batch = RecordBatch::try_from_iter([("id", ids), ("name", names), ("exported", days)])?;
            let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None)?;
            writer.write(&batch)?;
            writer.into_inner()?
        }
    })
}

fn contract(format: &str, rules: &str) -> String {
    format!(
        "dataset: \"crm.people\"\nsource: {{path: \"landing/people/\", format: {format}}}\n\
         apply: {{from_snapshot: {{column: exported, max_deleted_share: 1}}{rules}}}\nschema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: name, type: string}}\n- {{name: exported, type: date}}\n"
    )
}

async fn replayed(lake: &TestLake) -> Result<TableReplay> {
    lake.replay().await?.tables.pop().context("one table is replayed")
}

async fn replay(lake: &TestLake) -> Result<TableReplay> {
    let replay = replayed(lake).await?;
    ensure!(replay.error.is_none(), "{:?}", replay.error);
    ensure!(replay.counters.balances(), "{:?}", replay.counters);
    Ok(replay)
}

#[tokio::test]
async fn the_column_orders_snapshots_in_any_order_of_arrival_with_history_too() -> Result<()> {
    let (mut histories, mut latest) = (Vec::new(), Vec::new());
    for (format, order) in [("csv", [0, 1, 2]), ("json", [2, 0, 1]), ("parquet", [1, 2, 0])] {
        for rules in [", scd: 2", ""] {
            let (_folder, lake) = empty_lake()?;
            lake.write("contracts/crm/people.yaml", contract(format, rules))?;
            for at in order {
                let (day, people) = DAYS[at];
                // The name tells nothing.
                lake.write(&format!("landing/people/part-{}{at}.{format}", 9 - at), snapshot(format, day, people)?)?;
                replay(&lake).await?;
            }
            match rules {
                "" => latest.push(lake.silver_rows("crm.people", &["id", "name", "exported"]).await?),
                _ => histories.push(lake.silver_rows("crm.people", &["id", "name", "__START_AT", "__END_AT"]).await?),
            }
        }
    }
    ensure!(latest[0] == ["1 Ada King 2026-11-22", "2 Max 2026-11-22"], "{:?}", latest[0]);
    ensure!(latest.iter().all(|one| *one == latest[0]), "{latest:?}");
    ensure!(histories[0].len() == 4, "another export date makes no version of a row: {:?}", histories[0]);
    ensure!(histories.iter().all(|one| *one == histories[0]), "{histories:?}");
    Ok(())
}

#[tokio::test]
async fn one_path_may_have_one_snapshot_after_the_other_and_a_refresh_gives_the_same() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    lake.write("contracts/crm/people.yaml", contract("csv", ", scd: 2"))?;
    for (day, people) in DAYS {
        lake.write("landing/people/latest.csv", snapshot("csv", day, people)?)?;
        ensure!(replay(&lake).await?.files == 1);
    }
    let columns = ["id", "name", "__START_AT", "__END_AT"];
    let before = lake.silver_rows("crm.people", &columns).await?;
    ensure!(before.len() == 4, "{before:?}");
    let limits = ReplayLimits { full_refresh: true, ..ReplayLimits::default() };
    let refreshed = lake.replay_within(limits).await?.tables.pop().context("one table")?;
    ensure!(refreshed.error.is_none(), "{:?}", refreshed.error);
    ensure!(lake.silver_rows("crm.people", &columns).await? == before);
    Ok(())
}

#[tokio::test]
async fn a_file_of_two_versions_or_of_a_known_one_is_refused_before_it_is_taken() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    lake.write("contracts/crm/people.yaml", contract("csv", ""))?;
    let refused = |table: TableReplay| table.error.map(|error| error.message).context("the table stops");
    for (content, says) in [
        (
            "id,name,exported\n1,Ada,2026-11-20\n2,Max,2026-11-21\n",
            "exported is 2026-11-20 in record 2 and 2026-11-21 in record 3",
        ),
        ("id,name,exported\n1,Ada,2026-11-20\n2,Max,\n", "record 3: exported cannot be read"),
        ("id,name,exported\n", "has no row"),
    ] {
        lake.write("landing/people/a.csv", content)?;
        let message = refused(replayed(&lake).await?)?;
        ensure!(message.contains("landing/people/a.csv") && message.contains(says), "{message}");
    }
    lake.write("landing/people/a.csv", "id,name,exported\n1,Ada,2026-11-20\n")?;
    ensure!(replay(&lake).await?.files == 1, "nothing was taken before");
    lake.write("landing/people/b.csv", "id,name,exported\n2,Max,2026-11-20\n")?;
    let message = refused(replayed(&lake).await?)?;
    ensure!(message.contains("a.csv and landing/people/b.csv have the same version in exported"), "{message}");
    Ok(())
}

async fn draft(lake: &TestLake, answers: OnboardAnswers) -> Result<OnboardDraft> {
    let path = "landing/people".to_owned();
    Ok(lake.host().call(ask::InferContract { path, name: None, table: None, answers }).await?)
}

#[tokio::test]
async fn onboarding_asks_whether_a_column_is_the_version() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    for (at, (day, people)) in DAYS.into_iter().enumerate() {
        lake.write(&format!("landing/people/part-{}.csv", 9 - at), snapshot("csv", day, people)?)?;
    }
    let asked = draft(&lake, OnboardAnswers::default()).await?;
    let question =
        asked.questions.iter().find(|question| question.text.contains("apply.from_snapshot: {column: exported}"));
    ensure!(question.is_some(), "{:?}", asked.questions);
    let answers = OnboardAnswers { answers: vec!["order=snapshots by exported".parse()?], ..OnboardAnswers::default() };
    let settled = draft(&lake, answers).await?;
    ensure!(
        settled.questions.is_empty() && settled.yaml.contains("from_snapshot: {column: exported}"),
        "{}",
        settled.yaml
    );
    let yaml = settled.yaml.replace("{column: exported}", "{column: exported, max_deleted_share: 1}");
    lake.write("contracts/landing/people.yaml", yaml)?;
    replay(&lake).await?;
    let rows = lake.silver_rows("landing.people", &["id", "name"]).await?;
    ensure!(rows == ["1 Ada King", "2 Max"], "{rows:?} {}", settled.yaml);
    Ok(())
}
