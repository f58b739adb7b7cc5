//! Envelopes in Parquet.

use crate::tests::{assert_rebuilds, contract_of, decode, parquet, texts};
use crate::{infer, sniff};
use arrow::array::{
    ArrayRef, BinaryArray, Decimal128Array, Int32Array, Int64Array, RecordBatch, StringArray, StructArray,
    TimestampMillisecondArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Field;
use bytes::Bytes;
use parquet::arrow::ArrowWriter;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde_json::{Value, json};
use sluice_change::{Op, SourceFile};
use sluice_contract::{SourceFormat, TableName};
use std::sync::Arc;

fn object(members: Vec<(&str, ArrayRef)>, present: Vec<bool>) -> ArrayRef {
    let (fields, columns): (Vec<_>, Vec<_>) =
        members.into_iter().map(|(name, array)| (Field::new(name, array.data_type().clone(), true), array)).unzip();
    Arc::new(StructArray::new(fields.into(), columns, Some(NullBuffer::from(present))))
}

fn row(present: Vec<bool>) -> ArrayRef {
    row_with(vec![("seen", Arc::new(TimestampMillisecondArray::from(vec![1_000, 2_000, 3_000])))], present)
}

fn row_with(more: Vec<(&str, ArrayRef)>, present: Vec<bool>) -> ArrayRef {
    let price = Decimal128Array::from(vec![150, 150, 275]).with_precision_and_scale(10, 2).unwrap();
    let mut members: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(Int64Array::from(vec![1, 1, 2]))),
        ("price", Arc::new(price)),
        ("raw", Arc::new(BinaryArray::from(vec![&b"\xde\xad"[..], b"\xbe", b""]))),
    ];
    members.extend(more);
    object(members, present)
}

fn file() -> Vec<u8> {
    let source = object(
        vec![
            ("connector", Arc::new(StringArray::from(vec!["mysql"; 3]))),
            ("file", Arc::new(StringArray::from(vec!["b.000009", "b.000010", "b.000009"]))),
            ("pos", Arc::new(Int64Array::from(vec![4, 4, 5]))),
            ("row", Arc::new(Int64Array::from(vec![0, 0, 0]))),
            ("ts_ms", Arc::new(Int64Array::from(vec![1_700, 1_701, 1_702]))),
        ],
        vec![true; 3],
    );
    parquet(vec![
        ("before", row(vec![false, true, false])),
        ("after", row(vec![true, false, true])),
        ("source", source),
        ("op", Arc::new(StringArray::from(vec!["c", "d", "c"]))),
    ])
}

#[test]
fn rows_are_envelopes() {
    let contract = contract_of(
        "dataset: shop.orders\nsource: {path: x/, format: debezium_parquet}\nschema:\n\
         - {name: id, type: bigint, primary_key: true}\n- {name: price, type: \"decimal(10,2)\"}\n\
         - {name: raw, type: binary}\n- {name: seen, type: timestamp_ntz}\n",
    );
    let decoded = decode(&contract, "orders+0+0000000000.snappy.parquet", &file());
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    assert_eq!(decoded.changes.ops, [Op::Upsert, Op::Delete, Op::Upsert]);
    let rows = texts(&decoded.changes.rows);
    let row = ["2", "2.75", "", "3000000"].map(|text| Some(text.to_owned()));
    assert_eq!(rows[2], row);
    assert_eq!(rows[0][2].as_deref(), Some("dead"));
    let seqs: Vec<_> = decoded.changes.seqs.iter().collect();
    assert!(seqs[0] < seqs[2] && seqs[2] < seqs[1], "by the log, not by the file: {seqs:?}");
    assert_eq!(decoded.orders.len(), 1);
    assert_rebuilds(&contract, &decoded);
}

#[test]
fn envelopes_in_parquet_are_onboarded() {
    let path = "orders+0+0000000000.parquet".to_owned();
    let bytes = file();
    assert_eq!(sniff(std::slice::from_ref(&path), &bytes), Some(SourceFormat::DebeziumParquet));
    let file = SourceFile { path, size: bytes.len() as u64, ..SourceFile::default() };
    let proposed = infer(TableName::new("shop", "orders").unwrap(), "x", &[(file, Bytes::from(bytes))], 1).unwrap();
    assert_eq!((proposed.title.as_str(), proposed.columns.len()), ("Debezium MySQL, Parquet", 4));
    let price = proposed.columns.iter().find(|column| column.name == "price").unwrap();
    assert_eq!(price.data_type, "decimal(10,2)", "as the file says, not as a number looks");
    assert!(proposed.sequence.is_empty() && proposed.evidence.iter().any(|seen| seen.text.contains("source.file")));
}

/// The same rows as a writer of Avro leaves them: `seen` is a plain number that only its schema calls a time.
fn file_with_avro_schema() -> Vec<u8> {
    let image = |present| {
        let more: Vec<(&str, ArrayRef)> = vec![
            ("seen", Arc::new(Int64Array::from(vec![1_000_000, 2_000_000, 3_000_000]))),
            ("day", Arc::new(Int32Array::from(vec![1, 2, 3]))),
        ];
        row_with(more, present)
    };
    let source = object(vec![("lsn", Arc::new(Int64Array::from(vec![1, 2, 3])))], vec![true; 3]);
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("before", image(vec![false, true, false])),
        ("after", image(vec![true, false, true])),
        ("source", source),
        ("op", Arc::new(StringArray::from(vec!["c", "d", "c"]))),
    ];
    let optional = |of: Value| json!(["null", of]);
    let row = json!({"type": "record", "name": "Value", "fields": [
        {"name": "id", "type": "long"},
        {"name": "price", "type": optional(json!({"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}))},
        {"name": "raw", "type": optional(json!("bytes"))},
        {"name": "seen", "type": optional(json!({"type": "long", "connect.name": "io.debezium.time.MicroTimestamp"}))},
        {"name": "day", "type": optional(json!({"type": "int", "connect.name": "io.debezium.time.Date"}))},
    ]});
    let source = json!({"type": "record", "name": "Source", "fields": [{"name": "lsn", "type": "long"}]});
    let schema = json!({"type": "record", "name": "Envelope", "fields": [
        {"name": "before", "type": optional(row)}, {"name": "after", "type": optional(json!("Value"))},
        {"name": "source", "type": source}, {"name": "op", "type": "string"},
    ]});
    let entry = KeyValue::new("parquet.avro.schema".to_owned(), schema.to_string());
    let properties = WriterProperties::builder().set_key_value_metadata(Some(vec![entry])).build();
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)));
    let batch = batch.unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), Some(properties)).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

#[test]
fn the_schema_that_the_writer_left_says_what_a_number_is() {
    let contract = contract_of(
        "dataset: shop.orders\nsource: {path: x/, format: debezium_parquet}\nschema:\n\
         - {name: id, type: bigint, primary_key: true}\n- {name: price, type: \"decimal(10,2)\"}\n\
         - {name: raw, type: binary}\n- {name: seen, type: timestamp_ntz}\n- {name: day, type: date}\n",
    );
    let bytes = file_with_avro_schema();
    let decoded = decode(&contract, "1.parquet", &bytes);
    assert!(decoded.rejects.is_empty(), "{:?}", decoded.rejects);
    assert_eq!(decoded.changes.ops, [Op::Upsert, Op::Delete, Op::Upsert]);
    let rows = texts(&decoded.changes.rows);
    assert_eq!(rows[2], ["2", "2.75", "", "3000000", "1970-01-04"].map(|text| Some(text.to_owned())));
    assert_eq!(rows[0][2].as_deref(), Some("dead"));
    assert_rebuilds(&contract, &decoded);
    let path = "1.parquet".to_owned();
    assert_eq!(sniff(std::slice::from_ref(&path), &bytes), Some(SourceFormat::DebeziumParquet));
    let file = SourceFile { path, size: bytes.len() as u64, ..SourceFile::default() };
    let proposed = infer(TableName::new("shop", "orders").unwrap(), "x", &[(file, Bytes::from(bytes))], 1).unwrap();
    let of = |name: &str| {
        let column = proposed.columns.iter().find(|column| column.name == name).unwrap();
        (column.data_type.to_string(), column.question.is_some())
    };
    assert_eq!(of("seen").0, "timestamp_ntz");
    assert_eq!(of("day").0, "date");
    assert_eq!(of("price").0, "decimal(10,2)");
}
