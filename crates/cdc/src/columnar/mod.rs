//! Files of columns: Parquet, and the texts of Arrow values.

pub(crate) mod parquet_file;
pub(crate) mod texts;
