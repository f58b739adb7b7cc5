//! Results that stay with the host; the screens pull pages.

use serde::{Deserialize, Serialize};

/// Names a result held by the host until it is dropped or the lake is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ResultId(pub u64);

/// A column of a result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResultColumn {
    /// Name.
    pub name: String,
    /// Type in words, for example `bigint`, `decimal(12,2)`, `timestamp`, `string`.
    pub data_type: String,
    /// Its cells are aligned to the right.
    pub numeric: bool,
    /// Personal data by the contract of the table that it comes from; shown masked ([`crate::masked`]).
    #[serde(default)]
    pub pii: bool,
}

/// A result without its rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultView {
    /// Names it in a [`PageRequest`].
    pub id: ResultId,
    /// Columns.
    pub columns: Vec<ResultColumn>,
    /// Number of rows.
    pub rows: u64,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}

/// Rows `first_row .. first_row + rows` of a result.
///
/// The answer is not JSON but one Arrow IPC stream: the schema and one record batch with at most
/// `rows` rows (fewer at the end), columns in the order of [`ResultView::columns`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PageRequest {
    /// Which result.
    pub result: ResultId,
    /// First row, from 0.
    pub first_row: u64,
    /// How many rows, at most 1,000.
    pub rows: u32,
}

/// A file that rows of a result were written into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedFile {
    /// Its path, absolute.
    pub file: String,
    /// Rows in it.
    pub rows: u64,
    /// Its size, bytes.
    pub bytes: u64,
    /// Columns whose values are masked in it.
    pub masked: Vec<String>,
}

/// A query that somebody saved in the lake.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryFile {
    /// Its name: that of its file below `queries/`, without the ending.
    pub name: String,
    /// Its text.
    pub sql: String,
}
