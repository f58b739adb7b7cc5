//! Whole files of every format.

mod added_fields;
mod broken;
mod contained;
mod dms_documents;
mod formats;
mod fuzz;
mod key_files;
mod made_columns;
mod maps;
mod parts;
mod plain;
mod rows;
mod shop;
mod torn;
mod values;
mod written_values;

use crate::{BronzeRecord, DecodedFile, decode_file, decode_records};
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::arrow::ArrowWriter;
use sluice_change::SourceFile;
use sluice_contract::Contract;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

/// The recorded shop.
pub(crate) fn shop() -> PathBuf {
    // Cargo runs a test in the folder of its package; a path of compile time would be that of another clone.
    std::path::absolute("../../fixtures/shop").unwrap()
}

/// A Parquet file with these columns.
pub(crate) fn parquet(columns: Vec<(&str, ArrayRef)>) -> Vec<u8> {
    let columns = columns.into_iter().map(|(name, array)| (name, array, true));
    let batch = RecordBatch::try_from_iter_with_nullable(columns).unwrap();
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.into_inner().unwrap()
}

/// A contract of a test.
pub(crate) fn contract_of(text: &str) -> Arc<Contract> {
    Arc::new(Contract::parse(text, "test.yaml").unwrap_or_else(|problems| panic!("{problems:?}")))
}

fn shop_contract(path: &str) -> Arc<Contract> {
    contract_of(&std::fs::read_to_string(shop().join(path)).unwrap())
}

fn source_file(path: &str, bytes: &[u8]) -> SourceFile {
    SourceFile { path: path.to_owned(), size: bytes.len() as u64, etag: "1".to_owned(), ..SourceFile::default() }
}

/// Decodes a file of these bytes; its counts have to balance.
pub(crate) fn decode(contract: &Arc<Contract>, path: &str, bytes: &[u8]) -> DecodedFile {
    let decoded = decode_file(contract, source_file(path, bytes), Bytes::copy_from_slice(bytes)).unwrap();
    let row_rejects = decoded.rejects.iter().filter(|reject| !reject.whole_file).count() as u64;
    assert_eq!(decoded.rows_in, decoded.changes.len() as u64 + row_rejects, "{path}");
    decoded
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// Asserts that bronze gives the same changes again, in any pieces.
pub(crate) fn assert_rebuilds(contract: &Arc<Contract>, decoded: &DecodedFile) {
    let changes = &decoded.changes;
    let records: Vec<BronzeRecord<'_>> =
        changes.refs.iter().zip(&changes.records).map(|(at, record)| BronzeRecord { at, record }).collect();
    let again = decode_records(contract, changes.files.clone(), &records);
    assert!(again.rejects.is_empty(), "{:?}", again.rejects.first());
    assert_eq!(again.changes.rows, changes.rows);
    assert_eq!(again.changes.ops, changes.ops);
    assert_eq!(again.changes.seqs, changes.seqs);
    assert_eq!(again.changes.refs, changes.refs);
    assert_eq!(again.changes.absent, changes.absent);
    assert_eq!(again.changes.source_times_ms, changes.source_times_ms);
    assert_eq!(again.changes.records, changes.records);
    if let Some(record) = records.last() {
        let one = decode_records(contract, changes.files.clone(), &[*record]);
        assert_eq!(one.changes.seqs.iter().last(), changes.seqs.iter().last());
    }
}

/// Cuts a file after every byte and flips a bit of every byte: nothing panics, and the counts balance.
pub(crate) fn assert_survives(contract: &Arc<Contract>, path: &str, bytes: &[u8]) {
    for at in 0..bytes.len() {
        decode(contract, path, &bytes[..at]);
        let mut flipped = bytes.to_vec();
        flipped[at] ^= 1 << (at % 8);
        decode(contract, path, &flipped);
        let _ = crate::sniff(&[path.to_owned()], &bytes[..at]);
        let _ = crate::sniff(&[path.to_owned()], &flipped);
    }
}

/// Every value as a text that tells values apart; `None` for null.
pub(crate) fn texts(rows: &RecordBatch) -> Vec<Vec<Option<String>>> {
    let options = FormatOptions::default();
    let columns: Vec<_> = rows
        .columns()
        .iter()
        .map(|column| match column.data_type() {
            DataType::Timestamp(..) => cast(column, &DataType::Int64).unwrap(),
            _ => Arc::clone(column),
        })
        .collect();
    let formatters: Vec<_> =
        columns.iter().map(|column| ArrayFormatter::try_new(column.as_ref(), &options).unwrap()).collect();
    (0..rows.num_rows())
        .map(|row| {
            let values = columns.iter().zip(&formatters);
            values.map(|(column, text)| (!column.is_null(row)).then(|| text.value(row).to_string())).collect()
        })
        .collect()
}
