//! The expressions of a contract: what a column is made of, and which rows a table keeps.
//!
//! A closed language. An expression is read once, into validated types; it has no clock, no randomness, no loop and
//! nothing of the table's state, so the same record is the same row in a first run, a rebuild, a sandbox and a dry run.

mod column_value;
mod hash_keys;
mod lexer;
mod number_marks;
mod row_filter;
mod step;
mod time_pattern;

pub use column_value::ColumnValue;
pub use hash_keys::{HashKey, HashKeys};
pub use number_marks::NumberMarks;
pub use row_filter::{Comparison, Operand, RowFilter};
pub use step::Step;
pub use time_pattern::{PatternPart, TimePattern};
