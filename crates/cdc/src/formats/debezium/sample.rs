//! Reads a sample of Debezium records into a profile.

use super::connect_schema::Node;
use super::guess::{binary_text, is_decimal_text, of_schema};
use crate::format::SourceSettings;
use crate::profile::Profile;
use crate::profile::shape::Shape;
use crate::text::json_fields::{each_member, is_too_deep, members, not_null};
use crate::text::records::{RecordDelimiter, Records};
use crate::text::unpack::StreamEnd;
use crate::value::unavailable::Unavailable;
use bytes::Bytes;
use sluice_contract::{ColumnType, limits};
use std::borrow::Cow;

/// How a row came into the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowOrigin {
    /// With a snapshot.
    Snapshot,
    /// By an insert.
    Insert,
    /// It was there before, or it is not said.
    Other,
}

impl RowOrigin {
    /// By the letter of the operation.
    pub(crate) fn of(op: &str) -> Self {
        match op {
            "r" => Self::Snapshot,
            "c" => Self::Insert,
            _ => Self::Other,
        }
    }
}

/// Reads a file, or the key from a key file of the Kafka Connect S3 sink. `read_record` counts a record without
/// its schema; it gives `None` if the record is not of the format.
pub(crate) fn read(
    profile: &mut Profile,
    path: &str,
    bytes: &Bytes,
    records_max: u64,
    read_record: impl Fn(&mut Profile, Option<&Node>, &str) -> Option<()>,
) {
    if path.contains(".keys.json") {
        read_key(profile, bytes);
        return;
    }
    let mut records = Records::new(bytes.clone(), RecordDelimiter::Lines, u64::MAX);
    let mut count = 0;
    while count < records_max {
        let Some(record) = records.next() else {
            profile.damaged_files += u64::from(records.end() != StreamEnd::Whole);
            return;
        };
        let text = std::str::from_utf8(record.bytes).unwrap_or_default();
        let text = text.trim_start_matches('\u{feff}').trim();
        if text == "null" {
            profile.tombstones += 1;
        } else if !record.bytes.is_empty() {
            count += 1;
            profile.records += 1;
            let too_deep = is_too_deep(record.bytes, limits::JSON_DEPTH_MAX);
            let fits = !too_deep && read_with_schema(profile, text, &read_record).is_some();
            profile.fitting += u64::from(fits);
        }
    }
}

fn read_with_schema(
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

fn read_key(profile: &mut Profile, bytes: &Bytes) {
    let mut records = Records::new(bytes.clone(), RecordDelimiter::Lines, u64::MAX);
    let Some(line) = records.next().and_then(|record| std::str::from_utf8(record.bytes).ok().map(str::to_owned)) else {
        return;
    };
    let payload = members(&line, ["payload"]).and_then(|[payload]| not_null(payload));
    let mut names = Vec::new();
    if each_member(payload.unwrap_or(&line), |name, _| names.push(name.into_owned())) {
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
    values.retain(|(name, _)| !name.starts_with("__"));
    profile.rows += u64::from(!is_delete);
    profile.deletes += u64::from(is_delete);
    profile.snapshot_rows += u64::from(origin == RowOrigin::Snapshot);
    for (name, raw) in &values {
        let column = profile.column(name);
        let shape: &mut Shape = if is_delete { &mut column.deleted } else { &mut column.shape };
        if is_placeholder(raw) {
            shape.unavailable();
        } else {
            shape.json(raw);
        }
        if let Some(node) = schema {
            let field = node.fields.iter().find(|field| field.field.as_deref() == Some(name));
            column.by_schema = field.map(of_schema).or(column.by_schema.take());
        }
    }
    if origin != RowOrigin::Other {
        profile.new_row(origin == RowOrigin::Snapshot, values.iter().map(|(name, raw)| (name.as_ref(), *raw)));
    }
    Some(())
}

/// Whether decimals come as text.
pub(crate) fn proposed_settings(profile: &Profile) -> SourceSettings {
    let binary = binary_text(&profile.columns);
    let text_decimals = profile.columns.iter().any(is_decimal_text);
    SourceSettings { text_decimals, binary, ..SourceSettings::default() }
}
