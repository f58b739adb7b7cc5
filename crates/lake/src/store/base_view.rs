//! What a sandbox sees of its base: the files of the base that take part in it, by their path in the lake.
//!
//! A sandbox begins with the base as it was at one moment, and what the base commits later must not reach it. Everything
//! that is numbered (log entries, manifests, schema documents) is therefore seen up to a number, the pin of its folder.
//! Data files, deletion vectors and states of deletes have names of their own and never change.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Folders of a lake in which a sandbox has its own files alone.
pub(crate) const OWN_FOLDERS: [&str; 4] = ["contracts", "models", "tests", "queries"];

/// Up to which number the files of a folder are seen, by the path of the folder in the lake: of a table
/// (`silver/shop/orders`) its version, of a folder of numbered documents (`_sluice/batches/shop/orders`) the last number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pins(BTreeMap<String, u64>);

/// Where a path of a sandbox is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// In the sandbox alone.
    Own,
    /// In the sandbox, then in the base. Lists have it too.
    Both,
    /// In the sandbox, then in the base, by name: no list of the sandbox has it.
    ByName,
    /// In the base alone: change files and releases, which a sandbox only reads.
    Base,
}

/// What a path is, before its number is looked at.
enum Kind<'a> {
    Own,
    Base,
    ByName,
    /// A file in a pinned folder, and its name.
    Numbered(String, &'a str),
}

impl Pins {
    /// Sees a folder up to a number.
    pub fn set(&mut self, folder: impl Into<String>, number: u64) {
        self.0.insert(folder.into(), number);
    }

    /// The number of a folder; `None` if nothing of it is seen.
    #[must_use]
    pub fn number(&self, folder: &str) -> Option<u64> {
        self.0.get(folder).copied()
    }

    /// Where a path is looked for.
    pub(crate) fn seen(&self, path: &str) -> Seen {
        match kind(path) {
            Kind::Own => Seen::Own,
            Kind::Base => Seen::Base,
            Kind::ByName => Seen::ByName,
            Kind::Numbered(folder, name) => match (self.number(&folder), number_of(name)) {
                (Some(last), Some(number)) if number <= last => Seen::Both,
                _ => Seen::Own,
            },
        }
    }

    /// Whether a list of a folder has files of the base.
    pub(crate) fn lists(&self, folder: &str) -> bool {
        match kind(&format!("{folder}/{:020}.json", 0)) {
            Kind::Own | Kind::ByName => false,
            Kind::Base => true,
            Kind::Numbered(folder, _) => self.0.contains_key(&folder),
        }
    }
}

fn kind(path: &str) -> Kind<'_> {
    let parts: Vec<&str> = path.split('/').collect();
    match parts.as_slice() {
        [first, ..] if OWN_FOLDERS.contains(first) => Kind::Own,
        [layer @ ("bronze" | "silver" | "gold"), dataset, table, rest @ ..] => {
            of_table(format!("{layer}/{dataset}/{table}"), rest)
        }
        ["_sluice", "quarantine", dataset, table, rest @ ..] => {
            of_table(format!("_sluice/quarantine/{dataset}/{table}"), rest)
        }
        [
            "_sluice",
            kind @ ("batches" | "batch_decisions" | "record_decisions" | "schemas" | "quality" | "source_changes"),
            dataset,
            table,
            name,
        ] => Kind::Numbered(format!("_sluice/{kind}/{dataset}/{table}"), name),
        ["_sluice", "batches", dataset, table, "folded", name] => {
            Kind::Numbered(format!("_sluice/batches/{dataset}/{table}"), name)
        }
        ["_sluice", "tombstones" | "keys" | "started" | "corrections", ..] => Kind::ByName,
        // What is in production is what the base says now.
        ["_sluice", "releases" | "current" | "proposals" | "release-lock" | "reached" | "identity.json", ..] => {
            Kind::Base
        }
        ["_sluice" | "bronze" | "silver" | "gold", ..] => Kind::Own,
        _ => Kind::Base,
    }
}

fn of_table<'a>(folder: String, rest: &[&'a str]) -> Kind<'a> {
    match rest {
        ["_delta_log", name] => Kind::Numbered(folder, name),
        [.., name] if !rest.iter().any(|part| part.starts_with(['_', '.'])) && is_data(name) => Kind::ByName,
        _ => Kind::Own,
    }
}

fn is_data(name: &str) -> bool {
    name.ends_with(".parquet") || name.ends_with(".bin")
}

/// The number that a name begins with, 20 digits and then something else.
fn number_of(name: &str) -> Option<u64> {
    let (digits, rest) = name.split_at_checked(20)?;
    if rest.starts_with(['.', '-']) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{Pins, Seen};

    #[test]
    fn a_sandbox_sees_its_base_as_it_was() {
        let mut pins = Pins::default();
        pins.set("silver/shop/orders", 4);
        pins.set("_sluice/batches/shop/orders", 7);
        pins.set("_sluice/quarantine/shop/orders", 1);
        pins.set("_sluice/batch_decisions/shop/orders", 2);
        pins.set("_sluice/record_decisions/shop/orders", 1);
        let log = |version: u64, rest: &str| format!("silver/shop/orders/_delta_log/{version:020}.{rest}");
        for (path, seen) in [
            ("landing/shop/orders/1.json", Seen::Base),
            ("exports/2026/1.csv", Seen::Base),
            ("sluice.yaml", Seen::Base),
            ("contracts/shop/orders.yaml", Seen::Own),
            ("models/shop/revenue.sql", Seen::Own),
            (&log(4, "json"), Seen::Both),
            (&log(3, "checkpoint.parquet"), Seen::Both),
            (&log(5, "json"), Seen::Own),
            ("silver/shop/orders/_delta_log/_last_checkpoint", Seen::Own),
            ("silver/shop/orders/part-1.parquet", Seen::ByName),
            ("silver/shop/orders/deletion_vector_1.bin", Seen::ByName),
            ("silver/shop/customers/_delta_log/00000000000000000000.json", Seen::Own),
            ("_sluice/quarantine/shop/orders/_delta_log/00000000000000000001.json", Seen::Both),
            ("_sluice/batches/shop/orders/00000000000000000007.json", Seen::Both),
            ("_sluice/batches/shop/orders/00000000000000000007.without", Seen::Both),
            ("_sluice/batches/shop/orders/00000000000000000008.json", Seen::Own),
            ("_sluice/batch_decisions/shop/orders/00000000000000000002.json", Seen::Both),
            ("_sluice/batch_decisions/shop/orders/00000000000000000003.json", Seen::Own),
            ("_sluice/record_decisions/shop/orders/00000000000000000001.json", Seen::Both),
            ("_sluice/record_decisions/shop/orders/00000000000000000002.json", Seen::Own),
            ("_sluice/source_changes/shop/orders/00000000000000000003.json", Seen::Own),
            ("_sluice/source_decisions/shop/orders/00000000000000000001.json", Seen::Own),
            ("_sluice/batches/shop/orders/folded/00000000000000000006-ab.parquet", Seen::Both),
            ("_sluice/batches/shop/orders/folded/00000000000000000008-ab.parquet", Seen::Own),
            ("_sluice/batches/shop/customers/00000000000000000001.json", Seen::Own),
            ("_sluice/tombstones/shop/orders/abc.parquet", Seen::ByName),
            ("_sluice/keys/customers.json", Seen::ByName),
            ("_sluice/leases/shop/orders/00000000000000000001.json", Seen::Own),
            ("_sluice/current/00000000000000000001.json", Seen::Base),
            ("_sluice/releases/00000000000000000001.json", Seen::Base),
            ("_sluice/reached/00000000000000000001/silver.shop.orders.json", Seen::Base),
            ("_sluice/sandboxes/mine.json", Seen::Own),
        ] {
            assert_eq!(pins.seen(path), seen, "{path}");
        }
    }

    #[test]
    fn lists_have_what_is_pinned_and_no_data_files() {
        let mut pins = Pins::default();
        pins.set("silver/shop/orders", 4);
        pins.set("_sluice/batches/shop/orders", 7);
        assert!(pins.lists("landing/shop"));
        assert!(pins.lists("silver/shop/orders/_delta_log"));
        assert!(pins.lists("_sluice/batches/shop/orders"));
        assert!(!pins.lists("silver/shop/orders"), "its own data files are vacuumed, those of the base never");
        assert!(!pins.lists("silver/shop/customers/_delta_log"));
        assert!(!pins.lists("_sluice/leases/shop/orders"));
        assert!(!pins.lists("contracts"));
    }
}
