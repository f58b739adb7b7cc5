//! DuckDB over lake snapshots: SQL, paging, checks, differences and gold models.
//!
//! The only crate that knows DuckDB. It never sees a Delta log: callers name the Parquet files of
//! one version ([`TableFiles`]), and rows leave as Arrow IPC streams. All calls block; a host runs
//! them on a thread of its own.
//!
//! SQL of people is treated as hostile: one read-only statement, checked on its syntax tree, inside
//! a DuckDB that may read the lake's folders and nothing else. SQL of our own making is built with
//! `sql::Sql`, which knows no way in for text that is not quoted.

mod ast;
mod check;
mod check_follows;
mod check_rule;
mod check_sql;
mod diff;
mod diff_sql;
mod diff_steps;
mod engine;
mod error;
mod error_text;
mod export;
mod failing;
mod history;
mod ipc;
mod jobs;
mod model;
mod options;
mod page;
mod query;
mod refine;
mod relation;
mod result_store;
mod sandbox;
mod sql;
mod statement;
mod table_file;
mod tables;
mod types;

pub use check::judge_row_count;
pub use check_follows::{checks_that_follow, needs_all_rows};
pub use diff::{DiffInput, DiffParts};
pub use diff_steps::DiffStep;
pub use engine::QueryEngine;
pub use error::{QueryError, QueryErrorKind, SqlPlace};
pub use history::{FoundRow, FoundRows, RowEvent};
pub use options::QueryOptions;
pub use table_file::{FileRows, TableFile};
pub use tables::TableFiles;

#[cfg(test)]
mod tests;
