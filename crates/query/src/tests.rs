//! Tests over a real DuckDB.

mod checks;
mod dead_rows;
mod diffs;
mod fixture;
mod foreign_keys;
mod gold;
mod hostile;
mod lineage;
mod pages;
mod time_zones;
mod types;
