//! Members that `ExtractNewRecordState` of Debezium adds to a flattened row.

/// What flattened rows may say beside their columns and decoding reads, by the names of Debezium's `add.fields`: the
/// operation, the mark of a delete, the source's time, the position in the log, and which table and server a row is of.
///
/// Debezium documentation, "New Record State Extraction", `add.fields`; the positions are those of
/// `docs/formats.md`, "debezium_json".
pub const ADDED_FIELDS: [&str; 29] = [
    "op",
    "deleted",
    "connector",
    "sequence",
    "lsn",
    "transaction.total_order",
    "file",
    "pos",
    "row",
    "commit_lsn",
    "change_lsn",
    "event_serial_no",
    "commit_scn",
    "scn",
    "rs_id",
    "ssn",
    "source.ts_ms",
    "source.ts_us",
    "source.ts_ns",
    "ord",
    "vgtid",
    "shard",
    "mod_number",
    "ts_hlc",
    "db",
    "schema",
    "table",
    "collection",
    "name",
];

/// The field of [`ADDED_FIELDS`] that somebody means: `source.lsn` is `lsn`, while `ts_ms` is the time of the connector
/// and none of them.
///
/// ```
/// use sluice_contract::added_field;
///
/// assert_eq!(added_field("source.lsn"), Some("lsn"));
/// assert_eq!(added_field("source.ts_ms"), Some("source.ts_ms"));
/// assert_eq!(added_field("ts_ms"), None);
/// ```
#[must_use]
pub fn added_field(written: &str) -> Option<&'static str> {
    let is = |field: &&'static str| *field == written || written.strip_prefix("source.") == Some(*field);
    ADDED_FIELDS.iter().copied().find(|field| is(field))
}
