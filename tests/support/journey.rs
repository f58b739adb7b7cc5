//! The whole way of a change: tried in a sandbox, published, taken back, while a runner runs and maintenance cleans up.

use crate::small_shop::{delivery, place_of, small_fingerprints};
use crate::{BY_STATUS, CARTS, ORDERS, ORDERS_PATH, Sluice, reached};
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::process::Child;
use std::time::{Duration, Instant};

/// Until then something has to happen that a runner does.
const LATEST: Duration = Duration::from_secs(60);

/// Another type, another key, a check and another model; the key is one that the rows have too.
const CHANGED: &str = "dataset: \"shop.orders\"\nsource: {path: \"landing/orders/\", format: debezium_json}\nschema:\n\
- {name: id, type: string, primary_key: true}\n- {name: status, type: string}\n- {name: email, type: string, pii: true}\n\
- {name: total, type: \"decimal(14,4)\"}\nquality:\n- check: \"row_count > 0\"\n";
const CARTS_BY_SIZE: &str = "dataset: \"shop.carts\"\nsource: {path: \"landing/carts/\", format: debezium_json}\nschema:\n\
- {name: id, type: bigint}\n- {name: size, type: int, primary_key: true}\n";
const MODEL: &str = "SELECT status, SUM(total) AS total FROM silver.shop.orders GROUP BY status";

/// A runner that is stopped when the test is done with it.
struct Runner(Child);

impl Drop for Runner {
    fn drop(&mut self) {
        // It may have ended by itself, which the test finds out.
        let _ended = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// Plays it on a lake with the small shop's first two deliveries. `put` puts a change file into the lake; `sluice` is the
/// command on it, with a folder for sandboxes.
///
/// # Errors
/// When readers of production see what nobody published, or what was published is not what was tried.
pub fn change_and_take_back(sluice: &dyn Fn() -> Sluice, put: &dyn Fn(&str, &str) -> Result<()>) -> Result<()> {
    sluice().ok(&["replay"])?;
    sluice().ok(&["publish", "-m", "first"])?;
    let mut runner = Runner(sluice().start(&["run", "--continuous"])?);
    let before = small_fingerprints(&sluice())?;

    sluice().ok(&["sandbox", "new", "try"])?;
    let place = place_of(&sluice(), "try")?;
    let sandbox = || sluice().env("SLUICE_SANDBOX", "try");
    std::fs::write(place.join(ORDERS_PATH), CHANGED)?;
    std::fs::write(place.join("contracts/shop/carts.yaml"), CARTS_BY_SIZE)?;
    std::fs::write(place.join("models/shop/by_status.sql"), MODEL)?;
    sandbox().ok(&["replay"])?;
    let tried = small_fingerprints(&sandbox())?;
    for (table, hash) in &before {
        ensure!(tried[table] != *hash, "the change reaches {table}");
    }
    clean_up(&sluice())?;
    ensure!(small_fingerprints(&sluice())? == before, "a sandbox and a clean-up reached production");
    ensure!(runner.0.try_wait()?.is_none(), "the runner ended");

    sandbox().ok(&["publish", "--force", "-m", "wider"])?;
    until(&sluice(), &tried, "what was tried")?;
    until_compared(&sluice(), 2)?;
    for (table, found) in reached(&sluice(), 2)? {
        ensure!(found["reached"] == "as_previewed", "{table}: {found}");
    }
    clean_up(&sluice())?;
    ensure!(small_fingerprints(&sluice())? == tried, "a clean-up changed production");

    sluice().ok(&["publish", "--rollback", "r1", "-m", "back"])?;
    // The draft stays as it was published, and a fingerprint is in the order of the draft's key.
    put(ORDERS_PATH, ORDERS)?;
    put("contracts/shop/carts.yaml", CARTS)?;
    put("models/shop/by_status.sql", BY_STATUS)?;
    until(&sluice(), &before, "what it was before")?;
    clean_up(&sluice())?;
    ensure!(small_fingerprints(&sluice())? == before, "a clean-up changed production");

    // It goes on from there.
    for (path, text) in delivery(3) {
        put(&path, &text)?;
    }
    let begun = Instant::now();
    while small_fingerprints(&sluice())?["silver.shop.orders"] == before["silver.shop.orders"] {
        ensure!(begun.elapsed() < LATEST, "the runner takes nothing any more");
        std::thread::sleep(Duration::from_millis(100));
    }
    ensure!(runner.0.try_wait()?.is_none(), "the runner ended");
    sluice().ok(&["verify"])?;
    // Production stands on no file of the sandbox.
    sluice().ok(&["sandbox", "rm", "try"])?;
    sluice().ok(&["verify"])?;
    Ok(())
}

/// Compacts, and removes every file that no version of the last hour needs.
fn clean_up(sluice: &Sluice) -> Result<()> {
    for table in ["silver.shop.orders", "silver.shop.carts", "bronze.shop.orders", "gold.shop.by_status"] {
        sluice.ok(&["maintain", table, "--retention", "1h"])?;
    }
    Ok(())
}

fn until(sluice: &Sluice, expected: &BTreeMap<String, String>, what: &str) -> Result<()> {
    let begun = Instant::now();
    loop {
        let found = small_fingerprints(sluice)?;
        if found == *expected {
            return Ok(());
        }
        let differs = found.iter().find(|(table, hash)| expected.get(*table) != Some(hash)).context("a table")?;
        ensure!(begun.elapsed() < LATEST, "production is not {what}: {}", differs.0);
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn until_compared(sluice: &Sluice, release: u64) -> Result<()> {
    let begun = Instant::now();
    while reached(sluice, release)?.len() < 3 {
        ensure!(begun.elapsed() < LATEST, "the runner compares nothing");
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}
