//! The lake as a tree: layers, tables, versions, health.

use crate::InSandbox;
use serde::{Deserialize, Serialize};
use sluice_contract::TableName;
use std::fmt;
use std::str::FromStr;

/// The URL of the demo lake, which a host makes on its own machine when it is opened first.
pub const DEMO_LAKE: &str = "demo://shop";

/// A layer of the medallion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Every change as it was delivered, append-only.
    Bronze,
    /// The latest row of every key.
    Silver,
    /// SQL models over silver.
    Gold,
}

impl Layer {
    /// The word used in SQL, paths and on screen.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bronze => "bronze",
            Self::Silver => "silver",
            Self::Gold => "gold",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// `layer.dataset.table`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TableRef {
    /// Layer.
    pub layer: Layer,
    /// Table.
    pub name: TableName,
}

impl fmt::Display for TableRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.layer, self.name)
    }
}

impl FromStr for TableRef {
    type Err = String;

    /// Reads `layer.dataset.table`; `dataset.table` alone means silver.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<&str> = text.split('.').collect();
        let (layer, rest) = match parts.as_slice() {
            ["bronze", d, t] => (Layer::Bronze, format!("{d}.{t}")),
            ["silver", d, t] => (Layer::Silver, format!("{d}.{t}")),
            ["gold", d, t] => (Layer::Gold, format!("{d}.{t}")),
            [d, t] => (Layer::Silver, format!("{d}.{t}")),
            _ => {
                return Err(format!(
                    "`{text}` is not a table, write silver.shop.orders, bronze.shop.orders or shop.orders"
                ));
            }
        };
        Ok(Self { layer, name: rest.parse()? })
    }
}

/// The worst thing that can be said of a table now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Nothing to look at.
    Ok,
    /// Not built yet.
    Empty,
    /// A check of severity `warn` failed, rows are in quarantine, or the table is later than its SLA.
    Warn,
    /// A check of severity `fail` failed, the table is later than twice its SLA, or could not be read.
    Fail,
    /// The draft's contract is not valid: the table stays as it is and nothing is replayed into it.
    Invalid,
}

impl Health {
    /// Whether someone has to look at the table.
    #[must_use]
    pub fn deviates(self) -> bool {
        self >= Self::Warn
    }
}

/// What a contract says of a table to people, and how old the table's newest event is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFacts {
    /// Age of the newest source event in silver, seconds; `None` if no event has a time.
    pub lag_seconds: Option<u64>,
    /// SLA of the contract in words.
    pub sla: Option<String>,
    /// SLA of the contract, seconds.
    pub sla_seconds: Option<u64>,
    /// Who answers for the table.
    pub owner: Option<String>,
    /// What it is, for people.
    pub description: Option<String>,
    /// Size class of the contract, for whoever provides the machines of the runners.
    pub size_class: Option<String>,
    /// Ties in the newest commits, those since the last rebuild: different events of one key at one position, whose
    /// order the tie-breaker decided.
    #[serde(default)]
    pub ties: u64,
}

/// How a table stands to its SLA.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeliness {
    /// The contract has no SLA.
    NoLimit,
    /// There is an SLA, and no event in silver has a time.
    Unknown,
    /// Its newest event is not older than the SLA.
    OnTime,
    /// Its newest event is older than the SLA.
    Late,
    /// Its newest event is older than twice the SLA.
    Overdue,
}

impl TableFacts {
    /// How the table stands to its SLA.
    #[must_use]
    pub fn timeliness(&self) -> Timeliness {
        match (self.sla_seconds, self.lag_seconds) {
            (None, _) => Timeliness::NoLimit,
            (Some(_), None) => Timeliness::Unknown,
            (Some(limit), Some(lag)) if lag > limit.saturating_mul(2) => Timeliness::Overdue,
            (Some(limit), Some(lag)) if lag > limit => Timeliness::Late,
            (Some(_), Some(_)) => Timeliness::OnTime,
        }
    }
}

/// One node of the tree.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableSummary {
    /// Which table.
    pub table: TableRef,
    /// Rows in the latest version; `None` while the table does not exist.
    pub rows: Option<u64>,
    /// Latest Delta version.
    pub version: Option<u64>,
    /// In a sandbox: the version of its lake that the table begins with; a later one was written in the sandbox.
    #[serde(default)]
    pub base_version: Option<u64>,
    /// Health.
    pub health: Health,
    /// One line that says why the health is not ok.
    pub note: Option<String>,
    /// The health is `fail` by the lag alone: the table is sound and its source, or whoever delivers, is late.
    #[serde(default)]
    pub is_only_late: bool,
    /// Silver: what the contract says of it, and its lag.
    #[serde(flatten)]
    pub facts: TableFacts,
}

/// Files that are in the landing area and in no batch yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingFiles {
    /// Table whose contract names the folder.
    pub table: TableName,
    /// Number of files; `None` when the folder could not be listed.
    pub files: Option<u64>,
    /// Their size in bytes; `None` likewise.
    pub bytes: Option<u64>,
}

/// The open lake.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LakeView {
    /// Last part of the URL, for the title.
    pub name: String,
    /// Where the lake is (folder or `s3://` URL).
    pub url: String,
    /// All tables, by layer, dataset, table.
    pub tables: Vec<TableSummary>,
    /// Waiting files per table, empty ones included.
    pub waiting: Vec<WaitingFiles>,
    /// Contracts that could not be read, one sentence each with file, line and column.
    pub problems: Vec<String>,
    /// Published release that the runner takes, for example `14`.
    pub release: Option<u64>,
    /// Number of contracts that differ from the published release.
    pub draft_changes: u64,
    /// The sandbox that is open; `None` for the lake itself.
    #[serde(default)]
    pub sandbox: Option<InSandbox>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnView {
    /// Name.
    pub name: String,
    /// Type in the contract's words, for example `decimal(12,2)`.
    pub data_type: String,
    /// Part of the key.
    pub key: bool,
    /// Null allowed.
    pub nullable: bool,
    /// Personal data by the contract.
    pub pii: bool,
    /// Written by Sluice (names start with an underscore), not by the source.
    pub system: bool,
}

/// One version of a table, latest first in lists.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VersionView {
    /// Delta version.
    pub version: u64,
    /// Commit time, milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
    /// Operation, for example `MERGE`.
    pub operation: String,
    /// Batch number if a replay wrote it.
    pub batch: Option<u64>,
    /// What it did to the rows, if the commit says so.
    pub counters: Option<crate::RowLedger>,
}

/// A data file of the latest version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileView {
    /// Path inside the table.
    pub path: String,
    /// Bytes.
    pub bytes: u64,
    /// Rows.
    pub rows: u64,
}

/// Everything the table screen shows besides rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableView {
    /// Which table.
    pub table: TableRef,
    /// Version shown.
    pub version: u64,
    /// Rows in that version.
    pub rows: u64,
    /// Bytes of its data files.
    pub bytes: u64,
    /// Columns in order.
    pub columns: Vec<ColumnView>,
    /// Versions, latest first.
    pub history: Vec<VersionView>,
    /// Data files.
    pub files: Vec<FileView>,
    /// Health.
    pub health: Health,
    /// Contract text, if there is one.
    pub contract: Option<String>,
    /// What the contract says of the table, and its lag.
    #[serde(flatten)]
    pub facts: TableFacts,
}
