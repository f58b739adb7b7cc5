//! Values in, plans out: which row of every key wins, what that does to silver, and what a table's
//! content is.
//!
//! No I/O, no clock, no randomness, and no knowledge of formats. The merge is a join of
//! last-writer-wins registers, one per column, under a tombstone per key, so it does not matter how
//! events are batched, repeated or ordered.

mod append_plan;
mod events;
mod fingerprint;
mod keys;
mod rows;
mod scd1;
mod scd2;
mod silver;
mod snapshot_changes;

pub use append_plan::{AppendPlan, plan_append};
pub use events::{KeyedChanges, losers, tie_conflict};
pub use fingerprint::{fingerprint, row_hashes};
pub use keys::KeyEncoder;
pub use rows::{NewRows, PlanSources};
pub use scd1::{
    Conflict, Existing, ExistingRows, MergePlan, NewTombstones, RowAt, Tombstones, forget_before, merge_segments,
    plan_merge,
};
pub use scd2::{HistoryChange, HistoryPlan, HistorySide, plan_history};
pub use silver::{COL_SEQ, SEQ, current_rows, silver_schema};
pub use snapshot_changes::{Snapshot, SnapshotChanges, SnapshotCounts, snapshot_changes};

/// A value that the engine was handed and that can not be, which is a bug or a damaged table.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Arrow refused.
    #[error("columns do not fit together")]
    Arrow(#[from] arrow::error::ArrowError),
    /// A column of silver is missing or of another type.
    #[error("column `{0}` of silver is missing or not of its type, rebuild the table with replay --full-refresh")]
    Column(String),
    /// A sequence in silver can not be read.
    #[error("a sequence in column `{0}` can not be read, rebuild the table with replay --full-refresh")]
    Sequence(&'static str),
    /// The ledger does not balance.
    #[error(transparent)]
    Imbalance(#[from] sluice_change::LedgerImbalance),
}
