//! The events of a batch: grouped by key, and ties between them.

mod keyed_changes;
mod ties;

pub use keyed_changes::KeyedChanges;
pub(crate) use keyed_changes::{Against, EventAt};
pub use ties::{losers, tie_conflict};
