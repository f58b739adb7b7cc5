//! The members of an envelope, as raw JSON.

use crate::formats::debezium::source_table::of_raw;
use crate::formats::debezium::wrapping::lacks_row;
use crate::formats::json::position::OFFSET;
use crate::formats::json::row::plain_text;
use crate::formats::json::source_table::SourceNames;
use crate::text::json_fields::{each_member, members, not_null, string};
use std::borrow::Cow;

/// Members of the envelope that a sequence may begin with.
const OBJECTS: [&str; 2] = ["source", "transaction"];
/// Members of the envelope that are a sequence part by themselves.
const TIMES: [&str; 3] = ["ts_ms", "ts_us", "ts_ns"];

/// Members that `source` has, about.
const SOURCE_MEMBERS: usize = 20;

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
    /// Members of `source` that are not null.
    source: Vec<(Cow<'a, str>, &'a str)>,
    transaction: Option<&'a str>,
    /// What an update of a document changed.
    pub(super) update_description: Option<&'a str>,
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
        let names = [
            "schema",
            "payload",
            "op",
            "before",
            "after",
            "source",
            "transaction",
            "updateDescription",
            "ts_ms",
            "ts_us",
            "ts_ns",
        ];
        let [schema, payload, envelope @ ..] = members(json, names)?;
        let [op, before, after, source, transaction, update_description, ms, us, ns] = envelope.map(not_null);
        let mut in_source = Vec::new();
        if let Some(source) = source {
            in_source.reserve(SOURCE_MEMBERS);
            each_member(source, |name, raw| {
                if raw != "null" {
                    in_source.push((name, raw));
                }
            });
        }
        let (source, times) = (in_source, [ms, us, ns]);
        let envelope = Envelope { op, before, after, source, transaction, update_description, times };
        Some(Self { schema, payload, envelope })
    }
}

impl<'a> Envelope<'a> {
    /// When and in which table the source says that the change happened.
    pub(super) fn origin(&self) -> Origin<'a> {
        let names = ["db", "schema", "table", "collection"].map(|name| self.source(name));
        Origin { time_ms: self.source("ts_ms").and_then(|time| time.parse().ok()), table: of_raw(names) }
    }

    /// The server whose log the record is of, and what tells two servers of one name apart: the id of the server that wrote
    /// the binlog, unless a GTID orders transactions of several, or the replica set.
    pub(super) fn log(&self) -> [Option<Cow<'a, str>>; 2] {
        let name = self.source("name").and_then(string);
        let set = || self.source("rs").and_then(string).map(|name| Cow::Owned(format!("replica set {name}")));
        let of_gtid = self.source("gtid").is_some();
        let id = self
            .source("server_id")
            .filter(|id| !of_gtid && *id != "0")
            .map(|id| Cow::Owned(format!("server_id {id}")));
        [name, id.or_else(set)]
    }

    /// Whether it has no row, and its key would say which one it is of.
    pub(super) fn lacks_row(&self, op: &str) -> bool {
        let has_row = self.before.is_some() || self.after.is_some();
        lacks_row(op, has_row, || self.connector().is_some_and(|name| name == "mongodb"))
    }

    /// The connector that the record is of.
    pub(super) fn connector(&self) -> Option<Cow<'a, str>> {
        string(self.source("connector")?)
    }

    /// A member of `source` as raw JSON, null left out; of several of one name the last.
    fn source(&self, name: &str) -> Option<&'a str> {
        self.source.iter().rev().find(|(of, _)| of == name).map(|(_, raw)| *raw)
    }

    /// The text of a member of a position: of `source`, or at a path.
    pub(super) fn position_member(&self, member: &str) -> Option<Cow<'a, str>> {
        match member.split_once('.') {
            None => self.source(member).map(plain_text),
            Some(("transaction", name)) => {
                let [inner] = members(self.transaction?, [name])?;
                not_null(inner).map(plain_text)
            }
            Some(_) => None,
        }
    }

    /// The value at a path, for example `source.lsn`.
    pub(super) fn at(&self, path: &[String]) -> Option<&'a str> {
        let (root, rest) = path.split_first()?;
        let [ms, us, ns] = self.times;
        if root == "source" {
            let (name, rest) = rest.split_first()?;
            return inside(self.source(name), rest);
        }
        let raw = match root.as_str() {
            "transaction" => self.transaction,
            "ts_ms" => ms,
            "ts_us" => us,
            _ => ns,
        };
        inside(raw, rest)
    }
}

fn inside<'a>(raw: Option<&'a str>, path: &[String]) -> Option<&'a str> {
    path.iter().try_fold(raw, |raw, name| members(raw?, [name.as_str()]).map(|[inner]| not_null(inner)))?
}
