//! Releases by the command line: who and why, plans as files, parts of a draft, rollbacks, approvals, the lock.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_api::{PlanDocument, ask};
use sluice_tests::{CommandOutput, Sluice, TestLake};
use std::path::PathBuf;
use tempfile::TempDir;

const ORDERS: &str = "dataset: \"shop.orders\"\nsource: {path: \"landing/orders/\", format: debezium_json}\n\
schema:\n- {name: id, type: bigint, primary_key: true}\n- {name: status, type: string}\n";
const CARTS: &str = "dataset: \"shop.carts\"\nsource: {path: \"landing/carts/\", format: debezium_json}\n\
schema:\n- {name: id, type: bigint, primary_key: true}\n";
const STALE: i32 = 9;
const NOT_ALLOWED: i32 = 10;

/// A lake with two tables and a model over one of them, and its folder's `sluice`.
struct Shop {
    folder: TempDir,
    lake: TestLake,
    mira: Sluice,
    jonas: Sluice,
}

impl Shop {
    fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sluice-releases-").tempdir()?;
        let lake = TestLake::at(folder.path());
        lake.write("contracts/shop/orders.yaml", ORDERS)?;
        lake.write("contracts/shop/carts.yaml", CARTS)?;
        lake.write(
            "models/shop/by_status.sql",
            "SELECT status, COUNT(*) AS n FROM silver.shop.orders GROUP BY status",
        )?;
        for id in 1..=3 {
            let event =
                format!("{{\"op\":\"c\",\"after\":{{\"id\":{id},\"status\":\"new\"}},\"source\":{{\"lsn\":{id}}}}}\n");
            lake.write(&format!("landing/orders/{id}.json"), event)?;
        }
        lake.write("landing/carts/1.json", "{\"op\":\"c\",\"after\":{\"id\":1},\"source\":{\"lsn\":1}}\n")?;
        let sluice = |name: &str| Sluice::on_folder(folder.path()).env("SLUICE_AUTHOR", name);
        let (mira, jonas) = (sluice("mira"), sluice("jonas"));
        Ok(Self { folder, lake, mira, jonas })
    }

    /// Adds a column to a contract of the draft.
    fn add_column(&self, table: &str, text: &str, column: &str) -> Result<()> {
        let more = format!("{text}- {{name: {column}, type: string}}\n");
        self.lake.write(&format!("contracts/shop/{table}.yaml"), more)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn plan_file(&self) -> Result<String> {
        Ok(self.file("plan.json").to_str().context("a path in UTF-8")?.to_owned())
    }

    async fn silver(&self) -> Result<String> {
        self.lake.fingerprints().await?.remove("silver.shop.orders").context("orders are built")
    }
}

fn ended(output: &CommandOutput, code: i32, words: &[&str]) -> Result<()> {
    ensure!(output.code == code, "ended with {} instead of {code}: {}{}", output.code, output.out, output.err);
    for word in words {
        ensure!(output.err.contains(word), "`{word}` is not in: {}", output.err);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_rollback_silver_is_as_it_was() -> Result<()> {
    let shop = Shop::new()?;
    shop.mira.ok(&["publish", "-m", "first"])?;
    shop.mira.ok(&["run", "--once"])?;
    let first = shop.silver().await?;

    shop.lake.write("contracts/shop/orders.yaml", ORDERS.replace("- {name: status, type: string}\n", ""))?;
    shop.lake.write("models/shop/by_status.sql", "SELECT COUNT(*) AS n FROM silver.shop.orders")?;
    shop.mira.ok(&["publish", "-m", "no status", "--force"])?;
    shop.mira.ok(&["run", "--once"])?;
    let second = shop.silver().await?;
    ensure!(second != first, "the change has an effect");

    let plan = shop.mira.json(&["publish", "--rollback", "r1", "--plan"])?;
    ensure!(plan["scope"]["rollback"] == 1 && plan["base"] == 2 && plan["next"] == 3, "{plan}");
    let orders = plan["tables"].as_array().into_iter().flatten().find(|of| of["table"]["table"] == "orders");
    let orders = orders.context("the plan has orders")?;
    ensure!(orders["effect"] == "rebuild" || orders["effect"] == "columns_only", "{orders}");
    ensure!(orders["rows"] == 3 && orders["readers"][0]["table"] == "by_status", "{orders}");

    let said = shop.jonas.json(&["publish", "--rollback", "r1", "-m", "readers need it"])?;
    ensure!(said["release"]["release"] == 3 && said["release"]["rollback"] == 1, "{said}");
    ensure!(said["release"]["note"] == "Rolls back to r1. readers need it", "{said}");
    shop.mira.ok(&["run", "--once"])?;
    let third = shop.silver().await?;
    ensure!(third == first, "silver is {third}, it was {first}");
    ensure!(shop.mira.ok(&["publish", "--rollback", "r1"])?.contains("nothing to publish"), "it is there already");
    ended(&shop.mira.call(&["publish", "--rollback", "r9"])?, 2, &["r9 was never published"])
}

#[tokio::test(flavor = "multi_thread")]
async fn releases_are_listed_shown_and_compared() -> Result<()> {
    let shop = Shop::new()?;
    shop.mira.ok(&["publish", "-m", "first\nwith more to say"])?;
    shop.add_column("orders", ORDERS, "note")?;
    shop.mira.ok(&["publish", "--author", "ci"])?;

    let list = shop.mira.json(&["releases"])?;
    let of = |at: usize| list["releases"][at].clone();
    ensure!(of(0)["author"] == "ci" && of(0)["current"] == true && of(0)["note"] == "", "{list}");
    ensure!(
        of(0)["changed"] == serde_json::json!([{"layer": "silver", "name": {"dataset": "shop", "table": "orders"}}]),
        "{list}"
    );
    ensure!(of(1)["author"] == "mira" && of(1)["note"] == "first\nwith more to say", "{list}");
    let text = shop.mira.ok(&["releases"])?;
    ensure!(text.contains("r2") && text.contains("current") && text.contains("first …"), "{text}");

    let shown = shop.mira.json(&["release", "show", "r2"])?;
    ensure!(shown["plan"]["base"] == 1 && shown["plan"]["plan"] == of(0)["plan"], "{shown}");
    ensure!(shown["release"]["engine"].as_str().is_some_and(|engine| engine.starts_with("sluice/")), "{shown}");
    ensure!(shown["texts"].as_array().map(Vec::len) == Some(3), "{shown}");
    let text = shop.mira.ok(&["release", "show", "2"])?;
    ensure!(
        text.contains("# silver.shop.orders, contracts/shop/orders.yaml") && text.contains("schema.note"),
        "{text}"
    );

    let diff = shop.mira.json(&["release", "diff", "r1", "r2"])?;
    ensure!(diff["tables"].as_array().map(Vec::len) == Some(1), "{diff}");
    ensure!(diff["tables"][0]["changes"][0]["place"] == "schema.note", "{diff}");
    let text = shop.mira.ok(&["release", "diff", "draft", "r1"])?;
    ensure!(text.contains("- - {name: note, type: string}"), "{text}");
    ensure!(shop.mira.ok(&["release", "diff", "r2", "draft"])?.contains("are equal"), "the draft is published");
    ended(&shop.mira.call(&["release", "show", "r7"])?, 2, &["r7 was never published"])?;
    ended(&shop.mira.call(&["publish", "--author", " "])?, 0, &[])?;
    shop.add_column("orders", ORDERS, "more")?;
    ended(&shop.mira.call(&["publish", "--author", " "])?, 2, &["author is empty"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_published_exactly_or_not_at_all() -> Result<()> {
    let shop = Shop::new()?;
    let file = shop.plan_file()?;
    shop.mira.ok(&["publish", "-m", "first"])?;
    shop.mira.ok(&["run", "--once"])?;
    shop.add_column("orders", ORDERS, "note")?;
    let said = shop.mira.ok(&["publish", "--plan-out", &file])?;
    ensure!(said.contains("--apply") && said.contains("3 rows; read by gold.shop.by_status"), "{said}");
    let text = std::fs::read_to_string(&file)?;

    // Edited, in what decides and in what describes.
    for (from, to) in [("\"base\": 1", "\"base\": 2"), ("\"rows\": 3", "\"rows\": 30"), ("schema.note", "schema.other")]
    {
        let edited = text.replacen(from, to, 1);
        ensure!(edited != text, "{from} is in the plan");
        std::fs::write(&file, edited)?;
        ended(&shop.mira.call(&["publish", "--apply", &file])?, 2, &["edited"])?;
    }
    // Of another engine.
    let other = PlanDocument { engine: "sluice/0.0.1".to_owned(), ..serde_json::from_str(&text)? };
    std::fs::write(&file, serde_json::to_string(&sluice_publish::sealed(other))?)?;
    ended(&shop.mira.call(&["publish", "--apply", &file])?, STALE, &["the engine was sluice/0.0.1"])?;
    std::fs::write(&file, &text)?;

    // The draft moved, and came back.
    shop.add_column("orders", ORDERS, "note2")?;
    ended(&shop.mira.call(&["publish", "--apply", &file])?, STALE, &["the draft was changed", "new plan"])?;
    shop.add_column("orders", ORDERS, "note")?;
    let done = shop.jonas.json(&["publish", "--apply", &file, "-m", "by plan"])?;
    let plan: Value = serde_json::from_str(&text)?;
    ensure!(done["release"]["release"] == 2 && done["release"]["plan"] == plan["plan"], "{done}");
    let again = shop.jonas.json(&["publish", "--apply", &file])?;
    ensure!(again["release"] == done["release"], "the same plan again is the release that is there: {again}");

    // Somebody else published.
    shop.add_column("carts", CARTS, "note")?;
    shop.mira.ok(&["publish"])?;
    ended(&shop.mira.call(&["publish", "--apply", &file])?, STALE, &["the base was r1, r3 is current now"])?;
    ended(&shop.mira.call(&["publish", "--apply", &shop.file("none.json").display().to_string()])?, 2, &["none.json"])
}

#[tokio::test(flavor = "multi_thread")]
async fn some_tables_of_a_draft_are_published() -> Result<()> {
    let shop = Shop::new()?;
    shop.mira.ok(&["publish"])?;
    shop.mira.ok(&["run", "--once"])?;
    shop.add_column("orders", ORDERS, "note")?;
    shop.add_column("carts", CARTS, "note")?;
    shop.lake.write(
        "models/shop/by_status.sql",
        "SELECT status, MAX(note) AS note FROM silver.shop.orders GROUP BY status",
    )?;
    let file = shop.plan_file()?;
    let text = shop.mira.ok(&["publish", "--table", "shop.orders", "--plan-out", &file])?;
    ensure!(text.contains("only silver.shop.orders, gold.shop.by_status") && !text.contains("carts"), "{text}");
    // What is changed beside it does not concern the plan.
    shop.add_column("carts", CARTS, "other")?;
    let done = shop.mira.json(&["publish", "--apply", &file])?;
    ensure!(done["release"]["release"] == 2, "{done}");
    let left = shop.mira.json(&["publish", "--plan"])?;
    let left = left["changes"].as_array().context("a list")?.clone();
    ensure!(left.len() == 1 && left[0]["table"]["table"] == "carts", "{left:?}");
    shop.mira.ok(&["run", "--once"])?;
    let view = shop
        .lake
        .host()
        .call(ask::Table { table: "silver.shop.orders".parse().map_err(anyhow::Error::msg)?, version: None })
        .await?;
    ensure!(view.columns.iter().any(|column| column.name == "note"), "the runner took it");
    ended(&shop.mira.call(&["publish", "--table", "shop.nothing"])?, 2, &["shop.nothing is neither", "shop.carts"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lake_can_ask_for_somebody_elses_approval() -> Result<()> {
    let shop = Shop::new()?;
    shop.lake.write("sluice.yaml", "publish: {approvals: 1}\n")?;
    ended(&shop.mira.call(&["publish"])?, NOT_ALLOWED, &["1 approval", "--propose"])?;
    let proposed = shop.mira.json(&["publish", "--propose", "-m", "first"])?;
    let hash = proposed["document"]["plan"].as_str().context("a hash")?[..12].to_owned();
    ended(&shop.mira.call(&["publish", "--apply", &hash])?, NOT_ALLOWED, &["mira has 0"])?;
    ended(&shop.mira.call(&["release", "approve", &hash])?, NOT_ALLOWED, &["own approval does not count"])?;
    let text = shop.mira.ok(&["releases"])?;
    ensure!(text.contains(&format!("proposed {hash} by mira")) && text.contains("0 of 1"), "{text}");

    // Not by a plan that is stale.
    shop.add_column("orders", ORDERS, "note")?;
    ended(&shop.jonas.call(&["release", "approve", &hash])?, STALE, &["the draft was changed"])?;
    shop.lake.write("contracts/shop/orders.yaml", ORDERS)?;
    let approved = shop.jonas.ok(&["release", "approve", &hash])?;
    ensure!(approved.contains("approved by jonas, 1 of 1"), "{approved}");
    let done = shop.jonas.json(&["publish", "--apply", &hash])?;
    ensure!(done["release"]["author"] == "mira" && done["release"]["note"] == "first", "{done}");
    ensure!(done["release"]["approved_by"] == serde_json::json!(["jonas"]), "{done}");

    shop.add_column("orders", ORDERS, "note")?;
    shop.mira.ok(&["publish", "--propose"])?;
    ended(&shop.mira.call(&["publish", "--rollback", "r1"])?, 0, &[])?;
    shop.lake.write("sluice.yaml", "publish: {aprovals: 1}\n")?;
    ended(&shop.mira.call(&["publish"])?, 2, &["sluice.yaml:1:"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_says_who_when_and_why() -> Result<()> {
    let shop = Shop::new()?;
    shop.mira.ok(&["publish"])?;
    shop.add_column("orders", ORDERS, "note")?;
    shop.mira.ok(&["publish"])?;
    shop.add_column("orders", ORDERS, "more")?;
    let said = shop.jonas.ok(&["release", "lock", "--because", "incident 4711"])?;
    ensure!(said.contains("Locked by jonas") && said.contains("incident 4711"), "{said}");
    ensure!(shop.mira.ok(&["releases"])?.contains("Locked by jonas since 20"), "the list says it");
    ended(&shop.mira.call(&["publish"])?, NOT_ALLOWED, &["jonas", "incident 4711", "--during-incident"])?;
    ended(&shop.mira.call(&["publish", "--during-incident"])?, NOT_ALLOWED, &["incident 4711"])?;
    ended(&shop.mira.call(&["publish", "--rollback", "r1"])?, NOT_ALLOWED, &["--during-incident"])?;
    let back = shop.mira.json(&["publish", "--rollback", "r1", "--during-incident"])?;
    ensure!(back["release"]["release"] == 3, "{back}");
    ended(&shop.mira.call(&["release", "lock", "--because", "mine"])?, NOT_ALLOWED, &["jonas has locked"])?;
    shop.mira.ok(&["release", "unlock"])?;
    shop.mira.ok(&["publish"])?;
    ended(&shop.mira.call(&["release", "unlock"])?, 2, &["No incident lock is open"])
}

#[tokio::test(flavor = "multi_thread")]
async fn the_author_is_never_invented() -> Result<()> {
    let shop = Shop::new()?;
    // Where neither a variable, nor Git, nor the system names somebody.
    let on = |user: &str| {
        let sluice = Sluice::on_folder(shop.folder.path()).env("PATH", "").env("USER", user);
        ["SLUICE_AUTHOR", "LOGNAME", "USERNAME"].into_iter().fold(sluice, |sluice, name| sluice.env(name, ""))
    };
    ended(&on("").call(&["publish"])?, 2, &["needs an author", "--author"])?;
    ensure!(shop.mira.ok(&["releases"])?.contains("Nothing is published yet"), "nothing was written");
    ended(&on("").call(&["release", "lock", "--because", "incident"])?, 2, &["who you are"])?;
    let said = on("ole").json(&["publish"])?;
    ensure!(said["release"]["author"] == "ole", "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_with_nothing_to_publish_names_those_that_have() -> Result<()> {
    let shop = Shop::new()?;
    shop.mira.ok(&["publish"])?;
    ended(&shop.mira.call(&["publish", "--table", "shop.cart"])?, 2, &["shop.cart", "shop.carts", "shop.orders"])?;
    ensure!(shop.mira.ok(&["publish", "--table", "shop.carts"])?.contains("changes no other table"));
    shop.add_column("orders", ORDERS, "note")?;
    let said = shop.mira.ok(&["publish", "--table", "shop.carts"])?;
    ensure!(said.contains("nothing to publish") && said.contains("shop.orders"), "{said}");
    Ok(())
}
