//! Records of AWS DMS as JSON.

use crate::tests::{assert_rebuilds, assert_survives, contract_of, decode, texts};
use sluice_change::{EventSeq, Op, ReasonCode};
use sluice_contract::Contract;
use std::sync::Arc;

fn contract(source: &str, apply: &str) -> Arc<Contract> {
    contract_of(&format!(
        "dataset: shop.orders\nsource: {{path: x/, format: dms_json{source}}}\n{apply}schema:\n\
         - {{name: id, type: bigint, primary_key: true}}\n- {{name: name, type: string}}\n\
         - {{name: price, type: \"decimal(10,2)\"}}\n- {{name: seen, type: timestamp}}\n"
    ))
}

fn record(kind: &str, operation: &str, data: &str) -> String {
    format!(
        r#"{{{data}"metadata":{{"timestamp":"2024-10-27T12:39:03.210671Z","record-type":"{kind}","operation":"{operation}","partition-key-type":"schema-table","schema-name":"shop","table-name":"orders","transaction-id":7}}}}"#
    )
}

#[test]
fn loads_changes_and_control_records() {
    let lines = [
        record("control", "create-table", ""),
        record("data", "load", r#""data":{"id":1,"name":"a","price":1.5,"seen":"2024-10-27T12:00:00Z"},"#),
        record("data", "insert", r#""data":{"id":2,"name":"b"},"#),
        record("data", "update", r#""data":{"id":3,"name":"c","BI_id":2,"BI_name":"b"},"#),
        record("data", "update", r#""data":{"id":3,"name":"d"},"before-image":{"id":3,"name":"c"},"#),
        record("data", "delete", r#""data":{"id":3},"#),
        record("control", "truncate-table", ""),
    ];
    let contract = contract(", evolution: add_new_columns", "");
    let decoded = decode(&contract, "t+0+0000000100.json", lines.join("\n").as_bytes());
    assert!(decoded.rejects.is_empty() && decoded.drift.unknown.is_empty(), "{:?}", decoded.rejects);
    let changes = &decoded.changes;
    assert_eq!(
        changes.ops,
        [Op::Read, Op::Upsert, Op::Delete, Op::Upsert, Op::Upsert, Op::Delete, Op::Truncate],
        "a change of the key is a delete of the former one and the row"
    );
    let rows = texts(&changes.rows);
    assert_eq!(rows[0][..3], [Some("1".to_owned()), Some("a".to_owned()), Some("1.50".to_owned())]);
    assert_eq!(rows[1][2], None, "what is null is left out");
    assert_eq!((changes.seqs.at(0).rank, changes.seqs.at(0).parts), (0, [0; 5]));
    assert_eq!((changes.seqs.at(1).rank, changes.seqs.at(1).parts), (1, EventSeq::parts_of([100, 3])));
    assert_eq!(decoded.orders.values().sum::<u64>(), 5);
    assert_eq!((decoded.tombstones, decoded.operations["create-table"]), (1, 1));
    assert_rebuilds(&contract, &decoded);
    assert_survives(&contract, "t+0+0000000100.json", lines.join("\n").as_bytes());
}

#[test]
fn the_change_sequence_orders_the_records_where_the_task_adds_it() {
    let seq = "20261120084718110000126730456000001";
    let lines = [
        record("data", "insert", &format!(r#""data":{{"id":1,"name":"a","transact_seq":"{seq}"}},"#)),
        record("data", "insert", r#""data":{"id":2,"name":"b"},"#),
        record("data", "merge", r#""data":{"id":2},"#),
    ];
    let decoded = decode(&contract("", ""), "changes.json", lines.join("\n").as_bytes());
    assert_eq!(decoded.changes.seqs.at(0).parts, EventSeq::parts_of([2_026_112_008_471_811, 126_730_456_000_001]));
    let reasons: Vec<ReasonCode> = decoded.rejects.iter().map(|reject| reject.reason).collect();
    assert_eq!(reasons, [ReasonCode::MissingSeq, ReasonCode::UnknownOperation]);
    let other = decode(&contract(", table: shop.customers", ""), "t+0+0000000000.json", lines[0].as_bytes());
    assert_eq!((other.rows_in, other.other_tables["shop.orders"]), (0, 1));
}
