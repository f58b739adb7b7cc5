//! Tests over a real DuckDB.

mod checks;
mod dead_rows;
mod diffs;
mod fixture;
mod gold;
mod hostile;
mod pages;
mod types;
