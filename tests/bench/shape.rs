//! What data is asked for.

use serde::{Deserialize, Serialize};

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
    /// 50 % updates of live rows, 25 % new rows, 25 % deletes, no key twice in a file.
    Mixed,
    /// Keys of live rows, each only once in all files.
    Delete,
    /// No base: events of 0.4 keys per event, 5 % of them deletes, in no order at all.
    Events,
    /// The same, also as files of Debezium JSON with some broken records.
    JsonEvents,
    /// The same, also as files of Parquet as AWS DMS writes them, with some broken records.
    ParquetEvents,
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
