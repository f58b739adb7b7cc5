//! Quality checks, read from the expressions of the contract, and what comes of them.
//!
//! A file per check (the two bounds of a value share one): its name, an example, how its arguments are read, the
//! columns it reads, and how it is written. `registry` has the one list of them.

mod accepted_values;
mod call;
mod compare;
mod foreign_key;
mod kind;
mod not_null;
mod null_percentage;
mod outcome;
mod parent;
mod registry;
mod row_count;
mod severity;
mod unique;
mod value_bounds;

pub use accepted_values::AcceptedValues;
pub use compare::Compare;
pub use foreign_key::ForeignKey;
pub use not_null::NotNull;
pub use null_percentage::NullPercentage;
pub use outcome::{CheckLevel, CheckOutcome, CheckRecord, Measured, ParentVersion, Unit, Verdict};
pub use parent::{Parent, ParentLayer};
pub use registry::{Check, CheckRule};
pub use row_count::RowCount;
pub use severity::Severity;
pub use unique::Unique;
pub use value_bounds::{MaxValue, MinValue};

#[cfg(test)]
mod tests;
