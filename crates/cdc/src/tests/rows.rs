//! Current rows without an operation, in CSV and Parquet.

use super::{assert_rebuilds, contract_of, decode, gzip, parquet, texts};
use crate::{BronzeRecord, decode_records, infer, sniff};
use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Int32Array, Int64Array, RecordBatch, StringArray, StructArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray, UInt64Array,
};
use arrow::datatypes::{DataType, Field, Schema};
use bytes::Bytes;
use sluice_change::{Op, ReasonCode, SourceFile};
use sluice_contract::{Contract, SourceFormat, TableName};
use std::sync::Arc;

const COLUMNS: &str = "schema:
- {name: id, type: bigint, primary_key: true}
- {name: name, type: string, default: nobody}
- {name: gone, type: boolean}
- {name: updated_at, type: timestamp, renamed_from: changed}
";

fn contract(format: &str, apply: &str) -> Arc<Contract> {
    contract_of(&format!(
        "dataset: a.b\nsource: {{path: x/, format: {format}, time_zone: UTC}}\napply: {{{apply}}}\n{COLUMNS}"
    ))
}

fn ids(ids: &[i64]) -> ArrayRef {
    Arc::new(Int64Array::from(ids.to_vec()))
}

#[test]
fn csv_rows_are_upserts_ordered_by_the_watermark() {
    let contract = contract("csv", "sequence: [updated_at], delete_when: \"gone = 'true'\"");
    let content = "id,name,gone,updated_at,extra\n\
                   1,a,false,1970-01-01 00:00:05,x\n\
                   2,b,true,1970-01-01T02:00:05+02:00,x\n\
                   3,c,NULL,NULL,x\n4,d,NULL,,x\n5,e,NULL,1969-12-31 23:59:59,x\n6,f,NULL,yesterday,x\n7,g,maybe,1970-01-01,x\n";
    for bytes in [content.as_bytes().to_vec(), gzip(content.as_bytes())] {
        let decoded = decode(&contract, "people.csv", &bytes);
        let changes = &decoded.changes;
        assert_eq!(changes.ops, [Op::Upsert, Op::Delete]);
        assert!(changes.seqs.iter().all(|seq| (seq.rank, seq.parts) == (1, [5_000_000, 0, 0, 0, 0])), "one instant");
        assert!(changes.source_times_ms.iter().eq([Some(5_000); 2]));
        assert_eq!(texts(&changes.rows)[0][1].as_deref(), Some("a"));
        assert_eq!(decoded.operations.into_iter().collect::<Vec<_>>(), [("row".to_owned(), 7)]);
        assert_eq!(decoded.drift.unknown["extra"], 7);
        let found: Vec<_> = decoded.rejects.iter().map(|r| (r.at.row, r.reason, r.column.as_deref())).collect();
        let missing = |row| (row, ReasonCode::MissingSeq, Some("updated_at"));
        let mismatch = (7, ReasonCode::TypeMismatch, Some("gone"));
        assert_eq!(found, [missing(3), missing(4), missing(5), missing(6), mismatch]);
        assert!(decoded.rejects[0].detail.contains("null"), "{}", decoded.rejects[0].detail);
        assert_rebuilds(&contract, &decode(&contract, "people.csv", &bytes));
    }
}

#[test]
fn csv_without_a_header_has_the_columns_of_the_contract() {
    let contract = contract("csv", "sequence: [updated_at]");
    let decoded = decode(&contract, "people.csv", b"1,a,t,1970-01-01 00:00:01\nI,b,t,1970-01-01\n");
    assert_eq!((decoded.changes.len(), decoded.rejects.len()), (1, 1), "an operation is no column");
    assert_eq!(decoded.rejects[0].reason, ReasonCode::TypeMismatch);
    assert_rebuilds(&contract, &decoded);
}

#[test]
fn parquet_watermarks_of_every_unit_are_one_order() {
    let contract = contract("parquet", "sequence: [updated_at]");
    let times: [ArrayRef; 5] = [
        Arc::new(TimestampSecondArray::from(vec![7])),
        Arc::new(TimestampMillisecondArray::from(vec![7_000]).with_timezone("UTC")),
        Arc::new(TimestampMicrosecondArray::from(vec![7_000_000])),
        Arc::new(TimestampNanosecondArray::from(vec![7_000_000_123]).with_timezone("+02:00")),
        Arc::new(StringArray::from(vec!["1970-01-01T00:00:07Z"])),
    ];
    for time in times {
        let unit = format!("{:?}", time.data_type());
        // The former name of the column, and one of Op that is nothing here.
        let op: ArrayRef = Arc::new(StringArray::from(vec!["D"]));
        let decoded = decode(&contract, "p.parquet", &parquet(vec![("Op", op), ("changed", time), ("id", ids(&[1]))]));
        assert!(decoded.rejects.is_empty(), "{unit}: {:?}", decoded.rejects);
        assert_eq!(decoded.changes.ops, [Op::Upsert], "{unit}");
        assert_eq!(decoded.changes.seqs.at(0).parts, [7_000_000, 0, 0, 0, 0], "{unit}");
        let row = &texts(&decoded.changes.rows)[0];
        assert_eq!((row[1].as_deref(), row[3].as_deref()), (Some("nobody"), Some("7000000")), "{unit}");
        assert_rebuilds(&contract, &decoded);
    }
}

#[test]
fn texts_of_parquet_without_a_zone_are_no_instants_until_the_contract_says_the_zone() {
    let contract = |zone: &str| {
        contract_of(&format!(
            "dataset: a.b\nsource: {{path: x/, format: parquet{zone}}}\napply: {{sequence: [id]}}\nschema:\n\
             - {{name: id, type: bigint, primary_key: true}}\n- {{name: at, type: timestamp}}\n"
        ))
    };
    let second = |time: ArrayRef, zone: &str| {
        let contract = contract(zone);
        let decoded = decode(&contract, "p.parquet", &parquet(vec![("id", ids(&[1])), ("at", time)]));
        assert_rebuilds(&contract, &decoded);
        match decoded.rejects.as_slice() {
            [] => texts(&decoded.changes.rows)[0][1].clone(),
            [reject, ..] => {
                assert!(reject.detail.contains("source.time_zone"), "{}", reject.detail);
                None
            }
        }
    };
    let text = |text: &str| -> ArrayRef { Arc::new(StringArray::from(vec![text])) };
    let seven = Some("7000000".to_owned());
    for zone in ["", ", time_zone: UTC"] {
        assert_eq!(second(Arc::new(TimestampSecondArray::from(vec![7])), zone), seven, "a time of Parquet is UTC");
        let zoned = TimestampMicrosecondArray::from(vec![7_000_000]).with_timezone("+02:00");
        assert_eq!(second(Arc::new(zoned), zone), seven);
        assert_eq!(second(text("1970-01-01T01:00:07+01:00"), zone), seven);
    }
    assert_eq!(second(text("1970-01-01 00:00:07"), ""), None, "nothing says of which zone it is");
    assert_eq!(second(text("1970-01-01 00:00:07"), ", time_zone: UTC"), seven);
}

#[test]
fn numbers_and_dates_are_watermarks_too() {
    let of = |data_type: &str, array: ArrayRef| {
        let text = format!(
            "dataset: a.b\nsource: {{path: x/, format: parquet}}\napply: {{sequence: [mark, id]}}\nschema:\n\
             - {{name: id, type: bigint, primary_key: true}}\n- {{name: mark, type: \"{data_type}\"}}\n"
        );
        let decoded = decode(&contract_of(&text), "p.parquet", &parquet(vec![("id", ids(&[4])), ("mark", array)]));
        let place = decoded.changes.seqs.iter().next().map(|seq| seq.parts);
        (place, decoded.rejects.first().map(|reject| reject.reason))
    };
    assert_eq!(of("int", Arc::new(Int32Array::from(vec![9]))), (Some([9, 4, 0, 0, 0]), None));
    assert_eq!(of("decimal(20,0)", Arc::new(UInt64Array::from(vec![9]))), (Some([9, 4, 0, 0, 0]), None));
    assert_eq!(of("date", Arc::new(Date32Array::from(vec![2]))), (Some([172_800_000_000, 4, 0, 0, 0]), None));
    assert_eq!(of("int", Arc::new(Int32Array::from(vec![-1]))), (None, Some(ReasonCode::MissingSeq)));
    assert_eq!(of("int", Arc::new(Int32Array::from(vec![None]))), (None, Some(ReasonCode::MissingSeq)));
}

#[test]
fn a_nested_column_is_json_and_refused_by_name_where_its_type_is_another() {
    let contract = contract("parquet", "sequence: [updated_at], delete_when: \"gone = 'true'\"");
    let inner: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let nested = |name: &'static str| {
        let field = Arc::new(Field::new("x", DataType::Int64, true));
        let nested: ArrayRef = Arc::new(StructArray::from(vec![(field, Arc::clone(&inner))]));
        let gone: ArrayRef = Arc::new(BooleanArray::from(vec![true]));
        let time: ArrayRef = Arc::new(TimestampSecondArray::from(vec![7]));
        parquet(vec![("id", ids(&[1])), ("gone", gone), ("updated_at", time), (name, nested)])
    };
    let decoded = decode(&contract, "p.parquet", &nested("details"));
    assert_eq!((decoded.changes.ops.as_slice(), decoded.rejects.len()), (&[Op::Delete][..], 0));
    let decoded = decode(&contract, "p.parquet", &nested("name"));
    assert_eq!((decoded.changes.len(), decoded.rejects.len()), (1, 0), "a text is what it is");
}

fn propose(files: &[(&str, Vec<u8>)]) -> crate::Inferred {
    let file = |(path, bytes): &(&str, Vec<u8>)| {
        let size = bytes.len() as u64;
        let source = SourceFile { path: (*path).to_owned(), size, ..SourceFile::default() };
        (source, Bytes::copy_from_slice(bytes))
    };
    let files: Vec<_> = files.iter().map(file).collect();
    infer(TableName::new("a", "b").unwrap(), "x", &files, files.len() as u64).unwrap()
}

#[test]
fn an_export_is_proposed_with_its_watermark_and_a_key_that_repeats_over_files() {
    let export = |from: i64, seconds: i64| {
        let all: Vec<i64> = (from..100).collect();
        let codes: ArrayRef = Arc::new(StringArray::from_iter_values(all.iter().map(|id| format!("code {}", id % 7))));
        let time: ArrayRef = Arc::new(TimestampSecondArray::from_iter_values(all.iter().map(|id| id + seconds)));
        parquet(vec![("_id", ids(&all)), ("code", codes), ("updatedAt", time)])
    };
    let files = [("x/1.parquet", export(1, 0)), ("x/2.parquet", export(20, 500)), ("x/3.parquet", export(50, 1_000))];
    assert_eq!(sniff(&["x/1.parquet".to_owned()], &files[0].1), Some(SourceFormat::Parquet));
    let proposal = propose(&files);
    assert_eq!((proposal.format, proposal.key.as_slice()), (SourceFormat::Parquet, &["id".to_owned()][..]));
    assert_eq!(proposal.sequence, ["updatedAt"]);
    let contract = Contract::parse(&proposal.yaml, "b.yaml").unwrap_or_else(|problems| panic!("{problems:?}"));
    assert_eq!(contract.column("id").unwrap().renamed_from, ["_id"]);
    let decoded = decode(&Arc::new(contract), "x/1.parquet", &files[0].1);
    assert_eq!((decoded.changes.len(), decoded.rejects.len()), (99, 0));
}

#[test]
fn none_or_several_watermarks_are_a_question() {
    let rows = |header: &str| format!("{header}\n1,2026-01-01 00:00:00,2026-01-02\n2,2026-01-03 00:00:00,2026-01-04\n");
    for (header, says) in [
        ("id,created_at,born", "No column looks like a watermark"),
        ("id,modified,updated_on", "Several columns could be the watermark: modified, updated_on"),
    ] {
        let proposal = propose(&[("x/1.csv", rows(header).into_bytes())]);
        assert_eq!(proposal.format, SourceFormat::Csv);
        assert!(proposal.sequence.is_empty(), "{:?}", proposal.sequence);
        assert!(
            proposal.evidence.iter().any(|seen| !seen.ok && seen.text.starts_with(says)),
            "{:?}",
            proposal.evidence
        );
        assert!(proposal.yaml.contains("# decide: "), "{}", proposal.yaml);
        let problems = Contract::parse(&proposal.yaml, "b.yaml").unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
    }
    let known = propose(&[("x/1.csv", rows("id,updated_at,birth_date").into_bytes())]);
    assert_eq!(known.sequence, ["updated_at"]);
}

#[test]
fn an_operation_makes_it_another_format() {
    let op: ArrayRef = Arc::new(StringArray::from(vec!["I"]));
    let changes = parquet(vec![("Op", op), ("id", ids(&[1]))]);
    let rows = parquet(vec![("id", ids(&[1]))]);
    assert_eq!(sniff(&["a.parquet".to_owned()], &changes), Some(SourceFormat::DmsParquet));
    assert_eq!(sniff(&["a.parquet".to_owned()], &rows), Some(SourceFormat::Parquet));
    assert_eq!(sniff(&["LOAD00000001.parquet".to_owned()], &rows), Some(SourceFormat::DmsParquet));
    for mark in ["__op", "__deleted"] {
        let flattened = parquet(vec![("id", ids(&[1])), (mark, Arc::new(StringArray::from(vec!["u"])))]);
        assert_eq!(sniff(&["a.parquet".to_owned()], &flattened), Some(SourceFormat::DebeziumFlatParquet), "{mark}");
        assert_eq!(sniff(&["a.csv".to_owned()], format!("id,{mark}\n1,u\n").as_bytes()), None, "{mark}");
    }
    // A full load looks like rows until a change is seen.
    let files = [("x/a.parquet", rows), ("x/b.parquet", changes)];
    assert_eq!(propose(&files).format, SourceFormat::DmsParquet);
}

#[test]
fn of_two_columns_of_one_name_nobody_knows_which_is_meant() {
    let contract = contract_of(
        "dataset: a.b\nsource: {path: x/, format: dms_csv}\nschema:\n\
         - {name: id, type: bigint, primary_key: true}\n- {name: name, type: string}\n",
    );
    for (header, twice) in [
        ("Op,transact_seq,id,name,name", "name"),
        ("Op,transact_seq,id,id,name", "id"),
        ("Op,Op,transact_seq,id,name", "Op"),
    ] {
        let row = header.split(',').map(|name| if name == "Op" { "I" } else { "1" }).collect::<Vec<_>>().join(",");
        let decoded = decode(&contract, "x.csv", format!("{header}\n{row}\n").as_bytes());
        let found: Vec<_> = decoded.rejects.iter().map(|r| (r.reason, r.column.as_deref())).collect();
        assert_eq!(found, [(ReasonCode::IncompatibleChange, Some(twice))], "{header}");
        // What bronze kept of it is refused, too.
        let records: Vec<_> = decoded.rejects.iter().map(|r| BronzeRecord { at: r.at, record: &r.raw }).collect();
        let again = decode_records(&contract, vec![SourceFile::default()], &records);
        assert_eq!(again.rejects[0].reason, ReasonCode::IncompatibleChange, "{header}");
    }
    let fields = ["id", "name", "name", "updated_at"].map(|name| Field::new(name, DataType::Int64, true));
    let schema = Schema::new(fields.to_vec());
    let one = || ids(&[1]);
    let batch = RecordBatch::try_new(Arc::new(schema), vec![one(), one(), one(), one()]).unwrap();
    let mut writer = parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    let contract = contract_of(
        "dataset: a.b\nsource: {path: x/, format: parquet}\napply: {sequence: [updated_at]}\nschema:\n\
         - {name: id, type: bigint, primary_key: true}\n- {name: name, type: string}\n- {name: updated_at, type: bigint}\n",
    );
    let decoded = decode(&contract, "x.parquet", &writer.into_inner().unwrap());
    assert_eq!(decoded.rejects[0].column.as_deref(), Some("name"));
}

#[test]
fn nothing_comes_after_infinity_so_it_is_no_watermark() {
    for kind in ["timestamp", "timestamp_ntz", "date"] {
        let contract = contract_of(&format!(
            "dataset: a.b\nsource: {{path: x/, format: csv, time_zone: UTC}}\napply: {{sequence: [until]}}\nschema:\n\
             - {{name: id, type: bigint, primary_key: true}}\n- {{name: until, type: {kind}}}\n"
        ));
        let decoded = decode(&contract, "x.csv", b"id,until\n1,infinity\n2,9999-12-31\n3,-infinity\n");
        assert_eq!(decoded.changes.len(), 1, "{kind}");
        assert!(decoded.rejects.iter().all(|reject| reject.reason == ReasonCode::MissingSeq), "{kind}");
        let contract = contract_of(&format!(
            "dataset: a.b\nsource: {{path: x/, format: debezium_flat_json, time_zone: UTC}}\n\
             apply: {{sequence: [until]}}\nschema:\n\
             - {{name: id, type: bigint, primary_key: true}}\n- {{name: until, type: {kind}}}\n"
        ));
        let decoded =
            decode(&contract, "x.json", b"{\"id\":1,\"until\":\"infinity\"}\n{\"id\":2,\"until\":\"9999-12-31\"}\n");
        let found: Vec<_> = decoded.rejects.iter().map(|reject| (reject.at.row, reject.reason)).collect();
        assert_eq!(found, [(0, ReasonCode::MissingSeq)], "{kind}");
    }
}
