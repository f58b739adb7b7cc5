//! DuckDB over lake snapshots: SQL, paging, checks, differences and gold models.
//!
//! The only crate that knows DuckDB. It never sees a Delta log: callers name the Parquet files of
//! one version ([`TableFiles`]), and rows leave as Arrow IPC streams. All calls block; a host runs
//! them on a thread of its own.
//!
//! # A tour
//!
//! A [`QueryEngine`] is one DuckDB in memory. User SQL runs with [`QueryEngine::query`]; its rows
//! stay with the engine, and a screen pulls a page of them when it needs one.
//!
//! ```
//! use arrow::ipc::reader::StreamReader;
//! use sluice_api::{JobId, PageRequest};
//! use sluice_query::{QueryEngine, QueryOptions};
//!
//! let engine = QueryEngine::new(QueryOptions::default())?;
//! let result = engine.query(JobId(1), "SELECT range AS n, n * n AS square FROM range(1000)")?;
//! assert_eq!((result.rows, result.columns[1].name.as_str()), (1000, "square"));
//!
//! let page = engine.page(PageRequest { result: result.id, first_row: 990, rows: 50 })?;
//! let batch = StreamReader::try_new(page.as_slice(), None)?.next().expect("a page is one batch")?;
//! assert_eq!(batch.num_rows(), 10);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Results are filtered and sorted without running their SQL again ([`QueryEngine::refine`]).
//!
//! ```
//! # use sluice_api::JobId;
//! # use sluice_query::{QueryEngine, QueryOptions};
//! # let engine = QueryEngine::new(QueryOptions::default())?;
//! let all = engine.query(JobId(1), "SELECT range AS n FROM range(1000)")?;
//! let few = engine.refine(all.id, Some("n % 100 = 7"), Some("n DESC"))?;
//! assert_eq!(few.rows, 10);
//! # Ok::<(), sluice_query::QueryError>(())
//! ```
//!
//! User SQL is treated as hostile. With [`QueryOptions::program`] it runs in a process of its own, whose memory is
//! limited by the system and which is killed when it does not end in time; and it is one read-only statement, checked on its syntax tree, inside
//! a DuckDB that may read the lake's folders and nothing else. SQL of our own making is built with
//! `sql::text::Sql`, which knows no way in for text that is not quoted.
//!
//! ```
//! # use sluice_api::JobId;
//! # use sluice_query::{QueryEngine, QueryErrorKind, QueryOptions};
//! # let engine = QueryEngine::new(QueryOptions::default())?;
//! for sql in ["DROP TABLE orders", "SELECT 1; SELECT 2", "SELECT * FROM read_csv('/etc/passwd')"] {
//!     let error = engine.query(JobId(1), sql).unwrap_err();
//!     assert!(matches!(error.kind, QueryErrorKind::Refused | QueryErrorKind::Input), "{error}");
//! }
//! # Ok::<(), sluice_query::QueryError>(())
//! ```
//!
//! The checks of a contract run over the files of a version, which may be one that nobody sees yet.
//! A check may look at another table of the lake; without that table nothing is known, which is neither
//! passed nor failed. [`check_views`] makes the text for people.
//!
//! ```
//! use sluice_contract::{Contract, Verdict};
//! use sluice_query::{CheckInput, ParentTables, QueryEngine, QueryOptions, check_views};
//!
//! let text = "
//! dataset: shop.orders
//! quality:
//! - check: row_count > 0
//! - check: foreign_key(customer_id, customers.id)
//! schema:
//! - {name: id, type: bigint, primary_key: true}
//! - {name: customer_id, type: bigint}
//! ";
//! let contract = Contract::parse(text, "orders.yaml").expect("a valid contract");
//! let engine = QueryEngine::new(QueryOptions::default())?;
//! let input = CheckInput { contract: &contract, files: &[], parents: &ParentTables::new() };
//! let records = engine.check(&input)?;
//! assert_eq!(records[0].outcome.verdict, Verdict::Failed);
//! assert_eq!((records[0].outcome.evaluated, records[0].blocks()), (Some(0), true));
//! assert_eq!(records[1].outcome.reason(), Some("silver.shop.customers was not read"));
//! assert_eq!(records[1].outcome.failed, None);
//! let views = check_views(&contract, &records);
//! assert_eq!((views[0].observed.as_str(), views[0].limit.as_str()), ("0 rows", "> 0 rows"));
//! # Ok::<(), sluice_query::QueryError>(())
//! ```
//!
//! # Rooms
//!
//! From below, each knows only those before it:
//!
//! 1. `error`: what went wrong, and what to do.
//! 2. `sql`: text, syntax trees, types; DuckDB's errors become ours.
//! 3. `files`: the files of a version as a relation, without its deleted rows.
//! 4. `engine`: the database inside its sandbox, its connections, jobs and results.
//! 5. `results`: views of the tables, user SQL, pages, models.
//! 6. `checks` and `diff`: each on its own.
//! 7. `worker`: the process in which people's SQL runs; `engine::process` is the side that asks it.

mod checks;
mod diff;
mod engine;
mod error;
mod files;
mod results;
mod sql;
mod worker;

pub use checks::incremental::{checks_of_row_count, drop_undecided, incremental_checks};
pub use checks::parents::{ParentTable, ParentTables, foreign_keys, parents_of};
pub use checks::rules::all as all_checks;
pub use checks::run::CheckInput;
pub use checks::view::check_views;
pub use diff::input::{DiffInput, DiffKey};
pub use diff::row_history::{FoundRow, FoundRows, RowEvent};
pub use diff::steps::DiffStep;
pub use engine::QueryEngine;
pub use engine::options::QueryOptions;
pub use error::{QueryError, QueryErrorKind, SqlPlace};
pub use files::table_file::{FileRows, TableFile};
pub use files::table_files::TableFiles;
pub use results::row_probe::{ProbedRow, RowProbe};
pub use sql::lineage::PersonalColumns;
pub use sql::past::{PastAt, PastTable};
pub use worker::sql_worker;

#[cfg(test)]
mod tests;
