//! The data of one benchmark as files, and the document (`data.json`) that tells every engine what they are.

use serde::{Deserialize, Serialize};

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
    /// The changes as a source lands them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(crate) landing: Vec<String>,
    /// Records of these files that are no change.
    #[serde(default)]
    pub(crate) broken: u64,
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
}
