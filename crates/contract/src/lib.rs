//! What a table is: names, column types, the data contract, its checks and their compatibility.
//!
//! Words only: no I/O, no Arrow; builds for `wasm32-unknown-unknown`. A contract is read once,
//! [`Contract::parse`], into validated types; nothing after that checks it again.

mod apply;
mod backfill;
mod check;
mod column;
mod column_type;
mod compatibility;
mod contract;
mod document;
mod duration;
mod effective;
mod evolution;
mod from_snapshot;
pub mod limits;
mod problem;
mod source;
mod table_name;

pub use apply::{Apply, ApplyMode, ColumnSet, Condition, DeleteMode, KeyChange, MissingBase, Scd, TiePolicy};
pub use backfill::Backfill;
pub use check::{Check, CheckRule, Compare, Severity};
pub use column::Column;
pub use column_type::ColumnType;
pub use compatibility::{ContractChange, Grade, compare_contracts};
pub use contract::{Contract, Schedule, SizeClass};
pub use duration::parse_duration_seconds;
pub use evolution::{Evolution, InferredSchema, RESCUED, SchemaPolicy, is_column_name};
pub use from_snapshot::{FromSnapshot, SnapshotPattern, SnapshotVersion};
pub use problem::Problem;
pub use source::{DecimalText, Source, SourceFormat};
pub use table_name::TableName;
