//! A lake with two small tables and a model over one of them, which is replayed in an instant.

use crate::{Sluice, TestLake};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The contract of `shop.orders`.
pub const ORDERS: &str = "dataset: \"shop.orders\"\nsource: {path: \"landing/orders/\", format: debezium_json}\nschema:\n\
- {name: id, type: bigint, primary_key: true}\n- {name: status, type: string}\n- {name: email, type: string, pii: true}\n\
- {name: total, type: \"decimal(12,2)\"}\n";
/// The contract of `shop.carts`.
pub const CARTS: &str = "dataset: \"shop.carts\"\nsource: {path: \"landing/carts/\", format: debezium_json}\nschema:\n\
- {name: id, type: bigint, primary_key: true}\n- {name: size, type: int}\n";
/// The model `shop.by_status`.
pub const BY_STATUS: &str = "SELECT status, COUNT(*) AS n FROM silver.shop.orders GROUP BY status";

/// Where the contract of `shop.orders` is.
pub const ORDERS_PATH: &str = "contracts/shop/orders.yaml";

/// The lake, with a folder for sandboxes of its own.
pub struct SmallShop {
    folder: TempDir,
    data: TempDir,
    lake: TestLake,
}

impl SmallShop {
    /// A lake with the drafts and the first two deliveries.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn new() -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sluice-small-").tempdir()?;
        let data = tempfile::Builder::new().prefix("sluice-data-").tempdir()?;
        let shop = Self { lake: TestLake::at(folder.path()), folder, data };
        shop.lake.write(ORDERS_PATH, ORDERS)?;
        shop.lake.write("contracts/shop/carts.yaml", CARTS)?;
        shop.lake.write("models/shop/by_status.sql", BY_STATUS)?;
        shop.deliver(1)?;
        shop.deliver(2)?;
        Ok(shop)
    }

    /// The lake.
    #[must_use]
    pub fn lake(&self) -> &TestLake {
        &self.lake
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Puts the change files of a delivery into the lake: three new rows, an update and a delete of older ones.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn deliver(&self, number: u64) -> Result<()> {
        for (path, text) in delivery(number) {
            self.lake.write(&path, text)?;
        }
        Ok(())
    }

    /// The command on the lake.
    #[must_use]
    pub fn sluice(&self) -> Sluice {
        let sluice = Sluice::on_folder(self.folder.path()).env("SLUICE_AUTHOR", "mira");
        sluice.env("XDG_DATA_HOME", self.data.path().display().to_string())
    }

    /// The command in a sandbox.
    #[must_use]
    pub fn sandbox(&self, name: &str) -> Sluice {
        self.sluice().env("SLUICE_SANDBOX", name)
    }

    /// Where a sandbox is.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn place(&self, name: &str) -> Result<PathBuf> {
        place_of(&self.sluice(), name)
    }

    /// Replays, publishes and runs the drafts as they are.
    ///
    /// # Errors
    /// When a table stops.
    pub fn published(&self) -> Result<()> {
        self.sluice().ok(&["replay"])?;
        self.sluice().ok(&["publish", "-m", "first"])?;
        self.sluice().ok(&["run", "--once"])?;
        Ok(())
    }

    /// A sandbox whose orders have another type for their totals, replayed.
    ///
    /// # Errors
    /// When a table stops.
    pub fn retyped_in(&self, name: &str, words: &[&str]) -> Result<()> {
        self.sluice().ok(&[&["sandbox", "new", name], words].concat())?;
        std::fs::write(self.place(name)?.join(ORDERS_PATH), retyped())?;
        self.sandbox(name).ok(&["replay"])?;
        Ok(())
    }
}

/// The contract of orders with another type of its totals, by which silver is rebuilt.
#[must_use]
pub fn retyped() -> String {
    ORDERS.replace("decimal(12,2)", "decimal(14,4)")
}

/// The change files of a delivery, by path.
#[must_use]
pub fn delivery(number: u64) -> [(String, String); 2] {
    let mut orders = String::new();
    let mut carts = String::new();
    for row in 0..3 {
        let id = number * 10 + row;
        orders.push_str(&format!(
            "{{\"op\":\"c\",\"after\":{{\"id\":{id},\"status\":\"new\",\"email\":\"p{id}@shop.example\",\"total\":{id}.25}},\"source\":{{\"lsn\":{id}}}}}\n"
        ));
        carts.push_str(&format!(
            "{{\"op\":\"c\",\"after\":{{\"id\":{id},\"size\":{row}}},\"source\":{{\"lsn\":{id}}}}}\n"
        ));
    }
    if number > 1 {
        let (updated, deleted, lsn) = ((number - 1) * 10, (number - 1) * 10 + 1, number * 10 + 5);
        orders.push_str(&format!(
            "{{\"op\":\"u\",\"after\":{{\"id\":{updated},\"status\":\"paid\",\"email\":null,\"total\":7.50}},\"source\":{{\"lsn\":{lsn}}}}}\n"
        ));
        orders.push_str(&format!(
            "{{\"op\":\"d\",\"before\":{{\"id\":{deleted}}},\"source\":{{\"lsn\":{}}}}}\n",
            lsn + 1
        ));
    }
    [(format!("landing/orders/{number:04}.json"), orders), (format!("landing/carts/{number:04}.json"), carts)]
}

/// Where a sandbox of a lake is.
///
/// # Errors
/// When there is none of this name.
pub fn place_of(sluice: &Sluice, name: &str) -> Result<PathBuf> {
    let listed = sluice.json(&["sandbox", "ls"])?;
    let found = listed.as_array().into_iter().flatten().find(|each| each["name"] == name);
    Ok(found.and_then(|each| each["place"].as_str()).context("no such sandbox")?.into())
}

/// The tables of the small shop with their content as a hash.
///
/// # Errors
/// When one does not exist.
pub fn small_fingerprints(sluice: &Sluice) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for table in ["silver.shop.orders", "silver.shop.carts", "gold.shop.by_status"] {
        let hash = sluice.json(&["fingerprint", table])?["fingerprint"].clone();
        found.insert(table.to_owned(), hash.as_str().context("a hash")?.to_owned());
    }
    Ok(found)
}

/// How a release's tables compare with its preview, by table.
///
/// # Errors
/// When there is no such release.
pub fn reached(sluice: &Sluice, release: u64) -> Result<BTreeMap<String, Value>> {
    let shown = sluice.json(&["release", "show", &format!("r{release}")])?;
    let mut found = BTreeMap::new();
    for table in shown["release"]["reached"].as_array().into_iter().flatten() {
        let (layer, name) = (&table["table"]["layer"], &table["table"]["name"]);
        let name = format!("{layer}.{}.{}", name["dataset"], name["table"]).replace('"', "");
        ensure!(found.insert(name.clone(), table.clone()).is_none(), "{name} twice: {shown}");
    }
    Ok(found)
}
