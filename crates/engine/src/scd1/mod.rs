//! SCD type 1: one row per key, the latest. A join of last-writer-wins registers, one per column, under a tombstone
//! per key.

mod merge_key;
mod merge_plan;
mod tombstones;
mod winner;

pub use merge_plan::{Conflict, Existing, ExistingRows, MergePlan, RowAt, plan_merge};
pub use tombstones::{NewTombstones, Tombstones, forget_before, merge_segments};
pub(crate) use winner::Place;
