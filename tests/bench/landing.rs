//! The same events as files that a source would land: Debezium JSON, or Parquet as AWS DMS writes it. Some records of
//! them are no row of the table, so that a quarantine has something to do.

use crate::rows::KEY;
use crate::shape::Kind;
use crate::{ParquetFile, mix};
use anyhow::Context;
use arrow::array::{Array, ArrayRef, AsArray, Int64Array, StringArray};
use arrow::compute::concat;
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Field, Float64Type, Int16Type, Int32Type, Int64Type, Schema, SchemaRef,
    TimestampMicrosecondType,
};
use sluice_change::format_timestamp_micros;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Events of one file.
const FILE_EVENTS: u64 = 100_000;
/// One more record than events in so many is broken: its key is no number, or missing.
const EVENTS_PER_BROKEN: u64 = 2_000;
/// Milliseconds of the first event, and between two.
const FIRST_MILLIS: u64 = 1_704_067_200_000;

/// Rows as they are made: the columns of the table, and of each row its sequence and whether it is deleted.
pub(crate) struct Events<'a> {
    pub(crate) columns: &'a [ArrayRef],
    pub(crate) seqs: &'a [u64],
    pub(crate) gone: &'a [bool],
}

/// Writes the files of a folder, one after the other.
pub(crate) struct Landing {
    folder: PathBuf,
    fields: Vec<Field>,
    is_json: bool,
    files: Vec<String>,
    open: Option<Open>,
    /// Events in the open file.
    events: u64,
    broken: u64,
}

#[expect(clippy::large_enum_variant, reason = "one file is open at a time")]
enum Open {
    Json(BufWriter<File>),
    Parquet(ParquetFile),
}

impl Landing {
    /// Of the rows of these fields; `None` for data that is not landed.
    pub(crate) fn of(kind: Kind, folder: &Path, fields: Vec<Field>) -> anyhow::Result<Option<Self>> {
        let is_json = match kind {
            Kind::JsonEvents => true,
            Kind::ParquetEvents => false,
            _ => return Ok(None),
        };
        let folder = folder.join("landing");
        std::fs::create_dir_all(&folder)?;
        Ok(Some(Self { folder, fields, is_json, files: Vec::new(), open: None, events: 0, broken: 0 }))
    }

    /// Adds events, in the order in which they come.
    pub(crate) fn write(&mut self, events: &Events<'_>) -> anyhow::Result<()> {
        let mut from = 0;
        while from < events.seqs.len() {
            if self.events == FILE_EVENTS {
                self.close()?;
            }
            let room = usize::try_from(FILE_EVENTS - self.events)?;
            let count = room.min(events.seqs.len() - from);
            let part: Vec<ArrayRef> = events.columns.iter().map(|column| column.slice(from, count)).collect();
            let (seqs, gone) = (&events.seqs[from..from + count], &events.gone[from..from + count]);
            let file = match self.open.take() {
                Some(file) => file,
                None => self.next_file()?,
            };
            let part = Events { columns: &part, seqs, gone };
            self.open = Some(match file {
                Open::Json(mut file) => {
                    self.broken += write_json(&mut file, &self.fields, &part)?;
                    Open::Json(file)
                }
                Open::Parquet(mut file) => {
                    self.broken += write_parquet(&mut file, &part)?;
                    Open::Parquet(file)
                }
            });
            self.events += count as u64;
            from += count;
        }
        Ok(())
    }

    /// Names of the files, and how many records are broken.
    pub(crate) fn finish(mut self) -> anyhow::Result<(Vec<String>, u64)> {
        self.close()?;
        Ok((self.files, self.broken))
    }

    fn close(&mut self) -> anyhow::Result<()> {
        self.events = 0;
        match self.open.take() {
            Some(Open::Json(mut file)) => Ok(file.flush()?),
            Some(Open::Parquet(file)) => file.finish(),
            None => Ok(()),
        }
    }

    fn next_file(&mut self) -> anyhow::Result<Open> {
        let name = format!("{:05}.{}", self.files.len() + 1, if self.is_json { "json" } else { "parquet" });
        self.files.push(format!("landing/{name}"));
        if !self.is_json {
            return Ok(Open::Parquet(ParquetFile::create(&self.folder, &name, &parquet_schema(&self.fields))?));
        }
        let path = self.folder.join(&name);
        let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Open::Json(BufWriter::new(file)))
    }
}

fn is_broken(seq: u64) -> bool {
    mix(seq.rotate_left(7)).is_multiple_of(EVENTS_PER_BROKEN)
}

fn parquet_schema(fields: &[Field]) -> SchemaRef {
    let mut all = vec![Field::new("Op", DataType::Utf8, false), Field::new("transact_seq", DataType::Int64, false)];
    all.extend(fields.iter().map(|field| field.clone().with_nullable(true)));
    Arc::new(Schema::new(all))
}

/// A broken record is a row without its key.
fn write_parquet(file: &mut ParquetFile, events: &Events<'_>) -> anyhow::Result<u64> {
    let letters = events.gone.iter().map(|gone| if *gone { "D" } else { "U" });
    let seqs: Vec<i64> = events.seqs.iter().map(|seq| i64::try_from(*seq)).collect::<Result<_, _>>()?;
    let mut columns: Vec<ArrayRef> =
        vec![Arc::new(StringArray::from_iter_values(letters)), Arc::new(Int64Array::from(seqs))];
    columns.extend(events.columns.iter().cloned());
    let broken: Vec<usize> = (0..events.seqs.len()).filter(|row| is_broken(events.seqs[*row])).collect();
    for row in &broken {
        for (at, column) in columns.iter_mut().enumerate() {
            let more =
                if at == 2 { arrow::array::new_null_array(column.data_type(), 1) } else { column.slice(*row, 1) };
            *column = concat(&[column.as_ref(), more.as_ref()])?;
        }
    }
    file.write(columns)?;
    Ok(broken.len() as u64)
}

/// A broken record is an event whose key is a word.
fn write_json(file: &mut impl std::io::Write, fields: &[Field], events: &Events<'_>) -> anyhow::Result<u64> {
    let (mut line, mut row_text, mut broken) = (String::new(), String::new(), 0);
    for (row, (seq, gone)) in events.seqs.iter().zip(events.gone).enumerate() {
        row_text.clear();
        for (field, column) in fields.iter().zip(events.columns) {
            row_text.push_str(if row_text.is_empty() { "{\"" } else { ",\"" });
            row_text.push_str(field.name());
            row_text.push_str("\":");
            value(&mut row_text, column, row)?;
        }
        row_text.push('}');
        write_event(&mut line, &row_text, *seq, *gone)?;
        if is_broken(*seq) {
            let (_, rest) = row_text.split_once(',').context("a table has more than its key")?;
            write_event(&mut line, &format!("{{\"{KEY}\":\"none\",{rest}"), *seq, *gone)?;
            broken += 1;
        }
        file.write_all(line.as_bytes())?;
        line.clear();
    }
    Ok(broken)
}

fn write_event(line: &mut String, row: &str, seq: u64, gone: bool) -> std::fmt::Result {
    let (before, after, op) = if gone { (row, "null", "d") } else { ("null", row, "u") };
    let millis = FIRST_MILLIS + seq;
    write!(
        line,
        "{{\"before\":{before},\"after\":{after},\"source\":{{\"version\":\"3.2.0.Final\",\"connector\":\"postgresql\",\"name\":\"bench\",\"ts_ms\":{millis},\"snapshot\":\"false\",\"db\":\"bench\",\"sequence\":\"[\\\"{seq}\\\",\\\"{seq}\\\"]\",\"schema\":\"public\",\"table\":\"t\",\"txId\":{seq},\"lsn\":{seq},\"xmin\":null}},\"op\":\"{op}\",\"ts_ms\":{},\"transaction\":null}}",
        millis + 7
    )?;
    line.push('\n');
    Ok(())
}

/// As Debezium writes it with `decimal.handling.mode=string`.
fn value(text: &mut String, column: &ArrayRef, row: usize) -> anyhow::Result<()> {
    if column.is_null(row) {
        text.push_str("null");
        return Ok(());
    }
    match column.data_type() {
        DataType::Int16 => write!(text, "{}", column.as_primitive::<Int16Type>().value(row))?,
        DataType::Int32 => write!(text, "{}", column.as_primitive::<Int32Type>().value(row))?,
        DataType::Int64 => write!(text, "{}", column.as_primitive::<Int64Type>().value(row))?,
        DataType::Float64 => write!(text, "{}", column.as_primitive::<Float64Type>().value(row))?,
        DataType::Date32 => write!(text, "{}", column.as_primitive::<Date32Type>().value(row))?,
        DataType::Boolean => write!(text, "{}", column.as_boolean().value(row))?,
        DataType::Utf8 => write!(text, "\"{}\"", column.as_string::<i32>().value(row))?,
        DataType::Decimal128(_, _) => {
            let cents = column.as_primitive::<Decimal128Type>().value(row);
            write!(text, "\"{}.{:02}\"", cents / 100, cents % 100)?;
        }
        DataType::Timestamp(_, _) => {
            let micros = column.as_primitive::<TimestampMicrosecondType>().value(row);
            let time = format_timestamp_micros(micros).context("a time of this century")?;
            write!(text, "\"{}Z\"", time.replace(' ', "T"))?;
        }
        other => anyhow::bail!("no column of a benchmark is a {other}"),
    }
    Ok(())
}
