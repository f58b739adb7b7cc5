//! Records of streams and exports of DynamoDB.

use crate::infer;
use crate::tests::{assert_rebuilds, assert_survives, contract_of, decode, texts};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use sluice_change::{EventSeq, Op, ReasonCode, SourceFile};
use sluice_contract::{Contract, SourceFormat, TableName};
use std::sync::Arc;

const COLUMNS: &str = "schema:
- {name: id, type: string, primary_key: true}
- {name: total, type: numeric}
- {name: paid, type: boolean}
- {name: lines, type: json}
- {name: tags, type: array<string>}
- {name: raw, type: binary}
- {name: at, type: timestamp, unit: seconds}
";

fn contract(source: &str, apply: &str) -> Arc<Contract> {
    contract_of(&format!("dataset: shop.orders\nsource: {{path: x/, format: dynamodb_json{source}}}\n{apply}{COLUMNS}"))
}

/// A record of a stream; `images` are members of `dynamodb`.
fn record(event: &str, place: &str, images: &str) -> String {
    format!(
        "{{\"eventID\":\"e\",\"eventName\":\"{event}\",\"eventVersion\":\"1.1\",\"eventSource\":\"aws:dynamodb\",\
         \"awsRegion\":\"eu-west-1\",\"dynamodb\":{{\"ApproximateCreationDateTime\":1767319445,\
         \"Keys\":{{\"id\":{{\"S\":\"o1\"}}}},{images}\"SequenceNumber\":\"{place}\",\"SizeBytes\":26,\
         \"StreamViewType\":\"NEW_AND_OLD_IMAGES\"}},\
         \"eventSourceARN\":\"arn:aws:dynamodb:eu-west-1:123456789012:table/orders/stream/2026-01-01T00:00:00.000\"}}"
    )
}

fn image(more: &str) -> String {
    format!("\"NewImage\":{{\"id\":{{\"S\":\"o1\"}}{more}}},")
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn an_image_is_the_whole_item() {
    let whole = image(
        r#","total":{"N":"12345678901234567890123456789012345.678"},"paid":{"BOOL":true},"lines":{"L":[{"M":{"sku":{"S":"a"},"qty":{"N":"2"}}}]},"tags":{"SS":["new","gift"]},"raw":{"B":"3q2+7w=="},"at":{"N":"1767319445"}"#,
    );
    let lines = [
        record("INSERT", "100000000003275500000000001", &whole),
        record("MODIFY", "200000000003275500000000001", &image(r#","paid":{"NULL":true}"#)),
        record("REMOVE", "99000000000003275500000000001", ""),
    ];
    let decoded = decode(&contract("", ""), "f", lines.concat().as_bytes());
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    let changes = &decoded.changes;
    assert_eq!(changes.ops, [Op::Upsert, Op::Upsert, Op::Delete]);
    let rows = texts(&changes.rows);
    let expected = ["o1", "12345678901234567890123456789012345.678", "true", r#"[{"sku":"a","qty":2}]"#];
    assert_eq!(rows[0][..4], expected.map(some));
    assert!(rows[0][4].as_deref().is_some_and(|set| set.contains("gift, new")), "a set is sorted: {:?}", rows[0][4]);
    assert_eq!(rows[0][5].as_deref(), Some("deadbeef"));
    // 2026-01-02T02:04:05Z in microseconds.
    assert_eq!(rows[0][6], some("1767319445000000"));
    assert_eq!(rows[1][1..], [const { None }; 6], "what the image lacks is gone, and a null is null");
    assert!(changes.absent.is_empty() && changes.seqs.iter().collect::<Vec<_>>().is_sorted());
    assert_eq!(changes.source_times_ms.at(0), Some(1_767_319_445_000));
    assert_rebuilds(&contract("", ""), &decoded);
    assert_survives(&contract("", ""), "f.json", lines[1].as_bytes());
}

#[test]
fn places_of_21_to_40_digits_are_numbers() {
    let places = [
        "100000000000000000001".to_owned(),
        "999999999999999999999".to_owned(),
        "1".to_owned() + &"0".repeat(38),
        "9".repeat(39),
        "1".to_owned() + &"0".repeat(39),
        "9".repeat(40),
    ];
    let lines: Vec<String> = places.iter().map(|place| record("MODIFY", place, &image(""))).collect();
    let decoded = decode(&contract("", ""), "f.json", lines.join("\n").as_bytes());
    let parts: Vec<_> = decoded.changes.seqs.iter().map(|seq| seq.parts).collect();
    assert!(parts.len() == 6 && parts.windows(2).all(|pair| pair[0] < pair[1]), "{:?} {parts:?}", decoded.rejects);
}

#[test]
fn records_on_their_way_are_taken_out() {
    let two = [record("INSERT", "1", &image("")), record("REMOVE", "2", "")];
    let base64 = |text: &str| STANDARD.encode(text);
    let batch = format!("{{\"Records\":[{}]}}", two.join(","));
    let kinesis = two.iter().map(|one| format!("{{\"kinesis\":{{\"data\":\"{}\"}}}}", base64(one)));
    let kinesis = format!("{{\"Records\":[{}]}}", kinesis.collect::<Vec<_>>().join(","));
    let firehose = format!("{{\"records\":[{{\"recordId\":\"a\",\"data\":\"{}\"}}]}}", base64(&two.concat()));
    for wrapped in [batch, kinesis, firehose, two.concat(), two.join("\n")] {
        let decoded = decode(&contract(", table: orders", ""), "f", wrapped.as_bytes());
        assert_eq!(decoded.changes.ops, [Op::Upsert, Op::Delete], "{wrapped}: {:?}", decoded.rejects);
        assert_eq!(decoded.source_tables["orders"], 2);
        let kept: Vec<&String> = decoded.changes.records.iter().filter(|record| !record.is_empty()).collect();
        let again = decode(
            &contract(", table: orders", ""),
            "f",
            kept.iter().map(|one| one.as_str()).collect::<String>().as_bytes(),
        );
        assert!(again.changes.seqs.iter().eq(decoded.changes.seqs.iter()), "bronze keeps the value once");
    }
    let decoded = decode(&contract("", ""), "f", br#"{"Records":[{"kinesis":{"data":"!"}}]}"#);
    assert_eq!(decoded.rejects[0].reason, ReasonCode::BadEnvelope);
    let other = decode(&contract(", table: items", ""), "f", two[0].as_bytes());
    assert_eq!((other.changes.len(), other.other_tables["orders"]), (0, 1));
}

#[test]
fn a_full_export_lies_below_changes_and_an_incremental_one_is_ordered_by_its_times() {
    let item = r#"{"Item":{"id":{"S":"o1"},"total":{"N":"1"}}}"#;
    let path = "AWSDynamoDB/01693685827463-2d8752fd/data/a.json.gz";
    let full = decode(&contract("", ""), path.trim_end_matches(".gz"), item.as_bytes());
    let seq = full.changes.seqs.at(0);
    assert_eq!((full.changes.ops[0], seq.rank, seq.parts), (Op::Read, 0, EventSeq::parts_of([1_693_685_827_463])));
    let by_time = contract("", "apply: {sequence: [record.WriteTimestampMicros]}\n");
    let increment = |micros: &str, images: &str| {
        format!(
            "{{\"Metadata\":{{\"WriteTimestampMicros\":{{\"N\":\"{micros}\"}}}},\"Keys\":{{\"id\":{{\"S\":\"o1\"}}}}{images}}}"
        )
    };
    let lines = [
        increment("1693685827463001", r#","NewImage":{"id":{"S":"o1"},"total":{"N":"2"}}"#),
        increment("1693685827463002", r#","OldImage":{"id":{"S":"o1"},"total":{"N":"2"}}"#),
        increment("1693685827463003", ""),
    ];
    let decoded = decode(&by_time, "AWSDynamoDB/data/a.json", lines.join("\n").as_bytes());
    assert_eq!(decoded.changes.ops, [Op::Upsert, Op::Delete, Op::Delete], "{:?}", decoded.rejects);
    assert_eq!(decoded.changes.seqs.at(0).parts, EventSeq::parts_of([1_693_685_827_463_001]));
    assert_eq!(decoded.changes.source_times_ms.at(0), Some(1_693_685_827_463));
    assert_rebuilds(&by_time, &decoded);
    for (contract, line, says) in [
        (contract("", ""), lines[0].clone(), "no common order"),
        (by_time, record("REMOVE", "1", ""), "no common order"),
    ] {
        let rejects = decode(&contract, "a.json", line.as_bytes()).rejects;
        assert!(rejects[0].reason == ReasonCode::MissingSeq && rejects[0].detail.contains(says), "{rejects:?}");
    }
}

#[test]
fn times_of_kinesis_have_any_unit() {
    let contract = contract("", "apply: {sequence: [record.ApproximateCreationDateTime]}\n");
    let line = |time: &str| record("MODIFY", "1", &image("")).replace("1767319445,", &format!("{time},"));
    let lines = ["1767319445", "1767319445.5", "1767319446000", "1767319446000001", "1.767319447E9"].map(line);
    let decoded = decode(&contract, "f.json", lines.join("\n").as_bytes());
    let parts: Vec<u64> = decoded.changes.seqs.iter().map(|seq| seq.parts[0]).collect();
    let expected = [
        1_767_319_445_000_000,
        1_767_319_445_500_000,
        1_767_319_446_000_000,
        1_767_319_446_000_001,
        1_767_319_447_000_000,
    ];
    assert_eq!(parts, expected, "{:?}", decoded.rejects);
}

#[test]
fn what_can_be_wrong_without_an_error_is_refused() {
    let cases = [
        (record("MODIFY", "1", ""), ReasonCode::BadEnvelope, "NEW_AND_OLD_IMAGES"),
        (record("UPSERT", "1", &image("")), ReasonCode::UnknownOperation, "INSERT, MODIFY and REMOVE"),
        (record("INSERT", "one", &image("")), ReasonCode::MissingSeq, ""),
        (record("INSERT", "1", &image("")).replace("SequenceNumber", "X"), ReasonCode::MissingSeq, "Kinesis"),
        (record("INSERT", "1", &image(r#","total":{"N":"x"}"#)), ReasonCode::TypeMismatch, "attribute value"),
        (record("INSERT", "1", &image(r#","total":{"S":"x"}"#)), ReasonCode::TypeMismatch, "numeric"),
        (
            record("INSERT", "1", &image(r#","total":{"M":{"scale":{"N":"1"},"value":{"S":"Dw=="}}}"#)),
            ReasonCode::TypeMismatch,
            "",
        ),
        (r#"{"eventName":"INSERT"}"#.to_owned(), ReasonCode::BadEnvelope, "no record"),
    ];
    for (line, reason, says) in cases {
        let decoded = decode(&contract("", ""), "f.json", line.as_bytes());
        let found: Vec<_> = decoded.rejects.iter().map(|reject| (reject.reason, reject.detail.as_str())).collect();
        assert!(found.len() == 1 && found[0].0 == reason && found[0].1.contains(says), "{line}: {found:?}");
    }
}

fn propose(path: &str, text: &str) -> crate::Inferred {
    let bytes = Bytes::from(text.to_owned());
    let file = SourceFile { path: path.to_owned(), size: bytes.len() as u64, ..SourceFile::default() };
    infer(TableName::new("shop", "orders").unwrap(), "x", &[(file, bytes)], 1).unwrap()
}

#[test]
fn a_contract_is_proposed_or_what_is_missing_is_asked() {
    let line = |id: u32, more: &str| {
        record("INSERT", &format!("10000000000000000000{id}"), &image(&format!(r#","n":{{"N":"{id}"}}{more}"#)))
            .replace("\"o1\"", &format!("\"o{id}\""))
    };
    let text = line(1, r#","raw":{"B":"YQ=="},"tags":{"SS":["a"]},"price":{"N":"1.5"},"any":{"S":"x"}"#)
        + &line(2, r#","any":{"M":{}},"on":{"BOOL":true}"#);
    let inferred = propose("x/f.json", &text);
    assert_eq!((inferred.format, inferred.title.as_str()), (SourceFormat::DynamodbJson, "DynamoDB stream, JSON"));
    assert_eq!(
        (inferred.key.join(" "), inferred.sequence.join(" ")),
        ("id".to_owned(), "record.SequenceNumber".to_owned())
    );
    let types: Vec<(&str, &str)> =
        inferred.columns.iter().map(|column| (column.name.as_str(), column.data_type.as_str())).collect();
    let expected = [
        ("id", "string"),
        ("n", "bigint"),
        ("raw", "binary"),
        ("tags", "array<string>"),
        ("price", "numeric"),
        ("any", "json"),
        ("on", "boolean"),
    ];
    assert_eq!(types, expected);
    assert!(inferred.questions().is_empty(), "{:?}", inferred.questions());
    assert!(Contract::parse(&inferred.yaml, "orders.yaml").is_ok(), "{}", inferred.yaml);

    let kinesis = text.replace("SequenceNumber", "X");
    assert!(propose("x/f.json", &kinesis).questions()[0].text.contains("MICROSECOND"));
    let precise = kinesis.replace("1767319445,", "1767319445000001,");
    assert_eq!(propose("x/f.json", &precise).sequence, ["record.ApproximateCreationDateTime"]);
    assert!(propose("x/f.json", &(text + &precise)).questions()[0].text.contains("no common order"));
    let items =
        r#"{"Item":{"id":{"S":"a"},"n":{"N":"1"}}}"#.to_owned() + "\n" + r#"{"Item":{"id":{"S":"b"},"n":{"N":"1"}}}"#;
    let inferred = propose("x/AWSDynamoDB/01693685827463-2d8752fd/data/a.json", &items);
    assert_eq!((inferred.title.as_str(), inferred.key.join(" ")), ("DynamoDB export, JSON", "id".to_owned()));

    let keys_only = record("MODIFY", "1", "").replace("NEW_AND_OLD_IMAGES", "KEYS_ONLY");
    let file = SourceFile { path: "x/a.json".to_owned(), ..SourceFile::default() };
    let error = infer(TableName::new("a", "b").unwrap(), "x", &[(file, Bytes::from(keys_only))], 1).unwrap_err();
    assert!(error.to_string().contains("KEYS_ONLY"), "{error}");
}
