//! Plain rows in every format, from the folder to silver by the contract that onboarding proposes; and several tables
//! in one folder.

use anyhow::{Context, Result, ensure};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use sluice_api::{OnboardDraft, TableReplay, ask};
use sluice_tests::{TestLake, package_path};
use std::sync::Arc;
use tempfile::TempDir;

fn empty_lake() -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-plain-").tempdir()?;
    let lake = TestLake::at(folder.path());
    Ok((folder, lake))
}

fn fixture(name: &str) -> Result<Vec<u8>> {
    let path = package_path("../fixtures/plain").join(name);
    std::fs::read(&path).with_context(|| path.display().to_string())
}

async fn draft(lake: &TestLake, path: &str) -> Result<OnboardDraft> {
    Ok(lake
        .host()
        .call(ask::InferContract { path: path.to_owned(), name: None, table: None, answers: Default::default() })
        .await?)
}

async fn replay(lake: &TestLake) -> Result<TableReplay> {
    let replay = lake.replay().await?.tables.pop().context("one table is replayed")?;
    ensure!(replay.error.is_none(), "{:?}", replay.error);
    ensure!(replay.counters.balances(), "{:?}", replay.counters);
    Ok(replay)
}

fn parquet(ids: &[i64], names: &[&str]) -> Result<Vec<u8>> {
    let ids: ArrayRef = Arc::new(Int64Array::from(ids.to_vec()));
    let names: ArrayRef = Arc::new(StringArray::from(names.to_vec()));
    let batch = RecordBatch::try_from_iter([("id", ids), ("name", names)])?;
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None)?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?)
}

#[tokio::test]
async fn files_of_other_programs_are_onboarded_and_replayed() -> Result<()> {
    for (name, format, ready) in [
        ("people-zstandard.avro", "avro", true),
        ("people.xlsx", "xlsx", true),
        ("people.csv.zst", "csv", true),
        ("envelope.avro", "debezium_avro", true),
        ("flat.parquet", "debezium_flat_parquet", true),
    ] {
        let (_folder, lake) = empty_lake()?;
        lake.write(&format!("landing/crm/people/{name}"), fixture(name)?)?;
        let found = lake.host().call(ask::InspectSource { source: "landing".to_owned() }).await?;
        ensure!(found.tables[0].format.as_deref() == Some(format), "{name}: {:?}", found.tables);
        let draft = draft(&lake, "landing/crm/people").await?;
        ensure!(draft.format == format && draft.problems.is_empty(), "{name}: {:?}", draft.problems);
        ensure!(draft.questions.is_empty() == ready, "{name}: {:?}", draft.questions);
        lake.write("contracts/crm/people.yaml", &draft.yaml)?;
        let replayed = replay(&lake).await?;
        ensure!(replayed.counters.quarantined == 0, "{name}: {:?}", replayed.counters);
        let ids = lake.silver_rows("crm.people", &[draft.key.first().context("a key")?]).await?;
        let expected = match name {
            "people.csv.zst" => 40,
            "people.xlsx" | "people-zstandard.avro" => 2,
            _ => 1,
        };
        ensure!(ids.len() == expected, "{name}: {ids:?}");
    }
    Ok(())
}

/// A snapshot as a file of every format.
fn snapshot(format: &str, people: &[(i64, &str)]) -> Result<Vec<u8>> {
    let ids: Vec<i64> = people.iter().map(|(id, _)| *id).collect();
    let names: Vec<&str> = people.iter().map(|(_, name)| *name).collect();
    let lines = |line: &dyn Fn(&(i64, &str)) -> String| people.iter().map(line).collect::<String>();
    Ok(match format {
        "parquet" => parquet(&ids, &names)?,
        "csv" => format!("id;name\n{}", lines(&|(id, name)| format!("{id};{name}\n"))).into_bytes(),
        _ => lines(&|(id, name)| format!("{{\"id\":{id},\"name\":\"{name}\"}}")).into_bytes(),
    })
}

#[tokio::test]
async fn snapshots_are_history_in_any_order_of_arrival_whatever_the_format() -> Result<()> {
    let days: [(&str, &[(i64, &str)]); 3] =
        [("2026-11-20", &[(1, "Ada"), (2, "Max")]), ("2026-11-21", &[(1, "Ada King")]), ("2026-11-22", &[(2, "Max")])];
    let mut found = Vec::new();
    for format in ["csv", "json", "parquet"] {
        for order in [[0, 1, 2], [2, 0, 1]] {
            let (_folder, lake) = empty_lake()?;
            let contract = format!(
                "dataset: \"crm.people\"\nsource: {{path: \"landing/people/\", format: {format}}}\n\
                 apply: {{scd: 2, from_snapshot: {{files: \"*_{{date}}*\", max_deleted_share: 1}}}}\nschema:\n\
                 - {{name: id, type: bigint, primary_key: true}}\n- {{name: name, type: string}}\n"
            );
            lake.write("contracts/crm/people.yaml", contract)?;
            for at in order {
                let (day, people) = days[at];
                // Objects have no extension here.
                let ending = if format == "parquet" { ".parquet" } else { "" };
                lake.write(&format!("landing/people/people_{day}{ending}"), snapshot(format, people)?)?;
                replay(&lake).await?;
            }
            found.push(lake.silver_rows("crm.people", &["id", "name", "__START_AT", "__END_AT"]).await?);
        }
    }
    ensure!(found[0].len() == 4, "{:?}", found[0]);
    ensure!(found.iter().all(|one| *one == found[0]), "{found:?}");
    Ok(())
}

#[tokio::test]
async fn several_tables_of_one_folder_differ_by_name_and_columns() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    for day in 1..=3 {
        let orders = format!("id,total,updated_at\n{day},7.50,2026-11-2{day}T08:00:00Z\n");
        lake.write(&format!("landing/crm/orders_2026-11-2{day}.csv"), orders)?;
        let people = format!("person_id,name,changed_at\n{day},Ada,2026-11-2{day}T08:00:00Z\n");
        lake.write(&format!("landing/crm/people_2026-11-2{day}.csv"), people)?;
    }
    lake.write("landing/crm/unload_manifest", "{\"entries\":[]}")?;
    let found = lake.host().call(ask::InspectSource { source: "landing".to_owned() }).await?;
    let tables: Vec<(String, String, u64)> =
        found.tables.iter().map(|table| (table.path.clone(), table.name.to_string(), table.files)).collect();
    ensure!(
        tables
            == [
                ("landing/crm/orders_*".to_owned(), "crm.orders".to_owned(), 3),
                ("landing/crm/people_*".to_owned(), "crm.people".to_owned(), 3)
            ],
        "{tables:?}"
    );
    for (path, table, key) in
        [("landing/crm/orders_*", "orders", "id"), ("landing/crm/people_*", "people", "person_id")]
    {
        let draft = draft(&lake, path).await?;
        ensure!(draft.questions.is_empty() && draft.key == [key], "{:?} {:?}", draft.questions, draft.key);
        ensure!(draft.yaml.contains(&format!("files: \"{table}_*\"")), "{}", draft.yaml);
        lake.write(&format!("contracts/crm/{table}.yaml"), &draft.yaml)?;
    }
    for table in lake.replay().await?.tables {
        ensure!(table.error.is_none() && table.files == 3, "{:?}", table.error);
    }
    ensure!(lake.silver_rows("crm.orders", &["id", "total"]).await? == ["1 7.50", "2 7.50", "3 7.50"]);
    ensure!(lake.silver_rows("crm.people", &["person_id"]).await? == ["1", "2", "3"]);
    let again = lake.host().call(ask::InspectSource { source: "landing".to_owned() }).await?;
    ensure!(again.tables.iter().all(|table| table.has_contract), "{:?}", again.tables);
    Ok(())
}

#[tokio::test]
async fn files_that_no_manifest_names_are_left_alone() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    let contract = "dataset: \"crm.people\"\nsource: {path: \"landing/people/\", format: csv, manifest: \"**/*manifest\"}\n\
                    apply: {scd: append}\nschema:\n- {name: id, type: bigint, primary_key: true}\n- {name: name, type: string}\n";
    lake.write("contracts/crm/people.yaml", contract)?;
    lake.write("landing/people/run1/0000_part_00", "id,name\n1,Ada\n")?;
    lake.write("landing/people/run1/0001_part_00", "id,name\n2,Max\n")?;
    ensure!(replay(&lake).await?.files == 0, "the export is not finished");
    let entry = |part: &str| format!("{{\"url\":\"s3://else/where/run1/{part}\",\"mandatory\":true}}");
    lake.write("landing/people/run1/manifest", format!("{{\"entries\":[{}]}}", entry("0000_part_00")))?;
    ensure!(replay(&lake).await?.files == 1);
    ensure!(lake.silver_rows("crm.people", &["id"]).await? == ["1"]);
    lake.write("landing/people/run2/0001_part_00", "id,name\n3,Eve\n")?;
    lake.write("landing/people/run2/manifest", "half of it")?;
    let stopped = lake.replay().await?.tables.pop().context("one table is replayed")?;
    let message = stopped.error.context("the table stops")?.message;
    ensure!(message.contains("landing/people/run2/manifest"), "{message}");
    Ok(())
}
