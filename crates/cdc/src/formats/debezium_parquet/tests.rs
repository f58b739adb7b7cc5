//! Envelopes in Parquet.

use crate::tests::{assert_rebuilds, contract_of, decode, parquet, texts};
use crate::{infer, sniff};
use arrow::array::{
    ArrayRef, BinaryArray, Decimal128Array, Int64Array, StringArray, StructArray, TimestampMillisecondArray,
};
use arrow::buffer::NullBuffer;
use arrow::datatypes::Field;
use bytes::Bytes;
use sluice_change::{Op, SourceFile};
use sluice_contract::{SourceFormat, TableName};
use std::sync::Arc;

fn object(members: Vec<(&str, ArrayRef)>, present: Vec<bool>) -> ArrayRef {
    let (fields, columns): (Vec<_>, Vec<_>) =
        members.into_iter().map(|(name, array)| (Field::new(name, array.data_type().clone(), true), array)).unzip();
    Arc::new(StructArray::new(fields.into(), columns, Some(NullBuffer::from(present))))
}

fn row(present: Vec<bool>) -> ArrayRef {
    let price = Decimal128Array::from(vec![150, 150, 275]).with_precision_and_scale(10, 2).unwrap();
    object(
        vec![
            ("id", Arc::new(Int64Array::from(vec![1, 1, 2]))),
            ("price", Arc::new(price)),
            ("raw", Arc::new(BinaryArray::from(vec![&b"\xde\xad"[..], b"\xbe", b""]))),
            ("seen", Arc::new(TimestampMillisecondArray::from(vec![1_000, 2_000, 3_000]))),
        ],
        present,
    )
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
    assert!(proposed.sequence.is_empty() && proposed.evidence.iter().any(|seen| seen.text.contains("source.file")));
}
