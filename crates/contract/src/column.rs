//! A column of a contract.

use crate::ColumnType;

/// A column as the contract declares it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name in silver.
    pub name: String,
    /// Type.
    pub data_type: ColumnType,
    /// Part of the key.
    pub key: bool,
    /// Null is not allowed; a null ends in quarantine (`NULL_IN_REQUIRED`).
    pub required: bool,
    /// Personal data.
    pub pii: bool,
    /// Text of the value that events of before the column existed stand for; `None` means null.
    pub default: Option<String>,
    /// Names the column had before, newest first; events of that time still use them.
    pub renamed_from: Vec<String>,
    /// The source dropped it: old rows keep their value, new events leave it null.
    pub removed: bool,
    /// For people.
    pub description: Option<String>,
    /// Line in the contract, from 1; 0 if unknown.
    pub line: u32,
}
