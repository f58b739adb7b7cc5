//! Columns: the texts of Arrow values, and a guard against what the Parquet library does with hostile bytes.

pub(crate) mod avro;
pub(crate) mod column_values;
pub(crate) mod guard;
pub(crate) mod json_record;
pub(crate) mod nested;
pub(crate) mod stop;
pub(crate) mod texts;
