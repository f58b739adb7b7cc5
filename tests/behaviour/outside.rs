//! What a lake's files name outside of the lake is read only where the lake's settings allow it.

use anyhow::{Result, ensure};
use serde_json::Value;
use sluice_tests::{ORDERS, ORDERS_PATH, SmallShop};
use std::os::unix::fs::symlink;
use std::path::Path;
use tempfile::TempDir;

/// A folder outside of the lake, with the change files of its orders.
fn exports(shop: &SmallShop) -> Result<TempDir> {
    let outside = tempfile::Builder::new().prefix("sluice-exports-").tempdir()?;
    for number in ["0001", "0002"] {
        let name = format!("{number}.json");
        std::fs::copy(shop.folder().join("landing/orders").join(&name), outside.path().join(&name))?;
    }
    Ok(outside)
}

/// Replays a lake in which orders stop because of a place outside of it, and carts do not.
fn is_refused(shop: &SmallShop, place: &Path) -> Result<()> {
    let said = shop.sluice().call(&["replay", "--json"])?;
    ensure!(said.code == 3, "{said:?}");
    let replayed: Value = serde_json::from_str(&said.out)?;
    let place = place.canonicalize()?.display().to_string();
    for table in replayed["tables"].as_array().into_iter().flatten() {
        let error = table["error"].to_string();
        match table["table"]["table"] == "orders" {
            true => ensure!(
                error.contains("leads out of the lake") && error.contains(&place) && error.contains("sluice.yaml"),
                "{error}"
            ),
            false => ensure!(table["error"].is_null() && table["files"] == 2, "{table}"),
        }
    }
    ensure!(!shop.folder().join("bronze/shop/orders").exists(), "nothing of it is in bronze");
    let status = shop.sluice().call(&["status"])?;
    ensure!(status.code == 3 && status.out.contains("leads out of the lake"), "{status:?}");
    Ok(())
}

fn allow(shop: &SmallShop, place: &Path) -> Result<()> {
    shop.lake().write("sluice.yaml", format!("sources: {{allow: [\"{}\"]}}\n", place.display()))
}

#[test]
fn a_full_path_needs_to_be_allowed() -> Result<()> {
    let shop = SmallShop::new()?;
    let outside = exports(&shop)?;
    shop.lake().write(ORDERS_PATH, ORDERS.replace("landing/orders/", &outside.path().display().to_string()))?;
    is_refused(&shop, outside.path())?;
    // Beside it is not it.
    allow(&shop, &outside.path().join("other"))?;
    let words = ["onboard", &outside.path().display().to_string(), "--name", "shop.copy"];
    let said = shop.sluice().call(&words)?;
    ensure!(said.code == 2 && said.err.contains("leads out of the lake"), "{said:?}");
    allow(&shop, outside.path())?;
    let replayed = shop.sluice().json(&["replay"])?;
    ensure!(replayed.to_string().contains("\"rows_in\":8"), "{replayed}");
    shop.sluice().ok(&["onboard", &outside.path().display().to_string(), "--name", "shop.copy"])?;
    // A rule that cannot be read allows nothing.
    shop.lake().write("sluice.yaml", "sources: {alow: [/]}")?;
    let said = shop.sluice().call(&["replay"])?;
    ensure!(said.code == 3 && said.out.contains("sluice.yaml:1:"), "{said:?}");
    // A full path into the lake needs nothing.
    std::fs::remove_file(shop.folder().join("sluice.yaml"))?;
    let inside = shop.folder().join("landing/orders").display().to_string();
    shop.lake().write(ORDERS_PATH, ORDERS.replace("landing/orders/", &inside))?;
    shop.sluice().ok(&["replay"])?;
    Ok(())
}

#[test]
fn a_link_that_leads_out_needs_to_be_allowed() -> Result<()> {
    // The folder itself, a folder in it, and a file.
    for link in ["landing/orders", "landing/orders/day", "landing/orders/0009.json"] {
        let shop = SmallShop::new()?;
        let outside = exports(&shop)?;
        let (from, to) = (shop.folder().join(link), outside.path().to_path_buf());
        match link {
            "landing/orders" => {
                std::fs::remove_dir_all(&from)?;
                symlink(&to, &from)?;
            }
            "landing/orders/day" => symlink(&to, &from)?,
            _ => symlink(to.join("0001.json"), &from)?,
        }
        is_refused(&shop, outside.path())?;
        allow(&shop, outside.path())?;
        shop.sluice().ok(&["replay"])?;
    }
    // One that stays inside needs nothing.
    let shop = SmallShop::new()?;
    std::fs::rename(shop.folder().join("landing/orders"), shop.folder().join("landing/orders-of-today"))?;
    symlink("orders-of-today", shop.folder().join("landing/orders"))?;
    shop.sluice().ok(&["replay"])?;
    Ok(())
}

#[test]
fn a_contract_that_is_a_link_out_costs_itself() -> Result<()> {
    let shop = SmallShop::new()?;
    let outside = tempfile::tempdir()?;
    let (here, there) = (shop.folder().join(ORDERS_PATH), outside.path().join("orders.yaml"));
    std::fs::rename(&here, &there)?;
    symlink(&there, &here)?;
    let said = shop.sluice().call(&["replay"])?;
    ensure!(
        said.code == 3 && said.err.contains("leads out of the lake") && said.out.contains("shop.carts"),
        "{said:?}"
    );
    allow(&shop, outside.path())?;
    shop.sluice().ok(&["replay"])?;
    Ok(())
}
