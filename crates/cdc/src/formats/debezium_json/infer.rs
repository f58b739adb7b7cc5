//! What envelopes show of a table.

use crate::formats::debezium::connect_schema::Node;
use crate::formats::debezium::order::{Shape, TOTAL_ORDER, note_position};
use crate::formats::debezium::sample::{origin_of, read_row};
use crate::formats::debezium::source_table::of_raw;
use crate::formats::json::sample::RowOrigin;
use crate::profile::Profile;
use crate::text::json_fields::{each_member, members, not_null, string};
use std::borrow::Cow;

/// Counts an envelope; `None` if it is none.
pub(super) fn read_envelope(profile: &mut Profile, schema: Option<&Node>, envelope: &str) -> Option<()> {
    let [op, before, after, source, transaction] =
        members(envelope, ["op", "before", "after", "source", "transaction"])?.map(not_null);
    let op = string(op?)?;
    let named = source.and_then(|source| members(source, ["db", "schema", "table", "collection"]));
    if !profile.is_of_table(&of_raw(named.unwrap_or([None; 4]))) {
        return Some(());
    }
    if [before, after].iter().flatten().any(|image| image.starts_with('"')) {
        profile.text_rows += 1;
    }
    *profile.operations.entry(op.clone().into_owned()).or_default() += 1;
    let mut fields: Vec<String> = Vec::new();
    if let Some(source) = source {
        let [connector] = members(source, ["connector"])?.map(not_null);
        profile.connector = connector.and_then(string).map(Cow::into_owned).or(profile.connector.take());
        each_member(source, |name, raw| {
            if raw != "null" {
                fields.push(format!("source.{name}"));
            }
        });
    }
    let has = |part: &str| fields.iter().any(|field| field == part);
    note_position(profile, Shape::Envelope, op == "r", has);
    *profile.positioned.entry(TOTAL_ORDER).or_default() += u64::from(transaction.is_some());
    let node = schema.and_then(|node| node.fields.iter().find(|field| field.field.as_deref() == Some("after")));
    match op.as_ref() {
        "d" => read_row(profile, node, before?, true, RowOrigin::Other),
        "t" | "m" => Some(()),
        op => read_row(profile, node, after?, false, origin_of(op)),
    }
}

/// With the database where the records name it.
pub(super) fn title(profile: &Profile) -> String {
    let connector = match profile.connector.as_deref() {
        Some("postgresql") => " PostgreSQL",
        Some("mysql") => " MySQL",
        Some("mariadb") => " MariaDB",
        Some("sqlserver") => " SQL Server",
        Some("oracle") => " Oracle",
        Some("db2") => " Db2",
        Some("vitess") => " Vitess",
        _ => "",
    };
    let with_schema = if profile.with_schema > 0 { " with schema" } else { "" };
    format!("Debezium{connector}, JSON{with_schema}")
}
