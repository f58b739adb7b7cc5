//! Members of a row that AWS DMS adds.

/// Operation column.
pub(crate) const OPERATION: &str = "Op";
/// Whether a name is that of the operation, in any upper and lower case: catalogs that fold names write `op`.
pub(crate) fn is_operation_name(name: &str) -> bool {
    name.eq_ignore_ascii_case(OPERATION)
}

/// Commit time column under its usual name (`TimestampColumnName`).
pub(crate) const TIME: &str = "dms_timestamp";
/// Change sequence column (`AR_H_CHANGE_SEQ`) under its usual name.
pub(crate) const SEQUENCE: &str = "transact_seq";
/// What stands before the name of a column for its value before the change (`add-before-image-columns`).
pub(crate) const BEFORE: &str = "BI_";
/// Column with the whole document of a collection of MongoDB or DocumentDB (document mode).
pub(crate) const DOCUMENT: &str = "_doc";
/// What stands before the name of a column with an id of MongoDB (table mode).
const OBJECT_ID: &str = "oid_";

/// Whether the text of a column is Extended JSON of MongoDB.
pub(crate) fn is_document(name: &str) -> bool {
    name == DOCUMENT || name.starts_with(OBJECT_ID)
}
