//! Columns: the texts of Arrow values, and a guard against what the Parquet library does with hostile bytes.

pub(crate) mod guard;
pub(crate) mod nested;
pub(crate) mod texts;
