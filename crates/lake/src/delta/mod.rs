//! Delta tables: the log, snapshots, commits, and the rows of data files.

pub(crate) mod changes;
pub(crate) mod commit;
pub(crate) mod commit_log;
pub(crate) mod create;
pub(crate) mod deletion_vector;
pub(crate) mod delta_store;
pub(crate) mod encode;
pub(crate) mod read;
pub(crate) mod read_positions;
pub(crate) mod read_range;
pub(crate) mod snapshot;
pub(crate) mod stats;
pub(crate) mod vacuum;
pub(crate) mod version_files;
pub(crate) mod write;
