//! What is around an envelope: key and headers of the sink, or a `CloudEvent` of Debezium Server.

use super::document::KEY;
use crate::formats::json::wrapping::{Unwrapped, first_name, payload_of, unwrap};
use crate::text::json_fields::{each_member, members, not_null, string};
use std::borrow::Cow;
use std::fmt::Write as _;

/// What the names of a `CloudEvent`'s attributes of Debezium begin with.
const ATTRIBUTE: &str = "iodebezium";
/// Members of `source` whose names the attributes have without `_` and upper case (Debezium documentation, "Emitting
/// change events in `CloudEvents` format").
const SOURCE: [&str; 30] = [
    "version",
    "connector",
    "name",
    "ts_ms",
    "snapshot",
    "db",
    "sequence",
    "schema",
    "table",
    "txId",
    "lsn",
    "xmin",
    "server_id",
    "gtid",
    "file",
    "pos",
    "row",
    "commit_lsn",
    "change_lsn",
    "event_serial_no",
    "scn",
    "commit_scn",
    "rs_id",
    "ssn",
    "collection",
    "ord",
    "rs",
    "keyspace",
    "shard",
    "vgtid",
];

/// The envelope that is wrapped in a record; `None` where nothing is around it.
pub(crate) fn envelope_of(text: &str) -> Option<Cow<'_, str>> {
    if let Some(Unwrapped { value, key }) = unwrap(text) {
        let with_key = key.and_then(|key| with_former_row(&value, payload_of(&key)));
        return Some(with_key.map_or(value, Cow::Owned));
    }
    let may_be_event = first_name(text.trim_ascii()).is_some_and(|name| {
        matches!(name, "id" | "source" | "specversion" | "type" | "time" | "datacontenttype" | "dataschema" | "data")
            || name.starts_with(ATTRIBUTE)
    });
    if may_be_event && text.contains(ATTRIBUTE) { of_cloud_event(text).map(Cow::Owned) } else { None }
}

/// Whether an envelope has no row of which its key tells the rest: a delete of any connector, and an update of a document.
pub(crate) fn lacks_row(op: &str, has_row: bool, is_document: impl FnOnce() -> bool) -> bool {
    !has_row && (op == "d" || (op == "u" && is_document()))
}

/// Whether a record alone does not say which row it is of, and its key would.
pub(crate) fn lacks_key(text: &str) -> bool {
    let text = text.trim_ascii();
    let inside = if text.starts_with('"') { string(text) } else { Some(Cow::Borrowed(text)) };
    inside.is_some_and(|text| row_of(&text).is_some_and(|found| found.lacks_row()))
}

/// What an envelope says of its row.
struct RowOf<'a> {
    schema: Option<&'a str>,
    envelope: &'a str,
    op: Option<Cow<'a, str>>,
    has_row: bool,
    is_document: bool,
}

impl RowOf<'_> {
    fn lacks_row(&self) -> bool {
        self.op.as_deref().is_some_and(|op| lacks_row(op, self.has_row, || self.is_document))
    }
}

fn row_of(value: &str) -> Option<RowOf<'_>> {
    let [schema, payload] = members(value, ["schema", "payload"])?;
    let envelope = if schema.is_some() { payload? } else { value };
    let [op, before, after, source] = members(envelope, ["op", "before", "after", "source"])?.map(not_null);
    let connector = source.and_then(|source| members(source, ["connector"])).and_then(|[name]| string(name?));
    Some(RowOf {
        schema,
        envelope,
        op: op.and_then(string),
        has_row: before.is_some() || after.is_some(),
        is_document: connector.is_some_and(|name| name == "mongodb"),
    })
}

/// An envelope without any row whose key is beside it, with the key as the row before: what is deleted, and which
/// document an update is of.
fn with_former_row(value: &str, key: &str) -> Option<String> {
    let found = row_of(value)?;
    let key = found.lacks_row().then_some(key).filter(|key| key.starts_with('{'))?;
    let RowOf { schema, envelope, is_document, .. } = found;
    let row = match is_document {
        true => serde_json::Value::from(format!("{{\"{KEY}\":{}}}", id_of(key)?)).to_string(),
        false => key.to_owned(),
    };
    let mut found = format!("{{\"before\":{row}");
    each_member(envelope, |name, raw| {
        if name != "before" {
            let _ = write!(found, ",{}:{raw}", serde_json::Value::from(name.as_ref()));
        }
    });
    found.push('}');
    Some(match schema {
        Some(schema) => format!("{{\"schema\":{schema},\"payload\":{found}}}"),
        None => found,
    })
}

/// The id in the key of a document, `{"id": "<Extended JSON>"}`.
fn id_of(key: &str) -> Option<Cow<'_, str>> {
    let [id] = members(key, ["id"])?;
    string(id?)
}

/// The envelope that the attributes and the data of a `CloudEvent` are.
fn of_cloud_event(text: &str) -> Option<String> {
    let mut data = None;
    let mut op = None;
    let mut source = String::new();
    let whole = each_member(text, |name, raw| {
        if name == "data" {
            data = not_null(Some(raw));
        } else if let Some(attribute) = name.strip_prefix(ATTRIBUTE) {
            if attribute == "op" {
                op = Some(raw);
            }
            let named = |member: &&&str| member.replace('_', "").eq_ignore_ascii_case(attribute);
            if let Some(member) = SOURCE.iter().find(named).filter(|_| raw != "null") {
                // Numbers are texts here.
                let digits = string(raw).filter(|text| {
                    !text.is_empty()
                        && text.len() < 19
                        && !text.starts_with('0')
                        && text.bytes().all(|b| b.is_ascii_digit())
                });
                let comma = if source.is_empty() { "" } else { "," };
                let _ = write!(source, "{comma}\"{member}\":{}", digits.as_deref().unwrap_or(raw));
            }
        }
    });
    let (data, op) = data.zip(op).filter(|_| whole)?;
    let data = if data.starts_with('"') { string(data)? } else { Cow::Borrowed(data) };
    let [schema, payload] = members(&data, ["schema", "payload"])?;
    let rows = payload.filter(|_| schema.is_some()).unwrap_or(&data);
    let [before, after] = members(rows, ["before", "after"])?.map(|row| row.unwrap_or("null"));
    let envelope = format!("{{\"before\":{before},\"after\":{after},\"source\":{{{source}}},\"op\":{op}}}");
    Some(match not_null(schema).filter(|_| payload.is_some()) {
        Some(schema) => format!("{{\"schema\":{schema},\"payload\":{envelope}}}"),
        None => envelope,
    })
}

#[cfg(test)]
mod tests {
    use super::envelope_of;

    #[test]
    fn the_key_beside_a_record_is_the_row_before() {
        let of = |record: &str| envelope_of(record).map(std::borrow::Cow::into_owned);
        let delete = r#"{"key":{"id":1},"value":{"before":null,"after":null,"op":"d"},"headers":[]}"#;
        assert_eq!(of(delete).as_deref(), Some(r#"{"before":{"id":1},"after":null,"op":"d"}"#));
        let with_row = r#"{"key":{"id":1},"value":{"before":{"id":1,"v":2},"after":null,"op":"d"}}"#;
        assert_eq!(of(with_row).as_deref(), Some(r#"{"before":{"id":1,"v":2},"after":null,"op":"d"}"#));
        let document = r#"{"key":{"schema":{},"payload":{"id":"{\"$oid\":\"5f\"}"}},"value":{"after":null,"op":"d","source":{"connector":"mongodb"}}}"#;
        let found =
            r#"{"before":"{\"_id\":{\"$oid\":\"5f\"}}","after":null,"op":"d","source":{"connector":"mongodb"}}"#;
        assert_eq!(of(document).as_deref(), Some(found));
    }

    #[test]
    fn a_cloud_event_is_an_envelope() {
        let event = r#"{"id":"x","source":"/debezium","specversion":"1.0","iodebeziumop":"u","iodebeziumconnector":"sqlserver",
            "iodebeziumtsms":"1578331305","iodebeziumcommitlsn":"00000025:00000d98:00a2","iodebeziumxmin":null,
            "data":{"before":null,"after":{"id":1}}}"#;
        let found = r#"{"before":null,"after":{"id":1},"source":{"connector":"sqlserver","ts_ms":1578331305,"commit_lsn":"00000025:00000d98:00a2"},"op":"u"}"#;
        assert_eq!(envelope_of(event).as_deref(), Some(found));
        assert_eq!(envelope_of(r#"{"id":1,"note":"iodebeziumop"}"#), None);
        assert_eq!(envelope_of(r#"{"before":null,"after":{"id":1},"op":"c"}"#), None);
    }
}
