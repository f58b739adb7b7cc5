//! Records of Canal.

use crate::infer;
use crate::tests::{assert_rebuilds, assert_survives, contract_of, decode, texts};
use bytes::Bytes;
use sluice_change::{Op, ReasonCode, SourceFile};
use sluice_contract::{Contract, SourceFormat, TableName};
use std::sync::Arc;

const COLUMNS: &str = "schema:
- {name: id, type: bigint, primary_key: true}
- {name: name, type: string}
- {name: price, type: \"decimal(10,2)\"}
- {name: paid, type: boolean}
- {name: at, type: timestamp_ntz}
- {name: raw, type: binary}
";
const FILE: &str = "topics/shop/partition=0/shop+0+0000000100.json";

fn contract(source: &str, apply: &str) -> Arc<Contract> {
    contract_of(&format!("dataset: shop.orders\nsource: {{path: x/, format: canal_json{source}}}\n{apply}{COLUMNS}"))
}

fn record(kind: &str, data: &str, old: &str) -> String {
    format!(
        "{{\"data\":{data},\"database\":\"shop\",\"es\":1700000000000,\"id\":7,\"isDdl\":false,\"mysqlType\":{{\"id\":\
         \"bigint(20)\",\"name\":\"varchar(20)\",\"price\":\"decimal(10,2)\"}},\"old\":{old},\"pkNames\":[\"id\"],\
         \"sql\":\"\",\"sqlType\":{{\"id\":-5}},\"table\":\"orders\",\"ts\":1700000000123,\"type\":\"{kind}\"}}"
    )
}

fn ddl(kind: &str, sql: &str) -> String {
    record(kind, "null", "null").replace("\"isDdl\":false", "\"isDdl\":true").replace("\"sql\":\"\"", sql)
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn a_record_of_several_rows_is_an_event_per_row() {
    let lines = [
        ddl("CREATE", r#""sql":"create table orders""#),
        record(
            "INSERT",
            r#"[{"id":"1","name":"a","price":"1.50","paid":"1","at":"2026-01-02 03:04:05","raw":"\u00ff\u0000z"},{"id":"2","name":null,"price":"0.10"}]"#,
            "null",
        ),
        record(
            "UPDATE",
            r#"[{"id":"1","name":"b"},{"id":"3","name":"c","price":"9.00"}]"#,
            r#"[{"name":"a","price":"1.50"},{"id":"2"}]"#,
        ),
        record("DELETE", r#"[{"id":"1","name":"b","price":"1.50"}]"#, "null"),
        ddl("TRUNCATE", r#""sql":"truncate table orders""#),
    ];
    let decoded = decode(&contract("", ""), FILE, lines.join("\n").as_bytes());
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    let changes = &decoded.changes;
    assert_eq!(changes.ops, [Op::Upsert, Op::Upsert, Op::Upsert, Op::Delete, Op::Upsert, Op::Delete, Op::Truncate]);
    let rows = texts(&changes.rows);
    assert_eq!(rows[0], [some("1"), some("a"), some("1.50"), some("true"), some("1767323045000000"), some("ff007a")]);
    assert_eq!(rows[1][..3], [some("2"), None, some("0.10")]);
    assert_eq!(rows[2][..3], [some("1"), some("b"), None], "what only the old row has is null now");
    assert_eq!((rows[3][0].as_deref(), rows[4][0].as_deref()), (Some("2"), Some("3")), "the key changed");
    let absent = changes.absent.clone().into_iter().collect::<Vec<_>>();
    assert_eq!(absent, [(2, vec![3, 4, 5]), (4, vec![3, 4, 5])], "what an update does not send");
    let seqs: Vec<_> = changes.seqs.iter().map(|seq| (seq.rank, seq.parts)).collect();
    assert_eq!(seqs[0], (1, [100, 2, 0, 0, 0]));
    assert_eq!(seqs[1], (1, [100, 2, 1, 0, 0]), "by offset, then row of the file, then row of the record");
    assert!(seqs.is_sorted());
    let kept: Vec<bool> = changes.records.iter().map(|record| !record.is_empty()).collect();
    assert_eq!(kept, [false, true, false, false, true, true, true], "bronze keeps a record once");
    assert_eq!((decoded.tombstones, decoded.rows_in, decoded.operations["CREATE"]), (1, 7, 1));
    assert!(changes.source_times_ms.iter().eq([Some(1_700_000_000_000); 7]));
    let records: Vec<_> = changes.refs.iter().zip(&changes.records).filter(|(_, record)| !record.is_empty()).collect();
    let records: Vec<_> = records.iter().map(|(at, record)| crate::BronzeRecord { at: *at, record }).collect();
    let again = crate::decode_records(&contract("", ""), changes.files.clone(), &records);
    assert_eq!((again.changes.rows, again.changes.seqs), (changes.rows.clone(), changes.seqs.clone()));
    assert_survives(&contract("", ""), FILE, lines[2..].join("\n").as_bytes());
}

#[test]
fn a_record_is_taken_as_a_whole_or_not_at_all() {
    let good = record("INSERT", r#"[{"id":"1"},{"id":"2"}]"#, "null");
    let bad = record("INSERT", r#"[{"id":"3"},{"id":"four"},{"id":"5"}]"#, "null");
    let decoded = decode(&contract("", ""), FILE, format!("{bad}\n{good}").as_bytes());
    assert_eq!((decoded.changes.len(), decoded.rejects.len(), decoded.rows_in), (2, 1, 3));
    assert_eq!(
        (decoded.rejects[0].reason, decoded.rejects[0].column.as_deref()),
        (ReasonCode::TypeMismatch, Some("id"))
    );
    assert_eq!(decoded.rejects[0].raw, bad, "the record stays whole in bronze");
    let one = decode(&contract("", ""), FILE, record("DELETE", r#"[{"id":"9"}]"#, "null").as_bytes());
    assert_rebuilds(&contract("", ""), &one);
}

#[test]
fn what_can_be_wrong_without_an_error_is_refused() {
    let insert = |data: &str| record("INSERT", data, "null");
    let statement = record("QUERY", "null", "null").replace("\"sql\":\"\"", r#""sql":" UPDATE orders set paid=1""#);
    let cases = [
        (FILE, record("UPSERT", r#"[{"id":"1"}]"#, "null"), ReasonCode::UnknownOperation, "known are INSERT"),
        ("changes.json", insert(r#"[{"id":"1"}]"#), ReasonCode::MissingSeq, "no offset"),
        (FILE, insert("null"), ReasonCode::BadEnvelope, "no rows"),
        (FILE, insert("[]"), ReasonCode::BadEnvelope, "no rows"),
        (FILE, insert(r#"["x"]"#), ReasonCode::BadEnvelope, "not a JSON object"),
        (FILE, statement, ReasonCode::BadEnvelope, "binlog_format"),
        (FILE, insert(r#"[{"id":"1","at":"1700000000000"}]"#), ReasonCode::TypeMismatch, "without its unit"),
        (FILE, insert(r#"[{"id":"1","raw":"ā"}]"#), ReasonCode::TypeMismatch, "binary"),
        (FILE, insert(r#"[{"id":"1","price":"0.105"}]"#), ReasonCode::ValueOutOfRange, ""),
        (FILE, insert(r#"[{"name":"a"}]"#), ReasonCode::MissingKey, ""),
    ];
    for (path, line, reason, says) in cases {
        let decoded = decode(&contract("", ""), path, line.as_bytes());
        let found: Vec<_> = decoded.rejects.iter().map(|reject| (reject.reason, reject.detail.as_str())).collect();
        assert!(found.len() == 1 && found[0].0 == reason && found[0].1.contains(says), "{line}: {found:?}");
    }
}

#[test]
fn statements_and_marks_without_rows_are_counted() {
    let lines = [
        ddl("ALTER", r#""sql":"alter table orders add note text""#),
        ddl("ERASE", r#""sql":"drop table orders""#),
        ddl("CREATEVIEW", r#""sql":"create view v""#),
        record("QUERY", "null", "null"),
        record("MHEARTBEAT", "null", "null"),
        r#"{"id":0,"database":"","table":"","isDdl":false,"type":"TIDB_WATERMARK","_tidb":{"watermarkTs":429}}"#
            .to_owned(),
    ];
    let decoded = decode(&contract(", table: shop.orders", ""), FILE, lines.join("\n").as_bytes());
    assert_eq!((decoded.tombstones, decoded.rows_in), (6, 0), "{:?}", decoded.rejects);
    let emptied = contract("", "apply: {truncate_when: \"op = 'ERASE'\"}\n");
    assert_eq!(decode(&emptied, FILE, lines[1].as_bytes()).changes.ops, [Op::Truncate]);
    let other = record("INSERT", r#"[{"id":"1"}]"#, "null").replace("\"orders\"", "\"customers\"");
    let decoded = decode(&contract(", table: orders", ""), FILE, other.as_bytes());
    assert_eq!((decoded.rows_in, decoded.other_tables["shop.customers"]), (0, 1));
}

fn proposal(paths: &[&str], lines: &[String]) -> crate::Inferred {
    let bytes = Bytes::from(lines.join("\n"));
    let file = |path: &&str| SourceFile { path: (*path).to_owned(), size: bytes.len() as u64, ..SourceFile::default() };
    let files: Vec<_> = paths.iter().map(|path| (file(path), bytes.clone())).collect();
    infer(TableName::new("shop", "orders").unwrap(), "x", &files, files.len() as u64).unwrap()
}

#[test]
fn a_contract_is_proposed_from_the_types_and_the_key_of_the_records() {
    let lines = [
        ddl("CREATE", r#""sql":"create table orders""#),
        record("INSERT", r#"[{"id":"1","name":"1","price":"1.50"},{"id":"2","name":"2","price":"2.00"}]"#, "null"),
    ];
    let inferred = proposal(&["x/shop+0+0000000000.json"], &lines);
    assert_eq!((inferred.format, inferred.title.as_str()), (SourceFormat::CanalJson, "Canal, JSON"));
    let types: Vec<&str> = inferred.columns.iter().map(|column| column.data_type.as_str()).collect();
    assert_eq!(types, ["bigint", "string", "decimal(10,2)"], "types of MySQL and not what the texts look like");
    assert_eq!(
        (inferred.key.as_slice(), inferred.sequence.as_slice()),
        (&["id".to_owned()][..], &["record.offset".to_owned()][..])
    );
    assert!(inferred.questions().is_empty(), "{:?}", inferred.questions());
    assert!(Contract::parse(&inferred.yaml, "orders.yaml").is_ok(), "{}", inferred.yaml);
    assert!(proposal(&["x/a.json"], &lines).questions()[0].text.contains("no offset"));
    let two = proposal(&["x/shop+0+0000000000.json", "x/shop+1+0000000000.json"], &lines);
    assert!(two.questions()[0].text.contains("the files are of 2"), "{:?}", two.questions());
    let of_tidb: Vec<String> = lines[1..]
        .iter()
        .map(|line| line.replace("\"ts\":", "\"_tidb\":{\"commitTs\":429918007904436226},\"ts\":"))
        .collect();
    let of_tidb = proposal(&["x/a.json"], &of_tidb);
    assert_eq!(
        (of_tidb.title.as_str(), of_tidb.sequence.join(" ")),
        ("TiCDC, Canal JSON", "record.commitTs".to_owned())
    );
}
