//! Debezium envelopes as JSON lines.

pub(crate) mod decode;
