//! Files that rotted: found by `verify`, made anew where the lake has the rows, and never made of.

use anyhow::{Context, Result, ensure};
use sluice_api::{JobId, Layer, PageRequest, Repair, ReplayLimits, TableRef, VerifySummary, ask};
use sluice_tests::{Sluice, TestLake};
use std::path::PathBuf;
use tempfile::TempDir;

const CONTRACT: &str = "dataset: \"shop.orders\"\nsource: {path: \"landing/orders/\", format: debezium_json}\n\
schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: status, type: string}\n\
quality: [{check: \"not_null(status)\"}]\n";

async fn lake() -> Result<(TempDir, TestLake)> {
    let folder = tempfile::Builder::new().prefix("sluice-verify-").tempdir()?;
    let lake = TestLake::at(folder.path());
    lake.write("contracts/shop/orders.yaml", CONTRACT)?;
    lake.write("models/shop/daily.sql", "SELECT status, count(*) AS orders FROM silver.shop.orders GROUP BY status")?;
    let events: String = (1..=200)
        .map(|id| {
            format!("{{\"op\":\"u\",\"after\":{{\"id\":{id},\"status\":\"s{id}\"}},\"source\":{{\"lsn\":{id}}}}}\n")
        })
        .collect();
    lake.write("landing/orders/1.json", events)?;
    let replayed = lake.replay().await?;
    ensure!(replayed.tables[0].error.is_none() && replayed.gold.len() == 1, "{replayed:?}");
    Ok((folder, lake))
}

fn table(layer: Layer) -> Result<TableRef> {
    let name = if layer == Layer::Gold { "shop.daily" } else { "shop.orders" };
    Ok(TableRef { layer, name: name.parse().map_err(anyhow::Error::msg)? })
}

/// Changes one bit of the data in a table's first file; its path.
async fn rot(lake: &TestLake, layer: Layer) -> Result<PathBuf> {
    let table = table(layer)?;
    let snapshot = lake.store(&table).await?.snapshot(None).await?.context("no table")?;
    let file = snapshot.files.first().context("no file")?;
    let name = &table.name;
    let path = lake.folder().join(format!("{layer}/{}/{}/{}", name.dataset, name.table, file.path));
    let mut bytes = std::fs::read(&path)?;
    let middle = bytes.len() / 3;
    *bytes.get_mut(middle).context("an empty file")? ^= 1;
    std::fs::write(&path, bytes)?;
    Ok(path)
}

async fn verify(lake: &TestLake, repair: bool) -> Result<VerifySummary> {
    let new_process = TestLake::at(lake.folder());
    Ok(new_process.host().call(ask::StartVerify { job: JobId(1), tables: Vec::new(), repair }).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_lake_is_sound() -> Result<()> {
    let (_folder, lake) = lake().await?;
    let found = verify(&lake, false).await?;
    ensure!(found.is_sound() && found.tables.len() == 3, "{found:?}");
    ensure!(
        found.tables.iter().all(|table| table.files > 0 && table.without_hash == 0 && table.bytes > 0),
        "{found:?}"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flipped_bit_is_found_and_silver_and_gold_are_made_anew() -> Result<()> {
    let (_folder, lake) = lake().await?;
    let before = lake.fingerprints().await?;
    for layer in [Layer::Silver, Layer::Gold] {
        let broken = rot(&lake, layer).await?;
        let read = TestLake::at(lake.folder());
        ensure!(read.fingerprints().await.is_err(), "{layer}: no hash of another content");
        let found = verify(&lake, false).await?;
        let unsound: Vec<_> = found.tables.iter().filter(|table| !table.is_sound()).collect();
        ensure!(unsound.len() == 1 && unsound[0].table == table(layer)?, "{found:?}");
        ensure!(unsound[0].repair == Repair::Possible && unsound[0].next.contains("--repair"), "{unsound:?}");
        ensure!(broken.ends_with(&unsound[0].broken[0].path), "{unsound:?}");

        let repaired = verify(&lake, true).await?;
        ensure!(repaired.is_sound() && repaired.tables.iter().any(|t| t.repair == Repair::Done), "{repaired:?}");
        ensure!(verify(&lake, false).await?.is_sound(), "{layer}");
        ensure!(TestLake::at(lake.folder()).fingerprints().await? == before, "{layer}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_and_a_model_name_a_damaged_file_before_they_read_it() -> Result<()> {
    let (_folder, lake) = lake().await?;
    let query = async |lake: &TestLake| {
        let sql = "SELECT count(*) FROM silver.shop.orders".to_owned();
        lake.host().call(ask::Query { job: JobId(2), sql }).await
    };
    let open = TestLake::at(lake.folder());
    query(&open).await?;
    let broken = rot(&lake, Layer::Silver).await?;
    query(&open).await.context("a process looks at a file once")?;
    let error = query(&TestLake::at(lake.folder())).await.err().context("a new process finds it")?;
    let name = broken.file_name().and_then(|name| name.to_str()).context("a name")?;
    ensure!(
        error.message.contains(name) && error.next.contains("sluice verify silver.shop.orders --repair"),
        "{error}"
    );

    lake.write(
        "models/shop/daily.sql",
        "SELECT status, count(*) AS orders, 1 AS one FROM silver.shop.orders GROUP BY status",
    )?;
    let replayed = TestLake::at(lake.folder()).replay().await?;
    ensure!(replayed.gold_failed.len() == 1 && replayed.gold_failed[0].error.message.contains(name), "{replayed:?}");
    ensure!(verify(&lake, true).await?.is_sound());
    query(&TestLake::at(lake.folder())).await?;
    ensure!(TestLake::at(lake.folder()).replay().await?.gold_failed.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_shows_rows_names_a_damaged_file() -> Result<()> {
    let (_folder, lake) = lake().await?;
    let broken = rot(&lake, Layer::Silver).await?;
    let name = broken.file_name().and_then(|name| name.to_str()).context("a name")?;
    let new_process = || TestLake::at(lake.folder());
    let of_table = table(Layer::Silver)?;
    let all = new_process();
    let rows = all.host().call(ask::TableRows { table: of_table.clone(), version: None }).await?;

    let grid = all.host().page(PageRequest { result: rows.id, first_row: 0, rows: 200 }).await.err();
    let filter = ask::Refine { result: rows.id, filter: Some("id > 3".to_owned()), order_by: None };
    let refined = all.host().call(filter).await.err();
    let key = vec![("id".to_owned(), "7".to_owned())];
    let history = new_process().host().call(ask::RowHistory { table: of_table.clone(), key }).await.err();
    let failing = ask::FailingRows { table: of_table.name.clone(), check: 0 };
    let failing = new_process().host().call(failing).await.err();
    for (what, error) in [("grid", grid), ("filter", refined), ("history", history), ("failing rows", failing)] {
        let error = error.with_context(|| format!("{what}: a damaged file is read"))?;
        ensure!(
            error.message.contains(name) && error.next.contains("sluice verify silver.shop.orders --repair"),
            "{what}: {error}"
        );
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_made_of_damaged_bronze() -> Result<()> {
    let (_folder, lake) = lake().await?;
    let before = lake.fingerprints().await?;
    let broken = rot(&lake, Layer::Bronze).await?;
    let found = verify(&lake, true).await?;
    let bronze = found.tables.iter().find(|table| table.table.layer == Layer::Bronze).context("bronze")?;
    ensure!(!found.is_sound() && bronze.repair == Repair::Impossible, "{found:?}");
    ensure!(bronze.next.contains("restore the files from a copy"), "{bronze:?}");

    let limits = ReplayLimits { full_refresh: true, ..ReplayLimits::default() };
    let replayed = TestLake::at(lake.folder()).replay_within(limits).await?;
    let error = replayed.tables[0].error.clone().context("a rebuild stops")?;
    let name = broken.file_name().and_then(|name| name.to_str()).context("a name")?;
    ensure!(error.message.contains(name), "{error}");
    ensure!(TestLake::at(lake.folder()).fingerprints().await? == before, "silver stays");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_ends_with_the_documented_codes() -> Result<()> {
    let (folder, lake) = lake().await?;
    let sluice = Sluice::on_folder(folder.path());
    ensure!(sluice.ok(&["verify"])?.contains("as it was written"));
    rot(&lake, Layer::Silver).await?;
    let said = sluice.call(&["verify", "shop.orders"])?;
    ensure!(said.code == 3 && said.out.contains("next: `sluice verify silver.shop.orders --repair`"), "{said:?}");
    // A file that is gone, and one that is shorter.
    let path = rot(&lake, Layer::Gold).await?;
    std::fs::write(&path, "short")?;
    let said = sluice.call(&["verify", "--json"])?;
    ensure!(said.code == 3 && said.out.contains("it has 5 bytes"), "{said:?}");
    std::fs::remove_file(&path)?;
    ensure!(sluice.call(&["verify"])?.out.contains("it is gone"));
    let said = sluice.call(&["verify", "--repair"])?;
    ensure!(said.code == 0 && said.out.contains("made anew"), "{said:?}");
    ensure!(sluice.call(&["verify"])?.code == 0);
    ensure!(sluice.call(&["verify", "shop.nothing"])?.code == 3, "a table that there is not");
    ensure!(sluice.ok(&["adopt", "shop.orders"])?.contains("no commit of another program"));
    ensure!(sluice.call(&["adopt", "gold.shop.daily"])?.code == 2, "gold is made by its model");
    Ok(())
}
