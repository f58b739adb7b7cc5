//! Members of a row that AWS DMS adds.

/// Operation column.
pub(crate) const OPERATION: &str = "Op";
/// Commit time column under its usual name (`TimestampColumnName`).
pub(crate) const TIME: &str = "dms_timestamp";
/// Change sequence column (`AR_H_CHANGE_SEQ`) under its usual name.
pub(crate) const SEQUENCE: &str = "transact_seq";
/// What stands before the name of a column for its value before the change (`add-before-image-columns`).
pub(crate) const BEFORE: &str = "BI_";
