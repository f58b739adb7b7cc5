//! Files by their address: folders, buckets, listings and durable writes.

pub(crate) mod data_file_reader;
pub(crate) mod durable_store;
pub(crate) mod listing;
pub(crate) mod root;
