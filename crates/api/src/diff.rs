//! What changed between two versions of a table.

use crate::{ResultView, TableRef};
use serde::{Deserialize, Serialize};

/// A column and how many updated rows changed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffColumn {
    /// Name.
    pub name: String,
    /// Type in words.
    pub data_type: String,
    /// Part of the key.
    pub key: bool,
    /// Updated rows in which the cell differs.
    pub changed: u64,
}

/// A change of the schema between the two versions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaChange {
    /// Column.
    pub column: String,
    /// Type before, `None` if added.
    pub before: Option<String>,
    /// Type after, `None` if dropped.
    pub after: Option<String>,
}

/// How much changed between two versions, as the log tells it: no data was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffCounts {
    /// Table.
    pub table: TableRef,
    /// Version before.
    pub from: u64,
    /// Version after.
    pub to: u64,
    /// Rows of `from`.
    pub rows_before: u64,
    /// Rows of `to`.
    pub rows_after: u64,
    /// Rows written: inserted rows, and updated rows as they are after.
    pub added: u64,
    /// Rows removed: deleted rows, and updated rows as they were before.
    pub removed: u64,
    /// Commits between the two.
    pub commits: u64,
    /// Those that only rearranged files.
    pub rearranging: u64,
    /// What happened to rows, where one commit changed them and counted it. A row that was written again
    /// without a look at its content counts as updated.
    #[serde(default)]
    pub kinds: Option<DiffKinds>,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}

/// The lake of a side of a comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SideLake {
    /// The open lake or sandbox.
    #[default]
    Open,
    /// The lake itself, also while one of its sandboxes is open.
    Production,
    /// A sandbox of the lake, by name.
    Sandbox(String),
    /// Another lake, by its folder or URL.
    Other(String),
}

/// The version of a side of a comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SideVersion {
    /// The latest.
    #[default]
    Latest,
    /// This one.
    Number(u64),
    /// The latest that was committed until then, milliseconds since the Unix epoch.
    At(i64),
    /// The one that a release left: the latest while it was current, made by its contracts.
    Release(u64),
}

/// A side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DiffSide {
    /// Table.
    pub table: TableRef,
    /// Where.
    #[serde(default)]
    pub lake: SideLake,
    /// When.
    #[serde(default)]
    pub version: SideVersion,
}

/// The two sides of a comparison in words, for example `production v42`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffNames {
    /// Before.
    pub from: String,
    /// After.
    pub to: String,
}

/// What a comparison leaves out.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct DiffOptions {
    /// Columns that tell rows apart; empty for the key of the contract.
    pub key: Vec<String>,
    /// Columns that are not compared.
    pub ignore: Vec<String>,
    /// Columns of numbers, each with the difference up to which two values are equal, as text: `0.01`.
    pub tolerance: Vec<(String, String)>,
    /// SQL condition over the changed rows: only those of which it holds count. `c` is the row's value of column `c`
    /// (of a deleted row the last one), `old.c` and `new.c` are those of the two sides, `_change` is the kind.
    pub filter: Option<String>,
}

/// By what the rows of two sides were matched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyOrigin {
    /// The key of the contract, or what every record of bronze has.
    #[default]
    Contract,
    /// The columns that the caller named.
    Asked,
    /// The columns that the model declares in a comment, found to be unique on both sides.
    Declared,
    /// The shortest beginning of the columns that is unique on both sides; nothing declares it.
    Unique,
    /// No columns: whole rows were counted, and a changed row is one that went and one that came. With the reason.
    WholeRows(String),
}

impl DiffView {
    /// The columns that tell rows apart, and how it comes; `None` where the contract says it.
    #[must_use]
    pub fn key_note(&self) -> Option<String> {
        let mut key: Vec<&str> = Vec::new();
        for column in &self.result.columns {
            key.extend(
                self.columns.iter().filter(|each| each.key && each.name == column.name).map(|each| each.name.as_str()),
            );
        }
        self.by.note(&key)
    }
}

impl KeyOrigin {
    /// What to say of it; `None` where the contract says it.
    #[must_use]
    pub fn note(&self, key: &[&str]) -> Option<String> {
        let key = key.join(", ");
        match self {
            Self::Contract => None,
            Self::Asked => Some(format!("rows are matched by {key}, as asked")),
            Self::Declared => Some(format!("rows are matched by {key}, which the model declares as its key")),
            Self::Unique => {
                Some(format!("rows are matched by {key}: unique on both sides, but no key that the model declares"))
            }
            Self::WholeRows(because) => {
                Some(format!("whole rows are counted, a changed row is one that went and one that came: {because}"))
            }
        }
    }
}

/// How many rows came, changed and went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffKinds {
    /// New rows.
    pub inserted: u64,
    /// Rows of both versions.
    pub updated: u64,
    /// Rows that are gone.
    pub deleted: u64,
}

/// What happened to the rows of one key. Rows are in `result`: `_version`, `_time`, `_operation`,
/// `_change` (`=` there in the oldest version that can be read, `+` inserted, `~` updated, `-`
/// deleted), then the columns of the row; of a deleted row as it was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RowHistory {
    /// Table.
    pub table: TableRef,
    /// The oldest version that can be read.
    pub oldest: u64,
    /// The latest version.
    pub latest: u64,
    /// The entries, oldest first.
    pub result: ResultView,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}

/// A diff. Rows are in `result`: column `_change` (`+` inserted, `~` updated, `-` deleted), then per
/// key column one column, then per other column `c` two columns, `old.c` and `new.c`.
/// Sorted by key. Where there is no key ([`KeyOrigin::WholeRows`]) all columns are of the second kind.
///
/// With `of`, only the rows of the first keys were looked at: `inserted`, `updated`, `deleted` and the
/// columns' `changed` count those in `result`, `unchanged` is 0.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiffView {
    /// Table.
    pub table: TableRef,
    /// Version before.
    pub from: u64,
    /// Version after.
    pub to: u64,
    /// Rows only in `to`.
    pub inserted: u64,
    /// Rows in both that differ.
    pub updated: u64,
    /// Rows only in `from`.
    pub deleted: u64,
    /// Rows in both that are equal.
    pub unchanged: u64,
    /// Schema changes.
    pub schema: Vec<SchemaChange>,
    /// Columns, most changed first.
    pub columns: Vec<DiffColumn>,
    /// The changed rows.
    pub result: ResultView,
    /// Where not all changed rows were looked at: how many there are.
    #[serde(default)]
    pub of: Option<Box<DiffCounts>>,
    /// What was compared, where it was not two versions of one table.
    #[serde(default)]
    pub sides: Option<DiffNames>,
    /// By what rows were matched.
    #[serde(default)]
    pub by: KeyOrigin,
    /// Under a condition ([`DiffOptions::filter`]): how many rows changed in all. `inserted`, `updated`, `deleted`, the
    /// columns' `changed` and `result` are those of which the condition holds.
    #[serde(default)]
    pub changed_in_all: Option<u64>,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}
