//! Files as they come from offices, partners and clouds, with nothing but the folder given: silver has the rows of the source by
//! the contract that onboarding proposes, or onboarding asks what nothing in the files tells.

use anyhow::{Context, Result, ensure};
use arrow::array::{ArrayRef, Int32Array, Int64Array, ListArray, RecordBatch, StringArray};
use arrow::datatypes::Int32Type;
use parquet::arrow::ArrowWriter;
use sluice_api::{OnboardAnswers, OnboardDraft, QuestionKind, ask};
use sluice_tests::TestLake;
use std::sync::Arc;
use tempfile::TempDir;

fn empty_lake() -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-delivered-").tempdir()?;
    let lake = TestLake::at(folder.path());
    Ok((folder, lake))
}

async fn draft(lake: &TestLake, path: &str, answers: &[&str]) -> Result<OnboardDraft> {
    let answers = answers.iter().map(|answer| answer.parse()).collect::<Result<_, _>>();
    let answers = OnboardAnswers {
        answers: answers.map_err(|mistake| anyhow::anyhow!("{mistake:?}"))?,
        ..OnboardAnswers::default()
    };
    Ok(lake.host().call(ask::InferContract { path: path.to_owned(), name: None, table: None, answers }).await?)
}

/// Rows of silver after files were onboarded by these answers and replayed; no question is left, and no record is rejected.
async fn silver(files: &[(&str, &str)], answers: &[&str], columns: &[&str]) -> Result<Vec<String>> {
    let (_folder, lake) = empty_lake()?;
    for (name, content) in files {
        lake.write(&format!("landing/crm/people/{name}"), content)?;
    }
    let draft = draft(&lake, "landing/crm/people", answers).await?;
    ensure!(draft.questions.is_empty() && draft.problems.is_empty(), "{:?} {:?}", draft.questions, draft.problems);
    lake.write("contracts/crm/people.yaml", &draft.yaml)?;
    let replayed = lake.replay().await?.tables.pop().context("one table is replayed")?;
    ensure!(replayed.error.is_none() && replayed.counters.quarantined == 0, "{:?} {}", replayed.error, draft.yaml);
    lake.silver_rows("crm.people", columns).await
}

/// The kinds of questions that onboarding has about files.
async fn asked(files: &[(&str, &str)]) -> Result<Vec<QuestionKind>> {
    let (_folder, lake) = empty_lake()?;
    for (name, content) in files {
        lake.write(&format!("landing/crm/people/{name}"), content)?;
    }
    Ok(draft(&lake, "landing/crm/people", &[]).await?.questions.into_iter().map(|question| question.kind).collect())
}

#[tokio::test]
async fn nulls_of_csv_are_null_however_they_are_written() -> Result<()> {
    let empty =
        "id,total,born,note,updated_at\n1,,,,2026-11-20\n2,7,2000-01-02,\"\",2026-11-20\n3,8,2000-01-03,x,2026-11-20\n";
    let rows = silver(&[("a.csv", empty)], &[], &["id", "total", "born", "note"]).await?;
    ensure!(rows == ["1   ", "2 7 2000-01-02 ", "3 8 2000-01-03 x"], "{rows:?}");
    let mixed = "id,a,b,c,d,updated_at\n1,NULL,\\N,,\\N,2026-11-20\n2,5,6,7,x,2026-11-20\n3,1,2,3,y,2026-11-20\n";
    let rows = silver(&[("a.csv", mixed)], &[], &["id", "a", "b", "c", "d"]).await?;
    ensure!(rows == ["1    ", "2 5 6 7 x", "3 1 2 3 y"], "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn a_header_has_any_names_or_none() -> Result<()> {
    let spaces = "Order ID;Preis (EUR);Größe-x;updated_at\n1;5,00;XL;2026-11-20\n2;6,50;M;2026-11-20\n";
    let columns = ["Order_ID", "Preis_EUR", "Größe-x"];
    let rows = silver(&[("a.csv", spaces)], &["written=as proposed"], &columns).await?;
    ensure!(rows == ["1 5.00 XL", "2 6.50 M"], "{rows:?}");
    let index = ",id,name,updated_at,\n0,1,Ada,2026-11-20,\n1,2,Max,2026-11-20,\n";
    let rows = silver(&[("a.csv", index)], &[], &["id", "name", "column_1"]).await?;
    ensure!(rows == ["1 Ada 0", "2 Max 1"], "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn what_files_do_not_tell_is_asked() -> Result<()> {
    let states = "id,status,updated_at\n1,open,2026-11-20\n1,paid,2026-11-21\n2,open,2026-11-20\n2,paid,2026-11-21\n";
    ensure!(asked(&[("a.csv", states)]).await? == [QuestionKind::Key], "a status tells the states of a row apart");
    let thousands = "id;amount;updated_at\n1;1.234;2026-11-20\n2;12.345;2026-11-20\n";
    ensure!(asked(&[("a.csv", thousands)]).await? == [QuestionKind::Written], "thousands or a fraction");
    let region = "id,v,updated_at\n1,a,2026-11-20\n2,b,2026-11-21\n";
    let folders = [("dt=2026-11-20/region=eu/a.csv", region)];
    ensure!(asked(&folders).await? == [QuestionKind::Folders], "one region says nothing of another one");
    ensure!(asked(&[("dt=2026-11-20/a.csv", region)]).await?.is_empty(), "a date of the delivery is no column");
    let overwrite = (1..=4).flat_map(|id| {
        [("insert", 1), ("delete", 2), ("insert", 2)].map(|(change, version)| {
            format!(
                "{{\"id\":{id},\"name\":\"n{version}\",\"_change_type\":\"{change}\",\"_commit_version\":{version}}}\n"
            )
        })
    });
    let feed: String = overwrite.collect();
    ensure!(asked(&[("a.json", &feed)]).await? == [QuestionKind::Key], "deletes of whole rows show no key");
    Ok(())
}

#[tokio::test]
async fn dates_in_names_make_full_snapshots_where_somebody_says_so() -> Result<()> {
    let files = [
        ("people_2026-11-21.csv", "id,name\n1,Ada King\n3,Eve\n"),
        ("people_2026-11-20.csv", "id,name\n1,Ada\n2,Max\n"),
    ];
    ensure!(asked(&files).await? == [QuestionKind::Order]);
    let rows = silver(&files, &["order=snapshots by people_{date}.csv"], &["id", "name"]).await?;
    ensure!(rows == ["1 Ada King", "3 Eve"], "{rows:?}");
    // A watermark is doubted where files repeat rows that did not change.
    let row = |day: u64, id: u64| format!("{id},n{id},2026-11-0{day}\n");
    let first = format!("id,name,updated_at\n{}{}{}", row(1, 1), row(1, 2), row(1, 3));
    let again = format!("id,name,updated_at\n{}{}", row(1, 1), row(1, 2));
    let names = ["p_20261120.csv", "p_20261121.csv"];
    ensure!(asked(&[(names[0], &first), (names[1], &again)]).await? == [QuestionKind::Order]);
    let pulled = format!("id,name,updated_at\n{}{}", row(2, 1), row(3, 2));
    ensure!(asked(&[(names[0], &first), (names[1], &pulled)]).await?.is_empty(), "an incremental pull");
    Ok(())
}

#[tokio::test]
async fn small_tables_of_one_folder_are_not_mixed() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    lake.write("landing/crm/orders_1.csv", "id,amount,updated_at\n1,2.50,2026-11-20\n2,2.50,2026-11-20\n")?;
    lake.write("landing/crm/customers_1.csv", "id,name,updated_at\n1,Ada,2026-11-20\n2,Max,2026-11-20\n")?;
    let found = lake.host().call(ask::InspectSource { source: "landing".to_owned() }).await?;
    let names: Vec<String> = found.tables.iter().map(|table| table.name.to_string()).collect();
    ensure!(names == ["crm.customers", "crm.orders"], "{names:?}");
    Ok(())
}

#[tokio::test]
async fn an_export_of_dynamodb_and_the_changes_after_it_are_one_table() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    let item = |pk: &str, sk: u64, v: &str| {
        format!("{{\"pk\":{{\"S\":\"{pk}\"}},\"sk\":{{\"N\":\"{sk}\"}},\"v\":{{\"S\":\"{v}\"}}}}")
    };
    let exports = "landing/ddb/AWSDynamoDB";
    let items = [item("a", 1, "x"), item("b", 2, "y")].map(|item| format!("{{\"Item\":{item}}}\n")).concat();
    lake.write(&format!("{exports}/01693685827463-2d8752fd/data/x.json"), items)?;
    let summary = r#"{"tableArn":"arn:aws:dynamodb:eu-west-1:123456789012:table/Orders","itemCount":2}"#;
    lake.write(&format!("{exports}/01693685827463-2d8752fd/manifest-summary.json"), summary)?;
    let found = lake.host().call(ask::InspectSource { source: "landing".to_owned() }).await?;
    let tables: Vec<(String, String)> =
        found.tables.iter().map(|table| (table.path.clone(), table.name.to_string())).collect();
    ensure!(tables == [(exports.to_owned(), "ddb.Orders".to_owned())], "{tables:?}");
    let draft = draft(&lake, exports, &[]).await?;
    ensure!(draft.questions.is_empty() && draft.key == ["pk", "sk"], "{:?} {:?}", draft.questions, draft.key);
    lake.write("contracts/ddb/Orders.yaml", &draft.yaml)?;
    lake.replay().await?;
    let change = |at: u64, keys: &str, image: &str| {
        format!("{{\"Metadata\":{{\"WriteTimestampMicros\":{{\"N\":\"{at}\"}}}},\"Keys\":{keys}{image}}}\n")
    };
    let keys = |pk: &str, sk: u64| format!("{{\"pk\":{{\"S\":\"{pk}\"}},\"sk\":{{\"N\":\"{sk}\"}}}}");
    let image = |image: String| format!(",\"NewImage\":{image}");
    let changes = [
        change(1_704_070_000_000_000, &keys("a", 1), &image(item("a", 1, "z"))),
        change(1_704_070_000_000_001, &keys("b", 2), ""),
        change(1_704_070_000_000_002, &keys("a", 2), &image(item("a", 2, "new"))),
    ];
    lake.write(&format!("{exports}/data/inc.json"), changes.concat())?;
    lake.replay().await?;
    let rows = lake.silver_rows("ddb.Orders", &["pk", "sk", "v"]).await?;
    ensure!(rows == ["a 1 z", "a 2 new"], "{rows:?}");
    // The manifest of another table.
    let other = summary.replace("Orders", "Users");
    lake.write(&format!("{exports}/01693685829999-2d8752ff/manifest-summary.json"), other)?;
    let asked = self::draft(&lake, exports, &[]).await?.questions;
    ensure!(asked.iter().any(|question| question.text.contains("Orders, Users")), "{asked:?}");
    Ok(())
}

#[tokio::test]
async fn columns_that_change_their_type_between_files_hold_both() -> Result<()> {
    let (_folder, lake) = empty_lake()?;
    let write = |name: &str, columns: Vec<(&str, ArrayRef)>| -> Result<()> {
        let batch = RecordBatch::try_from_iter(columns)?;
        let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None)?;
        writer.write(&batch)?;
        lake.write(&format!("landing/crm/people/{name}.parquet"), writer.into_inner()?)
    };
    let days = || -> ArrayRef { Arc::new(StringArray::from(vec!["2026-11-20", "2026-11-21"])) };
    let lists = ListArray::from_iter_primitive::<Int32Type, _, _>(vec![Some(vec![Some(1), None]), Some(vec![])]);
    write(
        "a",
        vec![
            ("id", Arc::new(Int64Array::from(vec![1, 2]))),
            ("v", Arc::new(StringArray::from(vec!["x", "y"]))),
            ("tags", Arc::new(lists)),
            ("updated_at", days()),
        ],
    )?;
    write(
        "b",
        vec![
            ("id", Arc::new(Int32Array::from(vec![3, 4]))),
            ("v", Arc::new(Int64Array::from(vec![7, 8]))),
            ("updated_at", days()),
        ],
    )?;
    let draft = draft(&lake, "landing/crm/people", &[]).await?;
    ensure!(draft.questions.is_empty(), "{:?}", draft.questions);
    let types: Vec<&str> = draft.columns.iter().map(|column| column.data_type.as_str()).collect();
    ensure!(types == ["bigint", "string", "array<int>", "date"], "{types:?}");
    lake.write("contracts/crm/people.yaml", &draft.yaml)?;
    let replayed = lake.replay().await?.tables.pop().context("one table is replayed")?;
    ensure!(replayed.error.is_none() && replayed.counters.quarantined == 0, "{:?}", replayed.error);
    let rows = lake.silver_rows("crm.people", &["id", "v"]).await?;
    ensure!(rows == ["1 x", "2 y", "3 7", "4 8"], "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn what_has_no_rows_is_refused_by_name_and_what_is_wrapped_is_opened() -> Result<()> {
    let record = |event: &str, number: u64, image: &str, view: &str| {
        format!(
            "{{\"eventName\":\"{event}\",\"dynamodb\":{{\"Keys\":{{\"id\":{{\"S\":\"a\"}}}}{image},\
             \"SequenceNumber\":\"{number:021}\",\"StreamViewType\":\"{view}\"}},\
             \"eventSourceARN\":\"arn:aws:dynamodb:eu-west-1:123456789012:table/Orders/stream/x\"}}"
        )
    };
    let image = |v: &str| format!(",\"NewImage\":{{\"id\":{{\"S\":\"a\"}},\"v\":{{\"S\":\"{v}\"}}}}");
    let events = [(2, "y"), (1, "x")].map(|(number, v)| {
        let record = record("MODIFY", number, &image(v), "NEW_IMAGE");
        format!("{{\"version\":\"0\",\"detail-type\":\"change\",\"source\":\"pipe\",\"detail\":{record}}}\n")
    });
    let rows = silver(&[("events.json", &events.concat())], &[], &["id", "v"]).await?;
    ensure!(rows == ["a y"], "{rows:?}");

    let keys_only = [("INSERT", 1), ("REMOVE", 2)].map(|(event, number)| record(event, number, "", "KEYS_ONLY") + "\n");
    let singer = "{\"type\":\"SCHEMA\",\"stream\":\"people\",\"schema\":{}}\n\
                  {\"type\":\"RECORD\",\"stream\":\"people\",\"record\":{\"id\":1}}\n";
    for (content, says) in [(keys_only.concat().as_str(), "KEYS_ONLY"), (singer, "messages of Singer or Airbyte")] {
        let (_folder, lake) = empty_lake()?;
        lake.write("landing/crm/people/a.json", content)?;
        let error = draft(&lake, "landing/crm/people", &[]).await.err().context("it is refused")?.to_string();
        ensure!(error.contains(says), "{error}");
    }
    let (_folder, lake) = empty_lake()?;
    lake.write("landing/crm/people/a.ion", "$ion_1_0 {Item:{id:\"a\"}}")?;
    let found = lake.host().call(ask::InspectSource { source: "landing".to_owned() }).await?;
    ensure!(found.tables.is_empty() && found.left_alone == ["landing/crm/people/a.ion"], "{:?}", found.left_alone);
    Ok(())
}

#[tokio::test]
async fn rows_of_one_watermark_are_in_the_order_of_their_lines() -> Result<()> {
    let file = "id,n,v,updated_at\n1,1,a,2026-11-20\n2,2,b,2026-11-20\n3,3,c,2026-11-20\n";
    let again = "id,n,v,updated_at\n1,1,x,2026-11-21\n1,1,y,2026-11-21\n1,1,z,2026-11-21\n";
    let (_folder, lake) = empty_lake()?;
    lake.write("landing/crm/people/a.csv", file)?;
    let draft = draft(&lake, "landing/crm/people", &[]).await?;
    lake.write("contracts/crm/people.yaml", &draft.yaml)?;
    lake.write("landing/crm/people/b.csv", again)?;
    lake.replay().await?;
    let rows = lake.silver_rows("crm.people", &["id", "v"]).await?;
    ensure!(rows == ["1 z", "2 b", "3 c"], "{rows:?}");
    Ok(())
}

#[tokio::test]
async fn folders_are_columns_where_the_sample_says_what_they_are() -> Result<()> {
    let of = |rows: &[(u64, &str, u64)]| -> String {
        let row = |(id, name, day): &(u64, &str, u64)| format!("{id},{name},2026-11-{day:02}\n");
        std::iter::once("id,name,updated_at\n".to_owned()).chain(rows.iter().map(row)).collect()
    };
    let (eu, us) =
        (of(&[(1, "Ada", 1), (2, "Max", 2), (3, "Eve", 3)]), of(&[(1, "Tom", 4), (2, "Ann", 5), (3, "Ida", 6)]));
    let both = [("region=eu/dt=2026-11-20/1.csv", eu.as_str()), ("region=us/dt=2026-11-21/1.csv", us.as_str())];
    let rows = silver(&both, &[], &["region", "id", "name"]).await?;
    ensure!(rows == ["eu 1 Ada", "eu 2 Max", "eu 3 Eve", "us 1 Tom", "us 2 Ann", "us 3 Ida"], "{rows:?}");
    let rows = silver(&both, &["folders=region in key, dt"], &["region", "dt", "id"]).await?;
    ensure!(rows.first().is_some_and(|row| row == "eu 2026-11-20 1") && rows.len() == 6, "{rows:?}");
    ensure!(silver(&both, &["folders=none"], &["id", "name"]).await? == ["1 Tom", "2 Ann", "3 Ida"]);
    let days = [("dt=2026-11-21/1.csv", "id,name\n1,Tom\n"), ("dt=2026-11-20/1.csv", "id,name\n1,Ada\n2,Max\n")];
    ensure!(silver(&days, &["order=dt"], &["id", "name", "dt"]).await? == ["1 Tom 2026-11-21", "2 Max 2026-11-20"]);
    // Rows that move from one folder to the other have the same keys, too.
    let closed = of(&[(1, "Ada", 7), (3, "Eve", 8)]);
    let moved = [("status=closed/1.csv", closed.as_str()), ("status=open/1.csv", eu.as_str())];
    ensure!(asked(&moved).await? == [QuestionKind::Folders]);
    let rows = silver(&moved, &["folders=status"], &["id", "name", "status"]).await?;
    ensure!(rows == ["1 Ada closed", "2 Max open", "3 Eve closed"], "{rows:?}");
    let rows = silver(&moved, &["folders=status in key"], &["status", "id"]).await?;
    ensure!(rows == ["closed 1", "closed 3", "open 1", "open 2", "open 3"], "{rows:?}");
    // That no key is in two folders may be chance.
    let more = of(&[(11, "Tom", 4), (12, "Ann", 5)]);
    let apart = [("region=eu/1.csv", eu.as_str()), ("region=us/1.csv", more.as_str())];
    ensure!(asked(&apart).await? == [QuestionKind::Folders]);
    // Without the folder in the key equal ids are one row.
    let rows = silver(&both, &["folders=region, dt"], &["region", "id"]).await?;
    ensure!(rows == ["us 1", "us 2", "us 3"], "the later ones: {rows:?}");
    Ok(())
}
