//! Silver tables as batches: the system columns, how they are written and how they are read.

pub(crate) mod col_seq;
mod columns;
mod schema;
mod seq_texts;
mod validity;

pub(crate) use columns::{seq_at, text_column};
pub use schema::{COL_SEQ, SEQ, current_rows, silver_schema};
pub(crate) use seq_texts::seq_texts;
pub(crate) use validity::{Position, ValidityType};
