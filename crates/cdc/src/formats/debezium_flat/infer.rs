//! What flattened rows show of a table.

use super::members::{CONNECTOR, DELETED, OPERATION};
use crate::formats::debezium::connect_schema::Node;
use crate::formats::debezium::order::note_position;
use crate::formats::debezium::sample::{origin_of, read_row};
use crate::formats::debezium::source_table::of_flat;
use crate::formats::json::sample::RowOrigin;
use crate::profile::Profile;
use crate::text::json_fields::{each_member, members, not_null, string};
use std::borrow::Cow;

/// Counts a row; `None` if it is none.
pub(super) fn read_flat(profile: &mut Profile, schema: Option<&Node>, row: &str) -> Option<()> {
    let [op, deleted, connector] = members(row, [OPERATION, DELETED, CONNECTOR])?.map(not_null);
    if !profile.is_of_table(&of_flat(row)) {
        return Some(());
    }
    let op = op.and_then(string).unwrap_or(Cow::Borrowed("row")).into_owned();
    let is_delete = op == "d" || deleted.and_then(string).is_some_and(|text| text == "true");
    let origin = origin_of(&op);
    *profile.operations.entry(op).or_default() += 1;
    profile.connector = connector.and_then(string).map(Cow::into_owned).or(profile.connector.take());
    let mut added: Vec<String> = Vec::new();
    each_member(row, |name, raw| {
        if name.starts_with("__") && !matches!(raw, "null" | "\"\"") {
            added.push(name.into_owned());
        }
    });
    let has = |member: &str| {
        let in_row = member.replace('.', "_");
        added.iter().any(|name| {
            name.strip_prefix("__source_").is_some_and(|name| name == in_row)
                || (!member.starts_with("ts_") && name.strip_prefix("__").is_some_and(|name| name == in_row))
        })
    };
    let connector = profile.connector.clone().filter(|_| has("connector"));
    note_position(profile, connector.as_deref(), origin == RowOrigin::Snapshot, has);
    read_row(profile, schema, row, is_delete, origin)
}
