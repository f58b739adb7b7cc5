//! Sandboxes: a draft is tried over the lake's data, the lake stays as it is to the byte, and what is seen there is what
//! the lake becomes.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_api::JobId;
use sluice_runner::{Clock, Job, MaintainOptions, maintain};
use sluice_tests::{ORDERS, ORDERS_PATH, ShopLake, Sluice, SmallShop, TestLake, files_below, retyped};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// A type by which the values of the recorded totals are others.
const OTHER: &str = "decimal(14,4)";

/// The command on a lake whose sandboxes are in a folder of the test.
struct Desk {
    data: TempDir,
    lake: PathBuf,
}

impl Desk {
    fn on(lake: &TestLake) -> Result<Self> {
        let data = tempfile::Builder::new().prefix("sluice-data-").tempdir()?;
        Ok(Self { data, lake: lake.folder().to_path_buf() })
    }

    fn sluice(&self) -> Sluice {
        let sluice = Sluice::on_folder(&self.lake).env("SLUICE_AUTHOR", "mira");
        sluice.env("XDG_DATA_HOME", self.data.path().display().to_string())
    }

    fn sandbox(&self, name: &str) -> Sluice {
        self.sluice().env("SLUICE_SANDBOX", name)
    }

    /// Where a sandbox is.
    fn place(&self, name: &str) -> Result<PathBuf> {
        let listed = self.sluice().json(&["sandbox", "ls"])?;
        let found = listed.as_array().into_iter().flatten().find(|each| each["name"] == name);
        Ok(found.and_then(|each| each["place"].as_str()).context("no such sandbox")?.into())
    }
}

/// Every file of a lake with its content, but for who its sandboxes are and what only saves time.
fn content(lake: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let files = files_below(lake)?.into_iter();
    let counts = |file: &PathBuf| !file.starts_with("_sluice/sandboxes") && !file.starts_with("_sluice/cache");
    files.filter(counts).map(|file| Ok((file.clone(), std::fs::read(lake.join(&file))?))).collect()
}

fn fingerprints(sluice: &Sluice, tables: impl IntoIterator<Item = String>) -> Result<BTreeMap<String, Value>> {
    let of = |table: String| Ok((table.clone(), sluice.json(&["fingerprint", &table])?["fingerprint"].clone()));
    tables.into_iter().map(of).collect()
}

fn without_errors(replayed: &Value) -> Result<()> {
    for table in replayed["tables"].as_array().into_iter().flatten() {
        ensure!(table["error"].is_null(), "{table}");
    }
    ensure!(replayed["gold_failed"].as_array().is_none_or(Vec::is_empty), "{replayed}");
    Ok(())
}

/// Gives the decimals of a contract another type, which builds silver anew.
fn retype(contracts: &Path, data_type: &str) -> Result<()> {
    let path = contracts.join("contracts/shop/orders.yaml");
    let text = std::fs::read_to_string(&path)?;
    let wider = text.replace("decimal(12,2)", data_type);
    ensure!(wider != text, "{text}");
    Ok(std::fs::write(path, wider)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_tried_while_the_lake_stays_as_it_is() -> Result<()> {
    let shop = ShopLake::delivered_up_to(1)?;
    without_errors(&serde_json::to_value(shop.replay().await?)?)?;
    let desk = Desk::on(&shop)?;
    let before = shop.fingerprints().await?;
    desk.sluice().ok(&["sandbox", "new", "try"])?;
    let place = desk.place("try")?;
    let parquet = |file: &PathBuf| file.extension().is_some_and(|ending| ending == "parquet");
    let copied: Vec<PathBuf> = files_below(&place)?.into_iter().filter(parquet).collect();
    ensure!(copied.iter().all(|file| file.to_string_lossy().contains("checkpoint")), "data was copied: {copied:?}");
    let sandbox = desk.sandbox("try");
    ensure!(fingerprints(&sandbox, before.keys().cloned())?.iter().all(|(table, hash)| before[table] == *hash));

    shop.deliver(2)?;
    let lake = content(shop.folder())?;
    without_errors(&sandbox.json(&["replay"])?)?;
    ensure!(content(shop.folder())? == lake, "the sandbox wrote into the lake");
    let tried = fingerprints(&sandbox, before.keys().cloned())?;
    ensure!(tried["silver.shop.orders"] != before["silver.shop.orders"].as_str(), "nothing was replayed");
    let status = sandbox.ok(&["status"])?;
    ensure!(status.contains("sandbox try of") && status.contains(" on v"), "{status}");

    // The lake itself takes the same batch.
    without_errors(&desk.sluice().json(&["replay"])?)?;
    ensure!(fingerprints(&desk.sluice(), before.keys().cloned())? == tried, "the lake became another one");
    // It moved on, and the sandbox did not.
    shop.deliver(3)?;
    without_errors(&desk.sluice().json(&["replay"])?)?;
    ensure!(fingerprints(&sandbox, before.keys().cloned())? == tried, "the lake reached its sandbox");
    without_errors(&sandbox.json(&["replay"])?)?;
    ensure!(
        fingerprints(&sandbox, before.keys().cloned())? == fingerprints(&desk.sluice(), before.keys().cloned())?,
        "both have seen the same events"
    );

    let said = desk.sluice().ok(&["sandbox", "rm", "try"])?;
    ensure!(said.contains("removed") && !place.exists(), "{said}");
    ensure!(desk.sluice().ok(&["sandbox", "ls"])?.contains("no sandbox"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_is_tried_in_a_sandbox_and_refused_in_production() -> Result<()> {
    let shop = ShopLake::delivered_up_to(1)?;
    shop.replay().await?;
    let desk = Desk::on(&shop)?;
    desk.sluice().ok(&["publish", "--note", "first"])?;
    // The same contracts as the release: nothing stands in the way.
    shop.deliver(2)?;
    without_errors(&desk.sluice().json(&["replay"])?)?;

    let before = shop.fingerprints().await?;
    retype(shop.folder(), "decimal(14,2)")?;
    let refused = desk.sluice().call(&["replay", "--json"])?;
    ensure!(refused.code == 3, "{refused:?}");
    let replayed: Value = serde_json::from_str(&refused.out)?;
    let errors: Vec<&Value> =
        replayed["tables"].as_array().into_iter().flatten().filter(|table| !table["error"].is_null()).collect();
    ensure!(errors.len() == 1 && errors[0]["table"]["table"] == "orders", "only the changed table: {errors:?}");
    let next = errors[0]["error"]["next"].as_str().unwrap_or_default();
    ensure!(next.contains("sluice sandbox new"), "{next}");
    ensure!(TestLake::at(shop.folder()).fingerprints().await? == before, "the draft reached production");
    ensure!(desk.sluice().call(&["replay", "--dry-run"])?.code == 0, "a dry run writes nothing");

    desk.sluice().ok(&["sandbox", "new", "wider", "--under-lake"])?;
    let sandbox = desk.sandbox("wider");
    let lake = content(shop.folder())?;
    without_errors(&sandbox.json(&["replay"])?)?;
    ensure!(content(shop.folder())? == lake, "the sandbox wrote into the lake");
    let plan = sandbox.json(&["publish", "--plan"])?;
    ensure!(plan["base"] == 1 && plan["changes"].as_array().is_some_and(|changes| !changes.is_empty()), "{plan}");
    let diff = sandbox.json(&["diff", "shop.orders"])?;
    ensure!(diff["sides"]["from"].as_str().is_some_and(|side| side.contains("production")), "{diff}");
    ensure!(diff["schema"].as_array().is_some_and(|schema| !schema.is_empty()), "{diff}");
    ensure!(diff["updated"] == 0 && diff["inserted"] == 0 && diff["deleted"] == 0, "the same values: {diff}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clean_up_of_the_lake_leaves_what_its_sandboxes_need() -> Result<()> {
    let shop = ShopLake::delivered_up_to(1)?;
    shop.replay().await?;
    let desk = Desk::on(&shop)?;
    let before = shop.fingerprints().await?;
    desk.sluice().ok(&["sandbox", "new", "old"])?;
    let sandbox = desk.sandbox("old");
    for checkpoint in [2, 3] {
        shop.deliver(checkpoint)?;
        without_errors(&desk.sluice().json(&["replay"])?)?;
    }
    // Rows of every file are written again, so nothing of the first versions is in the latest.
    without_errors(&desk.sluice().json(&["replay", "--full-refresh"])?)?;
    let tables: Vec<String> = before.keys().filter(|table| table.starts_with("silver.")).cloned().collect();
    clean_up(&shop, &tables).await?;
    ensure!(
        fingerprints(&sandbox, tables.clone())?.iter().all(|(table, hash)| before[table] == *hash),
        "the sandbox lost what it began with"
    );
    let verified = sandbox.call(&["verify"])?;
    ensure!(verified.code == 0, "{verified:?}");

    let files = |lake: &Path| Ok::<_, anyhow::Error>(files_below(&lake.join("silver"))?.len());
    let kept = files(shop.folder())?;
    desk.sluice().ok(&["sandbox", "rm", "old"])?;
    clean_up(&shop, &tables).await?;
    ensure!(files(shop.folder())? < kept, "nothing was cleaned up after the sandbox was gone");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_seen_before_it_is_one() -> Result<()> {
    let shop = ShopLake::delivered_up_to(1)?;
    shop.replay().await?;
    let desk = Desk::on(&shop)?;
    shop.deliver(2)?;
    let lake = content(shop.folder())?;
    let preview = desk.sluice().json(&["replay", "--dry-run", "--diff"])?;
    ensure!(content(shop.folder())? == lake, "the preview wrote into the lake");
    ensure!(desk.sluice().ok(&["sandbox", "ls"])?.contains("no sandbox"), "its sandbox stayed");
    without_errors(&preview["replay"])?;
    let replayed = desk.sluice().json(&["replay"])?;
    let counters = |summary: &Value| -> BTreeMap<String, Value> {
        let tables = summary["tables"].as_array().into_iter().flatten();
        tables.map(|table| (table["table"].to_string(), table["counters"].clone())).collect()
    };
    ensure!(counters(&preview["replay"]) == counters(&replayed), "{preview}\n{replayed}");
    // The checks that were seen are those that were then recorded.
    for of in preview["checks"].as_array().into_iter().flatten() {
        let name = format!("{}.{}", of["table"]["dataset"], of["table"]["table"]).replace('"', "");
        let recorded = desk.sluice().json(&["quality", &name])?["checks"].clone();
        let verdicts = |checks: &Value| -> Vec<(String, String)> {
            let checks = checks.as_array().into_iter().flatten();
            checks.map(|check| (check["check"].to_string(), check["verdict"].to_string())).collect()
        };
        ensure!(!verdicts(&of["checks"]).is_empty(), "{of}");
        ensure!(verdicts(&of["checks"]) == verdicts(&recorded), "{name}: {of}\n{recorded}");
    }
    for table in preview["impact"]["tables"].as_array().into_iter().flatten() {
        let name = table["table"]["name"].to_string();
        ensure!(table["error"].is_null(), "{table}");
        let Some(from) = table["from"].as_u64() else { continue };
        let (layer, dataset) = (&table["table"]["layer"], &table["table"]["name"]["dataset"]);
        let full = format!("{layer}.{dataset}.{}", table["table"]["name"]["table"]).replace('"', "");
        let status = desk.sluice().json(&["fingerprint", &full])?;
        let now = status["version"].as_u64().context("a version")?;
        if now == from {
            ensure!(table["diff"].is_null(), "{full} did not change: {table}");
            continue;
        }
        let real = desk.sluice().json(&["diff", &full, "--from", &from.to_string(), "--to", &now.to_string()])?;
        for count in ["inserted", "updated", "deleted"] {
            let seen = if table["diff"].is_null() { &Value::from(0) } else { &table["diff"][count] };
            ensure!(*seen == real[count], "{name} {count}: previewed {seen}, became {}", real[count]);
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_change_reaches_is_one_report() -> Result<()> {
    let shop = ShopLake::delivered_up_to(1)?;
    shop.replay().await?;
    let desk = Desk::on(&shop)?;
    desk.sluice().ok(&["sandbox", "new", "try"])?;
    let sandbox = desk.sandbox("try");
    let equal = sandbox.ok(&["diff", "--impacted"])?;
    ensure!(equal.contains("10 tables are equal"), "{equal}");
    ensure!(sandbox.call(&["diff", "--impacted", "--fail-over", "0"])?.code == 0);

    let path = desk.place("try")?.join("models/shop/daily_revenue.sql");
    let model = std::fs::read_to_string(&path)?;
    std::fs::write(&path, format!("SELECT * FROM ({}) WHERE 1 = 0", model.trim().trim_end_matches(';')))?;
    without_errors(&sandbox.json(&["replay"])?)?;
    let report = sandbox.ok(&["diff", "--impacted", "--report", "md"])?;
    ensure!(report.contains("| gold.shop.daily_revenue | 0 |") && report.contains("9 tables are equal"), "{report}");
    let failed = sandbox.call(&["diff", "--impacted", "--fail-over", "0"])?;
    ensure!(failed.code == 7, "{failed:?}");
    // From the lake, the other way round.
    let turned = desk.sluice().ok(&["diff", "--impacted", "--from", "sandbox:try", "--to", "production"])?;
    ensure!(turned.contains("gold.shop.daily_revenue") && turned.contains("9 tables are equal"), "{turned}");
    ensure!(sandbox.ok(&["diff", "--impacted", "--report", "html"])?.starts_with("<!doctype html>"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_tried_is_published_without_being_made_again() -> Result<()> {
    let shop = ShopLake::delivered_up_to(1)?;
    shop.replay().await?;
    let desk = Desk::on(&shop)?;
    desk.sluice().ok(&["publish", "-m", "first"])?;
    let before = shop.fingerprints().await?;
    let tables: Vec<String> = before.keys().cloned().collect();
    desk.sluice().ok(&["sandbox", "new", "wider"])?;
    let sandbox = desk.sandbox("wider");
    retype(&desk.place("wider")?, OTHER)?;
    without_errors(&sandbox.json(&["replay"])?)?;
    let tried = fingerprints(&sandbox, tables.clone())?;
    ensure!(tried["silver.shop.orders"] != before["silver.shop.orders"].as_str(), "nothing was rebuilt");
    ensure!(fingerprints(&desk.sluice(), tables.clone())?.iter().all(|(table, hash)| before[table] == *hash));
    let plan = sandbox.json(&["publish", "--plan"])?;
    let rebuilt = plan["tables"].as_array().into_iter().flatten().filter(|table| table["effect"] == "rebuild").count();
    ensure!(rebuilt == 1, "the plan is of production: {plan}");

    let published = sandbox.json(&["publish", "-m", "wider totals"])?;
    ensure!(published["release"]["release"] == 2, "{published}");
    ensure!(published["tables"][0]["version"].is_u64(), "the sandbox's files were not taken over: {published}");
    let now = fingerprints(&desk.sluice(), tables.clone())?;
    ensure!(now["silver.shop.orders"] == tried["silver.shop.orders"], "production is another table");
    ensure!(std::fs::read_to_string(shop.folder().join("contracts/shop/orders.yaml"))?.contains(OTHER));
    let version =
        |sluice: &Sluice| Ok::<_, anyhow::Error>(sluice.json(&["fingerprint", "shop.orders"])?["version"].clone());
    let adopted = version(&desk.sluice())?;
    let run = desk.sluice().json(&["run", "--once"])?;
    ensure!(run["release"] == 2 && version(&desk.sluice())? == adopted, "the runner made it again: {run}");
    ensure!(fingerprints(&desk.sluice(), tables.clone())? == tried, "all is as it was tried");
    // The files are the lake's own by now.
    desk.sluice().ok(&["sandbox", "rm", "wider"])?;
    desk.sluice().ok(&["verify"])?;
    shop.deliver(2)?;
    desk.sluice().ok(&["run", "--once"])?;
    let twin = ShopLake::delivered_up_to(2)?;
    retype(twin.folder(), OTHER)?;
    twin.replay().await?;
    let expected = twin.fingerprints().await?;
    ensure!(fingerprints(&desk.sluice(), tables.clone())?.iter().all(|(table, hash)| expected[table] == *hash));

    // And back.
    desk.sluice().ok(&["publish", "--rollback", "r1"])?;
    desk.sluice().ok(&["run", "--once"])?;
    let twin = ShopLake::delivered_up_to(2)?;
    twin.replay().await?;
    let expected = twin.fingerprints().await?;
    ensure!(fingerprints(&desk.sluice(), tables)?.iter().all(|(table, hash)| expected[table] == *hash));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_that_somebody_changed_meanwhile_is_not_published_over() -> Result<()> {
    let shop = ShopLake::delivered_up_to(1)?;
    shop.replay().await?;
    let desk = Desk::on(&shop)?;
    desk.sluice().ok(&["publish", "-m", "first"])?;
    desk.sluice().ok(&["sandbox", "new", "mine"])?;
    retype(&desk.place("mine")?, OTHER)?;
    let path = shop.folder().join("contracts/shop/orders.yaml");
    let theirs = format!("{}# somebody was here\n", std::fs::read_to_string(&path)?);
    std::fs::write(&path, &theirs)?;
    let refused = desk.sandbox("mine").call(&["publish", "--force", "-m", "mine"])?;
    ensure!(refused.code == 2 && refused.err.contains("was changed since the sandbox was made"), "{refused:?}");
    ensure!(std::fs::read_to_string(&path)? == theirs, "their words are gone");
    // Production has taken batches that were not tried in this sandbox: they are applied to its files.
    std::fs::write(&path, theirs.replace("# somebody was here\n", ""))?;
    shop.deliver(2)?;
    desk.sluice().ok(&["run", "--once"])?;
    without_errors(&desk.sandbox("mine").json(&["replay", "--max-files", "1", "--batches", "1"])?)?;
    let published = desk.sandbox("mine").json(&["publish", "-m", "mine"])?;
    ensure!(published["tables"][0]["version"].is_u64(), "{published}");
    desk.sluice().ok(&["run", "--once"])?;
    let twin = ShopLake::delivered_up_to(2)?;
    retype(twin.folder(), OTHER)?;
    twin.replay().await?;
    let expected = twin.fingerprints().await?;
    ensure!(
        fingerprints(&desk.sluice(), expected.keys().cloned())?.iter().all(|(table, hash)| expected[table] == *hash)
    );
    Ok(())
}

/// Cleans up in an hour, so that every version and file is old.
async fn clean_up(lake: &TestLake, tables: &[String]) -> Result<()> {
    let clock = Clock::fixed(Clock::system().now_ms() + 3_600_000);
    let options =
        MaintainOptions { retention: Some(Duration::ZERO), in_flight: Duration::ZERO, ..MaintainOptions::default() };
    for table in tables {
        let table = table.parse().map_err(anyhow::Error::msg)?;
        maintain(&lake.lake().await?, &table, &options, &clock, &Job::new(JobId(1), "clean up")).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_sandbox_any_more_is_refused_with_a_way_out() -> Result<()> {
    let shop = ShopLake::delivered_up_to(1)?;
    let desk = Desk::on(&shop)?;
    let said = |name: &str, words: &[&str]| desk.sandbox(name).call(words);
    ensure!(said("nothing", &["status"])?.err.contains("no sandbox of this name"));
    let bad = desk.sluice().call(&["sandbox", "new", "Bad Name"])?;
    ensure!(bad.code == 2 && bad.err.contains("small letters"), "{bad:?}");
    desk.sluice().ok(&["sandbox", "new", "a"])?;
    let twice = desk.sluice().call(&["sandbox", "new", "a", "--place", "elsewhere"])?;
    ensure!(twice.code == 2 && twice.err.contains("already"), "{twice:?}");
    let nested = Sluice::on_folder(&desk.place("a")?).call(&["sandbox", "ls"])?;
    ensure!(nested.code == 0, "a sandbox knows those of its lake: {nested:?}");
    let full = desk.sluice().call(&["sandbox", "new", "b", "--place", &desk.lake.display().to_string()])?;
    ensure!(full.code == 2 && full.err.contains("empty folder"), "{full:?}");
    // It expires.
    desk.sluice().ok(&["sandbox", "new", "short", "--keep", "1s"])?;
    std::thread::sleep(Duration::from_millis(1_100));
    let expired = said("short", &["replay"])?;
    ensure!(expired.code == 2 && expired.err.contains("expired") && expired.err.contains("sandbox rm"), "{expired:?}");
    // Its lake is gone.
    let place = desk.place("a")?;
    let moved = desk.lake.with_extension("moved");
    std::fs::rename(&desk.lake, &moved)?;
    let orphan = Sluice::on_folder(&place).call(&["status"])?;
    ensure!(orphan.code == 2 && orphan.err.contains("is not there"), "{orphan:?}");
    std::fs::rename(&moved, &desk.lake)?;
    ensure!(Sluice::on_folder(&place).call(&["status"])?.code == 0, "its folder is a lake by itself");
    Ok(())
}

#[test]
fn checks_that_would_stop_a_batch_are_counted_before_it_is_one() -> Result<()> {
    let shop = SmallShop::new()?;
    shop.sluice().ok(&["replay"])?;
    let checks =
        "quality:\n- check: row_count > 0\n- check: row_count < 6\n- {check: \"row_count < 5\", severity: warn}\n";
    shop.lake().write(ORDERS_PATH, format!("{checks}{ORDERS}"))?;
    shop.deliver(3)?;
    let said = shop.sluice().call(&["replay", "--dry-run", "--diff", "--table", "shop.orders"])?;
    ensure!(said.code == 3 || said.code == 6, "{said:?}");
    ensure!(said.out.contains("2 do not, 0 not evaluated"), "{}", said.out);
    ensure!(said.out.contains("fail: row_count < 6 does not hold"), "{}", said.out);
    ensure!(said.out.contains("warn: row_count < 5 does not hold"), "{}", said.out);
    Ok(())
}

#[test]
fn what_killed_writers_left_goes_with_the_next_look() -> Result<()> {
    let shop = SmallShop::new()?;
    shop.sluice().ok(&["replay"])?;
    let long_ago = std::time::UNIX_EPOCH + Duration::from_secs(7_200);
    let places =
        ["_sluice/sandboxes/try.json#17", "silver/shop/orders/part.parquet#4", "_sluice/schemas/shop/orders/1.json#2"];
    for place in places {
        shop.lake().write(place, "half")?;
        std::fs::File::options().write(true).open(shop.folder().join(place))?.set_modified(long_ago)?;
    }
    shop.lake().write("_sluice/sandboxes/new.json#18", "being written")?;
    let there = |place: &str| shop.folder().join(place).exists();
    shop.sluice().ok(&["sandbox", "ls"])?;
    ensure!(!there(places[0]) && there(places[1]) && there("_sluice/sandboxes/new.json#18"));
    shop.sluice().ok(&["maintain", "shop.orders"])?;
    ensure!(!there(places[1]) && !there(places[2]));
    Ok(())
}

#[test]
fn a_plan_says_how_long_a_rebuild_takes() -> Result<()> {
    let shop = SmallShop::new()?;
    shop.published()?;
    shop.lake().write(ORDERS_PATH, retyped())?;
    let plan = shop.sluice().json(&["publish", "--plan"])?;
    let orders = plan["tables"].as_array().into_iter().flatten().find(|of| of["table"]["table"] == "orders");
    let orders = orders.context("the plan has orders")?;
    ensure!(orders["effect"] == "rebuild" && orders["rebuild_seconds"] == 1, "{orders}");
    ensure!(shop.sluice().ok(&["publish", "--plan"])?.contains("takes about 1 s"), "in words");
    // A log that does not say how long its commits took.
    let log = shop.folder().join("silver/shop/orders/_delta_log");
    for entry in std::fs::read_dir(&log)? {
        let path = entry?.path();
        let text = std::fs::read_to_string(&path)?;
        std::fs::write(&path, text.replace("sluice.span", "other.span"))?;
    }
    ensure!(shop.sluice().ok(&["publish", "--plan"])?.contains("how long it takes is unknown"), "unknown is no number");
    Ok(())
}

#[test]
fn what_a_sandbox_reached_is_approved_by_somebody_else() -> Result<()> {
    let shop = SmallShop::new()?;
    shop.published()?;
    shop.lake().write("sluice.yaml", "publish: {approvals: 1}\n")?;
    shop.retyped_in("try", &[])?;
    let proposed = shop.sandbox("try").json(&["publish", "--propose", "-m", "wider"])?;
    let plan = proposed["document"]["plan"].as_str().context("a plan")?.to_owned();
    let tables = proposed["document"]["previewed"]["tables"].clone();
    let jonas = shop.sluice().env("SLUICE_AUTHOR", "jonas");
    // From the lake, where the draft is another one.
    let said = jonas.ok(&["release", "approve", &plan])?;
    let silver =
        tables.as_array().into_iter().flatten().find(|of| of["table"]["layer"] == "silver").context("silver")?;
    let fingerprint = silver["fingerprint"].as_str().context("a fingerprint")?;
    ensure!(said.contains("It has to reach silver.shop.orders") && said.contains(&fingerprint[..12]), "{said}");
    // What arrives in the sandbox later is no part of what was approved.
    shop.deliver(3)?;
    shop.sandbox("try").ok(&["replay"])?;
    shop.sandbox("try").ok(&["publish", "-m", "wider"])?;
    let release = shop.sluice().json(&["release", "show", "r2"])?;
    ensure!(release["release"]["approved_by"] == serde_json::json!(["jonas"]), "{release}");
    ensure!(release["plan"]["previewed"]["tables"] == tables, "{release}");

    // A sandbox that is gone cannot be looked at.
    shop.retyped_in("other", &[])?;
    std::fs::write(shop.place("other")?.join(ORDERS_PATH), ORDERS)?;
    shop.sandbox("other").ok(&["replay"])?;
    let proposed = shop.sandbox("other").json(&["publish", "--propose", "-m", "back"])?;
    let plan = proposed["document"]["plan"].as_str().context("a plan")?.to_owned();
    shop.sluice().ok(&["sandbox", "rm", "other"])?;
    let refused = jonas.call(&["release", "approve", &plan])?;
    ensure!(refused.code == 2 && refused.err.contains("sandbox other"), "{refused:?}");
    Ok(())
}
