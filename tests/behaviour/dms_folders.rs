//! Folders of AWS DMS: one table each, and loads that come again.

use anyhow::{Context, Result, ensure};
use sluice_api::{Layer, OnboardDraft, ReplayLimits, TableRef, ask};
use sluice_tests::TestLake;
use tempfile::TempDir;

fn lake(source: &str) -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-dms-").tempdir()?;
    let lake = TestLake::at(folder.path());
    write_contract(&lake, source)?;
    Ok((folder, lake))
}

fn write_contract(lake: &TestLake, source: &str) -> Result<()> {
    let text = format!(
        "dataset: sales.customer\nsource: {{format: dms_csv, csv_columns: [id, tier], {source}}}\nschema:\n\
         - {{name: id, type: int, primary_key: true}}\n- {{name: tier, type: string}}\n"
    );
    lake.write("contracts/sales/customer.yaml", text)
}

async fn good(lake: &TestLake) -> Result<u64> {
    let replayed = TestLake::at(lake.folder()).replay().await?;
    ensure!(replayed.tables[0].error.is_none(), "{:?}", replayed.tables[0].error);
    Ok(replayed.tables[0].files)
}

async fn stopped(lake: &TestLake) -> Result<String> {
    let replayed = TestLake::at(lake.folder()).replay().await?;
    Ok(replayed.tables[0].error.clone().context("the table stops")?.to_string())
}

async fn rows(lake: &TestLake) -> Result<Vec<String>> {
    let name = "sales.customer".parse().map_err(anyhow::Error::msg)?;
    let table = TableRef { layer: Layer::Silver, name };
    let rows = TestLake::at(lake.folder()).rows(&table).await?.select(&["id", "tier"])?.rows;
    let text = |row: Vec<Option<String>>| row.into_iter().map(Option::unwrap_or_default).collect::<Vec<_>>().join(" ");
    let mut rows: Vec<String> = rows.into_iter().map(text).collect();
    rows.sort();
    Ok(rows)
}

#[tokio::test]
async fn sibling_folders_are_tables_of_their_own() -> Result<()> {
    let (_folder, lake) = lake("path: landing/erp")?;
    lake.write("landing/erp/customer/LOAD00000001.csv", "1,basic\n2,basic\n")?;
    good(&lake).await?;
    lake.write("landing/erp/customer/2026/11/01/20261101-090000000.csv", "U,1,plus\n")?;
    ensure!(good(&lake).await? == 1, "date folders are of the table");
    // The next table of the task.
    lake.write("landing/erp/supplier/LOAD00000001.csv", "1,unknown\n")?;
    let message = stopped(&lake).await?;
    for says in ["several tables: customer, supplier", "source.path", "table: \"*\""] {
        ensure!(message.contains(says), "{says}: {message}");
    }
    ensure!(rows(&lake).await? == ["1 plus", "2 basic"], "nothing of it was taken");
    write_contract(&lake, "path: landing/erp/customer")?;
    ensure!(good(&lake).await? == 0 && rows(&lake).await? == ["1 plus", "2 basic"]);

    let draft: OnboardDraft = lake
        .host()
        .call(ask::InferContract {
            path: "landing/erp".to_owned(),
            name: None,
            table: None,
            answers: Default::default(),
        })
        .await?;
    ensure!(
        draft.questions.iter().any(|question| question.text.contains("several tables: customer, supplier")),
        "{:?}",
        draft.questions
    );
    Ok(())
}

#[tokio::test]
async fn folders_of_one_table_are_one_where_the_contract_says_so() -> Result<()> {
    let (_folder, lake) = lake("path: landing/customer")?;
    lake.write("landing/customer/full/LOAD00000001.csv", "1,basic\n2,basic\n")?;
    lake.write("landing/customer/changes/20261101-090000000.csv", "U,1,plus\n")?;
    ensure!(stopped(&lake).await?.contains("several tables: changes, full"));
    write_contract(&lake, "path: landing/customer, table: \"*\"")?;
    good(&lake).await?;
    ensure!(rows(&lake).await? == ["1 plus", "2 basic"]);
    Ok(())
}

#[tokio::test]
async fn a_reload_under_new_names_stops_the_table_until_the_contract_says_what_it_is() -> Result<()> {
    let of_reload = ["1 gold", "2 gold"];
    let of_same = ["1 plus", "2 gold", "3 basic"];
    for name in ["LOAD00000002.csv", "2026/11/03/LOAD00000001.csv"] {
        for (answer, expected) in [("reload", &of_reload[..]), ("same", &of_same[..])] {
            let (_folder, lake) = lake("path: landing/customer")?;
            lake.write("landing/customer/LOAD00000001.csv", "1,basic\n3,basic\n")?;
            lake.write("landing/customer/20261101-090000000.csv", "U,1,plus\n")?;
            good(&lake).await?;
            lake.write(&format!("landing/customer/{name}"), "1,gold\n2,gold\n")?;
            let message = stopped(&lake).await?;
            for says in [name, "a full load that came after a load and changes (batch 1)", "{2: reload}", "{2: same}"] {
                ensure!(message.contains(says), "{says}: {message}");
            }
            ensure!(rows(&lake).await? == ["1 plus", "3 basic"], "what was there stays");
            write_contract(&lake, &format!("path: landing/customer, restarts: {{2: {answer}}}"))?;
            good(&lake).await?;
            ensure!(rows(&lake).await? == expected, "{name}, {answer}: {:?}", rows(&lake).await?);
            lake.replay_within(ReplayLimits { full_refresh: true, ..ReplayLimits::default() }).await?;
            ensure!(rows(&lake).await? == expected, "{name}, {answer}, from bronze");
        }
    }
    Ok(())
}

#[tokio::test]
async fn two_loads_at_once_are_refused_before_one_is_taken() -> Result<()> {
    let (folder, lake) = lake("path: landing/customer")?;
    lake.write("landing/customer/2026/11/01/LOAD00000001.csv", "1,basic\n3,basic\n")?;
    lake.write("landing/customer/2026/11/03/LOAD00000001.csv", "1,gold\n")?;
    let message = stopped(&lake).await?;
    for says in ["11/01/LOAD00000001.csv", "11/03/LOAD00000001.csv", "two full loads", "{1: same}"] {
        ensure!(message.contains(says), "{says}: {message}");
    }
    std::fs::remove_file(folder.path().join("landing/customer/2026/11/01/LOAD00000001.csv"))?;
    good(&lake).await?;
    ensure!(rows(&lake).await? == ["1 gold"]);
    Ok(())
}
