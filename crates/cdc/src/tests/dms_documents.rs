//! Documents of MongoDB through AWS DMS.

use super::{assert_rebuilds, decode, parquet, source_file, texts};
use crate::infer;
use arrow::array::{ArrayRef, StringArray};
use bytes::Bytes;
use sluice_change::{Op, ReasonCode};
use sluice_contract::{Contract, SourceFormat, TableName};
use std::sync::Arc;

/// Operation, key, document: versions 1 and 2 of Extended JSON, canonical and relaxed.
const ROWS: [(&str, &str, &str); 4] = [
    (
        "I",
        "65a1",
        r#"{"_id":{"$oid":"65a1"},"name":"Lamp","price":{"$numberDecimal":"12.50"},"sold":{"$numberLong":"7"},"at":{"$date":{"$numberLong":"1767225600000"}},"tags":["a","b"]}"#,
    ),
    (
        "I",
        "65a2",
        r#"{ "_id" : { "$oid" : "65a2" }, "name" : "Desk", "price" : 80.25, "sold" : 3, "at" : { "$date" : 1767225600000 }, "tags" : [ { "$oid" : "65b1" } ] }"#,
    ),
    (
        "U",
        "65a1",
        r#"{"_id":{"$oid":"65a1"},"name":"Lamp","price":{"$numberDouble":"11.5"},"sold":8,"at":{"$date":"2026-01-01T00:00:00Z"},"tags":null}"#,
    ),
    ("D", "65a2", r#"{"_id":{"$oid":"65a2"}}"#),
];

fn csv() -> Vec<u8> {
    let line = |(at, (op, id, doc)): (usize, &(&str, &str, &str))| {
        format!("{op},{id},\"{}\",2026010100000000000000000000000000{at}\n", doc.replace('"', "\"\""))
    };
    let lines: String = ROWS.iter().enumerate().map(line).collect();
    format!("Op,_id,_doc,transact_seq\n{lines}").into_bytes()
}

fn parquet_file() -> Vec<u8> {
    let column =
        |of: &dyn Fn(usize) -> String| -> ArrayRef { Arc::new(StringArray::from_iter_values((0..ROWS.len()).map(of))) };
    parquet(vec![
        ("Op", column(&|at| ROWS[at].0.to_owned())),
        ("_id", column(&|at| ROWS[at].1.to_owned())),
        ("_doc", column(&|at| ROWS[at].2.to_owned())),
        ("transact_seq", column(&|at| format!("2026010100000000000000000000000000{at}"))),
    ])
}

#[test]
fn documents_of_both_versions_are_proposed_and_read_as_plain_values() {
    for (path, content, format) in [
        ("x/20260101-000000000.csv", csv(), SourceFormat::DmsCsv),
        ("x/20260101-000000000.parquet", parquet_file(), SourceFormat::DmsParquet),
    ] {
        let file = (source_file(path, &content), Bytes::from(content.clone()));
        let inferred = infer(TableName::new("shop", "goods").unwrap(), "x", &[file], 1).unwrap();
        assert_eq!((inferred.format, inferred.key.as_slice()), (format, &["id".to_owned()][..]));
        let proposed: Vec<(&str, &str, Option<&str>)> = inferred
            .columns
            .iter()
            .map(|column| (column.name.as_str(), column.data_type.as_str(), column.path.as_deref()))
            .collect();
        assert_eq!(
            proposed,
            [
                ("id", "string", None),
                ("doc", "json", None),
                ("name", "string", Some("_doc.name")),
                ("price", "numeric", Some("_doc.price")),
                ("sold", "bigint", Some("_doc.sold")),
                ("at", "timestamp", Some("_doc.at")),
                ("tags", "json", Some("_doc.tags")),
            ],
            "{path}"
        );
        let contract = Contract::parse(&inferred.yaml, "goods.yaml");
        let contract = Arc::new(contract.unwrap_or_else(|problems| panic!("{}: {problems:?}", inferred.yaml)));
        let decoded = decode(&contract, path, &content);
        assert!(decoded.rejects.is_empty(), "{path}: {:?}", decoded.rejects);
        assert_eq!(decoded.changes.ops, [Op::Upsert, Op::Upsert, Op::Upsert, Op::Delete]);
        let rows = texts(&decoded.changes.rows);
        let values = |row: usize| rows[row].iter().map(Option::as_deref).collect::<Vec<_>>();
        let at = Some("1767225600000000");
        assert_eq!(values(0)[2..], [Some("Lamp"), Some("12.5"), Some("7"), at, Some(r#"["a","b"]"#)], "{path}");
        assert_eq!(values(1)[2..], [Some("Desk"), Some("80.25"), Some("3"), at, Some(r#"["65b1"]"#)], "{path}");
        assert_eq!(values(2)[2..], [Some("Lamp"), Some("11.5"), Some("8"), at, None], "{path}");
        let document =
            r#"{"_id":"65a1","name":"Lamp","price":12.50,"sold":7,"at":"2026-01-01T00:00:00.000Z","tags":["a","b"]}"#;
        assert_eq!(values(0)[1], Some(document), "{path}");
        assert_eq!(values(3)[0], Some("65a2"));
        assert_rebuilds(&contract, &decoded);
    }
}

#[test]
fn ids_of_table_mode_and_messages_are_read_likewise_and_what_is_no_value_is_refused() {
    let columns = "schema:\n- {name: oid__id, type: string, primary_key: true}\n- {name: doc, type: json, renamed_from: _doc}\n\
                   - {name: sold, type: bigint, path: _doc.sold}\n";
    let contract = |format: &str| {
        super::contract_of(&format!("dataset: a.b\nsource: {{path: x/, format: {format}, evolution: none}}\n{columns}"))
    };
    let doc = r#"{"sold":{"$numberLong":"7"}}"#;
    let texted = serde_json::to_string(doc).unwrap();
    let metadata = r#""metadata":{"timestamp":"2026-01-01T00:00:00Z","record-type":"data","operation":"insert","schema-name":"a","table-name":"b"}"#;
    for data in [texted.as_str(), doc] {
        let record =
            format!("{{\"data\":{{\"oid__id\":\"{{\\\"$oid\\\":\\\"65a1\\\"}}\",\"_doc\":{data}}},{metadata}}}");
        let decoded = decode(&contract("dms_json"), "b+0+0000000001.json", record.as_bytes());
        assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
        let rows = texts(&decoded.changes.rows);
        assert_eq!(
            rows[0],
            [Some("65a1".to_owned()), Some(r#"{"sold":7}"#.to_owned()), Some("7".to_owned())],
            "{data}"
        );
    }
    let wrong = "Op,oid__id,_doc,transact_seq\nI,65a1,\"{\"\"sold\"\":{\"\"$numberLong\"\":\"\"many\"\"}}\",1\n";
    let decoded = decode(&contract("dms_csv"), "20260101-000000000.csv", wrong.as_bytes());
    let [reject] = decoded.rejects.as_slice() else { panic!("{:?}", decoded.rejects) };
    assert_eq!((reject.reason, reject.column.as_deref()), (ReasonCode::TypeMismatch, Some("doc")));
    assert!(!reject.detail.contains("many"), "{}", reject.detail);
}
