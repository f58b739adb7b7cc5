//! Records for entries of a contract that say nothing of the common ones: each theme has those that its entry is about.

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};
use std::sync::Arc;

/// Path and content of each file of a batch.
pub(super) type Files = Vec<(String, Vec<u8>)>;

/// An example of an entry with the batches that show what it does.
pub(super) struct Theme {
    /// Name of the example.
    pub(super) example: &'static str,
    /// Lines of the contract that stand beside it, before and after.
    pub(super) beside: &'static [&'static str],
    /// What arrives.
    pub(super) batches: fn() -> Vec<Files>,
}

/// The theme of an example, if it has one.
pub(super) fn theme_of(example: &str) -> Option<&'static Theme> {
    THEMES.iter().find(|theme| theme.example == example)
}

const FLAT: &[&str] = &["source.format: debezium_flat_json"];
const HISTORY: &[&str] = &["source.format: debezium_flat_json", "apply.scd: 2"];
const DMS: &[&str] = &["source.format: dms_csv"];
const SNAPSHOTS: &[&str] =
    &["source.format: csv", "apply.from_snapshot.files: \"{version}/*\"", "guards.max_deleted_rows: 1000"];

pub(super) const THEMES: &[Theme] = &[
    Theme {
        example: r#"apply.from_snapshot|files: "{version}/*.csv""#,
        beside: SNAPSHOTS,
        batches: || {
            let more = ("landing/orders/1/more".to_owned(), csv_of(3..5).into_bytes());
            vec![vec![("landing/orders/1/part.csv".to_owned(), csv_of(1..3).into_bytes()), more]]
        },
    },
    Theme {
        example: "apply.from_snapshot|max_deleted_share: 0.9",
        beside: SNAPSHOTS,
        batches: || {
            let snapshot = |number: u64, last| snapshot_file(number, last);
            vec![snapshot(1, 11), snapshot(2, 4)]
        },
    },
    Theme { example: "apply|on_missing_base: hold", beside: FLAT, batches: missing_base },
    Theme {
        example: "apply|quarantine_limit: 0.5",
        beside: FLAT,
        batches: || vec![flat(&[row(1, "1"), row(2, "!"), row(3, "!")])],
    },
    Theme { example: "apply|tie_policy: first", beside: FLAT, batches: ties },
    Theme {
        example: "apply|tombstone_retention: 30d",
        beside: &[],
        batches: || {
            const DAY: u64 = 86_400_000;
            let start = 1_600_000_000_000;
            let event = |op: &str, id: u64, lsn: u64, day: u64| {
                let row = json!({"id": id, "status": op, "amount": "1234", "note": "x"});
                let (before, after) = if op == "d" { (row, Value::Null) } else { (Value::Null, row) };
                let source = json!({"lsn": lsn, "ts_ms": start + day * DAY});
                json!({"op": op, "before": before, "after": after, "source": source})
            };
            let first = [event("c", 1, 10, 0), event("c", 2, 11, 0), event("d", 1, 20, 1)];
            let later: Vec<Value> = (0..5).map(|at| event("c", 10 + at, 30 + at, 100)).collect();
            numbered([jsons(&first), jsons(&later), jsons(&[event("u", 1, 15, 0)])])
        },
    },
    Theme { example: "apply|track_history: [status]", beside: HISTORY, batches: another_note },
    Theme { example: "apply|track_history_except: [note]", beside: HISTORY, batches: another_note },
    Theme {
        example: "guards|empty_load: allow",
        beside: &[
            "source.format: csv",
            "apply.from_snapshot.files: \"{version}/*\"",
            "apply.from_snapshot.max_deleted_share: 1",
        ],
        batches: || {
            let snapshot = |number: u64, last| snapshot_file(number, last);
            vec![snapshot(1, 3), snapshot(2, 1)]
        },
    },
    Theme { example: "guards|max_deleted_rows: 50", beside: FLAT, batches: || deletes(100, 60) },
    Theme {
        example: "guards|max_deleted_share: 0.5",
        beside: &["source.format: debezium_flat_json", "guards.max_deleted_rows: 1"],
        batches: || deletes(10, 4),
    },
    Theme {
        example: "guards|truncate: allow",
        beside: &[],
        batches: || {
            let row = json!({"id": 1, "status": "new", "amount": "1234", "note": "x"});
            let first = json!({"op": "c", "before": null, "after": row, "source": {"lsn": 10}});
            numbered([jsons(&[first]), jsons(&[json!({"op": "t", "source": {"lsn": 20}})])])
        },
    },
    Theme {
        example: "quality|severity: warn",
        beside: &["source.format: debezium_flat_json", "quality.check: \"row_count > 5\""],
        batches: another_note,
    },
    Theme {
        example: r#"schema|amount.type: "decimal(12,2)""#,
        beside: FLAT,
        batches: || vec![flat(&[row(1, "1234567890.12")])],
    },
    Theme {
        example: "schema|note.from_folder: shelf",
        beside: FLAT,
        batches: || {
            let rows = flat_lines(10, "c", &[json!({"id": 1, "status": "new", "amount": 1})]);
            vec![vec![("landing/orders/shelf=top/1.json".to_owned(), rows.into_bytes())]]
        },
    },
    Theme { example: "schema|note.removed: true", beside: DMS, batches: || dms(&["I,1,new,1.00,{seq}"]) },
    Theme {
        example: "schema|note.renamed_from: remark",
        beside: FLAT,
        batches: || vec![flat(&[json!({"id": 1, "status": "new", "amount": 1, "remark": "former"})])],
    },
    Theme {
        example: "source|backfill: [{name: old, path: landing/old, format: csv}]",
        beside: &[
            "source.format: debezium_flat_json",
            "source.backfill: [{name: old, path: landing/old, format: json}]",
        ],
        batches: || older("landing/old/1.csv", "id,status,amount,note\n20,old,2.00,old\n"),
    },
    Theme {
        example: "source|backfill: [{name: old, path: landing/older, format: csv, csv_columns: [id, status, amount, note]}]",
        beside: &[
            "source.format: debezium_flat_json",
            "source.backfill: [{name: old, path: landing/older, format: csv, csv_columns: [id, note, amount, status]}]",
        ],
        batches: || older("landing/older/1.csv", "20,old,2.00,older\n"),
    },
    Theme {
        example: "source|binary: hex",
        beside: &["source.format: debezium_flat_json", "schema.note.type: binary"],
        batches: || vec![flat(&[json!({"id": 1, "status": "new", "amount": 1, "note": "deadbeef"})])],
    },
    Theme {
        example: r#"source|csv_escape: "\\""#,
        beside: &[],
        batches: || dms(&["I,1,new,1.00,\"a \\\"word\\\", said\",{seq}"]),
    },
    Theme {
        example: "source|csv_layouts: [[id, status, amount, note, transact_seq], [id, status, transact_seq]]",
        beside: &[],
        batches: || dms(&["I,1,new,1.00,x,{seq}", "I,2,new,{seq}"]),
    },
    Theme { example: r#"source|csv_quote: "'""#, beside: &[], batches: || dms(&["I,1,new,1.00,'a, b',{seq}"]) },
    Theme { example: "source|decimal_comma: true", beside: &[], batches: || dms(&["I,1,new,\"1.234,50\",x,{seq}"]) },
    Theme {
        example: "source|encoding: windows-1252",
        beside: FLAT,
        batches: || vec![flat(&[json!({"id": 1, "status": "Grün", "amount": 1, "note": "x"})])],
    },
    Theme {
        example: "source|evolution: add_new_columns",
        beside: FLAT,
        batches: || vec![flat(&[json!({"id": 1, "status": "new", "amount": 1, "note": "x", "extra": "more"})])],
    },
    Theme {
        example: "source|name: eu",
        beside: &["source.format: debezium_flat_json", "source.name: us", "schema.note.source_name: true"],
        batches: || vec![flat(&[row(1, "1")])],
    },
    Theme {
        example: "source|restarts: {2: position}",
        beside: FLAT,
        batches: || numbered([flat_lines(100, "c", &[row(1, "1"), row(2, "2")]), flat_lines(3, "u", &[row(1, "3")])]),
    },
    Theme {
        example: "source|sheet: Orders",
        beside: &["source.format: xlsx", "apply.scd: append", "schema.id.renamed_from: \"Order ID\""],
        batches: || vec![vec![("landing/orders/people.xlsx".to_owned(), WORKBOOK.to_vec())]],
    },
    Theme {
        example: "source|from_version: 12",
        beside: &["source.format: delta_feed_parquet"],
        batches: || vec![(0..=12).flat_map(commit).collect()],
    },
    Theme { example: "source|time_zone: Europe/Berlin", beside: TIMES, batches: times },
    Theme { example: "source|time_zone: UTC", beside: TIMES, batches: times },
];

const TIMES: &[&str] = &["source.format: debezium_flat_json", "schema.note.type: timestamp"];

fn times() -> Vec<Files> {
    vec![flat(&[json!({"id": 1, "status": "new", "amount": 1, "note": "2026-07-01 12:00:00"})])]
}

/// Two events at each position, so that one pair at least is decided by either policy for another event.
fn ties() -> Vec<Files> {
    let of = |id: u64, status: &str| {
        let mut row = row(id, "1");
        row["status"] = json!(status);
        row["__op"] = json!("c");
        row["__lsn"] = json!(10 + id);
        row
    };
    let events: Vec<Value> = (1..=4).flat_map(|id| [of(id, "a"), of(id, "b")]).collect();
    let turned: Vec<Value> = (5..=8).flat_map(|id| [of(id, "b"), of(id, "a")]).collect();
    numbered([jsons(&events) + &jsons(&turned)])
}

fn missing_base() -> Vec<Files> {
    let first = flat_lines(10, "c", &[row(1, "1")]);
    numbered([
        first,
        flat_lines(20, "u", &[json!({"id": 2, "status": "paid", "note": "__debezium_unavailable_value"})]),
    ])
}

fn another_note() -> Vec<Files> {
    let mut changed = row(1, "1");
    changed["note"] = json!("another");
    numbered([flat_lines(10, "c", &[row(1, "1")]), flat_lines(20, "u", &[changed])])
}

/// So many rows, and then deletes of some of them.
fn deletes(rows: u64, deleted: u64) -> Vec<Files> {
    let rows: Vec<Value> = (1..=rows).map(|id| row(id, "1")).collect();
    let gone: Vec<Value> = (1..=deleted).map(|id| json!({"id": id})).collect();
    numbered([flat_lines(1, "c", &rows), flat_lines(1_000, "d", &gone)])
}

/// A backfill beside the source.
fn older(path: &str, content: &str) -> Vec<Files> {
    let mut files = flat(&[row(1, "1")]);
    files.push((path.to_owned(), content.as_bytes().to_vec()));
    vec![files]
}

fn row(id: u64, amount: &str) -> Value {
    let amount: Value = serde_json::from_str(amount).unwrap_or_else(|_| json!(amount));
    json!({"id": id, "status": "new", "amount": amount, "note": "x"})
}

fn jsons(records: &[Value]) -> String {
    records.iter().map(|record| format!("{record}\n")).collect()
}

/// Flattened events, from a position on.
fn flat_lines(from: u64, op: &str, rows: &[Value]) -> String {
    let record = |(row, lsn): (&Value, u64)| {
        let mut row = row.clone();
        row["__op"] = json!(op);
        row["__lsn"] = json!(lsn);
        row
    };
    jsons(&rows.iter().zip(from..).map(record).collect::<Vec<_>>())
}

/// A batch of flattened inserts.
fn flat(rows: &[Value]) -> Files {
    vec![("landing/orders/1.json".to_owned(), flat_lines(10, "c", rows).into_bytes())]
}

/// A file of lines per batch.
fn numbered<const N: usize>(batches: [String; N]) -> Vec<Files> {
    let file = |(at, text): (usize, String)| vec![(format!("landing/orders/{}.json", at + 1), text.into_bytes())];
    batches.into_iter().enumerate().map(file).collect()
}

/// A batch of AWS DMS in CSV.
fn dms(records: &[&str]) -> Vec<Files> {
    let line = |(record, seq): (&&str, u64)| format!("{}\n", record.replace("{seq}", &format!("{seq:035}")));
    let lines: String = records.iter().zip(10..).map(line).collect();
    vec![vec![("landing/orders/1.csv".to_owned(), lines.into_bytes())]]
}

/// Rows of a full snapshot with a header.
fn csv_of(ids: std::ops::Range<u64>) -> String {
    let rows = ids.map(|id| format!("{id},new,{id}.50,x\n"));
    std::iter::once("id,status,amount,note\n".to_owned()).chain(rows).collect()
}

fn snapshot_file(number: u64, last: u64) -> Files {
    vec![(format!("landing/orders/{number}/part.csv"), csv_of(1..last).into_bytes())]
}

/// A workbook of one sheet, which has another name.
const WORKBOOK: &[u8] = include_bytes!("../../../fixtures/plain/people.xlsx");

/// A commit of a Delta table whose feed is on from its first; every twelfth adds a row.
fn commit(version: u64) -> Files {
    let mut actions = vec![json!({"commitInfo": {"operation": "WRITE"}})];
    if version == 0 {
        let configuration = json!({"delta.enableChangeDataFeed": "true"});
        actions.push(json!({"metaData": {"id": "x", "configuration": configuration}}));
    }
    let mut files = Files::new();
    if version.is_multiple_of(12) {
        let ids = Int64Array::from_value(i64::try_from(version).unwrap() + 1, 1);
        let rows = RecordBatch::try_from_iter([("id", Arc::new(ids) as ArrayRef)]).unwrap();
        let mut content = Vec::new();
        let mut writer = ArrowWriter::try_new(&mut content, rows.schema(), None).unwrap();
        writer.write(&rows).unwrap();
        writer.close().unwrap();
        let name = format!("{version}.parquet");
        actions.push(json!({"add": {"path": name, "size": content.len(), "dataChange": true, "partitionValues": {}}}));
        files.push((format!("landing/orders/{name}"), content));
    }
    files.push((format!("landing/orders/_delta_log/{version:020}.json"), jsons(&actions).into_bytes()));
    files
}
