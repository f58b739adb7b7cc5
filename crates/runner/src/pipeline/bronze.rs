//! Bronze: every record as it was delivered.

use super::repair_records::{are_repairs, decode_repairs};
use crate::RunError;
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, RecordBatch, StringBuilder, TimestampMicrosecondBuilder};
use arrow::datatypes::{DataType, Field, Int64Type, Schema, SchemaRef, TimeUnit};
use sluice_cdc::{BronzeRecord, DecodedFile, decode_records};
use sluice_change::{EventSeq, Op, RowRef, SourceFile};
use sluice_contract::Contract;
use std::collections::{BTreeMap, BTreeSet};
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

/// Columns of bronze that its records are decoded from again.
pub(crate) const DECODED_FROM: [&str; 5] = ["_batch", "_file", "_row", "_offset", "record"];

/// Bytes of records that are copied into columns at a time. An Arrow column of text holds 2 GiB at most, and what is
/// copied lives only until it is encoded.
const CHUNK_BYTES: usize = 16 << 20;
/// Bytes of a record below which no more room is made at once.
const SHORT_RECORD_BYTES: usize = 64;

/// A record as bronze keeps it.
struct Kept<'f> {
    path: &'f str,
    at: RowRef,
    op: Option<&'static str>,
    seq: Option<EventSeq>,
    source_time_us: Option<i64>,
    record: &'f str,
}

/// The records of one batch, those that were understood and those in quarantine, in pieces of a bounded size. An empty
/// batch has none.
pub(crate) fn bronze_rows(
    batch: u64,
    files: Arc<Vec<DecodedFile>>,
) -> impl Iterator<Item = Result<RecordBatch, RunError>> {
    let mut place = Place::default();
    std::iter::from_fn(move || place.next_chunk(batch, &files))
}

/// Where in the files the next piece begins.
#[derive(Default)]
struct Place {
    file: usize,
    /// Events first, then rejects.
    row: usize,
}

impl Place {
    fn next_chunk(&mut self, batch: u64, files: &[DecodedFile]) -> Option<Result<RecordBatch, RunError>> {
        let mut chunk = BronzeChunk::default();
        while let Some(file) = files.get(self.file) {
            if chunk.bytes() >= CHUNK_BYTES {
                break;
            }
            match record_at(file, self.row) {
                Some(record) => {
                    if let Some(record) = record {
                        if chunk.rows.is_empty() {
                            chunk = BronzeChunk::with_room(self.left(files), record.record.len());
                        }
                        chunk.push(&record);
                    }
                    self.row += 1;
                }
                None => *self = Self { file: self.file + 1, row: 0 },
            }
        }
        (!chunk.rows.is_empty()).then(|| chunk.finish(batch))
    }

    /// Events and rejects from here on.
    fn left(&self, files: &[DecodedFile]) -> usize {
        let of_file = |file: &DecodedFile| file.changes.records.len() + file.rejects.len();
        files.iter().skip(self.file).map(of_file).sum::<usize>().saturating_sub(self.row)
    }
}

/// The record of an event or reject of a file, counted through both; the inner `None` for those that have none.
fn record_at(file: &DecodedFile, row: usize) -> Option<Option<Kept<'_>>> {
    let changes = &file.changes;
    let path = |at: RowRef| changes.files.get(at.file as usize).map_or("", |file| file.path.as_str());
    if let Some(record) = changes.records.get(row) {
        let at = changes.refs.at(row);
        // A record of two events, of which the first has none, is one record.
        return Some((!record.is_empty()).then(|| Kept {
            path: path(at),
            at,
            op: changes.ops.get(row).and_then(|op| delivered(*op)).map(Op::letter),
            seq: Some(changes.seqs.at(row)),
            source_time_us: changes.source_times_ms.at(row).map(|ms| ms.saturating_mul(1_000)),
            record,
        }));
    }
    let reject = file.rejects.get(row - changes.records.len())?;
    let is_record = !reject.whole_file && !reject.raw.is_empty();
    Some(is_record.then(|| Kept {
        path: path(reject.at),
        at: reject.at,
        op: None,
        seq: None,
        source_time_us: None,
        record: &reject.raw,
    }))
}

/// Records on their way into the columns of bronze.
#[derive(Default)]
struct BronzeChunk {
    files: StringBuilder,
    rows: Vec<i64>,
    offsets: Vec<i64>,
    ops: StringBuilder,
    seqs: StringBuilder,
    times: TimestampMicrosecondBuilder,
    records: StringBuilder,
}

impl BronzeChunk {
    /// With room at once for what a chunk takes of so many records, of which the first has so many bytes: what grows is copied.
    fn with_room(left: usize, record_bytes: usize) -> Self {
        let each = record_bytes.max(SHORT_RECORD_BYTES);
        let count = left.min(CHUNK_BYTES / each);
        let bytes = count.saturating_mul(each).min(CHUNK_BYTES);
        Self {
            rows: Vec::with_capacity(count),
            offsets: Vec::with_capacity(count),
            seqs: StringBuilder::with_capacity(count, count * EventSeq::TEXT_LEN),
            times: TimestampMicrosecondBuilder::with_capacity(count),
            records: StringBuilder::with_capacity(count, bytes + bytes / 16),
            ..Self::default()
        }
    }

    /// Bytes of its records.
    fn bytes(&self) -> usize {
        self.records.values_slice().len()
    }

    fn push(&mut self, record: &Kept<'_>) {
        self.files.append_value(record.path);
        self.rows.push(number(record.at.row));
        self.offsets.push(number(record.at.offset));
        self.ops.append_option(record.op);
        match &record.seq {
            Some(seq) => self.seqs.append_value(seq.text().as_str()),
            None => self.seqs.append_null(),
        }
        self.times.append_option(record.source_time_us);
        self.records.append_value(record.record);
    }

    fn finish(mut self, batch: u64) -> Result<RecordBatch, RunError> {
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_value(number(batch), self.rows.len())),
            Arc::new(self.files.finish()),
            Arc::new(Int64Array::from(self.rows)),
            Arc::new(Int64Array::from(self.offsets)),
            Arc::new(self.ops.finish()),
            Arc::new(self.seqs.finish()),
            Arc::new(self.times.finish().with_timezone("UTC")),
            Arc::new(self.records.finish()),
        ];
        Ok(RecordBatch::try_new(bronze_schema(), columns)?)
    }
}

fn number(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// What the source did, whatever the contract makes of it: bronze has records as delivered.
fn delivered(op: Op) -> Option<Op> {
    match op {
        Op::Filtered => Some(Op::Upsert),
        Op::Early | Op::Dropped => None,
        op => Some(op),
    }
}

/// Rows that [`bronze_rows`] makes of a file.
pub(crate) fn kept_rows(file: &DecodedFile) -> u64 {
    let events = file.changes.records.iter().filter(|record| !record.is_empty()).count();
    let rejects = file.rejects.iter().filter(|reject| !reject.whole_file && !reject.raw.is_empty()).count();
    (events + rejects) as u64
}

/// Records of a file: a record of two events is one.
pub(crate) fn records_of(file: &DecodedFile) -> u64 {
    file.rows_in - file.changes.records.iter().filter(|record| record.is_empty()).count() as u64
}

/// Numbers of the batches that some rows of bronze are of, ascending.
pub(crate) fn batches_in(rows: &[RecordBatch]) -> Result<BTreeSet<u64>, RunError> {
    let damaged = || RunError::Internal("a bronze table does not have the columns of bronze".to_owned());
    let mut batches = BTreeSet::new();
    for rows in rows {
        let numbers = rows.column_by_name("_batch").and_then(|column| column.as_primitive_opt::<Int64Type>());
        batches.extend(numbers.ok_or_else(damaged)?.iter().flatten().filter_map(|number| u64::try_from(number).ok()));
    }
    Ok(batches)
}

/// Decodes what bronze kept of the batches and files that are `taken`. Corrective events are decoded where nothing else is
/// taken: they are batches of their own.
pub(crate) fn decode_bronze(
    contract: &Arc<Contract>,
    rows: &[RecordBatch],
    taken: impl Fn(u64, &str) -> bool,
) -> Result<DecodedFile, RunError> {
    decode_versions(contract, rows, taken, |_, _| None)
}

/// As [`decode_bronze`], with the version of each file, which its batch and path tell, where it is a full snapshot.
pub(crate) fn decode_versions(
    contract: &Arc<Contract>,
    rows: &[RecordBatch],
    taken: impl Fn(u64, &str) -> bool,
    version: impl Fn(u64, &str) -> Option<u64>,
) -> Result<DecodedFile, RunError> {
    let damaged = || RunError::Internal("a bronze table does not have the columns of bronze".to_owned());
    let mut files: Vec<SourceFile> = Vec::new();
    let mut numbers: BTreeMap<(Option<u64>, String), u32> = BTreeMap::new();
    // Rows of a file are together.
    let mut last: Option<(u64, &str, u32)> = None;
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
            let path = path.value(index);
            let file = match last {
                Some((batch, of, file)) if batch == in_batch && of == path => file,
                _ => {
                    let snapshot = version(in_batch, path);
                    *numbers.entry((snapshot, path.to_owned())).or_insert_with(|| {
                        files.push(SourceFile { path: path.to_owned(), snapshot, ..SourceFile::default() });
                        u32::try_from(files.len() - 1).unwrap_or(u32::MAX)
                    })
                }
            };
            last = Some((in_batch, path, file));
            let at = RowRef {
                file,
                row: u64::try_from(row.value(index)).unwrap_or(0),
                offset: u64::try_from(offset.value(index)).unwrap_or(0),
            };
            records.push(BronzeRecord { at, record: record.value(index) });
        }
    }
    if are_repairs(&files) {
        return decode_repairs(contract, files, &records);
    }
    let is_repair: Vec<bool> = files.iter().map(|file| are_repairs(std::slice::from_ref(file))).collect();
    records.retain(|record| !is_repair.get(record.at.file as usize).copied().unwrap_or(false));
    Ok(decode_records(contract, files, &records))
}
