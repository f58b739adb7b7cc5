//! A table of silver beside its source: which rows are missing, surplus or different, and what puts them right.

use crate::{DiffSide, ResultView};
use serde::{Deserialize, Serialize};
use sluice_contract::TableName;
use std::fmt;

/// The address of a database. It may hold a password, so no form of it for people shows it.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// An address as somebody typed it.
    #[must_use]
    pub fn new(url: &str) -> Self {
        Self(url.trim().to_owned())
    }

    /// The address with its password, for connecting.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DatabaseUrl {
    /// Scheme, host and database alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((scheme, rest)) = self.0.split_once("://") else { return f.write_str("a database") };
        let without_options = rest.split(['?', '#']).next().unwrap_or(rest);
        // A password may hold an @ itself.
        let place = without_options.rsplit_once('@').map_or(without_options, |(_, place)| place);
        write!(f, "{scheme}://{place}")
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a table of silver is compared with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReconcileWith {
    /// Rows of the source in a file of this machine: CSV, Parquet, JSON lines.
    File {
        /// Path.
        path: String,
        /// Position of the source that the rows are of, as `sluice explain` shows positions; `None` if nobody knows.
        position: Option<String>,
    },
    /// The source itself: `postgres://` or `mysql://`.
    Database {
        /// Address.
        url: DatabaseUrl,
        /// Table there, with its schema where that is needed; `None` for the one of the same name.
        table: Option<String>,
    },
    /// Table statistics of a task of AWS DMS, as `aws dms describe-table-statistics` prints them.
    DmsStatistics {
        /// Path of the file.
        path: String,
        /// Table there, `schema.table`; `None` for the one of the same name.
        table: Option<String>,
    },
    /// Another table, version or lake.
    Table(DiffSide),
}

/// How much is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct ReconcileOptions {
    /// Hashes per range of keys decide what is read, however few rows there are.
    pub by_hashes: bool,
    /// About so many keys are compared, the same on both sides, and no others.
    pub sample: Option<u64>,
    /// For how many seconds silver may arrive at the position that was read, so that what differs then is known to be a
    /// fault; 0 for not at all.
    pub wait_s: u32,
}

/// What is known of a row that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arrival {
    /// The change that made it so is older than what silver has: it was lost, or is wrong.
    Fault,
    /// Its last change in the source is newer than what silver has.
    NotArrived,
    /// Silver has a newer change than the position that was read.
    NewerInSilver,
    /// It may be a change that has not arrived; nothing says.
    Unknown,
}

impl Arrival {
    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fault => "fault",
            Self::NotArrived => "not yet arrived",
            Self::NewerInSilver => "newer in silver",
            Self::Unknown => "unknown",
        }
    }

    /// Whether the row may be a fault.
    #[must_use]
    pub fn may_be_fault(self) -> bool {
        matches!(self, Self::Fault | Self::Unknown)
    }
}

/// How many rows differ, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReconcileCounts {
    /// Rows of the source that silver lacks.
    pub missing: u64,
    /// Rows of silver that the source lacks.
    pub surplus: u64,
    /// Rows of both with different values.
    pub different: u64,
}

impl ReconcileCounts {
    /// All of them.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.missing + self.surplus + self.different
    }
}

/// Ranges of keys that were compared by their hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashedRanges {
    /// Ranges.
    pub ranges: u64,
    /// Those whose count or hash differs.
    pub differing: u64,
    /// Those of which the rows were read.
    pub read: u64,
}

/// A column that was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotCompared {
    /// Column.
    pub column: String,
    /// Why.
    pub because: String,
}

/// A value on both sides as text, `None` for null; masked where it is personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferingCell {
    /// Column.
    pub column: String,
    /// In the source.
    pub source: Option<String>,
    /// In silver.
    pub silver: Option<String>,
}

/// A row that differs, by its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferingKey {
    /// `missing`, `surplus` or `different`.
    pub difference: String,
    /// What is known of it.
    pub arrival: Arrival,
    /// Columns of the key, each with its value; masked where it is personal.
    pub key: Vec<(String, String)>,
    /// Columns that differ.
    pub columns: Vec<String>,
    /// The columns that differ with both sides; of a row of one side alone, all that are not null.
    pub cells: Vec<DifferingCell>,
    /// The command that explains the row; `None` where the key is personal.
    pub explain: Option<String>,
}

/// A table of silver compared with its source.
///
/// Rows are in `result`: `_change` (`-` in the source alone, `+` in silver alone, `~` different), `_arrival`, the columns
/// of the key, then of every compared column two, `old.c` of the source and `new.c` of silver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reconciliation {
    /// Table.
    pub table: TableName,
    /// What it was compared with, in words; without a password.
    pub with: String,
    /// Version of silver.
    pub version: u64,
    /// What was found, in a sentence or two.
    pub verdict: String,
    /// Whether nothing differs that may be a fault.
    pub is_equal: bool,
    /// Position of the source that was read, in words.
    pub position_read: Option<String>,
    /// Position of the source up to which silver is, in words.
    pub position_silver: Option<String>,
    /// Rows of the source; `None` if they were not counted.
    pub source_rows: Option<u64>,
    /// Rows of silver.
    pub silver_rows: u64,
    /// Rows that differ and may be faults.
    pub counts: ReconcileCounts,
    /// Rows that differ because a change has not arrived yet.
    pub not_arrived: u64,
    /// Rows that differ because silver is ahead of what was read.
    pub newer_in_silver: u64,
    /// Whether rows that differ may be changes that have not arrived, because nothing says.
    pub is_arrival_unknown: bool,
    /// Columns by the rows of `counts` in which they differ, most first.
    pub columns: Vec<(String, u64)>,
    /// Columns that were left out.
    pub not_compared: Vec<NotCompared>,
    /// Ranges of keys, where hashes decided what was read.
    pub hashed: Option<HashedRanges>,
    /// Share of the keys that was compared, where it was a sample.
    pub sampled: Option<f64>,
    /// What else is to be known.
    pub notes: Vec<String>,
    /// The first rows that differ.
    pub keys: Vec<DifferingKey>,
    /// The rows that differ; `None` if there are none.
    pub result: Option<ResultView>,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}

/// What becomes of the rows that differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RepairBy {
    /// Corrective events in bronze.
    Events,
    /// The connector's own request, printed for whoever may send it.
    Request,
}

/// What was done about the rows that differ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceRepair {
    /// What was found before.
    pub found: Reconciliation,
    /// Number of the correction that was written; `None` if there was nothing to write, or a request is sent instead.
    pub correction: Option<u64>,
    /// Rows that it writes.
    pub upserts: u64,
    /// Rows that it deletes.
    pub deletes: u64,
    /// The request of the connector.
    pub request: Option<ConnectorRequest>,
    /// What happens next, in a sentence.
    pub next: String,
}

/// A request to a connector to send rows again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConnectorRequest {
    /// What it is, in a sentence.
    pub about: String,
    /// Its text.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::DatabaseUrl;

    #[test]
    fn no_form_of_an_address_shows_its_password() {
        for (url, shown) in [
            ("postgres://me:s3cr@t@db.example:5432/shop?sslmode=require", "postgres://db.example:5432/shop"),
            ("mysql://me:pa/ss@db/shop", "mysql://db/shop"),
            ("postgres://db/shop?password=s3cr", "postgres://db/shop"),
            ("host=db password=s3cr", "a database"),
        ] {
            let url = DatabaseUrl::new(url);
            assert_eq!(url.to_string(), shown);
            assert_eq!(format!("{url:?}"), shown);
        }
    }
}
