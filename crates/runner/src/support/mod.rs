//! Helpers of every other room.

pub(crate) mod job;
pub(crate) mod local_tables;
pub(crate) mod newest_entry;
