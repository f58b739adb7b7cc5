//! Foreign keys over a life of two tables: what is recorded when the parent changes and the child gets no
//! batch, what people see of it, and what publishing says of a parent that is not there.

use anyhow::{Context, Result, bail, ensure};
use sluice_api::{CheckState, Health, QualityView, Reply, Request, TableSummary, ask};
use sluice_contract::{CheckRecord, Verdict};
use sluice_tests::{Sluice, TestLake};
use std::path::PathBuf;
use tempfile::TempDir;

const CUSTOMERS: &str = "dataset: \"shop.customers\"\nsource: {path: \"landing/customers/\", format: debezium_json}\n\
schema:\n- {name: id, type: bigint, primary_key: true}\n";

fn orders(checks: &str) -> String {
    format!(
        "dataset: \"shop.orders\"\nsource: {{path: \"landing/orders/\", format: debezium_json}}\nquality:\n{checks}\
         schema:\n- {{name: id, type: bigint, primary_key: true}}\n- {{name: customer_id, type: bigint}}\n"
    )
}

const KEY: &str = "foreign_key(customer_id, customers.id)";

struct Shop {
    _folder: TempDir,
    lake: TestLake,
    files: u32,
}

impl Shop {
    fn new(checks: &str) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sluice-foreign-keys-").tempdir()?;
        let lake = TestLake::at(folder.path());
        lake.write("contracts/shop/customers.yaml", CUSTOMERS)?;
        lake.write("contracts/shop/orders.yaml", orders(checks))?;
        Ok(Self { _folder: folder, lake, files: 0 })
    }

    fn land(&mut self, table: &str, event: &str) -> Result<()> {
        self.files += 1;
        let event = event.replace("LSN", &(self.files * 100).to_string());
        self.lake.write(&format!("landing/{table}/{}.json", self.files), event)
    }

    fn order(&mut self, id: u64, customer: u64) -> Result<()> {
        let after = format!("{{\"id\":{id},\"customer_id\":{customer}}}");
        self.land("orders", &format!("{{\"op\":\"c\",\"after\":{after},\"source\":{{\"lsn\":LSN}}}}\n"))
    }

    fn customer(&mut self, id: u64, op: char) -> Result<()> {
        let row = if op == 'd' { "before" } else { "after" };
        self.land("customers", &format!("{{\"op\":\"{op}\",\"{row}\":{{\"id\":{id}}},\"source\":{{\"lsn\":LSN}}}}\n"))
    }

    /// What is recorded of a batch of the orders after it.
    fn later(&self, batch: u64) -> PathBuf {
        self.lake.folder().join(format!("_sluice/quality/shop/orders/{batch:020}.foreign_keys.json"))
    }

    async fn quality(&self) -> Result<QualityView> {
        let table = "shop.orders".parse().map_err(anyhow::Error::msg)?;
        match self.lake.host().handle(Request::Quality { table }).await {
            Reply::Quality(view) => Ok(view),
            other => bail!("{other:?}"),
        }
    }

    /// How the tree shows silver of the orders.
    async fn summary(&self) -> Result<TableSummary> {
        match self.lake.host().handle(Request::Lake).await {
            Reply::Lake(view) => {
                let is_orders = |summary: &TableSummary| summary.table.to_string() == "silver.shop.orders";
                view.tables.into_iter().find(is_orders).context("orders are in the lake")
            }
            other => bail!("{other:?}"),
        }
    }
}

fn recorded(path: &PathBuf) -> Result<CheckRecord> {
    let mut records: Vec<CheckRecord> = serde_json::from_slice(&std::fs::read(path)?)?;
    ensure!(records.len() == 1, "only checks that look at another table: {records:?}");
    records.pop().context("one record")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_parent_is_recorded_for_a_child_without_a_batch() -> Result<()> {
    let mut shop = Shop::new(&format!("- check: \"{KEY}\"\n- check: \"row_count > 0\"\n"))?;
    shop.customer(11, 'c')?;
    shop.customer(12, 'c')?;
    shop.order(1, 11)?;
    shop.order(2, 12)?;
    let summary = shop.lake.replay().await?;
    ensure!(summary.tables.iter().all(|table| table.error.is_none()), "parents come first: {summary:?}");
    ensure!(shop.summary().await?.health == Health::Ok, "{:?}", shop.summary().await?);
    ensure!(!shop.later(1).exists(), "the batch has seen the parent as it is");
    let before = shop.summary().await?.version;

    shop.customer(12, 'd')?;
    shop.lake.replay().await?;
    let record = recorded(&shop.later(1))?;
    ensure!(record.check == KEY && record.outcome.verdict == Verdict::Failed, "{record:?}");
    ensure!((record.outcome.evaluated, record.outcome.failed) == (Some(2), Some(1)), "{record:?}");
    let after = shop.summary().await?;
    ensure!(after.health == Health::Fail && after.version == before, "what is published stays: {after:?}");
    ensure!(after.note.as_deref() == Some("1 of 4 checks do not hold"), "{after:?}");

    let view = shop.quality().await?;
    let check = view.checks.first().context("the failure is first")?;
    ensure!(check.state() == CheckState::Failed && check.observed == "1 orphan, 50 %", "{check:?}");
    let request = ask::FailingRows { table: view.table.clone(), check: check.index };
    let rows = shop.lake.host().call(request).await?;
    ensure!(rows.rows == 1, "{rows:?}");
    let sluice = Sluice::on_folder(shop.lake.folder());
    let said = sluice.call(&["quality", "shop.orders"])?;
    ensure!(said.code == 6 && said.out.contains(KEY) && said.out.contains("1 orphan, 50 %"), "{said:?}");

    let said = sluice.call(&["quality", "shop.orders", "--failing", KEY])?;
    ensure!(said.code == 6 && said.out.contains("1 of 1 rows that fail"), "{said:?}");
    let unknown = sluice.call(&["quality", "shop.orders", "--failing", "unique(nothing)"])?;
    ensure!(unknown.code == 2 && unknown.err.contains(KEY), "{unknown:?}");

    // As after a crash between the parent's commit and the record: the next run makes it good.
    std::fs::remove_file(shop.later(1))?;
    shop.lake.replay().await?;
    ensure!(recorded(&shop.later(1))? == record, "the same record");

    shop.customer(12, 'c')?;
    shop.lake.replay().await?;
    ensure!(recorded(&shop.later(1))?.outcome.verdict == Verdict::Passed, "healed");
    ensure!(shop.summary().await?.health == Health::Ok, "{:?}", shop.summary().await?);
    ensure!(sluice.call(&["quality", "shop.orders"])?.code == 0);
    let written = std::fs::metadata(shop.later(1))?.modified()?;
    shop.lake.replay().await?;
    ensure!(std::fs::metadata(shop.later(1))?.modified()? == written, "nothing changed, nothing is evaluated");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gold_parent_is_looked_at_after_it_was_made() -> Result<()> {
    let mut shop = Shop::new("- {check: \"foreign_key(customer_id, gold.shop.regulars.customer)\", severity: warn}\n")?;
    let sql = "SELECT customer_id AS customer FROM silver.shop.orders GROUP BY ALL HAVING count(*) > 1";
    shop.lake.write("models/shop/regulars.sql", sql)?;
    shop.order(1, 11)?;
    shop.order(2, 12)?;
    shop.lake.replay().await?;
    let record = recorded(&shop.later(1))?;
    ensure!(record.outcome.failed == Some(2), "when the batch was merged there was no gold yet: {record:?}");
    ensure!(shop.summary().await?.health == Health::Warn);

    shop.order(3, 11)?;
    shop.order(4, 12)?;
    shop.lake.replay().await?;
    ensure!(recorded(&shop.later(2))?.outcome.verdict == Verdict::Passed, "all have come twice");
    ensure!(shop.summary().await?.health == Health::Ok);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_nobody_could_evaluate_is_not_shown_as_passed() -> Result<()> {
    let mut shop = Shop::new(&format!("- check: \"{KEY}\"\n"))?;
    shop.order(1, 11)?;
    let summary = shop.lake.replay().await?;
    ensure!(summary.tables.iter().all(|table| table.error.is_none()), "it stops nothing: {summary:?}");
    let summary = shop.summary().await?;
    ensure!(summary.health == Health::Warn, "{summary:?}");
    ensure!(summary.note.as_deref() == Some("1 of 3 checks could not be evaluated"), "{summary:?}");
    let said = Sluice::on_folder(shop.lake.folder()).call(&["quality", "shop.orders"])?;
    ensure!(said.code == 0 && said.out.contains("not evaluated"), "{said:?}");
    ensure!(said.out.contains("silver.shop.customers has no rows yet"), "{said:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parent_that_is_in_no_contract_stands_in_the_way_of_publishing() -> Result<()> {
    let shop = Shop::new("- check: \"foreign_key(customer_id, customers.number)\"\n")?;
    let problem = "`foreign_key(customer_id, customers.number)`: shop.customers has no column `number` (available: id)";
    let sluice = Sluice::on_folder(shop.lake.folder());
    let status = sluice.call(&["status"])?;
    ensure!(status.out.contains(problem) && status.out.contains("orders.yaml:4:"), "{status:?}");
    let plan = sluice.call(&["publish", "--plan"])?;
    ensure!(plan.out.contains(problem), "{plan:?}");
    let published = sluice.call(&["publish"])?;
    ensure!(published.code != 0 && !shop.lake.folder().join("_sluice/current").exists(), "{published:?}");

    shop.lake.write("contracts/shop/orders.yaml", orders(&format!("- check: \"{KEY}\"\n")))?;
    sluice.ok(&["publish"])?;
    Ok(())
}
