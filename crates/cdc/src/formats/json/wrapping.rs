//! What is around a record where a sink writes more than its value: key, headers and place in the topic, or a text that
//! is JSON.

use crate::text::json_fields::{each_member, members, not_null, string};
use std::borrow::Cow;

/// Members that sinks write beside the value of a record (Confluent's S3 sink and Aiven's write an object of these).
const BESIDE: [&str; 12] = [
    "key",
    "value",
    "headers",
    "offset",
    "timestamp",
    "timestampType",
    "topic",
    "partition",
    "keySchema",
    "valueSchema",
    "keySchemaId",
    "valueSchemaId",
];

/// A record that was inside of something.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unwrapped<'a> {
    /// Its value as JSON, `null` for a tombstone.
    pub(crate) value: Cow<'a, str>,
    /// Its key as JSON, where that is beside it.
    pub(crate) key: Option<Cow<'a, str>>,
}

/// The record in an object that a sink wrote around it, or in a text; `None` where nothing is around it.
pub(crate) fn unwrap(text: &str) -> Option<Unwrapped<'_>> {
    let text = text.trim_ascii();
    if text.starts_with('"') {
        return Some(Unwrapped { value: inner_json(text)?, key: None });
    }
    // Asked for every record, and most have nothing around them.
    if !BESIDE.contains(&first_name(text)?) {
        return None;
    }
    let (mut key, mut value, mut others, mut strangers) = (None, None, 0, false);
    let whole = each_member(text, |name, raw| match name.as_ref() {
        "key" => key = Some(raw),
        "value" => value = Some(raw),
        name => {
            others += 1;
            strangers |= !BESIDE.contains(&name);
        }
    });
    let value = value.filter(|_| whole && !strangers && (key.is_some() || others > 0))?;
    let of = |raw: &'_ str| raw.starts_with('"');
    let value = if of(value) { inner_json(value)? } else { Cow::Borrowed(value) };
    let is_record = value.starts_with('{') || value == "null";
    let key = not_null(key).and_then(|raw| if of(raw) { inner_json(raw) } else { Some(Cow::Borrowed(raw)) });
    is_record.then_some(Unwrapped { value, key })
}

/// A record and its key in the object that a sink writes around both; `None` if the key is no object.
pub(crate) fn with_key(record: &str, key: &str) -> Option<String> {
    let whole = format!("{{\"key\":{},\"value\":{}}}", key.trim_ascii(), record.trim_ascii());
    let is_whole =
        unwrap(&whole).is_some_and(|found| found.key.is_some_and(|key| key.trim_ascii_start().starts_with('{')));
    is_whole.then_some(whole)
}

/// The value of a wrapped record, see [`unwrap`].
pub(crate) fn value_of(text: &str) -> Option<Cow<'_, str>> {
    unwrap(text).map(|found| found.value)
}

/// The payload of a key or value that has its schema beside it, else itself.
pub(crate) fn payload_of(json: &str) -> &str {
    match members(json, ["schema", "payload"]) {
        Some([Some(_), Some(payload)]) => payload,
        _ => json,
    }
}

/// The name of the first member of an object as it is written; `None` where that cannot be seen.
pub(crate) fn first_name(json: &str) -> Option<&str> {
    let inside = json.strip_prefix('{')?.trim_ascii_start().strip_prefix('"')?;
    inside.split_once('"').map(|(name, _)| name)
}

/// The object that the text of a JSON string is.
fn inner_json(raw: &str) -> Option<Cow<'_, str>> {
    let text = string(raw)?;
    text.trim_ascii_start().starts_with('{').then_some(text)
}

#[cfg(test)]
mod tests {
    use super::{unwrap, value_of};

    #[test]
    fn what_sinks_write_around_a_record_is_opened() {
        let record = r#"{"key":{"id":1},"value":{"op":"d"},"headers":[]}"#;
        let found = unwrap(record).expect("it is wrapped");
        assert_eq!((found.value.as_ref(), found.key.as_deref()), (r#"{"op":"d"}"#, Some(r#"{"id":1}"#)));
        assert_eq!(value_of(r#"{"key":"k","value":null,"offset":4}"#).as_deref(), Some("null"));
        assert_eq!(value_of(r#""{\"op\":\"c\"}""#).as_deref(), Some(r#"{"op":"c"}"#));
        assert_eq!(value_of(r#"{"offset":1,"value":"{\"op\":\"c\"}"}"#).as_deref(), Some(r#"{"op":"c"}"#));
    }

    #[test]
    fn rows_with_such_columns_stay_as_they_are() {
        for row in [
            r#"{"key":1,"value":2}"#,
            r#"{"key":1,"value":{"a":1},"id":7}"#,
            r#"{"value":{"a":1}}"#,
            r#"{"id":1,"key":1,"value":{}}"#,
            r#""text""#,
            "1",
            "{",
        ] {
            assert_eq!(unwrap(row), None, "{row}");
        }
    }
}
