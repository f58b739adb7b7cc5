//! What envelopes show of a table.

use crate::formats::debezium::connect_schema::Node;
use crate::formats::debezium::sample::{RowOrigin, read_row};
use crate::profile::Profile;
use crate::text::json_fields::{members, not_null, string};
use std::borrow::Cow;

/// Counts an envelope; `None` if it is none.
pub(super) fn read_envelope(profile: &mut Profile, schema: Option<&Node>, envelope: &str) -> Option<()> {
    let [op, before, after, source, transaction] =
        members(envelope, ["op", "before", "after", "source", "transaction"])?.map(not_null);
    let op = string(op?)?;
    *profile.operations.entry(op.clone().into_owned()).or_default() += 1;
    if let Some(source) = source {
        let [connector, lsn] = members(source, ["connector", "lsn"])?.map(not_null);
        profile.connector = connector.and_then(string).map(Cow::into_owned).or(profile.connector.take());
        *profile.positioned.entry("source.lsn").or_default() += u64::from(lsn.is_some());
    }
    *profile.positioned.entry("transaction.total_order").or_default() += u64::from(transaction.is_some());
    let node = schema.and_then(|node| node.fields.iter().find(|field| field.field.as_deref() == Some("after")));
    match op.as_ref() {
        "d" => read_row(profile, node, before?, true, RowOrigin::Other),
        "t" | "m" => Some(()),
        op => read_row(profile, node, after?, false, RowOrigin::of(op)),
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
        _ => "",
    };
    let with_schema = if profile.with_schema > 0 { " with schema" } else { "" };
    format!("Debezium{connector}, JSON{with_schema}")
}
