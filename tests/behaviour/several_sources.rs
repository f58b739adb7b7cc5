//! Several sources of one table: each with its own folder and order, and what compares across them.

use anyhow::{Result, ensure};
use sluice_api::{Layer, ReplayLimits, TableRef};
use sluice_tests::{Sluice, TestLake};
use tempfile::TempDir;

const REGIONS: &str = "dataset: shop.orders
sources:
- {name: eu, path: landing/eu/, format: debezium_json}
- {name: us, path: landing/us/, format: dms_csv, csv_columns: [id, status, transact_seq]}
apply: {key: [region, id], quarantine_limit: 1.0}
schema:
- {name: region, type: string, source_name: true}
- {name: id, type: bigint}
- {name: status, type: string}
";

struct Shop {
    _folder: TempDir,
    lake: TestLake,
}

impl Shop {
    fn new(contract: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sluice-regions-").tempdir()?;
        let lake = TestLake::at(folder.path());
        lake.write("contracts/shop/orders.yaml", contract)?;
        Ok(Self { lake, _folder: folder })
    }

    fn event(&self, region: &str, file: u64, server: &str, rows: &[(&str, u64)]) -> Result<()> {
        let line = |(row, lsn): &(&str, u64)| {
            format!(
                "{{\"op\":\"u\",\"after\":{{{row}}},\"source\":{{\"lsn\":{lsn},\"name\":\"{server}\",\
                 \"db\":\"{region}\",\"table\":\"orders\"}}}}\n"
            )
        };
        self.lake.write(&format!("landing/{region}/{file}.json"), rows.iter().map(line).collect::<String>())
    }

    /// Silver's rows as texts; and a rebuild and a reprocessed batch make the same.
    async fn rows(&self) -> Result<Vec<String>> {
        let table = TableRef { layer: Layer::Silver, name: "shop.orders".parse().map_err(anyhow::Error::msg)? };
        let read = async || -> Result<Vec<String>> {
            let rows = self.lake.rows(&table).await?.select(&["region", "id", "status"])?.rows;
            let text = |row: Vec<Option<String>>| row.into_iter().flatten().collect::<Vec<_>>().join(" ");
            let mut texts: Vec<String> = rows.into_iter().map(text).collect();
            texts.sort();
            Ok(texts)
        };
        let before = read().await?;
        let limits = ReplayLimits { full_refresh: true, ..ReplayLimits::default() };
        ensure!(self.lake.replay_within(limits).await?.tables.iter().all(|table| table.error.is_none()));
        ensure!(before == read().await?, "a rebuild makes another table");
        Ok(before)
    }

    fn rebuilds(&self) -> Result<usize> {
        let mut rebuilds = 0;
        for commit in std::fs::read_dir(self.lake.folder().join("silver/shop/orders/_delta_log"))? {
            let text = std::fs::read_to_string(commit?.path()).unwrap_or_default();
            rebuilds += text.matches("\"operation\":\"REBUILD\"").count();
        }
        Ok(rebuilds)
    }

    async fn error(&self) -> Result<String> {
        let replayed = self.lake.replay().await?;
        let error = replayed.tables.into_iter().find_map(|table| table.error);
        Ok(error.map(|error| error.to_string()).unwrap_or_default())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_source_has_its_folder_its_format_and_its_order() -> Result<()> {
    let shop = Shop::new(REGIONS)?;
    shop.event("eu", 1, "a", &[("\"id\":1,\"status\":\"new\"", 2_000), ("\"id\":2,\"status\":\"new\"", 2_001)])?;
    shop.lake.write("landing/us/LOAD00000001.csv", "1,loaded,\n")?;
    shop.lake.write("landing/us/20260101-000000001.csv", "I,2,new,20260101000000000000000000000000001\n")?;
    ensure!(shop.error().await?.is_empty());
    // Older positions of one source than those of the other are no older events.
    shop.event("eu", 2, "a", &[("\"id\":1,\"status\":\"paid\"", 2_002)])?;
    shop.lake.write(
        "landing/us/20260101-000000002.csv",
        "U,2,sent,20260101000000000000000000000000002\nD,1,loaded,20260101000000000000000000000000003\n",
    )?;
    ensure!(shop.error().await?.is_empty());
    ensure!(shop.rows().await? == ["eu 1 paid", "eu 2 new", "us 2 sent"]);
    let sluice = Sluice::on_folder(shop.lake.folder());
    let planned = sluice.ok(&["status"])?;
    ensure!(planned.contains("shop.orders"), "{planned}");
    // Another region is taken, and what is there is not read again.
    let asia = REGIONS.replace("apply:", "- {name: asia, path: landing/asia/, format: debezium_json}\napply:");
    shop.lake.write("contracts/shop/orders.yaml", &asia)?;
    shop.event("asia", 1, "c", &[("\"id\":1,\"status\":\"new\"", 7)])?;
    ensure!(shop.error().await?.is_empty());
    ensure!(shop.rebuilds()? == 1, "the one that was asked for above");
    ensure!(shop.rows().await? == ["asia 1 new", "eu 1 paid", "eu 2 new", "us 2 sent"]);
    // One that is read otherwise is read again, and one that is gone is a question.
    shop.lake.write(
        "contracts/shop/orders.yaml",
        asia.replace(
            "csv_columns: [id, status, transact_seq]",
            "csv_columns: [id, status, transact_seq], null_text: sent",
        ),
    )?;
    ensure!(shop.error().await?.is_empty());
    ensure!(shop.rebuilds()? == 3, "one was asked for, one was needed");
    shop.lake.write(
        "contracts/shop/orders.yaml",
        asia.replace("- {name: us, path: landing/us/, format: dms_csv, csv_columns: [id, status, transact_seq]}\n", ""),
    )?;
    let error = shop.error().await?;
    ensure!(error.contains("is of source us") && error.contains("Keep us in sources"), "{error}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_in_one_source_is_named_with_it() -> Result<()> {
    let shop = Shop::new(&REGIONS.replace("dms_csv, csv_columns: [id, status, transact_seq]", "debezium_json"))?;
    shop.event("eu", 1, "a", &[("\"id\":1,\"status\":\"new\"", 2_000)])?;
    shop.event("us", 1, "b", &[("\"id\":1,\"status\":\"new\"", 10)])?;
    ensure!(shop.error().await?.is_empty(), "two servers, each of its own source");
    shop.event("us", 2, "other", &[("\"id\":1,\"status\":\"old\"", 11)])?;
    let error = shop.error().await?;
    ensure!(error.contains("Source us") && error.contains("several servers"), "{error}");
    // The other source goes on once it is said what the new server is: only its own events count anew.
    let said =
        REGIONS.replace("dms_csv, csv_columns: [id, status, transact_seq]", "debezium_json, restarts: {3: position}");
    shop.lake.write("contracts/shop/orders.yaml", &said)?;
    ensure!(shop.error().await?.is_empty());
    shop.event("eu", 2, "a", &[("\"id\":1,\"status\":\"late\"", 1_999), ("\"id\":2,\"status\":\"new\"", 2_001)])?;
    shop.event("us", 3, "other", &[("\"id\":1,\"status\":\"newer\"", 5), ("\"id\":2,\"status\":\"x\"", 6)])?;
    ensure!(shop.error().await?.is_empty());
    ensure!(shop.rows().await? == ["eu 1 new", "eu 2 new", "us 1 old", "us 2 x"], "{:?}", shop.rows().await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_keys_are_one_row_where_the_contract_orders_them() -> Result<()> {
    let contract = "dataset: shop.orders\nsources:\n- {name: eu, path: landing/eu, format: csv}\n\
        - {name: us, path: landing/us, format: csv}\napply: {sequence: [updated, region]}\nschema:\n\
        - {name: id, type: bigint, primary_key: true}\n- {name: region, type: string, source_name: true}\n\
        - {name: status, type: string}\n- {name: updated, type: int}\n";
    let shop = Shop::new(contract)?;
    shop.lake.write("landing/us/1.csv", "id,status,updated\n1,us first,5\n2,us wins a tie,7\n3,us alone,1\n")?;
    shop.lake.write("landing/eu/1.csv", "id,status,updated\n1,eu later,6\n2,eu loses it,7\n")?;
    ensure!(shop.error().await?.is_empty());
    ensure!(shop.rows().await? == ["eu 1 eu later", "us 2 us wins a tie", "us 3 us alone"], "{:?}", shop.rows().await?);
    // A table of one source becomes one of two: what it has is of the first.
    let one = "dataset: shop.orders\nsource: {path: landing/eu, format: csv}\napply: {sequence: [updated]}\nschema:\n\
        - {name: id, type: bigint, primary_key: true}\n- {name: status, type: string}\n- {name: updated, type: int}\n";
    let shop = Shop::new(one)?;
    shop.lake.write("landing/eu/1.csv", "id,status,updated\n1,here,6\n")?;
    ensure!(shop.error().await?.is_empty());
    shop.lake.write("contracts/shop/orders.yaml", contract)?;
    shop.lake.write("landing/us/1.csv", "id,status,updated\n2,there,5\n")?;
    ensure!(shop.error().await?.is_empty());
    ensure!(shop.rows().await? == ["eu 1 here", "us 2 there"], "{:?}", shop.rows().await?);
    Ok(())
}
