//! Members that `add.fields` puts into a row.

/// Operation of a record.
pub(super) const OPERATION: &str = "__op";
/// Mark of a rewritten delete.
pub(super) const DELETED: &str = "__deleted";
/// Source time, milliseconds since 1970.
pub(super) const TIME: &str = "__source_ts_ms";
/// Name of the connector.
pub(super) const CONNECTOR: &str = "__connector";
/// Log position.
pub(super) const POSITION: &str = "__lsn";
