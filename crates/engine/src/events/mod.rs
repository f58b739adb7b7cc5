//! The events of a batch: grouped by key, and ties between them.

mod buckets;
mod event_at;
mod keyed_changes;
mod lead;
mod ties;

pub(crate) use event_at::{DuplicateKind, EventAt};
pub use keyed_changes::KeyedChanges;
pub use ties::{Conflict, losing_events, tie_conflict};
