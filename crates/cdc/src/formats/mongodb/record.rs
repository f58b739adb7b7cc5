//! The members of an event, as raw JSON.

use super::kind::Kind;
use super::token;
use crate::formats::json::source_table::{SourceNames, of_raw};
use crate::text::json_fields::{members, not_null, string};
use crate::value::extended_json::{cluster_time, plain};
use std::borrow::Cow;

/// Parts of the position: the resume token, and the cluster time alone, which the events of a transaction share.
pub(super) const POSITION: [&str; 2] = [TOKEN, TIME];
pub(super) const TOKEN: &str = "resumeToken";
pub(super) const TIME: &str = "clusterTime";

/// An event, `null` left out.
pub(super) struct Record<'a> {
    pub(super) kind: Option<&'a str>,
    /// The document as it is after the event.
    pub(super) document: Option<&'a str>,
    pub(super) key: Option<&'a str>,
    /// What an update changed.
    pub(super) update: Option<&'a str>,
    namespace: Option<&'a str>,
    token: Option<&'a str>,
    cluster_time: Option<&'a str>,
    wall_time: Option<&'a str>,
}

/// The event in what the connector of Kafka writes: the event itself, or a text with it.
pub(super) fn unwrapped(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    let payload = match trimmed.starts_with('"') {
        true => Some(trimmed),
        false => {
            members(trimmed, ["schema", "payload"]).and_then(|[schema, payload]| payload.filter(|_| schema.is_some()))
        }
    };
    match payload {
        Some(text) if text.starts_with('"') => string(text).unwrap_or(Cow::Borrowed(text)),
        Some(object) => Cow::Borrowed(object),
        None => Cow::Borrowed(trimmed),
    }
}

impl<'a> Record<'a> {
    /// Reads an event; `None` if it is no JSON object.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        let names =
            ["operationType", "fullDocument", "documentKey", "updateDescription", "ns", "_id", TIME, "wallTime"];
        let found = members(json, names)?.map(not_null);
        let [kind, document, key, update, namespace, id, cluster_time, wall_time] = found;
        let token = id.and_then(|id| members(id, ["_data"])).and_then(|[data]| data);
        Some(Self { kind, document, key, update, namespace, token, cluster_time, wall_time })
    }

    /// The collection that it is of, and its database.
    pub(super) fn table(&self) -> SourceNames<'a> {
        let [database, collection] = self.namespace.and_then(|ns| members(ns, ["db", "coll"])).unwrap_or_default();
        of_raw([database, None, collection])
    }

    /// A part of its position.
    pub(super) fn part(&self, name: &str) -> Option<Cow<'a, str>> {
        match name {
            TOKEN => self.token.and_then(token::digits).map(Cow::Owned),
            TIME => self.cluster_time.and_then(cluster_time).map(|time| Cow::Owned(time.to_string())),
            _ => None,
        }
    }

    /// Milliseconds since 1970 of the change, or of the second in which it was.
    pub(super) fn time_ms(&self) -> Option<i64> {
        let wall = self
            .wall_time
            .and_then(|raw| plain(raw).ok())
            .and_then(|text| crate::row::text_rows::time_ms(&string(&text)?));
        let of_cluster = || {
            let seconds = self.cluster_time.and_then(cluster_time)? >> 32;
            i64::try_from(seconds).ok()?.checked_mul(1_000)
        };
        wall.or_else(of_cluster)
    }
}

/// Whether a line is an event, or the front of one.
pub(super) fn is_record(line: &str) -> bool {
    let event = unwrapped(line);
    match members(&event, ["operationType", "ns", "documentKey", "_id", TIME]) {
        Some([kind, about @ ..]) => {
            let is_known = kind.and_then(string).is_some_and(|word| Kind::of(&word).is_some());
            is_known && about.iter().any(Option::is_some)
        }
        None => line.contains("\"operationType\"") && (line.contains("\"ns\"") || line.contains("\"documentKey\"")),
    }
}
