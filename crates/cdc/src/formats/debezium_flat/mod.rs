//! Debezium rows of `ExtractNewRecordState` as JSON lines.

pub(crate) mod decode;
