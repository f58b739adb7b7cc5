//! Members that `add.fields` puts into a row.

use sluice_contract::added_field;
use std::collections::BTreeMap;

/// Operation of a record.
pub(super) const OPERATION: &str = "__op";
/// Mark of a rewritten delete.
pub(super) const DELETED: &str = "__deleted";
/// Source time, milliseconds since 1970.
pub(super) const TIME: &str = "__source_ts_ms";
/// Log position.
pub(super) const POSITION: &str = "__lsn";
/// What stands before the names of fields unless somebody says otherwise.
pub(super) const PREFIX: &str = "__";
/// What stands before the names of members of `source` in a row.
pub(super) const SOURCE: &str = "source_";

/// The name of a field as it is in a row, without a prefix: that of the producer's time and that of the source's are
/// distinguished by `source_`.
pub(super) fn in_row(field: &str) -> (bool, String) {
    let of_source = field.strip_prefix("source.");
    (of_source.is_some(), of_source.unwrap_or(field).replace('.', "_"))
}

/// Whether the member `name` of a row is `member` of a position or of `source`; `added` has those that are not called as
/// usual.
pub(super) fn is_named(added: &BTreeMap<String, String>, member: &str, name: &str) -> bool {
    let Some(field) = added_field(&format!("source.{member}")) else { return false };
    if let Some(own) = added.get(field) {
        return own == name;
    }
    let (only_source, in_row) = in_row(field);
    name.strip_prefix(PREFIX).is_some_and(|rest| match rest.strip_prefix(SOURCE) {
        Some(rest) => rest == in_row,
        None => !only_source && !member.starts_with("ts_") && rest == in_row,
    })
}
