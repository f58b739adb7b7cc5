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
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
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
/// Sorted by key.
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
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}
