//! The formats, a folder each.

pub(crate) mod debezium_flat;
pub(crate) mod debezium_json;
pub(crate) mod dms;
