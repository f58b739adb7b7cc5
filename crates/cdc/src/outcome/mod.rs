//! What decoding makes: events, rejects, counts, and why there are none.

pub(crate) mod collector;
pub(crate) mod decode_error;
pub(crate) mod decoded_file;
pub(crate) mod drift;
pub(crate) mod first_events;
pub(crate) mod orders;
pub(crate) mod record_error;
pub(crate) mod record_keys;
pub(crate) mod source_logs;
pub(crate) mod source_tables;
