//! What the value of a field looks like.

use super::members::in_row;
use crate::formats::debezium::connectors::ConnectorOrder;
use crate::plan::position_text::{is_digits, log_file};
use crate::text::json_fields::string;
use std::borrow::Cow;

/// Operations of Debezium.
const OPERATIONS: [&str; 5] = ["c", "u", "r", "d", "t"];
/// Milliseconds from 2001 to 2096.
const MILLIS: std::ops::Range<u128> = 1_000_000_000_000..4_000_000_000_000;
/// Members of `source`, of the envelope and of `transaction` that nothing reads, as they are in a row without a prefix.
/// Debezium documentation, `source` of each connector.
const BESIDE: [&str; 28] = [
    "version",
    "snapshot",
    "ts_ms",
    "ts_us",
    "ts_ns",
    "txId",
    "xmin",
    "origin",
    "origin_lsn",
    "gtid",
    "server_id",
    "thread",
    "query",
    "transaction_id",
    "transaction_data_collection_order",
    "lcr_position",
    "redo_thread",
    "redo_sql",
    "row_id",
    "user_name",
    "start_scn",
    "start_ts_ms",
    "commit_ts_ms",
    "txSeq",
    "lsid",
    "txnNumber",
    "wallTime",
    "keyspace",
];

/// Whether a value, which is not null, may be one of a field.
pub(super) fn fits(field: &str, raw: &str) -> bool {
    let text = text_of(raw);
    let is_text = raw.starts_with('"') && !text.is_empty();
    let number = || text.parse::<u128>().ok().filter(|_| is_digits(&text));
    let in_unit = |unit: u128| number().is_some_and(|number| MILLIS.contains(&(number / unit)));
    match field {
        "op" => is_text && OPERATIONS.contains(&text.as_ref()),
        "deleted" => matches!(text.as_ref(), "true" | "false"),
        "connector" => ConnectorOrder::of(&text).is_some(),
        "source.ts_ms" => in_unit(1),
        "source.ts_us" => in_unit(1_000),
        "source.ts_ns" => in_unit(1_000_000),
        "file" => log_file(&text).is_some() && !is_digits(&text),
        "commit_lsn" | "change_lsn" => is_digits(&text) || text.contains(':'),
        "rs_id" => text.contains('.'),
        "ts_hlc" => text.split('.').all(is_digits),
        "sequence" => text.starts_with('[') || is_digits(&text),
        "vgtid" => text.starts_with('['),
        "db" | "schema" | "table" | "collection" | "name" | "shard" => is_text,
        _ => is_digits(&text),
    }
}

/// Whether a field of this kind speaks for Debezium: a position in a log, the time of the source, its connector.
pub(super) fn is_telling(field: &str) -> bool {
    !matches!(
        field,
        "op" | "deleted"
            | "sequence"
            | "db"
            | "schema"
            | "table"
            | "collection"
            | "name"
            | "pos"
            | "row"
            | "ord"
            | "ssn"
            | "shard"
    )
}

/// Whether a member is one that `add.fields` may add and nothing reads, by its name without a prefix.
pub(super) fn is_beside(name: &str) -> bool {
    let (_, name) = in_row(name);
    BESIDE.iter().any(|other| name == *other || name.strip_prefix(super::members::SOURCE) == Some(*other))
}

/// The text of a raw value.
pub(super) fn text_of(raw: &str) -> Cow<'_, str> {
    string(raw).unwrap_or(Cow::Borrowed(raw))
}
