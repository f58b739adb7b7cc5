//! Rows of replication tools, in the containers in which they write.

use crate::tests::{assert_rebuilds, assert_survives, contract_of, decode, texts};
use crate::{Inferred, infer, sniff};
use arrow::array::{ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use sluice_change::{Op, ReasonCode, SourceFile};
use sluice_contract::{Contract, SourceFormat, TableName};
use std::sync::Arc;

const COLUMNS: &str = "schema:
- {name: id, type: bigint, primary_key: true}
- {name: name, type: string}
- {name: tags, type: array<string>}
";

fn contract(format: &str, apply: &str) -> Arc<Contract> {
    contract_of(&format!("dataset: a.b\nsource: {{path: x/, format: {format}}}\napply: {{{apply}}}\n{COLUMNS}"))
}

fn propose(path: &str, bytes: impl Into<Bytes>) -> Inferred {
    let bytes = bytes.into();
    let file = SourceFile { path: path.to_owned(), size: bytes.len() as u64, ..SourceFile::default() };
    infer(TableName::new("a", "b").unwrap(), "x", &[(file, bytes)], 1).unwrap()
}

fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)));
    let batch = batch.unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn airbyte_rows_are_the_same_flat_nested_and_in_every_container() {
    let nested = |id: u32, at: &str, deleted: &str, more: &str| {
        format!(
            r#"{{"id":{id},"name":"0{id}","tags":["x","y"],"_ab_cdc_lsn":{at},"_ab_cdc_deleted_at":{deleted}{more}}}"#
        )
    };
    let data = [
        nested(1, "100", "null", ""),
        nested(2, "101", "null", r#","extra":1"#),
        nested(1, "102", r#""2026-01-01T00:00:00Z""#, ""),
    ];
    let raw = |data: &String| {
        format!(
            r#"{{"_airbyte_raw_id":"r","_airbyte_extracted_at":1767323045000,"_airbyte_meta":{{}},"_airbyte_data":{data}}}"#
        )
    };
    let json: String = data.iter().map(|data| raw(data) + "\n").collect();
    let flat: String = data.iter().map(|data| data.replacen('{', r#"{"_airbyte_raw_id":"r","#, 1) + "\n").collect();
    let old = |data: &String| format!("r,1767323045000,\"{}\"\n", data.replace('"', "\"\""));
    let csv =
        "_airbyte_ab_id,_airbyte_emitted_at,_airbyte_data\n".to_owned() + &data.iter().map(old).collect::<String>();
    let texts_of = |data: &[String]| Arc::new(StringArray::from_iter_values(data)) as ArrayRef;
    let ids = vec!["r".to_owned(); 3];
    let columnar = parquet(vec![("_airbyte_raw_id", texts_of(&ids)), ("_airbyte_data", texts_of(&data))]);
    for (format, path, bytes) in [
        ("airbyte_json", "a.jsonl", json.into_bytes()),
        ("airbyte_json", "a.jsonl", flat.into_bytes()),
        ("airbyte_csv", "a.csv", csv.into_bytes()),
        ("airbyte_parquet", "a.parquet", columnar),
    ] {
        assert_eq!(sniff(&[path.to_owned()], &bytes).map(SourceFormat::as_str), Some(format));
        let contract = contract(format, "");
        let decoded = decode(&contract, path, &bytes);
        assert!(decoded.rejects.is_empty(), "{format}: {:?}", decoded.rejects);
        assert_eq!(decoded.changes.ops, [Op::Upsert, Op::Upsert, Op::Delete], "{format}");
        let rows = texts(&decoded.changes.rows);
        assert_eq!(rows[0][1].as_deref(), Some("01"), "{format}: a text of digits is a text");
        assert_eq!(rows[0][2].as_deref(), Some("[x, y]"), "{format}");
        assert_eq!(decoded.changes.seqs.iter().map(|seq| seq.parts[0]).collect::<Vec<_>>(), [100, 101, 102]);
        assert_eq!(
            decoded.drift.unknown.clone().into_iter().collect::<Vec<_>>(),
            [("extra".to_owned(), 1)],
            "{format}"
        );
        assert_rebuilds(&contract, &decoded);
        let inferred = propose(path, bytes);
        assert_eq!((inferred.sequence.join(" "), inferred.format.as_str()), ("_ab_cdc_lsn".to_owned(), format));
        let name = inferred.columns.iter().find(|column| column.name == "name").unwrap();
        assert_eq!(
            (name.data_type.as_str(), inferred.columns.len()),
            ("string", 4),
            "{format}: {:?}",
            inferred.columns
        );
        assert!(Contract::parse(&inferred.yaml, "b.yaml").is_ok(), "{}", inferred.yaml);
    }
}

#[test]
fn an_airbyte_sync_without_a_log_is_ordered_by_its_cursor() {
    let row = |id: u32, more: &str| {
        format!(r#"{{"_airbyte_raw_id":"r","_airbyte_extracted_at":1767323045000,"id":{id},"name":"n{id}"{more}}}"#)
    };
    let plain = [row(1, ""), row(2, "")].join("\n");
    assert!(propose("a.jsonl", plain).questions()[0].text.contains("cursor of the sync"));
    let with_cursor = |id| row(id, &format!(r#","updated_at":"2026-01-0{id}T00:00:00Z""#));
    let inferred = propose("a.jsonl", [with_cursor(1), with_cursor(2)].join("\n"));
    assert_eq!(inferred.sequence, ["updated_at", "_airbyte_extracted_at"]);
    assert!(inferred.questions().is_empty(), "{:?}", inferred.questions());
    let in_log = |file: &str, pos: u32| {
        row(1, &format!(r#","_ab_cdc_log_file":"{file}","_ab_cdc_log_pos":{pos},"_ab_cdc_deleted_at":null"#))
    };
    let lines = [in_log("bin.999999", 9), in_log("bin.1000000", 4)].join("\n");
    assert_eq!(propose("a.jsonl", lines.clone()).sequence, ["_ab_cdc_log_file", "_ab_cdc_log_pos"]);
    let contract = contract("airbyte_json", "sequence: [_ab_cdc_log_file, _ab_cdc_log_pos]");
    assert!(decode(&contract, "a.jsonl", lines.as_bytes()).changes.seqs.iter().collect::<Vec<_>>().is_sorted());
}

#[test]
fn a_delete_of_fivetran_wins_at_the_time_of_its_last_sync() {
    let times = |offset: &str| format!("2026-01-01T0{offset}");
    let csv = format!(
        "id,name,_fivetran_deleted,_fivetran_synced\n1,a,false,{}\n1,a,true,{}\n2,b,maybe,{}\n3,c,false,\n",
        times("1:00:00.123Z"),
        times("2:00:00.123+01:00"),
        times("1:00:00Z")
    );
    let contract = contract("fivetran_csv", "");
    let decoded = decode(&contract, "a.csv", csv.as_bytes());
    assert_eq!(decoded.changes.ops, [Op::Upsert, Op::Delete]);
    let seqs: Vec<_> = decoded.changes.seqs.iter().collect();
    assert!(
        seqs[0].parts[0] == seqs[1].parts[0] && seqs[0] < seqs[1],
        "one instant, and the delete is later: {seqs:?}"
    );
    let reasons: Vec<ReasonCode> = decoded.rejects.iter().map(|reject| reject.reason).collect();
    assert_eq!(reasons, [ReasonCode::UnknownOperation, ReasonCode::MissingSeq]);
    assert_rebuilds(
        &contract,
        &decode(&contract, "a.csv", csv.lines().take(3).collect::<Vec<_>>().join("\n").as_bytes()),
    );
    assert_survives(&contract, "a.csv", csv.as_bytes());
    let keyless = "name,_fivetran_id,_fivetran_synced\na,x1,2026-01-01T00:00:00Z\na,x2,2026-01-01T00:00:00Z\n";
    let inferred = propose("a.csv", keyless);
    assert_eq!(
        (inferred.key.join(" "), inferred.sequence.join(" ")),
        ("fivetran_id".to_owned(), "_fivetran_synced".to_owned())
    );
}

#[test]
fn versions_of_fivetran_end_where_no_other_begins() {
    let row = |name: &str, start: u32, end: &str, active: bool| {
        format!(
            r#"{{"id":1,"name":"{name}","_fivetran_start":"2026-01-0{start}T00:00:00Z","_fivetran_end":"{end}","_fivetran_active":{active},"_fivetran_synced":"2026-01-09T00:00:00Z"}}"#
        )
    };
    let lines = [
        row("a", 1, "2026-01-01T23:59:59.999Z", false),
        row("b", 2, "2026-01-02T23:59:59.999Z", false),
        row("c", 3, "9999-12-31T23:59:59.999Z", true),
    ];
    let text = lines.join("\n");
    let history = contract("fivetran_json", "sequence: [_fivetran_start]");
    let decoded = decode(&history, "a.json", text.as_bytes());
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    let mut events: Vec<_> = decoded.changes.seqs.iter().zip(&decoded.changes.ops).collect();
    events.sort_by_key(|(seq, _)| *seq);
    let ops: Vec<Op> = events.into_iter().map(|(_, op)| *op).collect();
    assert_eq!(ops, [Op::Upsert, Op::Delete, Op::Upsert, Op::Delete, Op::Upsert]);
    assert_eq!(propose("a.json", text.clone()).sequence, ["_fivetran_start"]);
    let plain = decode(&contract("fivetran_json", ""), "a.json", text.as_bytes());
    assert!(
        plain.rejects.len() == 3 && plain.rejects[0].detail.contains("sequence: [_fivetran_start]"),
        "{:?}",
        plain.rejects
    );
}

#[test]
fn hevo_rows_are_ordered_by_the_time_of_their_ingestion() {
    let json = r#"{"id":1,"name":"a","__hevo__ingested_at":1767323045000,"__hevo__marked_deleted":false,"__hevo__database_name":"d"}
{"id":1,"name":"b","__hevo__ingested_at":"2026-01-02T03:04:06Z","__hevo__marked_deleted":true}"#;
    let contract = contract("hevo_json", "");
    let decoded = decode(&contract, "a.json", json.as_bytes());
    assert_eq!(decoded.changes.ops, [Op::Upsert, Op::Delete], "{:?}", decoded.rejects);
    assert!(decoded.changes.seqs.at(0) < decoded.changes.seqs.at(1) && decoded.drift.unknown.is_empty());
    assert_rebuilds(&contract, &decoded);
    let inferred = propose("a.json", json);
    let columns: Vec<&str> = inferred.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!((columns, inferred.sequence.join(" ")), (vec!["id", "name"], "__hevo__ingested_at".to_owned()));
}

#[test]
fn qlik_files_and_messages_are_one() {
    let seq = |at: u32| format!("2026010203040500000000000000000{at:04}");
    let csv = format!(
        "header__change_seq,header__change_oper,header__timestamp,id,name\n\
         {0},I,2026-01-02 03:04:05.000,1,a\n{1},B,2026-01-02 03:04:06.000,1,a\n{1},U,2026-01-02 03:04:06.000,2,a\n\
         {2},D,2026-01-02 03:04:07.000,2,a\n",
        seq(1),
        seq(2),
        seq(3)
    );
    let message = |at: u32, operation: &str, id: u32| {
        format!(
            r#"{{"magic":"atMSG","type":"DT","headers":null,"message":{{"data":{{"id":{id},"name":"a"}},"beforeData":null,"headers":{{"operation":"{operation}","changeSequence":"{}","timestamp":"2026-01-02T03:04:05.000","streamPosition":"1","transactionId":"t","changeMask":"03"}}}}}}"#,
            seq(at)
        )
    };
    let json = [message(1, "INSERT", 1), message(2, "UPDATE", 2), message(3, "DELETE", 2)].join("\n");
    let files = contract("qlik_csv", "");
    let decoded = decode(&files, "20260102-030405000.csv", csv.as_bytes());
    assert_eq!(decoded.changes.ops, [Op::Upsert, Op::Delete, Op::Upsert, Op::Delete], "{:?}", decoded.rejects);
    assert!(decoded.changes.seqs.iter().collect::<Vec<_>>().is_sorted(), "the image before an update is before it");
    assert_rebuilds(&files, &decoded);
    let history = contract("qlik_csv", "scd: 2");
    assert_eq!(decode(&history, "a.csv", csv.as_bytes()).tombstones, 1, "in a history it would end a version");
    let messages = contract("qlik_json", "");
    let of_messages = decode(&messages, "a.json", json.as_bytes());
    assert_eq!(of_messages.changes.ops, [Op::Upsert, Op::Upsert, Op::Delete], "{:?}", of_messages.rejects);
    assert_rebuilds(&messages, &of_messages);
    let inferred = propose("20260102-030405000.csv", csv);
    assert_eq!(
        (inferred.format, inferred.sequence.join(" ")),
        (SourceFormat::QlikCsv, "header__change_seq".to_owned())
    );
    let inferred = propose("a.json", json);
    assert_eq!((inferred.format, inferred.title.as_str()), (SourceFormat::QlikJson, "Qlik Replicate, JSON"));
    let load = decode(&contract("qlik_csv", ""), "LOAD00000001.csv", b"id,name,tags\n7,x,{a}\n");
    assert_eq!((load.changes.ops[0], load.changes.seqs.at(0).rank), (Op::Read, 0), "{:?}", load.rejects);
}

#[test]
fn a_description_beside_the_files_of_qlik_tells_names_types_and_key() {
    let description = r#"{"dfmVersion":"1.1","fileInfo":{"name":"20260102-030405000"},"dataInfo":{"columns":[
        {"ordinal":1,"name":"header__change_seq","type":"STRING","length":35},
        {"ordinal":2,"name":"header__change_oper","type":"STRING","length":1},
        {"ordinal":3,"name":"code","type":"STRING","length":10,"primaryKeyPos":2},
        {"ordinal":4,"name":"id","type":"INT4","primaryKeyPos":1},
        {"ordinal":5,"name":"total","type":"NUMERIC","precision":12,"scale":2}]}}"#;
    let rows = "20260102030405000000000000000000001,I,007,1,12.50\n20260102030405000000000000000000002,D,007,1,\n";
    let files: Vec<(SourceFile, Bytes)> =
        [("x/20260102-030405000.csv", rows), ("x/20260102-030405000.dfm", description)]
            .map(|(path, text)| {
                let file = SourceFile { path: path.to_owned(), size: text.len() as u64, ..SourceFile::default() };
                (file, Bytes::from(text.to_owned()))
            })
            .into();
    let inferred = infer(TableName::new("a", "b").unwrap(), "x", &files, 1).unwrap();
    assert_eq!((inferred.format, inferred.key.join(" ")), (SourceFormat::QlikCsv, "id code".to_owned()));
    let types: Vec<&str> = inferred.columns.iter().map(|column| column.data_type.as_str()).collect();
    assert_eq!(types, ["string", "int", "decimal(12,2)"]);
    assert!(inferred.questions().is_empty(), "{:?}", inferred.questions());
    let contract = Arc::new(Contract::parse(&inferred.yaml, "b.yaml").unwrap());
    let decoded = decode(&contract, "x/20260102-030405000.csv", rows.as_bytes());
    assert_eq!(decoded.changes.ops, [Op::Upsert, Op::Delete], "{:?} {}", decoded.rejects, inferred.yaml);
    assert_eq!(texts(&decoded.changes.rows)[0][0].as_deref(), Some("007"));
}

#[test]
fn a_delta_feed_is_in_the_order_of_commits_and_an_overwrite_leaves_its_rows() {
    let columns = |kinds: &[&str], versions: &[i64], ids: &[i64]| {
        let times = TimestampMicrosecondArray::from(vec![1_767_323_045_000_000; kinds.len()]).with_timezone("UTC");
        parquet(vec![
            ("id", Arc::new(Int64Array::from(ids.to_vec()))),
            ("name", Arc::new(StringArray::from(vec!["a"; kinds.len()]))),
            ("_change_type", Arc::new(StringArray::from(kinds.to_vec()))),
            ("_commit_version", Arc::new(Int64Array::from(versions.to_vec()))),
            ("_commit_timestamp", Arc::new(times)),
        ])
    };
    let kinds = ["insert", "update_postimage", "update_preimage", "insert", "delete", "upsert"];
    let bytes = columns(&kinds, &[10, 11, 11, 12, 12, 13], &[1, 2, 1, 2, 2, 3]);
    let contract = contract("delta_feed_parquet", "");
    let decoded = decode(&contract, "a.parquet", &bytes);
    let changes = &decoded.changes;
    assert_eq!(changes.ops, [Op::Upsert, Op::Upsert, Op::Delete, Op::Upsert, Op::Delete]);
    assert_eq!(decoded.rejects[0].reason, ReasonCode::UnknownOperation);
    assert!(changes.seqs.at(2) < changes.seqs.at(1), "the image before an update is before it");
    assert!(changes.seqs.at(4) < changes.seqs.at(3), "in one version a delete is before an insert");
    assert_eq!(changes.source_times_ms.at(0), Some(1_767_323_045_000));
    let whole = columns(&kinds[..5], &[10, 11, 11, 12, 12], &[1, 2, 1, 2, 2]);
    assert_rebuilds(&contract, &decode(&contract, "a.parquet", &whole));
    let inferred = propose("a.parquet", whole);
    assert_eq!(
        (inferred.format, inferred.sequence.join(" ")),
        (SourceFormat::DeltaFeedParquet, "_commit_version".to_owned())
    );
    let json = r#"{"id":1,"_change_type":"insert","_commit_version":3,"_commit_timestamp":"2026-01-02T03:04:05Z"}"#;
    assert_eq!(propose("a.json", json).format, SourceFormat::DeltaFeedJson);
}

#[test]
fn flags_of_parquet_are_marks() {
    let bytes = parquet(vec![
        ("id", Arc::new(Int64Array::from(vec![1, 2]))),
        ("_fivetran_deleted", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("_fivetran_synced", Arc::new(TimestampMicrosecondArray::from(vec![1_767_323_045_000_000; 2]))),
    ]);
    let decoded = decode(&contract("fivetran_parquet", ""), "a.parquet", &bytes);
    assert_eq!(decoded.changes.ops, [Op::Delete, Op::Upsert], "{:?}", decoded.rejects);
}
