//! The data of one benchmark as files, and the document (`data.json`) that tells every engine what they are.

use anyhow::Context;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// What is asked for; a folder of data belongs to exactly one of these.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Shape {
    /// Rows of the base table; for [`Kind::Events`] the number of events.
    pub(crate) rows: u64,
    /// Columns with the key: 10 of mixed types, more of them repeat the types.
    pub(crate) columns: usize,
    pub(crate) key: Key,
    pub(crate) kind: Kind,
    pub(crate) spread: Spread,
    /// Number of change files.
    pub(crate) batches: u64,
    /// Changes in one file.
    pub(crate) batch_rows: u64,
    pub(crate) seed: u64,
}

/// The key column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Key {
    /// Random 64 bit integers.
    Bigint,
    /// Integers in the order of insertion.
    Sequence,
    /// Random text of 36 characters.
    Uuid,
}

/// What the change files hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// 80 % updates of live rows, 20 % new rows, no key twice in a file.
    Upsert,
    /// Keys of live rows, each only once in all files.
    Delete,
    /// No base: events of 0.4 keys per event, 5 % of them deletes, in no order at all.
    Events,
}

/// Which live rows are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Spread {
    /// Any with the same chance.
    Uniform,
    /// Zipf with exponent 0.99, the newest rows most.
    Zipf,
    /// 90 % among the newest tenth.
    Recent,
    /// One run of neighbouring keys in the middle.
    Range,
}

/// Contents of `data.json`.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// Name of the key column.
    pub(crate) key: String,
    /// Names and types (in the contract's words), in order.
    pub(crate) columns: Vec<(String, String)>,
    /// Rows of the base.
    pub(crate) rows: u64,
    /// Whether keys and time of insertion have the same order.
    pub(crate) ordered: bool,
    /// Files of the base.
    pub(crate) base: Vec<String>,
    /// Files of changes, with `_op` (`u` or `d`) and `_seq` besides the columns; those of deletes have the key only.
    pub(crate) changes: Vec<Change>,
}

/// One file of changes.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) file: String,
    pub(crate) rows: u64,
    /// Smallest and largest key if the file deletes a run of neighbours.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub(crate) range: Option<(i64, i64)>,
}

impl Plan {
    /// Name of the document in the folder.
    pub(crate) const FILE: &str = "data.json";

    /// Reads the document.
    pub(crate) fn read(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join(Self::FILE);
        let text = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&text).with_context(|| format!("{} is no plan of data", path.display()))
    }
}
