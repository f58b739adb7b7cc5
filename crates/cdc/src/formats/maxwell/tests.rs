//! Records of Maxwell.

use crate::infer;
use crate::tests::{assert_rebuilds, assert_survives, contract_of, decode, texts};
use bytes::Bytes;
use sluice_change::{Op, ReasonCode, SourceFile};
use sluice_contract::{Contract, SourceFormat, TableName};
use std::sync::Arc;

const COLUMNS: &str = "schema:
- {name: id, type: bigint, primary_key: true}
- {name: name, type: string}
- {name: price, type: numeric}
- {name: tags, type: array<string>}
- {name: seen, type: timestamp_ntz}
- {name: raw, type: binary}
";

fn contract(source: &str, apply: &str) -> Arc<Contract> {
    contract_of(&format!("dataset: shop.orders\nsource: {{path: x/, format: maxwell_json{source}}}\n{apply}{COLUMNS}"))
}

fn record(kind: &str, more: &str) -> String {
    format!(r#"{{"database":"shop","table":"orders","type":"{kind}","ts":1700000000,{more}}}"#)
}

fn change(kind: &str, place: &str, more: &str) -> String {
    record(kind, &format!(r#""xid":9,{place},{more}"#))
}

fn reasons(contract: &Arc<Contract>, path: &str, lines: &[String]) -> Vec<(ReasonCode, String)> {
    let decoded = decode(contract, path, lines.join("\n").as_bytes());
    decoded.rejects.into_iter().map(|reject| (reject.reason, reject.detail)).collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn records_of_all_kinds() {
    let lines = [
        record("table-create", r#""def":{},"sql":"create table""#).replace("1700000000", "1700000000000"),
        record("bootstrap-start", r#""data":{}"#),
        record("bootstrap-insert", r#""data":{"id":1,"name":"a","price":1.50}"#),
        record("bootstrap-complete", r#""data":{}"#),
        change(
            "insert",
            r#""xoffset":0,"position":"binlog.000009:400""#,
            r#""data":{"id":2,"name":"b","price":4500000001.512456777,"tags":["x","y"],
               "seen":"2026-01-02 03:04:05.5","raw":"deadbeef"}"#,
        )
        .replace('\n', ""),
        change(
            "update",
            r#""commit":true,"position":"binlog.000010:60""#,
            r#""data":{"id":2,"name":"c"},"old":{"name":"b","price":1}"#,
        ),
        change(
            "delete",
            r#""commit":true,"position":"binlog.000010:90""#,
            r#""data":{"id":1,"name":"a","price":1.50}"#,
        ),
    ];
    let decoded = decode(&contract("", ""), "t.json", lines.join("\n").as_bytes());
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    let changes = &decoded.changes;
    assert_eq!(changes.ops, [Op::Read, Op::Upsert, Op::Upsert, Op::Delete]);
    assert!(changes.seqs.iter().map(|seq| seq.rank).eq([0, 1, 1, 1]));
    let seqs: Vec<_> = changes.seqs.iter().collect();
    assert!(seqs.is_sorted(), "a bootstrap, then by file and place: {seqs:?}");
    assert_eq!((decoded.tombstones, decoded.rows_in), (3, 4));
    assert_eq!((decoded.operations["table-create"], decoded.operations["bootstrap-insert"]), (1, 1));
    let rows = texts(&changes.rows);
    assert_eq!(rows[0][..3], [some("1"), some("a"), some("1.5")]);
    assert_eq!(rows[1][..3], [some("2"), some("b"), some("4500000001.512456777")], "no number is a double");
    assert_eq!(rows[1][5], some("75e69d6de79f"), "bytes are base64");
    assert_eq!(rows[2][..3], [some("2"), some("c"), None], "what only the old row has is null now");
    assert_eq!(changes.absent.clone().into_iter().collect::<Vec<_>>(), [(2, vec![3, 4, 5])], "the rest was not sent");
    assert_eq!(rows[3], [some("1"), None, None, None, None, None]);
    assert!(changes.source_times_ms.iter().eq([Some(1_700_000_000_000); 4]));
    assert_rebuilds(&contract("", ""), &decoded);
    assert_survives(&contract("", ""), "t.json", lines[4..].join("\n").as_bytes());
}

#[test]
fn the_last_row_of_a_transaction_is_last() {
    let row = |order: &str| change("insert", &format!(r#"{order},"position":"b.1:7""#), r#""data":{"id":1}"#);
    let lines = [row(r#""xoffset":2"#), row(r#""xoffset":10"#), row(r#""commit":true"#)];
    let decoded = decode(&contract("", ""), "t.json", lines.join("\n").as_bytes());
    let seqs: Vec<_> = decoded.changes.seqs.iter().collect();
    assert!(seqs.len() == 3 && seqs.windows(2).all(|pair| pair[0] < pair[1]), "{:?} {seqs:?}", decoded.rejects);
    let later = change("insert", r#""xoffset":0,"position":"b.1:8""#, r#""data":{"id":1}"#);
    let later = decode(&contract("", ""), "t.json", later.as_bytes());
    assert!(later.changes.seqs.at(0) > seqs[2], "the next place in the log is after all rows of this one");
}

#[test]
fn a_key_that_changed_is_a_delete_and_an_upsert() {
    let line = change("update", r#""commit":true,"position":"b.1:7""#, r#""data":{"id":4,"name":"a"},"old":{"id":3}"#);
    let decoded = decode(&contract("", ""), "t.json", line.as_bytes());
    assert_eq!(decoded.changes.ops, [Op::Delete, Op::Upsert]);
    let rows = texts(&decoded.changes.rows);
    assert_eq!((rows[0][0].as_deref(), rows[1][0].as_deref()), (Some("3"), Some("4")));
    assert_eq!(decoded.changes.records, [String::new(), line.clone()], "bronze keeps the record once");
    let refused = reasons(&contract("", "apply: {key_change: error}\n"), "t.json", &[line]);
    assert_eq!(refused.first().map(|(reason, _)| *reason), Some(ReasonCode::KeyChanged));
}

#[test]
fn what_can_be_wrong_without_an_error_is_refused() {
    let insert = |place: &str, data: &str| change("insert", place, &format!(r#""data":{data}"#));
    let placed = r#""commit":true,"position":"b.1:7""#;
    let cases = [
        (change("upsert", placed, r#""data":{"id":1}"#), ReasonCode::UnknownOperation, "known are insert"),
        (insert(r#""commit":true"#, r#"{"id":1}"#), ReasonCode::MissingSeq, "output_binlog_position"),
        (insert(r#""position":"b.1:7""#, r#"{"id":1}"#), ReasonCode::MissingSeq, "output_xoffset"),
        (insert(r#""commit":true,"position":"b:7""#, r#"{"id":1}"#), ReasonCode::MissingSeq, "binary log"),
        (change("insert", placed, r#""encrypted":{"iv":"x","bytes":"y"}"#), ReasonCode::BadEnvelope, "encrypted"),
        (r#"{"encrypted":{"iv":"x","bytes":"y"}}"#.to_owned(), ReasonCode::BadEnvelope, "encrypted"),
        (insert(placed, r#""text""#), ReasonCode::BadEnvelope, "not a JSON object"),
        (change("delete", placed, r#""old":{}"#), ReasonCode::BadEnvelope, "no row"),
        (insert(placed, r#"{"id":1,"seen":1700000000000000}"#), ReasonCode::TypeMismatch, "without its unit"),
        (insert(placed, r#"{"id":1,"seen":"0000-00-00 00:00:00"}"#), ReasonCode::TypeMismatch, ""),
        (insert(placed, r#"{"name":"a"}"#), ReasonCode::MissingKey, ""),
    ];
    for (line, reason, says) in cases {
        let found = reasons(&contract("", ""), "t.json", std::slice::from_ref(&line));
        assert!(found.len() == 1 && found[0].0 == reason && found[0].1.contains(says), "{line}: {found:?}");
    }
}

#[test]
fn records_of_other_tables_are_left_out_and_a_drop_may_empty_the_table() {
    let placed = r#""commit":true,"position":"b.1:7""#;
    let other = change("insert", placed, r#""data":{"id":1}"#).replace("orders", "customers");
    let lines = [other, change("insert", placed, r#""data":{"id":1}"#)];
    let decoded = decode(&contract(", table: shop.orders", ""), "t.json", lines.join("\n").as_bytes());
    assert_eq!((decoded.rows_in, decoded.other_tables["shop.customers"]), (1, 1));
    let drop = record("table-drop", r#""position":"b.1:9","commit":true"#);
    let decoded = decode(&contract("", "apply: {truncate_when: \"op = 'table-drop'\"}\n"), "t.json", drop.as_bytes());
    assert_eq!(decoded.changes.ops, [Op::Truncate], "{:?}", decoded.rejects);
}

#[test]
fn without_a_position_the_offset_orders_where_the_contract_says_so() {
    let by_offset = contract("", "apply: {sequence: [record.offset]}\n");
    let line = change("insert", r#""commit":true"#, r#""data":{"id":1}"#);
    let at =
        |path: &str, lines: &str| decode(&by_offset, path, lines.as_bytes()).changes.seqs.iter().collect::<Vec<_>>();
    let first = at("shop+0+0000000099.json", &format!("{line}\n{line}"));
    let next = at("p=0/shop+0+0000000101.json.gz", &line);
    assert!(first[0] < first[1] && first[1] < next[0]);
    let found = reasons(&by_offset, "changes.json", &[line]);
    assert!(found[0].0 == ReasonCode::MissingSeq && found[0].1.contains("has no offset"), "{found:?}");
}

fn proposal(path: &str, lines: &[String]) -> crate::Inferred {
    let bytes = Bytes::from(lines.join("\n"));
    let file = SourceFile { path: path.to_owned(), size: bytes.len() as u64, ..SourceFile::default() };
    infer(TableName::new("shop", "orders").unwrap(), "x", &[(file, bytes)], 1).unwrap()
}

#[test]
fn a_contract_is_proposed_or_what_is_missing_is_asked() {
    let row = |id: u32, more: &str| {
        change(
            "insert",
            &format!(r#""commit":true{more}"#),
            &format!(
                r#""data":{{"id":{id},"name":"n{id}","price":{id}.5,"at":"2026-01-0{id} 10:00:00","born":"2000-01-0{id}"}},
                   "primary_key_columns":["id"]"#
            ),
        )
        .replace('\n', "")
    };
    let placed: Vec<String> = (1..5).map(|id| row(id, &format!(r#","position":"b.7:{id}""#))).collect();
    let inferred = proposal("x/changes.json", &placed);
    assert_eq!((inferred.format, inferred.title.as_str()), (SourceFormat::MaxwellJson, "Maxwell, JSON"));
    assert_eq!(inferred.key, ["id"]);
    assert_eq!(inferred.sequence, ["record.file", "record.pos", "record.xoffset"]);
    let types: Vec<&str> = inferred.columns.iter().map(|column| column.data_type.as_str()).collect();
    assert_eq!(types, ["bigint", "string", "numeric", "timestamp_ntz", "date"]);
    assert!(inferred.questions().is_empty(), "{:?}", inferred.questions());
    assert!(Contract::parse(&inferred.yaml, "orders.yaml").is_ok(), "{}", inferred.yaml);

    let unplaced: Vec<String> = (1..5).map(|id| row(id, "")).collect();
    let inferred = proposal("x/shop+0+0000000007.json", &unplaced);
    assert_eq!(inferred.sequence, ["record.offset"]);
    assert!(inferred.questions().is_empty(), "{:?}", inferred.questions());
    let inferred = proposal("x/changes.json", &unplaced);
    assert!(inferred.sequence.is_empty() && inferred.questions()[0].text.contains("output_binlog_position"));
    for encrypted in
        [r#"{"encrypted":{"iv":"x","bytes":"y"}}"#.to_owned(), record("insert", r#""encrypted":{"iv":"x"}"#)]
    {
        let file = SourceFile { path: "x/a.json".to_owned(), ..SourceFile::default() };
        let name = TableName::new("shop", "orders").unwrap();
        let error = infer(name, "x", &[(file, Bytes::from(encrypted))], 1).unwrap_err();
        assert!(error.to_string().contains("encrypted"), "{error}");
    }
    let mixed = [&placed[..2], &unplaced[2..]].concat();
    assert!(proposal("x/changes.json", &mixed).questions()[0].text.contains("Not all records have record.file"));
}
