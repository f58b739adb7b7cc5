//! A table made from nothing, one range of keys after the other, so that the events of one range are in memory at a
//! time: what is planned of each range by itself is together what is planned of all events at once.
//!
//! Events of one key are in one range. A truncate has no key: it belongs to every range, and is counted once.

mod key_range;
mod range_plan;
mod sorted;

pub use key_range::{ChunkKeys, KeyRange, Overlap, key_ranges};
pub use range_plan::{RangesLedger, plan_from_nothing};
pub use sorted::{SortedChunk, sorted_chunks, without_truncates};
