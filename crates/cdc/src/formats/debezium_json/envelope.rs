//! The members of an envelope, as raw JSON.

use crate::formats::debezium::source_table::of_raw;
use crate::formats::json::position::OFFSET;
use crate::formats::json::source_table::SourceNames;
use crate::text::json_fields::{members, not_null, string};
use std::borrow::Cow;

/// Members of the envelope that a sequence may begin with.
const OBJECTS: [&str; 2] = ["source", "transaction"];
/// Members of the envelope that are a sequence part by themselves.
const TIMES: [&str; 3] = ["ts_ms", "ts_us", "ts_ns"];

/// Whether a part of the sequence that is no column is a path into the envelope.
pub(super) fn has_path(name: &str) -> bool {
    let inside = name.split_once('.').is_some_and(|(root, _)| OBJECTS.contains(&root));
    inside || TIMES.contains(&name) || name == OFFSET
}

/// Fields of an envelope as raw JSON, `null` left out.
pub(super) struct Envelope<'a> {
    pub(super) op: Option<&'a str>,
    pub(super) before: Option<&'a str>,
    pub(super) after: Option<&'a str>,
    source: Option<&'a str>,
    transaction: Option<&'a str>,
    times: [Option<&'a str>; 3],
}

/// A record: an envelope, or one as payload beside its schema.
pub(super) struct Outer<'a> {
    pub(super) schema: Option<&'a str>,
    pub(super) payload: Option<&'a str>,
    pub(super) envelope: Envelope<'a>,
}

/// When and where a change happened.
pub(super) struct Origin<'a> {
    /// Milliseconds since 1970.
    pub(super) time_ms: Option<i64>,
    pub(super) table: SourceNames<'a>,
}

impl<'a> Outer<'a> {
    /// Reads a record; `None` if it is no JSON object.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        let names = ["schema", "payload", "op", "before", "after", "source", "transaction", "ts_ms", "ts_us", "ts_ns"];
        let [schema, payload, envelope @ ..] = members(json, names)?;
        let [op, before, after, source, transaction, ms, us, ns] = envelope.map(not_null);
        let envelope = Envelope { op, before, after, source, transaction, times: [ms, us, ns] };
        Some(Self { schema, payload, envelope })
    }
}

impl<'a> Envelope<'a> {
    /// When and in which table the source says that the change happened.
    pub(super) fn origin(&self) -> Origin<'a> {
        let found = self.source.and_then(|source| members(source, ["ts_ms", "db", "schema", "table", "collection"]));
        let [time, names @ ..] = found.unwrap_or([None; 5]);
        Origin { time_ms: time.and_then(|time| time.parse().ok()), table: of_raw(names) }
    }

    /// The connector that the record is of.
    pub(super) fn connector(&self) -> Option<Cow<'a, str>> {
        let [connector] = members(self.source?, ["connector"])?;
        string(not_null(connector)?)
    }

    /// The value at a path, for example `source.lsn`.
    pub(super) fn at(&self, path: &[String]) -> Option<&'a str> {
        let (root, rest) = path.split_first()?;
        let [ms, us, ns] = self.times;
        let mut raw = match root.as_str() {
            "source" => self.source,
            "transaction" => self.transaction,
            "ts_ms" => ms,
            "ts_us" => us,
            _ => ns,
        };
        for name in rest {
            let [inner] = members(raw?, [name.as_str()])?;
            raw = not_null(inner);
        }
        raw
    }
}
