//! Releases that are built beside production first, and the instant way back.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_tests::{BY_STATUS, ORDERS, ORDERS_PATH, SmallShop, files_below, reached, retyped, small_fingerprints};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What readers see of a lake, and what decides it.
fn visible(lake: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let files = files_below(lake)?.into_iter().filter(|file| {
        !["_sluice/sandboxes", "_sluice/cache", "_sluice/leases"].iter().any(|folder| file.starts_with(folder))
    });
    files.map(|file| Ok((file.clone(), std::fs::read(lake.join(&file))?))).collect()
}

fn adopted(published: &Value) -> Vec<(&Value, &Value)> {
    let tables = published["tables"].as_array().into_iter().flatten();
    tables.map(|table| (&table["table"]["name"]["table"], &table["version"])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_is_built_compared_and_taken_over() -> Result<()> {
    let shop = SmallShop::new()?;
    shop.published()?;
    shop.lake().write(ORDERS_PATH, retyped())?;
    shop.lake().write("models/shop/by_status.sql", format!("{BY_STATUS} HAVING COUNT(*) > 0"))?;
    let published = shop.sluice().json(&["publish", "--canary", "-m", "wider"])?;
    ensure!(published["release"]["release"] == 2, "{published}");
    ensure!(
        adopted(&published).len() == 2 && adopted(&published).iter().all(|(_, version)| version.is_u64()),
        "{published}"
    );
    let compared: Vec<&Value> = published["canary"].as_array().into_iter().flatten().collect();
    ensure!(
        compared.len() == 2
            && compared
                .iter()
                .all(|table| table["changed"] == serde_json::json!([0, 0, 0]) || table["changed"][1].is_u64()),
        "{published}"
    );
    ensure!(shop.sluice().ok(&["sandbox", "ls"])?.contains("no sandbox"), "the canary stayed");
    let now = small_fingerprints(&shop.sluice())?;
    shop.sluice().ok(&["run", "--once"])?;
    ensure!(small_fingerprints(&shop.sluice())? == now, "the runner made it again");
    let compared = reached(&shop.sluice(), 2)?;
    ensure!(compared.len() == 2 && compared.values().all(|table| table["reached"] == "as_previewed"), "{compared:?}");
    let twin = SmallShop::new()?;
    twin.lake().write(ORDERS_PATH, retyped())?;
    twin.sluice().ok(&["replay"])?;
    ensure!(small_fingerprints(&twin.sluice())? == now, "it is not what a lake has that begins with it");
    shop.sluice().ok(&["verify"])?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_canary_that_fails_changes_nothing() -> Result<()> {
    let shop = SmallShop::new()?;
    shop.published()?;
    // No row has so large a total; the rows as they are now do not show it, as the check is of the new release.
    let strict = format!("{}quality:\n- check: \"row_count > 1000\"\n", retyped());
    shop.lake().write(ORDERS_PATH, strict)?;
    let before = visible(shop.folder())?;
    let failed = shop.sluice().call(&["publish", "--canary", "--force", "-m", "strict"])?;
    ensure!(failed.code == 6, "{failed:?}");
    ensure!(failed.err.contains("the canary of r2 failed") && failed.err.contains("row_count"), "{failed:?}");
    ensure!(visible(shop.folder())? == before, "a failed canary left something");
    ensure!(shop.sluice().ok(&["sandbox", "ls"])?.contains("canary-r2"), "there is nothing to look at");
    // The next one takes its place.
    shop.lake().write(ORDERS_PATH, retyped())?;
    let published = shop.sluice().json(&["publish", "--canary", "-m", "wider"])?;
    ensure!(published["release"]["release"] == 2 && published["tables"][0]["version"].is_u64(), "{published}");
    ensure!(shop.sluice().ok(&["sandbox", "ls"])?.contains("no sandbox"));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_of_somebody_is_not_taken_for_a_canary() -> Result<()> {
    let shop = SmallShop::new()?;
    shop.published()?;
    shop.sluice().ok(&["sandbox", "new", "canary-r2"])?;
    shop.lake().write(ORDERS_PATH, retyped())?;
    let refused = shop.sluice().call(&["publish", "--canary", "-m", "wider"])?;
    ensure!(refused.code == 2 && refused.err.contains("sandbox rm canary-r2"), "{refused:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_takes_the_earlier_files_again() -> Result<()> {
    let shop = SmallShop::new()?;
    shop.published()?;
    let before = small_fingerprints(&shop.sluice())?;
    shop.retyped_in("try", &[])?;
    shop.sandbox("try").ok(&["publish", "-m", "wider"])?;
    shop.sluice().ok(&["run", "--once"])?;
    ensure!(small_fingerprints(&shop.sluice())? != before);

    let back = shop.sluice().json(&["publish", "--rollback", "r1"])?;
    ensure!(adopted(&back).iter().all(|(_, version)| version.is_u64()) && adopted(&back).len() == 2, "{back}");
    ensure!(small_fingerprints(&shop.sluice())? == before, "readers see it at once");
    ensure!(shop.sluice().ok(&["sandbox", "ls"])?.contains("try"), "the person's own sandbox stays");

    // Back and forth, with a delivery between: only that is merged.
    shop.sluice().ok(&["publish", "--rollback", "r2"])?;
    shop.deliver(3)?;
    shop.sluice().ok(&["run", "--once"])?;
    let back = shop.sluice().json(&["publish", "--rollback", "r1"])?;
    ensure!(adopted(&back).iter().all(|(_, version)| version.is_u64()), "{back}");
    let twin = SmallShop::new()?;
    twin.deliver(3)?;
    twin.sluice().ok(&["replay"])?;
    ensure!(small_fingerprints(&shop.sluice())? == small_fingerprints(&twin.sluice())?);
    let version =
        |of: &SmallShop| of.sluice().json(&["fingerprint", "shop.orders"]).map(|found| found["version"].clone());
    let now = version(&shop)?;
    shop.sluice().ok(&["run", "--once"])?;
    ensure!(version(&shop)? == now, "the runner made it again");
    shop.sluice().ok(&["verify"])?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollback_to_files_that_are_gone_is_left_to_the_runner() -> Result<()> {
    let shop = SmallShop::new()?;
    shop.published()?;
    let before = small_fingerprints(&shop.sluice())?;
    shop.retyped_in("try", &[])?;
    shop.sandbox("try").ok(&["publish", "-m", "wider"])?;
    shop.sluice().ok(&["sandbox", "rm", "try"])?;
    // As a clean-up after the retention does.
    let table = shop.folder().join("silver/shop/orders");
    let log = std::fs::read_dir(table.join("_delta_log"))?.filter_map(Result::ok).map(|entry| entry.path());
    let mut live = String::new();
    let mut entries: Vec<PathBuf> = log.filter(|path| path.extension().is_some_and(|kind| kind == "json")).collect();
    entries.sort();
    live.push_str(&std::fs::read_to_string(entries.last().context("a log")?)?);
    for file in std::fs::read_dir(&table)?.filter_map(Result::ok).map(|entry| entry.path()) {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
        let is_live = live.lines().any(|line| line.starts_with("{\"add\"") && line.contains(&name));
        if name.ends_with(".parquet") && !is_live {
            std::fs::remove_file(file)?;
        }
    }
    let back = shop.sluice().json(&["publish", "--rollback", "r1"])?;
    ensure!(adopted(&back).iter().all(|(_, version)| version.is_null()), "{back}");
    shop.sluice().ok(&["run", "--once"])?;
    ensure!(small_fingerprints(&shop.sluice())? == before);
    ensure!(std::fs::read_to_string(shop.folder().join(ORDERS_PATH))? == retyped() && ORDERS != retyped());
    Ok(())
}
