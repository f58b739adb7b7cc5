//! Values in, plans out: which row of every key wins, what that does to silver, and what a table's
//! content is.
//!
//! No I/O, no clock, no randomness, and no knowledge of formats. The merge is a join of
//! last-writer-wins registers, one per column, under a tombstone per key, so it does not matter how
//! events are batched, repeated or ordered.

mod append_plan;
mod dealt_rows;
mod fingerprint;
mod key_order;
mod keyed_changes;
mod keys;
mod merge_key;
mod merge_plan;
mod new_rows;
mod scd2;
mod seq_texts;
mod silver_plan;
mod silver_schema;
mod snapshot_changes;
mod ties;
mod tombstones;
mod winner;

pub use append_plan::{AppendPlan, plan_append};
pub use fingerprint::{fingerprint, row_hashes};
pub use keyed_changes::KeyedChanges;
pub use keys::KeyEncoder;
pub use merge_plan::{Conflict, Existing, ExistingRows, MergePlan, RowAt, plan_merge};
pub use new_rows::{NewRows, PlanSources};
pub use scd2::{HistoryChange, HistoryPlan, HistorySide, plan_history};
pub use silver_plan::{Remembered, SilverPlan, newest_seq, plan_silver};
pub use silver_schema::{COL_SEQ, SEQ, current_rows, silver_schema};
pub use snapshot_changes::{Snapshot, SnapshotChanges, SnapshotCounts, snapshot_changes};
pub use ties::{losers, tie_conflict};
pub use tombstones::{NewTombstones, Tombstones, forget_before, merge_segments};

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
