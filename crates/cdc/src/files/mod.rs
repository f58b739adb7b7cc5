//! Whole files: their records in order, where each is, and how the file ended.

pub(crate) mod column_file;
pub(crate) mod column_rows;
pub(crate) mod csv_file;
pub(crate) mod csv_layout;
pub(crate) mod feed_file;
pub(crate) mod json_lines;
pub(crate) mod parquet_file;
pub(crate) mod sheet_rows;
pub(crate) mod workbook;
