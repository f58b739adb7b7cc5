//! The events of the table, in the format and the folder that a contract says.

use serde_json::{Map, Value, json};
use sluice_contract::{Contract, SourceFormat};

/// Batches that are landed before the contract changes.
pub(super) const BEFORE: usize = 3;

/// An event; `row` has the columns that it provides.
struct Event {
    op: &'static str,
    lsn: u64,
    former_key: Option<u64>,
    row: Map<String, Value>,
}

fn event(op: &'static str, lsn: u64, row: Value) -> Event {
    let Value::Object(row) = row else { unreachable!("a row is an object") };
    Event { op, lsn, former_key: None, row }
}

fn row(id: u64, status: impl Into<Value>, amount: impl Into<Value>, note: impl Into<Value>) -> Value {
    let (status, amount, note): (Value, Value, Value) = (status.into(), amount.into(), note.into());
    json!({"id": id, "status": status, "amount": amount, "note": note})
}

fn with(mut row: Value, name: &str, value: Value) -> Value {
    row[name] = value;
    row
}

/// The texts of amounts are numbers and base64 at once.
fn events(batch: usize) -> Vec<Event> {
    match batch {
        1 => vec![
            event("c", 10, row(1, "new", "1234", "first")),
            event("c", 11, row(2, "new", "2468", Value::Null)),
            event("c", 12, row(3, "paid", "1111", "x")),
            event("c", 14, row(4, "new", "3333", "3")),
            event("c", 16, row(8, "new", "8888", "8")),
        ],
        2 => vec![
            event("u", 19, row(11, "emptied", "1111", "1")),
            event("u", 20, row(1, Value::Null, "2222", "(unchanged)")),
            event("d", 21, json!({"id": 2})),
            event("u", 22, row(3, "closed", "1111", "7")),
            event("u", 23, json!({"id": 5, "status": "new"})),
            event("u", 24, row(4, "tie a", "5555", "a")),
            event("u", 24, row(4, "tie b", "6666", "b")),
        ],
        3 => vec![
            event("u", 15, row(2, "late", "4444", "late")),
            event("u", 30, with(with(row(6, "new", "1212", "y"), "extra", json!(42)), "remark", json!("former"))),
            event("u", 31, row(7, "new", "!", "not an amount")),
            Event { former_key: Some(8), ..event("u", 33, row(9, "moved", "8888", "8")) },
            event("u", 34, with(row(1, "listed", Value::Null, Value::Null), "changed", json!(["status"]))),
        ],
        _ => vec![
            event("u", 13, row(3, "late", "1111", "z")),
            event("u", 17, row(5, "older", "5555", "base")),
            event("d", 40, json!({"id": 4})),
            event("c", 41, row(2, "back", "2468", "again")),
            event("u", 42, with(row(6, "paid", "1313", Value::Null), "extra", json!(7_000_000_000_u64))),
            event("c", 43, row(10, "new", "12345678", "(null)")),
        ],
    }
}

/// Path and content of a batch's file, with or without a record that ends in quarantine.
pub(super) fn file(contract: &Contract, batch: usize, rejects: bool) -> (String, String) {
    let source = contract.source.as_ref().unwrap();
    let folder = &source.path;
    if contract.apply.from_snapshot.is_some() {
        return (format!("{folder}{batch}/part.csv"), snapshot(batch));
    }
    let is_reject = |event: &Event| event.row.get("amount") == Some(&json!("!"));
    let lines = |line: fn(&Event) -> String| {
        events(batch).iter().filter(|event| rejects || !is_reject(event)).map(line).collect::<String>()
    };
    match source.format {
        SourceFormat::DebeziumFlatJson => (format!("{folder}region=r{batch}/{batch}.json"), lines(flat)),
        SourceFormat::DmsCsv => (format!("{folder}region=r{batch}/{batch}.csv"), lines(csv)),
        _ => (format!("{folder}region=r{batch}/{batch}.json"), lines(envelope)),
    }
}

fn envelope(event: &Event) -> String {
    let time = 1_600_000_000_000 + event.lsn * 97 % 50 * 1_000;
    let (before, after) = match (event.op, event.former_key) {
        ("d", _) => (json!(event.row), Value::Null),
        (_, Some(former)) => (json!({"id": former}), json!(event.row)),
        _ => (Value::Null, json!(event.row)),
    };
    let source = json!({"lsn": event.lsn, "ts_ms": time});
    format!("{}\n", json!({"op": event.op, "before": before, "after": after, "source": source, "ts_ms": time}))
}

fn flat(event: &Event) -> String {
    let mut row = event.row.clone();
    row.extend([("__op".to_owned(), json!(event.op)), ("__lsn".to_owned(), json!(event.lsn))]);
    format!("{}\n", Value::Object(row))
}

fn csv(event: &Event) -> String {
    let op = if event.op == "c" { "I".to_owned() } else { event.op.to_uppercase() };
    let text = |name: &str| match event.row.get(name) {
        None | Some(Value::Null) => "NULL".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    format!("{op},{},{},{},{},{:035}\n", text("id"), text("status"), text("amount"), text("note"), event.lsn)
}

/// The whole table after a batch, with a header.
fn snapshot(batch: usize) -> String {
    let ids = [&[1_u64, 2, 3, 4][..], &[1, 3, 4, 5], &[1, 3, 4, 5, 6, 7], &[1, 2, 3, 6, 10]];
    let rows =
        ids[batch.min(ids.len()) - 1].iter().map(|id| format!("{id},s{},{}.5,n{id}\n", id + batch as u64 / 2, id));
    std::iter::once("id,status,amount,note\n".to_owned()).chain(rows).collect()
}

/// Older rows for backfills.
pub(super) const BACKFILLS: [(&str, &str); 2] = [
    ("landing/old/1.csv", "id,status,amount,note\n1,old,1.00,old\n20,old,2.00,old\n"),
    ("landing/older/1.csv", "id,status,amount,note\n21,older,1.00,older\n"),
];
