//! Reads a sample of Debezium records into a profile.

use super::connect_schema::Node;
use super::guess::{binary_text, is_decimal_text, of_schema};
use crate::format::SourceSettings;
use crate::formats::json::sample::{RowOrigin, SampledRow, count_row};
use crate::profile::Profile;
use crate::text::json_fields::{each_member, members, not_null};
use crate::value::unavailable::Unavailable;
use sluice_contract::ColumnType;
use std::borrow::Cow;

/// How the row of an operation came into the table, by its letter and the `snapshot` of its source: one of an
/// incremental snapshot is of a key that came before.
pub(crate) fn origin_of(op: &str, snapshot: Option<&str>) -> RowOrigin {
    match op {
        "r" if snapshot == Some("incremental") => RowOrigin::Insert,
        "r" => RowOrigin::Snapshot,
        "c" => RowOrigin::Insert,
        _ => RowOrigin::Other,
    }
}

/// Counts a record that may bring its schema; `read_record` counts it without.
pub(crate) fn read_with_schema(
    profile: &mut Profile,
    text: &str,
    read_record: impl Fn(&mut Profile, Option<&Node>, &str) -> Option<()>,
) -> Option<()> {
    let [schema, payload] = members(text, ["schema", "payload"])?;
    let record = if schema.is_some() { payload? } else { text };
    let schema = not_null(schema).and_then(|raw| serde_json::from_str::<Node>(raw).ok());
    profile.with_schema += u64::from(schema.is_some());
    read_record(profile, schema.as_ref(), record)
}

/// Takes the key from a record key of the Kafka Connect S3 sink.
pub(crate) fn read_key(profile: &mut Profile, line: &str) {
    let payload = members(line, ["payload"]).and_then(|[payload]| not_null(payload));
    let mut names = Vec::new();
    if each_member(payload.unwrap_or(line), |name, _| names.push(name.into_owned())) {
        profile.record_key = names;
    }
}

/// Counts a row image; `None` if it is no object.
pub(crate) fn read_row(
    profile: &mut Profile,
    schema: Option<&Node>,
    row: &str,
    is_delete: bool,
    origin: RowOrigin,
) -> Option<()> {
    let unavailable = Unavailable::new("__debezium_unavailable_value");
    // One type with bytes and one without, for the two forms of the placeholder.
    let is_placeholder = |raw: &str| unavailable.is(&ColumnType::Binary, raw) || unavailable.is(&ColumnType::Json, raw);
    let mut values: Vec<(Cow<'_, str>, &str)> = Vec::new();
    each_member(row, |name, raw| values.push((name, raw))).then_some(())?;
    let (added, beside) = (&profile.added_fields, &profile.added_beside);
    let is_added = |name: &str| added.values().chain(beside).any(|other| other == name);
    values.retain(|(name, _)| !name.starts_with("__") && !is_added(name));
    count_row(profile, &SampledRow { values: &values, is_delete, origin }, is_placeholder);
    if let Some(node) = schema {
        for (name, _) in &values {
            let field = node.fields.iter().find(|field| field.field.as_deref() == Some(name));
            let column = profile.column(name);
            column.by_schema = field.map(of_schema).or(column.by_schema.take());
        }
    }
    Some(())
}

/// Whether decimals come as text.
pub(crate) fn proposed_settings(profile: &Profile) -> SourceSettings {
    let binary = binary_text(&profile.columns);
    let text_decimals = profile.columns.iter().any(is_decimal_text);
    let (add_fields, ignored) = (profile.added_fields.clone(), profile.added_beside.clone());
    let questions = profile.added_doubts.clone();
    SourceSettings { text_decimals, binary, add_fields, ignored, questions, ..SourceSettings::default() }
}
