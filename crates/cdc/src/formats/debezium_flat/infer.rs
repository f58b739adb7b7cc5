//! What flattened rows show of a table.

use super::members::{DELETED, OPERATION, POSITION};
use crate::formats::debezium::connect_schema::Node;
use crate::formats::debezium::sample::{RowOrigin, read_row};
use crate::profile::Profile;
use crate::text::json_fields::{members, not_null, string};
use std::borrow::Cow;

/// Counts a row; `None` if it is none.
pub(super) fn read_flat(profile: &mut Profile, schema: Option<&Node>, row: &str) -> Option<()> {
    let [op, deleted, lsn] = members(row, [OPERATION, DELETED, POSITION])?.map(not_null);
    let op = op.and_then(string).unwrap_or(Cow::Borrowed("row")).into_owned();
    let is_delete = op == "d" || deleted.and_then(string).is_some_and(|text| text == "true");
    let origin = RowOrigin::of(&op);
    *profile.operations.entry(op).or_default() += 1;
    *profile.positioned.entry(POSITION).or_default() += u64::from(lsn.is_some());
    read_row(profile, schema, row, is_delete, origin)
}
