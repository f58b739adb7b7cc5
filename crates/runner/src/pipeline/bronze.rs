//! Bronze: every record as it was delivered.

use crate::RunError;
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit};
use sluice_cdc::{BronzeRecord, DecodedFile, decode_records};
use sluice_change::{RowRef, SourceFile};
use sluice_contract::Contract;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Schema of every bronze table. `record` is the record as delivered; the other columns say what it
/// was read as and where it came from. `_op` and `_seq` are null for a record in quarantine.
pub(crate) fn bronze_schema() -> SchemaRef {
    Arc::new(Schema::new(vec![
        Field::new("_batch", DataType::Int64, true),
        Field::new("_file", DataType::Utf8, true),
        Field::new("_row", DataType::Int64, true),
        Field::new("_offset", DataType::Int64, true),
        Field::new("_op", DataType::Utf8, true),
        Field::new("_seq", DataType::Utf8, true),
        Field::new("_source_time", DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())), true),
        Field::new("record", DataType::Utf8, true),
    ]))
}

/// The records of one batch: those that were understood and those in quarantine.
pub(crate) fn bronze_rows(batch: u64, files: &[DecodedFile]) -> Result<RecordBatch, RunError> {
    let mut paths: Vec<&str> = Vec::new();
    let mut at: Vec<RowRef> = Vec::new();
    let mut ops: Vec<Option<&'static str>> = Vec::new();
    let mut seqs: Vec<Option<String>> = Vec::new();
    let mut times: Vec<Option<i64>> = Vec::new();
    let mut records: Vec<&str> = Vec::new();
    for file in files {
        let changes = &file.changes;
        let path = |at: RowRef| changes.files.get(at.file as usize).map_or("", |file| file.path.as_str());
        // A record of two events, of which the first has none, is one record.
        for row in (0..changes.len()).filter(|row| !changes.records[*row].is_empty()) {
            let origin = changes.refs.at(row);
            paths.push(path(origin));
            at.push(origin);
            ops.push(Some(changes.ops[row].letter()));
            seqs.push(Some(changes.seqs.at(row).to_string()));
            times.push(changes.source_times_ms.at(row).map(|ms| ms.saturating_mul(1_000)));
            records.push(&changes.records[row]);
        }
        for reject in file.rejects.iter().filter(|reject| !reject.whole_file && !reject.raw.is_empty()) {
            paths.push(path(reject.at));
            at.push(reject.at);
            ops.push(None);
            seqs.push(None);
            times.push(None);
            records.push(&reject.raw);
        }
    }
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_value(number(batch), at.len())),
        Arc::new(StringArray::from_iter_values(paths)),
        Arc::new(Int64Array::from_iter_values(at.iter().map(|at| number(at.row)))),
        Arc::new(Int64Array::from_iter_values(at.iter().map(|at| number(at.offset)))),
        Arc::new(StringArray::from_iter(ops)),
        Arc::new(StringArray::from_iter(seqs)),
        Arc::new(TimestampMicrosecondArray::from(times).with_timezone("UTC")),
        Arc::new(StringArray::from_iter_values(records)),
    ];
    Ok(RecordBatch::try_new(bronze_schema(), columns)?)
}

/// Records of a file: a record of two events is one.
pub(crate) fn records_of(file: &DecodedFile) -> u64 {
    file.rows_in - file.changes.records.iter().filter(|record| record.is_empty()).count() as u64
}

/// Decodes what bronze kept of the batches and files that are `taken`.
pub(crate) fn decode_bronze(
    contract: &Arc<Contract>,
    rows: &[RecordBatch],
    taken: impl Fn(u64, &str) -> bool,
) -> Result<DecodedFile, RunError> {
    let damaged = || RunError::Internal("a bronze table does not have the columns of bronze".to_owned());
    let mut files: Vec<SourceFile> = Vec::new();
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    let mut records = Vec::new();
    for batch in rows {
        let ints = |name: &str| batch.column_by_name(name).and_then(|c| c.as_primitive_opt::<Int64Type>());
        let texts = |name: &str| batch.column_by_name(name).and_then(|c| c.as_string_opt::<i32>());
        let number = ints("_batch").ok_or_else(damaged)?;
        let (row, offset) = (ints("_row").ok_or_else(damaged)?, ints("_offset").ok_or_else(damaged)?);
        let (path, record) = (texts("_file").ok_or_else(damaged)?, texts("record").ok_or_else(damaged)?);
        for index in 0..batch.num_rows() {
            let in_batch = u64::try_from(number.value(index)).unwrap_or(0);
            if record.is_null(index) || !taken(in_batch, path.value(index)) {
                continue;
            }
            let file = match numbers.get(path.value(index)) {
                Some(file) => *file,
                None => {
                    let file = u32::try_from(files.len()).unwrap_or(u32::MAX);
                    files.push(SourceFile {
                        path: path.value(index).to_owned(),
                        size: 0,
                        etag: String::new(),
                        ..SourceFile::default()
                    });
                    numbers.insert(path.value(index).to_owned(), file);
                    file
                }
            };
            let at = RowRef {
                file,
                row: u64::try_from(row.value(index)).unwrap_or(0),
                offset: u64::try_from(offset.value(index)).unwrap_or(0),
            };
            records.push(BronzeRecord { at, record: record.value(index) });
        }
    }
    Ok(decode_records(contract, files, &records))
}
