//! Small samples of every format.

use super::{assert_rebuilds, contract_of, decode, gzip, texts};
use sluice_change::{EventSeq, Op, ReasonCode, SeqParts};

const COLUMNS: &str = "schema:
- {name: id, type: bigint, primary_key: true}
- {name: name, type: string, renamed_from: title}
- {name: price, type: \"decimal(8,2)\", required: true, default: 7.50}
- {name: old, type: boolean, removed: true}
";

fn contract(source: &str, apply: &str) -> std::sync::Arc<sluice_contract::Contract> {
    contract_of(&format!("dataset: a.b\nsource: {{path: x/, {source}}}\n{apply}{COLUMNS}"))
}

fn envelope(op: &str, before: &str, after: &str, lsn: &str, order: &str) -> String {
    format!(
        "{{\"before\":{before},\"after\":{after},\"source\":{{\"ts_ms\":1700,\"lsn\":{lsn}}},\"transaction\":{order},\"op\":\"{op}\",\"ts_ms\":1}}"
    )
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn debezium_envelopes_of_all_operations() {
    let contract = contract("format: debezium_json", "");
    let order = "{\"id\":\"1:2\",\"total_order\":7}";
    let lines = [
        format!("\u{feff}{}\r", envelope("r", "null", r#"{"id":1,"title":"a","old":true}"#, "10", "null")),
        envelope("c", "null", r#"{"id":2,"name":"b","price":"AfQ=","extra":1}"#, "11", order),
        String::new(),
        envelope("d", r#"{"id":2,"name":"","price":null}"#, "null", "\"12\"", order),
        "null".to_owned(),
        envelope("t", "null", "null", "13", order),
        envelope("m", "null", "null", "14", "null"),
        format!(
            "{{\"schema\":null,\"payload\":{}}}",
            envelope("u", "null", r#"{"id":3,"name":"__debezium_unavailable_value","price":1.5}"#, "15", order)
        ),
    ];
    let text = lines.join("\n");
    for bytes in [text.clone().into_bytes(), gzip(text.as_bytes()), format!("{text}\n").into_bytes()] {
        let decoded = decode(&contract, "t.json", &bytes);
        assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
        let changes = &decoded.changes;
        assert_eq!(changes.ops, [Op::Read, Op::Upsert, Op::Delete, Op::Truncate, Op::Upsert]);
        let parts: Vec<SeqParts> = changes.seqs.iter().map(|seq| seq.parts).collect();
        assert_eq!(parts, [[20, 10, 0], [23, 11, 7], [25, 12, 7], [27, 13, 7], [31, 15, 7]].map(EventSeq::parts_of));
        assert!(changes.seqs.iter().all(|seq| seq.rank == 1));
        let rows = texts(&changes.rows);
        assert_eq!(rows[0], [some("1"), some("a"), some("7.50"), some("true")]);
        assert_eq!(rows[1], [some("2"), some("b"), some("5.00"), None]);
        assert_eq!(rows[2], [some("2"), None, None, None]);
        assert_eq!(rows[3], [None, None, None, None]);
        assert_eq!(rows[4], [some("3"), None, some("1.50"), None]);
        assert_eq!(changes.absent.clone().into_iter().collect::<Vec<_>>(), [(4, vec![1])]);
        assert!(changes.source_times_ms.iter().eq([Some(1700); 5]));
        assert_eq!(changes.records[1], lines[1]);
        assert_eq!(changes.refs.at(1).row, 1);
        assert_eq!(changes.refs.at(1).offset, lines[0].len() as u64 + 1);
        assert_eq!((decoded.tombstones, decoded.rows_in), (2, 5));
        assert_eq!(decoded.drift.unknown.into_iter().collect::<Vec<_>>(), [("extra".to_owned(), 1)]);
        assert_eq!(decoded.operations["m"], 1);
    }
}

#[test]
fn faults_of_single_records_leave_the_others() {
    use ReasonCode as R;
    let contract = contract("format: debezium_json", "");
    let ok = r#"{"id":1,"name":"a","price":1}"#;
    let after = |row: &str| envelope("c", "null", row, "10", "null");
    let cases: Vec<(Vec<u8>, R, Option<&str>)> = vec![
        (b"{\"before\":nul".to_vec(), R::BadEnvelope, None),
        (b"[1,2]".to_vec(), R::BadEnvelope, None),
        (b"12".to_vec(), R::BadEnvelope, None),
        (b"{}".to_vec(), R::BadEnvelope, None),
        (b"{} {}".to_vec(), R::BadEnvelope, None),
        (b"{\"schema\":{\"x\":1},\"payload\":{\"op\":\"c\"}}".to_vec(), R::BadEnvelope, None),
        (after("null").into_bytes(), R::BadEnvelope, None),
        (after("[1]").into_bytes(), R::BadEnvelope, None),
        (b"\xff\xfe{}".to_vec(), R::BadEncoding, None),
        (envelope("x", "null", ok, "10", "null").into_bytes(), R::UnknownOperation, None),
        (after(&format!("{{\"id\":1,\"x\":{}{}}}", "[".repeat(70), "]".repeat(70))).into_bytes(), R::TooDeep, None),
        ("[".repeat(100_000).into_bytes(), R::TooDeep, None),
        (envelope("c", "null", ok, "null", "null").into_bytes(), R::MissingSeq, Some("sequence")),
        (envelope("c", "null", ok, "\"x\"", "null").into_bytes(), R::MissingSeq, Some("source.lsn")),
        (envelope("c", "null", ok, "-1", "null").into_bytes(), R::MissingSeq, Some("source.lsn")),
        (b"{\"after\":{\"id\":1},\"op\":\"c\"}".to_vec(), R::MissingSeq, Some("sequence")),
        (after(r#"{"id":null,"price":1}"#).into_bytes(), R::MissingKey, Some("id")),
        (after(r#"{"name":"a","price":1}"#).into_bytes(), R::MissingKey, Some("id")),
        (after(r#"{"id":"__debezium_unavailable_value","price":1}"#).into_bytes(), R::MissingKey, Some("id")),
        (envelope("d", "null", "null", "10", "null").into_bytes(), R::MissingKey, Some("id")),
        (after(r#"{"id":"one","price":1}"#).into_bytes(), R::TypeMismatch, Some("id")),
        (after(r#"{"id":9223372036854775808,"price":1}"#).into_bytes(), R::ValueOutOfRange, Some("id")),
        (after(r#"{"id":1,"price":1.005}"#).into_bytes(), R::ValueOutOfRange, Some("price")),
        (after(r#"{"id":1,"price":"%%"}"#).into_bytes(), R::TypeMismatch, Some("price")),
        (after(r#"{"id":1,"price":null}"#).into_bytes(), R::NullInRequired, Some("price")),
    ];
    let mut content = Vec::new();
    for (line, _, _) in &cases {
        content.extend_from_slice(after(ok).as_bytes());
        content.push(b'\n');
        content.extend_from_slice(line);
        content.push(b'\n');
    }
    let decoded = decode(&contract, "t.json", &content);
    assert_eq!(decoded.changes.len(), cases.len());
    assert_eq!(decoded.rejects.len(), cases.len());
    for (number, (reject, (line, reason, column))) in decoded.rejects.iter().zip(&cases).enumerate() {
        let shown = String::from_utf8_lossy(line);
        assert_eq!((reject.reason, reject.column.as_deref()), (*reason, *column), "{shown}: {}", reject.detail);
        assert_eq!(reject.at.row, 2 * number as u64 + 1);
        assert!(content[usize::try_from(reject.at.offset).unwrap()..].starts_with(line));
        assert_eq!(reject.raw, sluice_change::Reject::raw_of(line));
        assert!(!reject.detail.contains("one"), "a detail never shows a value");
    }
}

#[test]
fn deletes_by_condition_and_sequences_of_columns() {
    let apply = "apply: {sequence: [ts_ms, source.lsn, id], delete_when: \"name = 'gone'\"}\n";
    let decoded = decode(
        &contract("format: debezium_json", apply),
        "t.json",
        [
            envelope("u", "null", r#"{"id":5,"name":"gone","price":1}"#, "10", "null"),
            envelope("r", "null", r#"{"id":6,"name":"x","price":1}"#, "10", "null"),
        ]
        .join("\n")
        .as_bytes(),
    );
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    assert_eq!(decoded.changes.ops, [Op::Delete, Op::Read]);
    assert_eq!(
        (decoded.changes.seqs.at(0).rank, decoded.changes.seqs.at(0).parts),
        (1, EventSeq::parts_of([1, 10, 5]))
    );
    assert_eq!(
        (decoded.changes.seqs.at(1).rank, decoded.changes.seqs.at(1).parts),
        (0, EventSeq::parts_of([1, 10, 6]))
    );
    let by_op = contract("format: debezium_json", "apply: {delete_when: \"op = 'u'\"}\n");
    let decoded = decode(&by_op, "t.json", envelope("u", "null", r#"{"id":5}"#, "10", "null").as_bytes());
    assert_eq!(decoded.changes.ops, [Op::Delete]);
}

#[test]
fn flattened_rows() {
    let contract = contract("format: debezium_flat_json", "");
    let lines = [
        r#"{"id":1,"name":"a","price":"AfQ=","__deleted":"false","__op":"r","__lsn":5,"__source_ts_ms":9}"#,
        r#"{"id":1,"name":"","price":null,"__deleted":"true","__op":"d","__lsn":6,"__table":"b"}"#,
        r#"{"id":2,"price":2,"__lsn":7}"#,
        r#"{"id":2,"price":2,"__deleted":"true","__lsn":8}"#,
    ];
    let decoded = decode(&contract, "t.json", lines.join("\n").as_bytes());
    assert!(decoded.rejects.is_empty() && decoded.drift.unknown.is_empty(), "{:?}", decoded.rejects);
    assert_eq!(decoded.changes.ops, [Op::Read, Op::Delete, Op::Upsert, Op::Delete]);
    let parts: Vec<SeqParts> = decoded.changes.seqs.iter().map(|seq| seq.parts).collect();
    assert_eq!(parts, [[10, 5], [13, 6], [15, 7], [17, 8]].map(EventSeq::parts_of));
    assert!(decoded.changes.source_times_ms.iter().eq([Some(9), None, None, None]));
    assert_rebuilds(&contract, &decoded);
    let bad = decode(&contract, "t.json", b"{\"id\":1,\"price\":1,\"__op\":\"?\",\"__lsn\":1}\n{\"id\":1,\"price\":1}");
    let reasons: Vec<ReasonCode> = bad.rejects.iter().map(|reject| reject.reason).collect();
    assert_eq!(reasons, [ReasonCode::UnknownOperation, ReasonCode::MissingSeq]);
}

#[test]
fn records_without_a_position_are_ordered_by_their_offset_where_the_contract_says_so() {
    let line = envelope("u", "null", r#"{"id":1,"price":1}"#, "null", "null");
    let snapshot = envelope("r", "null", r#"{"id":1,"price":1}"#, "null", "null");
    for (format, line, snapshot) in [
        ("debezium_json", line.as_str(), snapshot.as_str()),
        ("debezium_flat_json", r#"{"id":1,"price":1}"#, r#"{"id":1,"price":1,"__op":"r"}"#),
    ] {
        let contract = contract(&format!("format: {format}"), "apply: {sequence: [record.offset]}\n");
        let decoded = decode(&contract, "shop+0+0000000042.json", format!("{snapshot}\n{line}\n{line}").as_bytes());
        let parts: Vec<SeqParts> = decoded.changes.seqs.iter().map(|seq| seq.parts).collect();
        assert_eq!(
            parts,
            [[42, 1, 0], [42, 2, 1], [42, 3, 1]].map(EventSeq::parts_of),
            "{format}: {:?}",
            decoded.rejects
        );
        assert_rebuilds(&contract, &decoded);
        let unnamed = decode(&contract, "changes.json", line.as_bytes());
        assert_eq!(unnamed.rejects[0].reason, ReasonCode::MissingSeq);
    }
}

#[test]
fn values_that_are_not_one_to_a_line_are_records() {
    let contract = contract("format: debezium_json", "");
    let line = envelope("c", "null", r#"{"id":1,"name":"}{","price":1}"#, "10", "null");
    let pretty = line.replace(",\"", ",\n  \"").replacen('{', "{\n", 1);
    for text in [format!("{line}{line}"), format!("{pretty}\n{pretty}\n"), format!("{line}\n{line}\n")] {
        let decoded = decode(&contract, "t.json", text.as_bytes());
        assert_eq!((decoded.changes.len(), decoded.rejects.len()), (2, 0), "{text}: {:?}", decoded.rejects);
        assert_rebuilds(&contract, &decoded);
    }
}

#[test]
fn dms_csv_with_and_without_header_and_operation() {
    let layouts =
        "format: dms_csv, csv_layouts: [[id, title, old, transact_seq], [id, name, price, old, transact_seq]]";
    let contract = contract(layouts, "");
    let seq = "20261120084718110000126730456000001";
    let content = format!(
        "1,\"a\nb, \"\"c\"\"\",t,NULL\nI,2,\"NULL\",f,{seq}\nU,2,NULL,1.25,NULL,{seq}\r\nD,2,NULL,NULL,NULL,{seq}\n\
         X,2,a,1,t,{seq}\n1,2\nU,3,a,1,t,\nU,3,\"a,1,t,{seq}\n"
    );
    let decoded = decode(&contract, "20261120-084745494.csv", content.as_bytes());
    let changes = &decoded.changes;
    assert_eq!(changes.ops, [Op::Read, Op::Upsert, Op::Upsert, Op::Delete]);
    let rows = texts(&changes.rows);
    assert_eq!(rows[0], [some("1"), some("a\nb, \"c\""), some("7.50"), some("true")]);
    assert_eq!(rows[1], [some("2"), some("NULL"), some("7.50"), some("false")]);
    assert_eq!(rows[2], [some("2"), None, some("1.25"), None]);
    let long = EventSeq::parts_of([2_026_112_008_471_811, 126_730_456_000_001]);
    assert_eq!((changes.seqs.at(0).rank, changes.seqs.at(0).parts), (0, [0; 5]));
    assert_eq!((changes.seqs.at(1).rank, changes.seqs.at(1).parts), (1, long));
    assert_eq!(
        changes.records[1],
        format!("{{\"Op\":\"I\",\"id\":\"2\",\"title\":\"NULL\",\"old\":\"f\",\"transact_seq\":\"{seq}\"}}")
    );
    let reasons: Vec<ReasonCode> = decoded.rejects.iter().map(|reject| reject.reason).collect();
    use ReasonCode as R;
    assert_eq!(reasons, [R::UnknownOperation, R::BadEnvelope, R::MissingSeq, R::BadEnvelope]);
    assert_rebuilds(&contract, &decoded);

    let header = format!(
        "Op,price,id,name,transact_seq,dms_timestamp\nI,1,1,a,,2026-01-01 00:00:00\nU,2,1,a,{seq},1970-01-01 00:00:01.5\n"
    );
    let decoded = decode(&contract, "LOAD00000001.csv", header.as_bytes());
    assert!(decoded.rejects.is_empty() && decoded.drift.unknown.is_empty(), "{:?}", decoded.rejects);
    assert_eq!((decoded.changes.ops.as_slice(), decoded.rows_in), (&[Op::Read, Op::Upsert][..], 2));
    assert!(decoded.changes.source_times_ms.iter().eq([None, Some(1_500)]));
    assert_rebuilds(&contract, &decoded);
}
