//! Maintenance of a table: fewer and larger files, no deleted rows in them, a checkpoint, no unused files.
//!
//! Runs beside writers. Files are read and written without holding the table; only the commit of a
//! group takes the table's lease, for an instant, so that no merge of Sluice meets it. What a merge did
//! to the files of a group meanwhile is carried over: rows that it deleted are deleted in the new file
//! by a deletion vector in the same commit. If it removed a file of the group, the group is left as it
//! is. All commits say `dataChange=false`: no row changes.
//!
//! [`maintain`] is the command; [`tiers`] is the part that a writer does by itself after its commits.

mod groups;
mod options;
mod plan;
mod publish_group;
mod rewrite;
mod table;
pub(crate) mod tiers;
mod tombstones;
mod under_lease;
mod zorder;

pub use options::{DEAD_SHARE_DEFAULT, IN_FLIGHT_DEFAULT, MaintainOptions, RETENTION_DEFAULT, TARGET_BYTES_DEFAULT};
pub(crate) use rewrite::TAG_CLUSTERED;
pub use table::maintain;
