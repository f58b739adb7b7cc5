//! `apply.changes_table`: every change in a table beside the replica, from the same batches.

use anyhow::{Context, Result, ensure};
use sluice_api::{Layer, ReplayLimits, TableRef, ask};
use sluice_tests::{Sluice, TestLake};
use tempfile::TempDir;

struct Shop {
    _folder: TempDir,
    lake: TestLake,
}

impl Shop {
    fn new(apply: &str, columns: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sluice-changes-table-").tempdir()?;
        let lake = TestLake::at(folder.path());
        let shop = Self { lake, _folder: folder };
        shop.declare(apply, columns)?;
        Ok(shop)
    }

    fn declare(&self, apply: &str, columns: &str) -> Result<()> {
        let text = format!(
            "dataset: shop.orders\nsource: {{path: landing/orders/, format: debezium_json, evolution: add_new_columns}}\n\
             apply: {{{apply}}}\nquality:\n- check: not_null(status)\nschema:\n\
             - {{name: id, type: bigint, primary_key: true}}\n- {{name: status, type: string}}\n{columns}"
        );
        self.lake.write("contracts/shop/orders.yaml", text)
    }

    /// Events of a file: the operation, the row, the position.
    fn land(&self, file: u64, events: &[(&str, &str, u64)]) -> Result<()> {
        let line = |(op, row, lsn): &(&str, &str, u64)| {
            let image = if *op == "d" { "before" } else { "after" };
            format!("{{\"op\":\"{op}\",\"{image}\":{{{row}}},\"source\":{{\"lsn\":{lsn}}}}}\n")
        };
        self.lake.write(&format!("landing/orders/{file}.json"), events.iter().map(line).collect::<String>())
    }

    async fn replay(&self) -> Result<Option<String>> {
        let tables = self.lake.replay_by(1).await?.tables;
        Ok(tables.into_iter().find_map(|table| table.error).map(|error| error.to_string()))
    }

    async fn rows(&self, table: &str, columns: &[&str]) -> Result<Vec<String>> {
        let table = TableRef { layer: Layer::Silver, name: table.parse().map_err(anyhow::Error::msg)? };
        let rows = self.lake.rows(&table).await?.select(columns)?.rows;
        let text = |row: Vec<Option<String>>| {
            row.into_iter().map(|value| value.unwrap_or_else(|| "∅".to_owned())).collect::<Vec<_>>().join(" ")
        };
        let mut texts: Vec<String> = rows.into_iter().map(text).collect();
        texts.sort();
        Ok(texts)
    }

    async fn changes(&self) -> Result<Vec<String>> {
        self.rows("shop.orders_changes", &["id", "_op", "status"]).await
    }

    /// A process that died behind the replica's commit: the last commit of the table of changes is not there.
    fn forget_last_commit(&self) -> Result<()> {
        let log = self.lake.folder().join("silver/shop/orders_changes/_delta_log");
        let mut commits: Vec<_> = std::fs::read_dir(&log)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        commits.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        commits.sort();
        std::fs::remove_file(commits.last().context("a commit")?)?;
        Ok(())
    }
}

const ALL: [&str; 6] = ["1 d ∅", "1 u new", "1 u paid", "2 u new", "2 u sent", "3 u new"];

async fn filled(apply: &str) -> Result<Shop> {
    let shop = Shop::new(apply, "")?;
    shop.land(1, &[("c", "\"id\":1,\"status\":\"new\"", 10), ("c", "\"id\":2,\"status\":\"new\"", 11)])?;
    shop.land(2, &[("u", "\"id\":1,\"status\":\"paid\"", 20), ("d", "\"id\":1", 30)])?;
    ensure!(shop.replay().await?.is_none());
    // A late event is a change too.
    shop.land(3, &[("c", "\"id\":3,\"status\":\"new\"", 40), ("u", "\"id\":2,\"status\":\"sent\"", 41)])?;
    ensure!(shop.replay().await?.is_none());
    Ok(shop)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_change_is_a_row_beside_the_replica() -> Result<()> {
    let shop = filled("changes_table: true").await?;
    ensure!(shop.changes().await? == ALL, "{:?}", shop.changes().await?);
    ensure!(shop.rows("shop.orders", &["id", "status"]).await? == ["2 sent", "3 new"]);
    // The same file again is no other change.
    shop.land(4, &[("u", "\"id\":2,\"status\":\"sent\"", 41)])?;
    ensure!(shop.replay().await?.is_none());
    ensure!(shop.changes().await? == ALL);
    let limits = ReplayLimits { full_refresh: true, ..ReplayLimits::default() };
    ensure!(shop.lake.replay_within(limits).await?.tables.iter().all(|table| table.error.is_none()));
    ensure!(shop.changes().await? == ALL, "a rebuild makes the same");
    let sluice = Sluice::on_folder(shop.lake.folder());
    let counted = sluice.ok(&["query", "SELECT count(*) AS n FROM silver.shop.orders_changes WHERE _op = 'd'"])?;
    ensure!(counted.contains('1'), "{counted}");
    let before =
        sluice.ok(&["query", "SELECT 'up to ' || max(id) AS s FROM silver.shop.orders_changes AT (VERSION => 1)"])?;
    ensure!(before.contains("up to 2"), "{before}");
    let compared = sluice.ok(&["diff", "shop.orders_changes"])?;
    ensure!(compared.contains("shop.orders_changes"), "{compared}");
    sluice.ok(&["maintain", "silver.shop.orders_changes"])?;
    sluice.ok(&["verify", "silver.shop.orders_changes"])?;
    ensure!(shop.changes().await? == ALL);
    let lake = shop.lake.host().call(ask::Lake {}).await?;
    let shown: Vec<String> = lake.tables.iter().map(|summary| summary.table.to_string()).collect();
    ensure!(shown.contains(&"silver.shop.orders_changes".to_owned()), "{shown:?}");
    ensure!(!shown.contains(&"bronze.shop.orders_changes".to_owned()), "{shown:?}");
    let replayed = sluice.call(&["replay", "--table", "shop.orders_changes"])?;
    ensure!(replayed.code != 0, "it is made with its table: {replayed:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_the_two_commits_ends_equal() -> Result<()> {
    let shop = filled("changes_table: true").await?;
    shop.forget_last_commit()?;
    let again = TestLake::at(shop.lake.folder());
    ensure!(again.replay().await?.tables.iter().all(|table| table.error.is_none()));
    ensure!(shop.changes().await? == ALL, "{:?}", shop.changes().await?);
    // All of it, as when the contract asks for it later.
    std::fs::remove_dir_all(shop.lake.folder().join("silver/shop/orders_changes"))?;
    let again = TestLake::at(shop.lake.folder());
    ensure!(again.replay().await?.tables.iter().all(|table| table.error.is_none()));
    ensure!(shop.changes().await? == ALL);
    let later = filled("scd: 2").await?;
    later.declare("scd: 2, changes_table: true", "")?;
    ensure!(later.replay().await?.is_none());
    ensure!(later.changes().await? == ALL, "{:?}", later.changes().await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_has_what_the_replica_has_and_its_columns() -> Result<()> {
    let shop = filled("changes_table: true").await?;
    // A batch that is held shows in neither.
    shop.land(5, &[("c", "\"id\":4,\"status\":null", 50)])?;
    let error = shop.replay().await?;
    ensure!(error.as_ref().is_some_and(|error| error.contains("not_null")), "{error:?}");
    ensure!(shop.changes().await? == ALL);
    shop.land(6, &[("u", "\"id\":4,\"status\":\"new\",\"note\":\"x\"", 60)])?;
    ensure!(shop.replay().await?.is_none());
    let rows = shop.rows("shop.orders_changes", &["id", "_op", "status", "note"]).await?;
    ensure!(rows.contains(&"4 u ∅ ∅".to_owned()) && rows.contains(&"4 u new x".to_owned()), "{rows:?}");
    ensure!(rows.len() == ALL.len() + 2, "{rows:?}");
    // Rows that the table leaves out are left out there too.
    shop.declare("changes_table: true, keep: \"status != 'paid'\"", "")?;
    ensure!(shop.replay().await?.is_none());
    let rows = shop.changes().await?;
    ensure!(!rows.contains(&"1 u paid".to_owned()) && rows.contains(&"2 u sent".to_owned()), "{rows:?}");
    // A table of that name of its own is a question.
    let own = "dataset: shop.orders_changes\nsource: {path: landing/x/, format: debezium_json}\nschema:\n\
               - {name: id, type: bigint, primary_key: true}\n";
    shop.lake.write("contracts/shop/orders_changes.yaml", own)?;
    let listed = Sluice::on_folder(shop.lake.folder()).call(&["replay"])?;
    ensure!(format!("{listed:?}").contains("would be shop.orders_changes"), "{listed:?}");
    Ok(())
}
