//! Events of change streams.

use crate::infer;
use crate::tests::{assert_rebuilds, assert_survives, contract_of, decode, texts};
use bytes::Bytes;
use sluice_change::{Op, ReasonCode, SourceFile};
use sluice_contract::{Contract, SourceFormat, TableName};
use std::sync::Arc;

const COLUMNS: &str = "schema:
- {name: id, type: string, primary_key: true, renamed_from: _id}
- {name: name, type: string}
- {name: total, type: numeric}
- {name: at, type: timestamp}
- {name: lines, type: json}
- {name: address.city, type: string}
";
const ID: &str = r#"{"$oid":"65f0a1b2c3d4e5f6a7b8c9d0"}"#;

fn contract(source: &str, apply: &str) -> Arc<Contract> {
    contract_of(&format!("dataset: shop.orders\nsource: {{path: x/, format: mongodb_json{source}}}\n{apply}{COLUMNS}"))
}

/// An event; `count` is the counter in its second.
fn event(kind: &str, count: u32, more: &str) -> String {
    format!(
        "{{\"_id\":{{\"_data\":\"8265A1B2C3{count:08X}2B022C0100296E5A1004AC4A4E5B7B8F4E0D9F6B5F6A46645F6964\"}},\
         \"operationType\":\"{kind}\",\"clusterTime\":{{\"$timestamp\":{{\"t\":1705095875,\"i\":{count}}}}},\
         \"ns\":{{\"db\":\"shop\",\"coll\":\"orders\"}},\"documentKey\":{{\"_id\":{ID}}}{more}}}"
    )
}

fn document(more: &str) -> String {
    format!(",\"fullDocument\":{{\"_id\":{ID}{more}}}")
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn events_of_all_kinds() {
    let lines = [
        event("create", 1, ""),
        event(
            "insert",
            9,
            &document(
                r#","name":"a","total":{"$numberDecimal":"12.3400000000000000000000000000000001"},"at":{"$date":{"$numberLong":"1767323045678"}},"lines":[{"n":{"$numberInt":"1"}}]"#,
            ),
        ),
        event(
            "update",
            10,
            r#","updateDescription":{"updatedFields":{"name":"b","address.city":"Bonn"},"removedFields":["total"],"truncatedArrays":[]}"#,
        ),
        event("update", 11, &document(r#","name":"c","at":{"$date":1767323045678}"#)),
        event("replace", 12, &document(r#","name":"d""#)),
        event("delete", 13, ""),
        event("drop", 14, "").replace(&format!(",\"documentKey\":{{\"_id\":{ID}}}"), ""),
        event("invalidate", 15, ""),
    ];
    let decoded = decode(&contract("", ""), "t.json", lines.join("\n").as_bytes());
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    let changes = &decoded.changes;
    assert_eq!(changes.ops, [Op::Upsert, Op::Upsert, Op::Upsert, Op::Upsert, Op::Delete]);
    assert_eq!((decoded.tombstones, decoded.operations["drop"]), (3, 1));
    let rows = texts(&changes.rows);
    assert_eq!(
        rows[0][..3],
        [some("65f0a1b2c3d4e5f6a7b8c9d0"), some("a"), some("12.3400000000000000000000000000000001")]
    );
    // 2026-01-02T03:04:05.678Z in microseconds.
    assert_eq!(rows[0][3], some("1767323045678000"));
    assert_eq!(rows[0][4], some(r#"[{"n":1}]"#));
    assert_eq!((&rows[1][1], &rows[1][2], &rows[1][5]), (&some("b"), &None, &some("Bonn")));
    assert_eq!(
        changes.absent.clone().into_iter().collect::<Vec<_>>(),
        [(1, vec![3, 4])],
        "a patch says the rest nothing"
    );
    assert_eq!(rows[2][1..3], [some("c"), None], "a document is whole");
    assert!(changes.seqs.iter().collect::<Vec<_>>().is_sorted(), "9 is before 10");
    assert_eq!(changes.source_times_ms.at(0), Some(1_705_095_875_000));
    assert_rebuilds(&contract("", ""), &decoded);
    assert_survives(&contract("", ""), "t.json", lines[2].as_bytes());

    let truncating = decode(&contract("", "apply: {truncate_when: \"op = 'drop'\"}\n"), "t.json", lines[6].as_bytes());
    assert_eq!(truncating.changes.ops, [Op::Truncate]);
}

#[test]
fn an_event_may_be_a_text_of_the_connector() {
    let event = event("insert", 1, &document(r#","name":"a""#));
    let text = serde_json::to_string(&event).unwrap();
    let schema = format!("{{\"schema\":{{\"type\":\"string\"}},\"payload\":{text}}}");
    for line in [text, schema] {
        let decoded = decode(&contract("", ""), "t.json", line.as_bytes());
        assert_eq!(decoded.changes.ops, [Op::Upsert], "{:?}", decoded.rejects);
        assert_rebuilds(&contract("", ""), &decoded);
    }
}

#[test]
fn a_change_inside_of_a_column_needs_the_document() {
    let patch = |parts: &str| event("update", 1, &format!(",\"updateDescription\":{{{parts}}}"));
    for parts in [
        r#""updatedFields":{"lines.0.n":2}"#,
        r#""updatedFields":{},"removedFields":["lines.1"]"#,
        r#""updatedFields":{},"truncatedArrays":[{"field":"lines","newSize":1}]"#,
    ] {
        let decoded = decode(&contract("", ""), "t.json", patch(parts).as_bytes());
        let reject = &decoded.rejects[0];
        assert_eq!((reject.reason, reject.column.as_deref()), (ReasonCode::BadEnvelope, Some("lines")), "{parts}");
        assert!(reject.detail.contains("updateLookup"), "{}", reject.detail);
    }
    let other = patch(r#""updatedFields":{"notes.0":"x","name":"b"}"#);
    assert_eq!(decode(&contract("", ""), "t.json", other.as_bytes()).changes.len(), 1, "no column of the contract");
    let adding = contract(", evolution: add_new_columns", "");
    assert_eq!(decode(&adding, "t.json", other.as_bytes()).rejects.len(), 1, "it would become one");
}

#[test]
fn what_can_be_wrong_without_an_error_is_refused() {
    let cases = [
        (event("upsert", 1, ""), ReasonCode::UnknownOperation, "known are insert"),
        (event("insert", 1, ""), ReasonCode::BadEnvelope, "fullDocument"),
        (event("update", 1, ""), ReasonCode::BadEnvelope, "updateDescription"),
        (event("insert", 1, &document("")).replace("_data", "data"), ReasonCode::MissingSeq, "resume token"),
        (event("insert", 1, &document(r#","at":{"$date":[1]}"#)), ReasonCode::TypeMismatch, "$date"),
        (event("insert", 1, &document(r#","at":"2026-01-02 03:04:05""#)), ReasonCode::TypeMismatch, "without a zone"),
    ];
    for (line, reason, says) in cases {
        let decoded = decode(&contract("", ""), "t.json", line.as_bytes());
        let found: Vec<_> = decoded.rejects.iter().map(|reject| (reject.reason, reject.detail.as_str())).collect();
        assert!(found.len() == 1 && found[0].0 == reason && found[0].1.contains(says), "{line}: {found:?}");
    }
    let other = decode(&contract(", table: shop.items", ""), "t.json", event("delete", 1, "").as_bytes());
    assert_eq!((other.changes.len(), other.other_tables["shop.orders"]), (0, 1));
}

#[test]
fn a_contract_is_proposed_or_what_is_missing_is_asked() {
    let line = |count: u32| {
        event(
            "insert",
            count,
            &document(&format!(
                r#","n":{{"$numberLong":"{count}"}},"at":{{"$date":"2026-01-0{count}T00:00:00Z"}},"raw":{{"$binary":{{"base64":"YWI=","subType":"00"}}}},"uid":{{"$binary":{{"base64":"EjRWeBI0EjQSNBI0VniavA==","subType":"04"}}}},"tags":["a"],"sub":{{"x":1}}"#
            )),
        )
        .replace("c9d0", &format!("c9d{count}"))
    };
    let propose = |text: String| {
        let bytes = Bytes::from(text);
        let file = SourceFile { path: "x/a.json".to_owned(), size: bytes.len() as u64, ..SourceFile::default() };
        infer(TableName::new("shop", "orders").unwrap(), "x", &[(file, bytes)], 1)
    };
    let text = [line(1), line(2), event("delete", 3, "")].join("\n");
    let inferred = propose(text.clone()).unwrap();
    assert_eq!((inferred.format, inferred.title.as_str()), (SourceFormat::MongodbJson, "MongoDB change stream, JSON"));
    assert_eq!(
        (inferred.key.join(" "), inferred.sequence.join(" ")),
        ("id".to_owned(), "record.resumeToken".to_owned())
    );
    let types: Vec<&str> = inferred.columns.iter().map(|column| column.data_type.as_str()).collect();
    assert_eq!(types, ["string", "bigint", "timestamp", "binary", "uuid", "array<string>", "json"]);
    assert!(inferred.questions().is_empty(), "{:?}", inferred.questions());
    assert!(Contract::parse(&inferred.yaml, "orders.yaml").is_ok(), "{}", inferred.yaml);
    let without = propose(text.replace("_data", "data")).unwrap();
    assert!(without.questions()[0].text.contains("no resume token"), "{:?}", without.questions());
    let patch = event("update", 1, r#","updateDescription":{"updatedFields":{"name":"b"}}"#);
    assert!(propose(patch).unwrap_err().to_string().contains("updateLookup"));
}
