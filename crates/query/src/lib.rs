//! DuckDB over lake snapshots: SQL, paging, checks, differences and gold models.
//!
//! The only crate that knows DuckDB. It never sees a Delta log: callers name the Parquet files of
//! one version ([`TableFiles`]), and rows leave as Arrow IPC streams. All calls block; a host runs
//! them on a thread of its own.
//!
//! SQL of people is treated as hostile: one read-only statement, checked on its syntax tree, inside
//! a DuckDB that may read the lake's folders and nothing else. SQL of our own making is built with
//! `sql::text::Sql`, which knows no way in for text that is not quoted.

mod checks;
mod diff;
mod engine;
mod error;
mod files;
mod results;
mod sql;

pub use checks::incremental::{checks_that_follow, needs_all_rows};
pub use checks::judge_row_count;
pub use diff::row_history::{FoundRow, FoundRows, RowEvent};
pub use diff::steps::DiffStep;
pub use diff::{DiffInput, DiffParts};
pub use engine::QueryEngine;
pub use engine::options::QueryOptions;
pub use error::{QueryError, QueryErrorKind, SqlPlace};
pub use files::table_file::{FileRows, TableFile};
pub use results::views::TableFiles;

#[cfg(test)]
mod tests;
