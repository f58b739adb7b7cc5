//! Operations of Oracle GoldenGate.

use crate::infer;
use crate::tests::{assert_rebuilds, assert_survives, contract_of, decode, texts};
use bytes::Bytes;
use sluice_change::{Op, ReasonCode, SourceFile};
use sluice_contract::{Contract, SourceFormat, TableName};
use std::sync::Arc;

const COLUMNS: &str = "schema:
- {name: ID, type: bigint, primary_key: true}
- {name: NAME, type: string}
- {name: PRICE, type: numeric}
- {name: AT, type: timestamp_ntz}
";

fn contract(source: &str, apply: &str) -> Arc<Contract> {
    contract_of(&format!(
        "dataset: shop.orders\nsource: {{path: x/, format: goldengate_json{source}}}\n{apply}{COLUMNS}"
    ))
}

fn record(op: &str, pos: &str, images: &str) -> String {
    format!(
        "{{\"table\":\"SHOP.ORDERS\",\"op_type\":\"{op}\",\"op_ts\":\"2026-01-02 03:04:05.000000\",\
         \"current_ts\":\"2026-01-02T03:04:07.000000\",\"pos\":\"{pos}\",\"primary_keys\":[\"ID\"]{images}}}"
    )
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn operations_of_all_kinds() {
    let lines = [
        record(
            "I",
            "00000000000000002928",
            r#","after":{"ID":1,"NAME":"a","PRICE":0.1234567890123456789,"AT":"2026-01-02 03:04:05"}"#,
        ),
        record("U", "00000000010000000100", r#","before":{"ID":1,"NAME":"a"},"after":{"ID":1,"NAME":"b"}"#),
        record("U", "00000000020000000100", r#","before":{},"after":{"ID":1,"PRICE":null}"#),
        record("U", "00000000020000000200", r#","before":{"ID":1},"after":{"ID":2,"NAME":"c"}"#),
        record("U", "00000000020000000300", r#","before":{"ID":2,"NAME":"c"},"after":{"NAME":"d"}"#),
        record("D", "00000000020000000400", r#","before":{"ID":2},"after":null"#),
        record("T", "00000000020000000500", ""),
    ];
    let decoded = decode(&contract(", time_zone: Europe/Berlin", ""), "t.json", lines.join("\n").as_bytes());
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    let changes = &decoded.changes;
    let (upsert, delete) = (Op::Upsert, Op::Delete);
    assert_eq!(changes.ops, [upsert, upsert, upsert, delete, upsert, upsert, delete, Op::Truncate]);
    let rows = texts(&changes.rows);
    assert_eq!(rows[0][..3], [some("1"), some("a"), some("0.1234567890123456789")], "no number is a double");
    assert_eq!(rows[2][0], some("1"), "a null is sent, what was not sent stays");
    let absent = changes.absent.clone().into_iter().collect::<Vec<_>>();
    assert_eq!(absent, [(1, vec![2, 3]), (2, vec![1, 3]), (4, vec![2, 3]), (5, vec![2, 3])]);
    assert_eq!((rows[3][0].as_deref(), rows[4][0].as_deref()), (Some("1"), Some("2")), "the key changed");
    assert_eq!(rows[5][..2], [some("2"), some("d")], "a key that did not change may be in the image before only");
    assert!(changes.seqs.iter().collect::<Vec<_>>().is_sorted());
    assert_eq!(changes.source_times_ms.at(0), Some(1_767_319_445_000), "in the zone of the contract");
    assert_rebuilds(&contract("", ""), &decode(&contract("", ""), "t.json", lines[0].as_bytes()));
    assert_survives(&contract("", ""), "t.json", lines[3..].join("\n").as_bytes());
    let unzoned = decode(&contract("", ""), "t.json", lines[0].as_bytes());
    assert_eq!(unzoned.changes.source_times_ms.at(0), None, "without a zone nobody knows when it was");
}

#[test]
fn places_in_the_trail_are_numbers_whatever_their_zeros() {
    let places =
        ["2928", "00000000000000002929", "00000000000000000002930", "00000000010000000000", "18446744073709551616"];
    let lines = places.map(|place| record("I", place, r#","after":{"ID":1}"#));
    let decoded = decode(&contract("", ""), "t.json", lines.join("\n").as_bytes());
    let seqs: Vec<_> = decoded.changes.seqs.iter().map(|seq| seq.parts).collect();
    assert!(seqs.len() == 5 && seqs.windows(2).all(|pair| pair[0] < pair[1]), "{:?} {seqs:?}", decoded.rejects);
}

#[test]
fn columns_that_are_marked_as_missing_are_absent() {
    let images = r#","before":{"ID":1,"ID_isMissing":false,"NAME":null,"NAME_isMissing":true},
                    "after":{"ID":1,"ID_isMissing":false,"NAME":null,"NAME_isMissing":true,"PRICE":null,"PRICE_isMissing":false}"#;
    let line = record("U", "00000000000000002928", &images.replace('\n', ""));
    let decoded = decode(&contract("", ""), "t.json", line.as_bytes());
    assert_eq!(decoded.changes.absent.clone().into_iter().collect::<Vec<_>>(), [(0, vec![1, 3])]);
    assert!(decoded.drift.unknown.is_empty(), "a mark is no column");
    let column = contract_of(
        "dataset: a.b\nsource: {path: x/, format: goldengate_json}\nschema:\n- {name: ID, type: int, primary_key: true}\n\
         - {name: PART_isMissing, type: boolean}\n",
    );
    let line = record("I", "00000000000000002928", r#","after":{"ID":1,"PART_isMissing":true}"#);
    let decoded = decode(&column, "t.json", line.as_bytes());
    assert_eq!(texts(&decoded.changes.rows)[0][1], some("true"), "without a column PART it is a column itself");
}

#[test]
fn what_can_be_wrong_without_an_error_is_refused() {
    let insert = |pos: &str, images: &str| record("I", pos, images);
    let row = r#","after":{"ID":1}"#;
    let cases = [
        (record("X", "00000000000000002928", row), ReasonCode::UnknownOperation, "known are I, U, D and T"),
        (insert("one", row), ReasonCode::MissingSeq, ""),
        (insert("1", row).replace("\"pos\":\"1\",", ""), ReasonCode::MissingSeq, "missing"),
        (insert("1", r#","ID":1"#), ReasonCode::BadEnvelope, "json_row"),
        (insert("1", r#","before":{"ID":1}"#), ReasonCode::BadEnvelope, "no row (after)"),
        (record("D", "1", row), ReasonCode::BadEnvelope, "no row (before)"),
        (record("D", "1", r#","before":{}"#), ReasonCode::MissingKey, ""),
        (insert("1", r#","after":{"ID":1,"AT":1700000000}"#), ReasonCode::TypeMismatch, "without its unit"),
    ];
    for (line, reason, says) in cases {
        let decoded = decode(&contract("", ""), "t.json", line.as_bytes());
        let found: Vec<_> = decoded.rejects.iter().map(|reject| (reject.reason, reject.detail.as_str())).collect();
        assert!(found.len() == 1 && found[0].0 == reason && found[0].1.contains(says), "{line}: {found:?}");
    }
}

#[test]
fn the_table_is_the_last_part_of_its_name() {
    for (table, other) in
        [("SHOP.ORDERS", 0), ("ORDERS", 0), ("CDB.SHOP.ORDERS", 1), ("OLD.ORDERS", 1), ("SHOP.ITEMS", 1)]
    {
        let decoded = decode(&contract(&format!(", table: {table}"), ""), "t.json", record("T", "1", "").as_bytes());
        assert_eq!(decoded.other_tables.len(), other, "{table}: {:?}", decoded.rejects);
    }
    let named = record("T", "1", "").replace("SHOP.ORDERS", "CDB.SHOP.ORDERS");
    let decoded = decode(&contract(", table: SHOP.ORDERS", ""), "t.json", named.as_bytes());
    assert_eq!(decoded.changes.ops, [Op::Truncate]);
}

#[test]
fn a_contract_is_proposed_or_what_is_missing_is_asked() {
    let line = |id: u32, pos: &str| {
        let images =
            format!(r#","after":{{"ID":{id},"CODE":"{id}00","PRICE":{id}.25,"SINCE":"2026-01-0{id} 10:00:00"}}"#);
        record("I", pos, &images)
    };
    let propose = |lines: &[String]| {
        let bytes = Bytes::from(lines.join("\n"));
        let file = SourceFile { path: "x/a.json".to_owned(), size: bytes.len() as u64, ..SourceFile::default() };
        infer(TableName::new("shop", "orders").unwrap(), "x", &[(file, bytes)], 1).unwrap()
    };
    let lines =
        [line(1, "00000000000000000001"), line(2, "00000000000000000002"), record("T", "00000000000000000003", "")];
    let inferred = propose(&lines);
    assert_eq!((inferred.format, inferred.title.as_str()), (SourceFormat::GoldengateJson, "Oracle GoldenGate, JSON"));
    assert_eq!((inferred.key.join(" "), inferred.sequence.join(" ")), ("ID".to_owned(), "record.pos".to_owned()));
    let types: Vec<&str> = inferred.columns.iter().map(|column| column.data_type.as_str()).collect();
    assert_eq!(types, ["bigint", "string", "numeric", "timestamp_ntz"]);
    assert!(inferred.questions().is_empty(), "{:?}", inferred.questions());
    assert!(Contract::parse(&inferred.yaml, "orders.yaml").is_ok(), "{}", inferred.yaml);
    let rows = record("I", "1", r#","ID":1,"CODE":"a""#);
    let file = SourceFile { path: "x/a.json".to_owned(), ..SourceFile::default() };
    let error = infer(TableName::new("shop", "orders").unwrap(), "x", &[(file, Bytes::from(rows))], 1).unwrap_err();
    assert!(error.to_string().contains("json_row"), "{error}");
    let lines = lines.map(|line| line.replace("\"pos\":", "\"x\":"));
    assert!(propose(&lines).questions()[0].text.contains("no position in the trail"));
}
