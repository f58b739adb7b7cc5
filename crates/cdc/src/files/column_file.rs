//! Files of columns: Parquet and Avro, batch by batch.
//!
//! A damaged part leaves the rows before it. The libraries may panic on hostile bytes; that ends in quarantine too.

use crate::columnar::avro::schema::AvroValues;
use crate::columnar::guard::{MAGIC, caught};
use crate::columnar::stop::Stop;
use crate::columnar::{avro, json_record};
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use arrow::array::RecordBatch;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use sluice_change::{ReasonCode, RowRef};
use sluice_contract::limits;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

const BATCH_ROWS: usize = 1_024;
/// Bytes of records from which the ratio of the limits counts.
const RATIO_FREE_BYTES: u64 = 64 << 20;

const BROKEN: Stop = Stop::fixed(ReasonCode::UnreadableFile, "the Parquet data is damaged");
const BROKEN_FOOTER: Stop = Stop::fixed(ReasonCode::UnreadableFile, "the Parquet footer is damaged");
const CUT: Stop = Stop::fixed(ReasonCode::TruncatedFile, "the Parquet file ends before its footer");
const NOT_PARQUET: Stop = Stop::fixed(ReasonCode::UnreadableFile, "not a Parquet file");
const CONTENT: Stop = Stop::fixed(ReasonCode::FileTooLarge, "the content is over the limit of 8 GiB");
const COLUMNS: Stop = Stop::fixed(ReasonCode::UnreadableFile, "more columns than the limit");
const RATIO: Stop = Stop::fixed(ReasonCode::RatioTooHigh, "the rows are more than 200 times the file");
const NO_TEXT: Stop = Stop::fixed(ReasonCode::UnreadableFile, "values of the file cannot be read");

/// What the columns are in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Parquet,
    Avro,
}

impl Container {
    /// The names of its files end so.
    pub(crate) fn extensions(self) -> &'static [&'static str] {
        match self {
            Self::Parquet => &["parquet"],
            Self::Avro => &["avro"],
        }
    }

    /// Its name for people.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Parquet => "Parquet",
            Self::Avro => "Avro",
        }
    }

    /// Hands the batches of a file to `take`, which says how many bytes of records one became.
    ///
    /// # Errors
    /// Why not all of the file was read.
    pub(crate) fn each_batch(
        self,
        bytes: &Bytes,
        values: AvroValues,
        take: &mut dyn FnMut(&RecordBatch) -> Result<u64, Stop>,
    ) -> Result<(), Stop> {
        let mut produced = 0;
        let mut take = |batch: &RecordBatch| {
            if batch.num_columns() > limits::COLUMNS_MAX {
                return Err(COLUMNS);
            }
            produced += take(batch)?;
            if produced > RATIO_FREE_BYTES && produced > limits::DECOMPRESSION_RATIO_MAX * bytes.len() as u64 {
                return Err(RATIO);
            }
            Ok(())
        };
        match self {
            Self::Avro => avro::each_batch(bytes, values, &mut take),
            Self::Parquet => each_parquet_batch(bytes, &mut take),
        }
    }

    /// Decodes the records of Kafka Connect that the rows of a file are, each as JSON with its schema; what is wrong
    /// with the file as a whole is among the rejects.
    pub(crate) fn records(
        self,
        out: &mut Collector,
        bytes: &Bytes,
        mut decode: impl FnMut(&mut Collector, RowRef, &str) -> Result<(), RecordError>,
    ) {
        let mut row = 0;
        let mut schema = None;
        let outcome = self.each_batch(bytes, AvroValues::AsWritten, &mut |batch| {
            let own = schema.get_or_insert_with(|| self.connect_schema(bytes));
            let records = caught_texts(|| json_record::records(batch, own.as_ref()))?;
            let mut produced = 0;
            for record in records {
                let at = RowRef { file: 0, row, offset: 0 };
                row += 1;
                out.note_record(at);
                produced += record.len() as u64;
                match decode(out, at, &record) {
                    Err(error) if error.reason == ReasonCode::FileTooLarge => {
                        return Err(Stop { reason: error.reason, detail: Cow::Owned(error.detail) });
                    }
                    Err(error) => out.reject(at, error, record.as_bytes()),
                    Ok(()) => {}
                }
            }
            Ok(produced)
        });
        reject_rest(out, row, outcome);
    }

    /// The first records of a file as JSON, for a sample. `None` if one of them cannot be read.
    pub(crate) fn first_records(self, bytes: &Bytes, most: u64) -> Option<Vec<String>> {
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let mut records = Vec::new();
        let mut schema = None;
        let outcome = self.each_batch(bytes, AvroValues::AsWritten, &mut |batch| {
            let own = schema.get_or_insert_with(|| self.connect_schema(bytes));
            let batch = batch.slice(0, batch.num_rows().min(most - records.len()));
            records.extend(caught_texts(|| json_record::records(&batch, own.as_ref()))?);
            // Enough is read, which is no fault of the file.
            if records.len() >= most { Err(CONTENT) } else { Ok(0) }
        });
        (outcome.is_ok() || records.len() >= most).then_some(records)
    }

    /// The rows of a file as lines of JSON, without a schema. `None` if one of them cannot be read.
    pub(crate) fn lines(self, bytes: &Bytes, payload_of: impl Fn(&str) -> &str) -> Option<String> {
        let mut lines = String::new();
        let outcome = self.each_batch(bytes, AvroValues::AsWritten, &mut |batch| {
            for record in caught_texts(|| json_record::records(batch, None))? {
                lines.push_str(payload_of(&record));
                lines.push('\n');
            }
            Ok(0)
        });
        outcome.is_ok().then_some(lines)
    }

    /// Whether a file brings the schema of Kafka Connect of its rows.
    pub(crate) fn has_connect_schema(self, bytes: &Bytes) -> bool {
        self.connect_schema(bytes).is_some()
    }

    /// The schema of Kafka Connect that a file brings.
    fn connect_schema(self, bytes: &Bytes) -> Option<serde_json::Value> {
        let avro = match self {
            Self::Avro => avro::container::AvroContainer::open(bytes.clone()).ok()?.schema,
            Self::Parquet => avro_schema_in(bytes)?,
        };
        avro::schema::connect_schema(&avro)
    }
}

/// Keys under which writers of Parquet leave the Avro schema of the rows.
const AVRO_SCHEMA: [&str; 2] = ["parquet.avro.schema", "avro.schema"];

/// The Avro schema that the writer of a Parquet file left in it.
fn avro_schema_in(bytes: &Bytes) -> Option<String> {
    let metadata = caught(|| ArrowReaderMetadata::load(bytes, ArrowReaderOptions::default()))?;
    let entries = metadata.metadata().file_metadata().key_value_metadata()?;
    let found = AVRO_SCHEMA.iter().find_map(|key| entries.iter().find(|entry| entry.key == *key))?;
    found.value.clone()
}

/// Texts of columns, whatever the library does.
pub(crate) fn caught_texts<T>(texts: impl FnOnce() -> Option<T>) -> Result<T, Stop> {
    catch_unwind(AssertUnwindSafe(texts)).ok().flatten().ok_or(NO_TEXT)
}

/// Says why a file was read no further than to this row.
pub(crate) fn reject_rest(out: &mut Collector, row: u64, outcome: Result<(), Stop>) {
    if let Err(Stop { reason, detail }) = outcome {
        out.reject_file(RowRef { file: 0, row, offset: 0 }, reason, detail);
    }
}

/// Row group by row group, so that a damaged one leaves the rows before it.
fn each_parquet_batch(bytes: &Bytes, take: &mut dyn FnMut(&RecordBatch) -> Result<(), Stop>) -> Result<(), Stop> {
    check_frame(bytes)?;
    let metadata = caught(|| ArrowReaderMetadata::load(bytes, ArrowReaderOptions::default())).ok_or(BROKEN_FOOTER)?;
    let groups = metadata.metadata().row_groups();
    let claimed: u64 = groups
        .iter()
        .map(|group| u64::try_from(group.total_byte_size()).unwrap_or(u64::MAX))
        .fold(0, u64::saturating_add);
    if claimed > limits::FILE_DECOMPRESSED_BYTES_MAX {
        return Err(CONTENT);
    }
    if metadata.schema().fields().len() > limits::COLUMNS_MAX {
        return Err(COLUMNS);
    }
    for group in 0..groups.len() {
        let reader = caught(|| {
            ParquetRecordBatchReaderBuilder::new_with_metadata(bytes.clone(), metadata.clone())
                .with_row_groups(vec![group])
                .with_batch_size(BATCH_ROWS)
                .build()
        });
        let mut reader = reader.ok_or(BROKEN)?;
        loop {
            match catch_unwind(AssertUnwindSafe(|| reader.next())) {
                Ok(None) => break,
                Ok(Some(Ok(batch))) => take(&batch)?,
                Ok(Some(Err(_))) | Err(_) => return Err(BROKEN),
            }
        }
    }
    Ok(())
}

/// Length and magic, before anything is allocated.
fn check_frame(bytes: &Bytes) -> Result<(), Stop> {
    let starts = bytes.starts_with(MAGIC);
    if bytes.len() < 12 || !bytes.ends_with(MAGIC) {
        return Err(if starts || MAGIC.starts_with(bytes) { CUT } else { NOT_PARQUET });
    }
    if starts { Ok(()) } else { Err(NOT_PARQUET) }
}
