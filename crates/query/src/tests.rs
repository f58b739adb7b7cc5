//! Tests over a real DuckDB.

mod checks;
mod diffs;
mod fixture;
mod gold;
mod hostile;
mod pages;
mod types;
