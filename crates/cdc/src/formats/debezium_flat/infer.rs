//! What flattened rows show of a table.

use super::members::{DELETED, OPERATION, is_named};
use crate::formats::debezium::beside::beside;
use crate::formats::debezium::connect_schema::Node;
use crate::formats::debezium::connectors::MEMBERS;
use crate::formats::debezium::order::note_position;
use crate::formats::debezium::sample::{origin_of, read_row};
use crate::formats::debezium::source_table::of_flat;
use crate::profile::Profile;
use crate::text::json_fields::{each_member, members, not_null, string};
use std::borrow::Cow;

/// Counts a row; `None` if it is none.
pub(super) fn read_flat(profile: &mut Profile, schema: Option<&Node>, row: &str) -> Option<()> {
    if beside(row).is_some() {
        profile.left_out += 1;
        return Some(());
    }
    let names = &profile.added_fields;
    let named = |field: &str, usual: &'static str| names.get(field).map_or(usual, String::as_str);
    let usual = [named("op", OPERATION), named("deleted", DELETED), "__snapshot", "__source_snapshot"];
    let [op, deleted, snapshot, of_source] = members(row, usual)?.map(not_null);
    let snapshot = snapshot.or(of_source).and_then(string);
    let of_table = of_flat(row, names);
    let mut filled: Vec<Cow<'_, str>> = Vec::new();
    let mut connector = None;
    each_member(row, |name, raw| {
        if !matches!(raw, "null" | "\"\"") {
            if is_named(names, "connector", &name) {
                connector = string(raw).map(Cow::into_owned).or(connector.take());
            }
            filled.push(name);
        }
    });
    let has: Vec<&str> =
        MEMBERS.into_iter().filter(|member| filled.iter().any(|name| is_named(names, member, name))).collect();
    if !profile.is_of_table(&of_table) {
        return Some(());
    }
    let op = op.and_then(string).unwrap_or(Cow::Borrowed("row")).into_owned();
    let is_delete = op == "d" || deleted.is_some_and(|raw| raw.trim_matches('"') == "true");
    let is_read = op == "r";
    let origin = origin_of(&op, snapshot.as_deref());
    *profile.operations.entry(op).or_default() += 1;
    profile.connector = connector.or(profile.connector.take());
    let connector = profile.connector.clone().filter(|_| has.contains(&"connector"));
    note_position(profile, connector.as_deref(), is_read, |member| has.contains(&member));
    read_row(profile, schema, row, is_delete, origin)
}
