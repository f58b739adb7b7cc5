//! What a table is: names, column types, the data contract, its checks and their compatibility.
//!
//! Words only: no I/O, no Arrow; builds for `wasm32-unknown-unknown`. A contract is read once,
//! [`Contract::parse`], into validated types; nothing after that checks it again.

mod apply;
mod check;
mod column;
mod column_type;
mod compatibility;
mod contract;
mod document;
mod duration;
mod effective;
mod evolution;
mod flow;
mod from_snapshot;
pub mod limits;
mod problem;
mod references;
mod source;
mod table_name;

pub use apply::{Apply, ApplyMode, ColumnSet, Condition, DeleteMode, KeyChange, MissingBase, Scd, TiePolicy};
pub use check::{
    AcceptedValues, Check, CheckLevel, CheckMistake, CheckOutcome, CheckRecord, CheckRule, Compare, ForeignKey,
    MaxValue, Measured, MinValue, NotNull, NullPercentage, Parent, ParentLayer, ParentVersion, RowCount, Severity,
    Unique, Unit, Verdict,
};
pub use column::Column;
pub use column_type::ColumnType;
pub use compatibility::{ContractChange, Grade, compare_contracts};
pub use contract::{Contract, Schedule, SizeClass};
pub use duration::parse_duration_seconds;
pub use evolution::{Evolution, Learned, RESCUED, SchemaPolicy, is_column_name};
pub use flow::Flow;
pub use from_snapshot::{FromSnapshot, SnapshotPattern, SnapshotVersion};
pub use problem::Problem;
pub use references::reference_problems;
pub use source::{DecimalText, Source, SourceFormat};
pub use table_name::TableName;
