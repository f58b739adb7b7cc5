//! What is around records on their way: event batches of Lambda, events of `EventBridge`, records of Kinesis and Firehose with
//! base64 data.

use super::record::Record;
use crate::text::json_fields::{elements, members, string};
use crate::value::number::base64_bytes;
use serde_json::value::RawValue;
use std::borrow::Cow;

/// Wrappings inside each other: a batch, a record of it, its data.
const DEPTH_MAX: usize = 4;

/// The records of a JSON value: itself, or those that are wrapped in it. `None` where something wrapped cannot be read.
pub(super) fn records(text: &str) -> Option<Vec<Cow<'_, str>>> {
    match inside(text)? {
        Inside::Record => Some(vec![Cow::Borrowed(text)]),
        Inside::Values(values) => {
            let mut found = Vec::new();
            for value in &values {
                collect(value, 1, &mut found)?;
            }
            Some(found.into_iter().map(Cow::Owned).collect())
        }
    }
}

/// Whether a line is a record, wraps some, or is the front of one.
pub(super) fn is_record(line: &str) -> bool {
    if members(line, []).is_none() {
        let of_stream = line.contains("\"dynamodb\"") && line.contains("\"Keys\"");
        let of_export = line.get(1..).is_some_and(|rest| rest.trim_start().starts_with("\"Item\""));
        return of_stream || (of_export && line.contains("\"S\"")) || line.contains("\"WriteTimestampMicros\"");
    }
    let records = records(line).unwrap_or_default();
    records.iter().any(|record| Record::read(record).is_some())
}

enum Inside {
    /// Nothing wraps it.
    Record,
    Values(Vec<String>),
}

fn inside(text: &str) -> Option<Inside> {
    let found = members(text, ["Records", "records", "kinesis", "data", "Data", "detail", "dynamodb", "Item", "Keys"]);
    let Some([large, small, kinesis, data, fetched, event, own @ ..]) = found else { return Some(Inside::Record) };
    if own.iter().any(Option::is_some) {
        return Some(Inside::Record);
    }
    if let Some(list) = large.or(small) {
        return Some(Inside::Values(elements(list)?.into_iter().map(str::to_owned).collect()));
    }
    let data = match kinesis {
        Some(kinesis) => members(kinesis, ["data"])?.into_iter().next().flatten(),
        None => data.or(fetched),
    };
    if let Some(event) = event.filter(|event| matches!(members(event, ["dynamodb"]), Some([Some(_)]))) {
        return Some(Inside::Values(vec![event.to_owned()]));
    }
    match data.and_then(string) {
        Some(base64) => Some(Inside::Values(values(&String::from_utf8(base64_bytes(&base64)?).ok()?)?)),
        None => Some(Inside::Record),
    }
}

fn collect(text: &str, depth: usize, found: &mut Vec<String>) -> Option<()> {
    match inside(text)? {
        Inside::Values(values) if depth < DEPTH_MAX => {
            for value in &values {
                collect(value, depth + 1, found)?;
            }
        }
        _ => found.push(text.to_owned()),
    }
    Some(())
}

/// JSON values one behind the other.
fn values(text: &str) -> Option<Vec<String>> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<Box<RawValue>>();
    values.map(|value| value.ok().map(|raw| raw.get().to_owned())).collect()
}
