//! Flattened Debezium records whose members are not called as usual.

use super::{assert_rebuilds, contract_of, decode, parquet, source_file, texts};
use crate::{Inferred, infer, sniff};
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow_avro::writer::AvroWriter;
use bytes::Bytes;
use sluice_change::Op;
use sluice_contract::{Contract, SourceFormat, TableName};
use std::sync::Arc;

/// Key, name, operation, position.
type Event = (i64, &'static str, &'static str, i64);

/// Changes of two rows: name, operation, position, mark of a delete. Their order in the file is not that of the log.
const EVENTS: [Event; 5] =
    [(1, "a", "r", 10), (2, "b", "c", 12), (1, "c", "u", 15), (1, "d", "u", 13), (2, "b", "d", 14)];

/// Names of the members: operation, position, time of the source.
const NAMES: [[&str; 3]; 4] = [
    ["cdc_op", "cdc_lsn", "cdc_source_ts_ms"],
    ["op", "lsn", "source_ts_ms"],
    ["__operation", "__lsn", "__source_ts_ms"],
    ["operation", "source_lsn", "source_ts_ms"],
];

fn columns([op, lsn, time]: [&'static str; 3]) -> Vec<(&'static str, ArrayRef)> {
    let numbers = |of: &dyn Fn(&Event) -> i64| -> ArrayRef {
        Arc::new(EVENTS.iter().map(|event| Some(of(event))).collect::<Int64Array>())
    };
    let texts = |of: &dyn Fn(&Event) -> &'static str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(EVENTS.iter().map(of)))
    };
    vec![
        ("id", numbers(&|event| event.0)),
        ("name", texts(&|event| event.1)),
        (op, texts(&|event| event.2)),
        (lsn, numbers(&|event| event.3)),
        (time, numbers(&|event| 1_795_000_000_000 + event.3)),
    ]
}

fn json(names: [&str; 3]) -> Vec<u8> {
    let [op, lsn, time] = names;
    let line = |(id, name, letter, place): &(i64, &str, &str, i64)| {
        let at = 1_795_000_000_000 + place;
        format!("{{\"id\":{id},\"name\":\"{name}\",\"{op}\":\"{letter}\",\"{lsn}\":{place},\"{time}\":{at}}}\n")
    };
    EVENTS.iter().map(line).collect::<String>().into_bytes()
}

fn avro(names: [&'static str; 3]) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter(columns(names)).unwrap();
    let mut writer = AvroWriter::new(Vec::new(), batch.schema().as_ref().clone()).unwrap();
    writer.write(&batch).unwrap();
    writer.finish().unwrap();
    writer.into_inner()
}

fn proposal(path: &str, content: &[u8]) -> Inferred {
    let file = (source_file(path, content), Bytes::copy_from_slice(content));
    infer(TableName::new("shop", "orders").unwrap(), "x", &[file], 1).unwrap()
}

#[test]
fn any_prefix_is_recognised_and_orders_and_deletes_come_from_the_right_members() {
    for names in NAMES {
        for (path, content, format) in [
            ("x/t.json", json(names), SourceFormat::DebeziumFlatJson),
            ("x/t.parquet", parquet(columns(names)), SourceFormat::DebeziumFlatParquet),
            ("x/t.avro", avro(names), SourceFormat::DebeziumFlatAvro),
        ] {
            assert_eq!(sniff(&[path.to_owned()], &content), Some(format), "{names:?} {path}");
            let inferred = proposal(path, &content);
            assert_eq!(inferred.format, format, "{names:?}");
            assert!(inferred.questions().iter().all(|question| !question.text.contains("add_fields")), "{path}");
            let proposed: Vec<&str> = inferred.columns.iter().map(|column| column.name.as_str()).collect();
            assert_eq!(proposed, ["id", "name"], "{names:?} {path}");
            assert!(inferred.evidence.iter().any(|seen| seen.ok && seen.text.starts_with("Order by the last commit")));
            let yaml = inferred.yaml;
            assert!(yaml.contains("  add_fields: {") && yaml.contains(names[0]), "{yaml}");
            let contract = Arc::new(
                Contract::parse(&yaml, "orders.yaml").unwrap_or_else(|problems| panic!("{yaml}: {problems:?}")),
            );
            let decoded = decode(&contract, path, &content);
            assert!(decoded.rejects.is_empty(), "{names:?} {path}: {:?}", decoded.rejects);
            assert_eq!(
                decoded.changes.ops,
                [Op::Read, Op::Upsert, Op::Upsert, Op::Upsert, Op::Delete],
                "{names:?} {path}"
            );
            let mut by_log: Vec<usize> = (0..EVENTS.len()).collect();
            by_log.sort_by_key(|at| decoded.changes.seqs.iter().nth(*at));
            assert_eq!(by_log, [0, 1, 3, 4, 2], "{names:?} {path}: the order of the log");
            assert!(decoded.drift.unknown.is_empty(), "{:?}", decoded.drift.unknown);
            assert_eq!(texts(&decoded.changes.rows)[2][1].as_deref(), Some("c"));
            assert_eq!(decoded.changes.source_times_ms.iter().next(), Some(Some(1_795_000_000_010)), "{names:?}");
            assert_rebuilds(&contract, &decoded);
        }
    }
}

#[test]
fn rows_of_several_tables_are_distinguished_by_the_named_member() {
    let contract = contract_of(
        "dataset: a.b\nsource: {path: x, format: debezium_flat_json, table: orders, add_fields: {op: c_op, lsn: c_lsn, \
         table: c_table, deleted: gone}}\napply: {delete_when: \"op = 'x'\"}\nschema:\n- {name: id, type: bigint, primary_key: true}\n\
         - {name: table, type: string}\n",
    );
    let lines = r#"{"id":1,"table":"round","c_op":"u","c_lsn":5,"c_table":"orders"}
{"id":2,"table":"round","c_op":"u","c_lsn":6,"c_table":"desks"}
{"id":3,"table":"oval","c_op":"u","c_lsn":7,"c_table":"orders","gone":"true"}
{"id":3,"table":"oval","c_op":"u","__lsn":7,"c_table":"orders"}"#;
    let decoded = decode(&contract, "t.json", lines.as_bytes());
    assert_eq!(decoded.changes.ops, [Op::Upsert, Op::Delete]);
    assert_eq!(texts(&decoded.changes.rows)[0][1].as_deref(), Some("round"));
    assert_eq!(decoded.rejects.len(), 1, "the position is where the contract says it is: {:?}", decoded.rejects);
}

#[test]
fn what_may_be_a_column_or_a_field_is_asked() {
    let lines = "{\"id\":1,\"op\":\"c\",\"lsn\":5,\"table\":\"orders\"}\n{\"id\":2,\"op\":\"c\",\"lsn\":6,\"table\":\"orders\"}\n";
    let inferred = proposal("x/t.json", lines.as_bytes());
    assert_eq!(inferred.format, SourceFormat::DebeziumFlatJson);
    let questions = inferred.questions();
    assert!(questions.iter().any(|question| question.text.contains("Whether table is a column")), "{questions:?}");
}
