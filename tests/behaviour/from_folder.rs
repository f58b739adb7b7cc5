//! Columns that are taken from folders `key=value`: in every format, in the key, beside the record's own value, and when
//! the contract takes them late.

use anyhow::{Result, ensure};
use sluice_api::{Layer, ReplayLimits, TableRef};
use sluice_tests::{Sluice, TestLake};
use tempfile::TempDir;

const SALES: &str = "dataset: shop.sales
source: {path: landing/sales/, format: csv}
apply: {key: [region, id], sequence: [updated], quarantine_limit: 1}
schema:
- {name: region, type: string, from_folder: region}
- {name: id, type: bigint}
- {name: name, type: string}
- {name: updated, type: int}
";

struct Sales {
    _folder: TempDir,
    lake: TestLake,
}

impl Sales {
    fn new(contract: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sluice-from-folder-").tempdir()?;
        let sales = Self { lake: TestLake::at(folder.path()), _folder: folder };
        sales.declare(contract)?;
        Ok(sales)
    }

    fn declare(&self, contract: &str) -> Result<()> {
        self.lake.write("contracts/shop/sales.yaml", contract)
    }

    fn land(&self, path: &str, content: &str) -> Result<()> {
        self.lake.write(&format!("landing/sales/{path}"), content)
    }

    async fn replay(&self) -> Result<()> {
        let replayed = self.lake.replay().await?;
        let errors: Vec<String> =
            replayed.tables.iter().filter_map(|table| table.error.as_ref()).map(ToString::to_string).collect();
        ensure!(errors.is_empty(), "{errors:?}");
        Ok(())
    }

    async fn read(&self, columns: &[&str]) -> Result<Vec<String>> {
        let table = TableRef { layer: Layer::Silver, name: "shop.sales".parse().map_err(anyhow::Error::msg)? };
        let rows = self.lake.rows(&table).await?.select(columns)?.rows;
        let text = |row: Vec<Option<String>>| {
            row.into_iter().map(|value| value.unwrap_or_else(|| "-".to_owned())).collect::<Vec<_>>().join(" ")
        };
        let mut texts: Vec<String> = rows.into_iter().map(text).collect();
        texts.sort();
        Ok(texts)
    }

    /// Silver's rows as texts, after a rebuild that makes the same table.
    async fn rows(&self, columns: &[&str]) -> Result<Vec<String>> {
        let before = (self.read(columns).await?, self.lake.fingerprints().await?);
        let limits = ReplayLimits { full_refresh: true, ..ReplayLimits::default() };
        ensure!(self.lake.replay_within(limits).await?.tables.iter().all(|table| table.error.is_none()));
        ensure!(
            before == (self.read(columns).await?, self.lake.fingerprints().await?),
            "a rebuild makes another table"
        );
        Ok(before.0)
    }

    /// Reason, column and file of each record in quarantine.
    async fn quarantine(&self) -> Result<Vec<String>> {
        let rows = self.lake.quarantine("shop.sales").await?.select(&["reason", "column", "file"])?.rows;
        let text = |row: Vec<Option<String>>| row.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let mut texts: Vec<String> = rows.into_iter().map(text).collect();
        texts.sort();
        Ok(texts)
    }
}

fn csv(rows: &[&str]) -> String {
    std::iter::once("id,name,updated").chain(rows.iter().copied()).map(|row| format!("{row}\n")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_may_be_part_of_the_key() -> Result<()> {
    let sales = Sales::new(SALES)?;
    sales.land("region=eu/1.csv", &csv(&["1,Ada,1", "2,Max,1"]))?;
    sales.land("region=us/year=2026/1.csv", &csv(&["1,Eve,1"]))?;
    sales.land("Region=12%3A30%2F/1.csv", &csv(&["1,Tom,1"]))?;
    sales.replay().await?;
    sales.land("region=eu/2.csv", &csv(&["1,Ada King,2"]))?;
    sales.land("region=us/2.csv", &csv(&["1,late,0", "2,Ann,7"]))?;
    sales.land("region=__HIVE_DEFAULT_PARTITION__/1.csv", &csv(&["1,of null,9"]))?;
    sales.land("region=eu/region=us/1.csv", &csv(&["1,of two,9"]))?;
    sales.land("none.csv", &csv(&["1,of none,9"]))?;
    sales.replay().await?;
    let rows = sales.rows(&["region", "id", "name"]).await?;
    ensure!(rows == ["12:30/ 1 Tom", "eu 1 Ada King", "eu 2 Max", "us 1 Eve", "us 2 Ann"], "{rows:?}");
    let quarantine = sales.quarantine().await?;
    let expected = [
        "INCOMPATIBLE_CHANGE region landing/sales/region=eu/region=us/1.csv",
        "MISSING_KEY region landing/sales/none.csv",
        "MISSING_KEY region landing/sales/region=__HIVE_DEFAULT_PARTITION__/1.csv",
    ];
    ensure!(quarantine == expected, "{quarantine:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_has_any_type_and_null_where_there_is_none() -> Result<()> {
    let contract = "dataset: shop.sales\nsource: {path: landing/sales/, format: json}\n\
        apply: {key: [id], sequence: [updated], quarantine_limit: 1}\nschema:\n- {name: id, type: bigint}\n\
        - {name: updated, type: int}\n- {name: day, type: date, from_folder: dt}\n\
        - {name: month, type: int, from_folder: month, default: 0}\n\
        - {name: at, type: timestamp_ntz, from_folder: at}\n- {name: share, type: 'decimal(4,2)', from_folder: share}\n";
    let sales = Sales::new(contract)?;
    let json = |id: u64| format!("{{\"id\":{id},\"updated\":1}}\n");
    sales.land("dt=2026-11-30/month=03/at=2026-11-30 10%3A00%3A00/share=1.5/1.json", &json(1))?;
    sales.land("dt=__HIVE_DEFAULT_PARTITION__/1.json", &json(2))?;
    sales.land("3.json", &json(3))?;
    sales.land("month=March/1.json", &json(4))?;
    sales.replay().await?;
    let rows = sales.rows(&["id", "day", "month", "at", "share"]).await?;
    ensure!(rows == ["1 2026-11-30 3 2026-11-30T10:00:00 1.50", "2 - 0 - -", "3 - 0 - -"], "{rows:?}");
    ensure!(sales.quarantine().await? == ["TYPE_MISMATCH month landing/sales/month=March/1.json"]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_ordered_by_the_folders_of_their_deliveries() -> Result<()> {
    for (sequence, folders, columns) in [
        ("dt", ["dt=2026-11-30", "dt=2026-12-01"], "- {name: dt, type: date, from_folder: dt}\n"),
        (
            "at",
            ["at=2026-11-30T23%3A00%3A00Z", "at=2026-12-01 00%3A30%3A00%2B01%3A00"],
            "- {name: at, type: timestamp, from_folder: at}\n",
        ),
        (
            "year, month",
            ["year=2025/month=12", "year=2026/month=01"],
            "- {name: year, type: int, from_folder: year}\n- {name: month, type: int, from_folder: month}\n",
        ),
    ] {
        let contract = format!(
            "dataset: shop.sales\nsource: {{path: landing/sales/, format: csv, csv_columns: [id, name]}}\n\
             apply: {{key: [id], sequence: [{sequence}], quarantine_limit: 1}}\nschema:\n{columns}- {{name: id, type: int}}\n\
             - {{name: name, type: string}}\n"
        );
        for swapped in [false, true] {
            let sales = Sales::new(&contract)?;
            for at in if swapped { [1, 0] } else { [0, 1] } {
                sales.land(&format!("{}/1.csv", folders[at]), &format!("1,of {at}\n"))?;
                sales.replay().await?;
            }
            sales.land("2.csv", "2,of no folder\n")?;
            sales.replay().await?;
            let rows = sales.rows(&["id", "name"]).await?;
            ensure!(rows == ["1 of 1"], "{sequence}: {rows:?}");
            ensure!(sales.quarantine().await?.len() == 1);
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_record_has_is_the_value_and_has_to_be_that_of_its_folder() -> Result<()> {
    let sales = Sales::new(
        &SALES.replace("format: csv", "format: json").replace("name: region, type: string", "name: region, type: int"),
    )?;
    sales.land(
        "region=07/1.json",
        "{\"id\":1,\"name\":\"a\",\"updated\":1,\"region\":7}\n{\"id\":2,\"name\":\"b\",\"updated\":1,\"region\":8}\n",
    )?;
    sales.land("1.json", "{\"id\":3,\"name\":\"c\",\"updated\":1,\"region\":9}\n")?;
    sales.land(
        "region=7/2.json",
        "{\"id\":4,\"name\":\"d\",\"updated\":1,\"region\":null}\n{\"id\":5,\"name\":\"e\",\"updated\":1}\n",
    )?;
    sales.replay().await?;
    let rows = sales.rows(&["region", "id", "name"]).await?;
    ensure!(rows == ["7 1 a", "7 5 e", "9 3 c"], "{rows:?}");
    let quarantine = sales.quarantine().await?;
    let expected = [
        "INCOMPATIBLE_CHANGE region landing/sales/region=07/1.json",
        "INCOMPATIBLE_CHANGE region landing/sales/region=7/2.json",
    ];
    ensure!(quarantine == expected, "{quarantine:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_and_deletes_are_of_their_folder() -> Result<()> {
    let sales = Sales::new(
        &SALES
            .replace("format: csv", "format: debezium_json")
            .replace(", sequence: [updated]", "")
            .replace("- {name: updated, type: int}\n", ""),
    )?;
    let event = |op: &str, before: &str, after: &str, lsn: u64| {
        format!("{{\"op\":\"{op}\",\"before\":{before},\"after\":{after},\"source\":{{\"lsn\":{lsn}}}}}\n")
    };
    let first =
        event("c", "null", "{\"id\":1,\"name\":\"a\"}", 10) + &event("c", "null", "{\"id\":2,\"name\":\"b\"}", 11);
    sales.land("region=eu/1.json", &first)?;
    sales.land("region=us/1.json", &first.replace("\"lsn\":1", "\"lsn\":2"))?;
    sales.replay().await?;
    sales.land("region=eu/2.json", &event("d", "{\"id\":1}", "null", 30))?;
    sales.land("region=us/2.json", &event("u", "{\"id\":2}", "{\"id\":3,\"name\":\"moved\"}", 31))?;
    sales.replay().await?;
    let rows = sales.rows(&["region", "id", "name"]).await?;
    ensure!(rows == ["eu 2 b", "us 1 a", "us 3 moved"], "{rows:?}");
    ensure!(sales.quarantine().await?.is_empty());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn equal_records_of_two_folders_are_two_events_in_any_order_of_arrival() -> Result<()> {
    let contract = SALES.replace("key: [region, id]", "key: [id]");
    let mut made = Vec::new();
    for folders in [["eu", "us"], ["us", "eu"]] {
        let sales = Sales::new(&contract)?;
        for folder in folders {
            sales.land(&format!("region={folder}/1.csv"), &csv(&["1,Ada,1", "2,Max,1", "3,Eve,1"]))?;
            sales.replay().await?;
        }
        made.push(sales.rows(&["id", "region", "name"]).await?);
    }
    ensure!(made[0] == made[1] && made[0].len() == 3, "{made:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contract_takes_a_folder_late_and_leaves_it_again() -> Result<()> {
    let without = SALES
        .replace("key: [region, id]", "key: [id]")
        .replace("- {name: region, type: string, from_folder: region}\n", "");
    let sales = Sales::new(&without)?;
    sales.land("region=eu/shop=1/1.csv", &csv(&["1,Ada,1"]))?;
    sales.land("region=us/shop=2/1.csv", &csv(&["1,Eve,2", "2,Ann,1"]))?;
    sales.replay().await?;
    ensure!(sales.rows(&["id", "name"]).await? == ["1 Eve", "2 Ann"]);
    let plain = without.clone() + "- {name: region, type: string, from_folder: region}\n";
    for (contract, expected) in [
        (plain.clone(), ["1 us Eve", "2 us Ann", ""]),
        (plain.replace("from_folder: region", "from_folder: shop"), ["1 2 Eve", "2 2 Ann", ""]),
        (SALES.to_owned(), ["1 eu Ada", "1 us Eve", "2 us Ann"]),
        (plain, ["1 us Eve", "2 us Ann", ""]),
    ] {
        sales.declare(&contract)?;
        sales.replay().await?;
        let rows = sales.rows(&["id", "region", "name"]).await?;
        let expected: Vec<&str> = expected.into_iter().filter(|row| !row.is_empty()).collect();
        ensure!(rows == expected, "{contract}{rows:?}");
    }
    sales.declare(&without)?;
    sales.replay().await?;
    ensure!(sales.rows(&["id", "name"]).await? == ["1 Eve", "2 Ann"]);
    Ok(())
}

#[test]
fn a_test_of_the_lake_gives_files_in_folders() -> Result<()> {
    let sales = Sales::new(SALES)?;
    let test = "batches:\n- files:\n  - {file: region=eu/1.csv, text: \"id,name,updated\\n1,Ada,1\\n\"}\n\
        \x20 - {file: region=us/1.csv, text: \"id,name,updated\\n1,Eve,1\\n\"}\n  - {file: 1.csv, text: \"id,name,updated\\n1,Max,1\\n\"}\n\
        \x20 expect:\n    silver: [{region: eu, id: 1, name: Ada}, {region: us, id: 1, name: Eve}]\n\
        \x20   quarantine: [{reason: MISSING_KEY, column: region}]\n";
    sales.lake.write("tests/shop/sales/folders.yaml", test)?;
    let tested = Sluice::on_folder(sales.lake.folder()).call(&["test", "--json"])?;
    ensure!(tested.code == 0, "{tested:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_takes_no_folder_from_a_row() -> Result<()> {
    let sales = Sales::new(&SALES.replace("key: [region, id]", "key: [id]"))?;
    sales.land("region=eu/1.csv", &csv(&["1,Ada,1", "2,Max,1"]))?;
    sales.replay().await?;
    let sluice = Sluice::on_folder(sales.lake.folder()).env("SLUICE_AUTHOR", "tester");
    let compare = |name: &str, content: &str, more: &[&str]| {
        sales.lake.write(name, content)?;
        let file = sales.lake.folder().join(name).display().to_string();
        sluice.call(&[&["reconcile", "shop.sales", "--json", "--with", &file, "--position", "5"], more].concat())
    };
    let repair = ["--repair", "--yes", "--because", "lost"];
    let without = "id,name,updated\n1,Ada King,1\n2,Max,1\n";
    let found = compare("dump/1.csv", without, &[])?;
    ensure!(found.code == 7, "the name differs, the region is not compared: {found:?}");
    let refused = compare("dump/1.csv", without, &repair)?;
    ensure!(refused.code != 7 && refused.err.contains("region is taken from folders region="), "{refused:?}");
    let with = "id,name,updated,region\n1,Ada King,1,eu\n2,Max,1,eu\n";
    let repaired = compare("dump/2.csv", with, &repair)?;
    ensure!(repaired.out.contains("\"upserts\": 1"), "{repaired:?}");
    sales.replay().await?;
    let rows = sales.rows(&["id", "name", "region"]).await?;
    ensure!(rows == ["1 Ada King eu", "2 Max eu"], "{rows:?}");
    Ok(())
}
