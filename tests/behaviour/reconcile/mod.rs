//! Silver beside its source: what differs is found, named, explained and repaired.

mod files;
mod kinds;
mod load_mariadb;
mod load_postgres;
mod mariadb;
mod postgres;
mod tls;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use sluice_tests::Sluice;

/// A personal value that may be in no output.
const CANARY: &str = "canary";

/// What a comparison says, and its exit code.
fn reconcile(sluice: &Sluice, words: &[&str]) -> Result<(i32, Value)> {
    let said = sluice.call(&[&["--json", "reconcile", "shop.customers"], words].concat())?;
    ensure!(!said.out.contains(CANARY) && !said.err.contains(CANARY), "{said:?}");
    ensure!(matches!(said.code, 0 | 7), "{said:?}");
    Ok((said.code, serde_json::from_str(&said.out).with_context(|| said.out.clone())?))
}

fn counts(found: &Value) -> [u64; 3] {
    ["missing", "surplus", "different"].map(|name| found["counts"][name].as_u64().unwrap_or(u64::MAX))
}

/// Differences of a kind that the answer names by their keys.
fn ids(found: &Value, difference: &str, arrival: &str) -> Vec<u64> {
    let keys = found["keys"].as_array().into_iter().flatten();
    let wanted = keys.filter(|key| key["difference"] == difference && key["arrival"] == arrival);
    let id = |key: &Value| key["key"][0][1].as_str().and_then(|text| text.parse().ok()).unwrap_or(0);
    wanted.map(id).collect()
}
