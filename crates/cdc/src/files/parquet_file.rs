//! Files of Parquet.
//!
//! Row group by row group, so that a damaged one leaves the rows before it. The Parquet reader may
//! panic on hostile bytes; that ends in quarantine too.

use super::column_file::Container;
use crate::columnar::avro::schema::AvroValues;
use crate::columnar::column_values::ColumnValues;
use crate::columnar::nested::{TextsFor, column_texts};
use crate::columnar::stop::Stop;
use crate::files::feed_file::PartRows;
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::names::Target;
use crate::row::text_rows::{self, TextRows, TextValue};
use crate::row::values::Row;
use arrow::array::{ArrayRef, RecordBatch, StructArray};
use bytes::Bytes;
use sluice_change::{ReasonCode, RowRef};
use sluice_contract::ColumnType;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// A column that is not in a file, because all its rows have one value.
pub(crate) type SharedColumn = (String, Option<String>);

/// What is taken of a file.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Taken<'t> {
    /// Columns that its rows have besides its own.
    pub(crate) shared: &'t [SharedColumn],
    /// Which rows; `None`: all.
    pub(crate) rows: Option<&'t PartRows>,
}

const BROKEN: Stop = Stop::fixed(ReasonCode::UnreadableFile, "the Parquet data is damaged");
const FULL: Stop = Stop::fixed(ReasonCode::FileTooLarge, "more than 2 GiB of values in one file, split it");

/// Decodes a Parquet file; what is wrong with it as a whole is among the rejects.
pub(crate) fn decode(plan: &Plan, format: &dyn TextRows, out: &mut Collector, bytes: &Bytes) {
    decode_part(plan, format, out, bytes, &Taken::default(), &mut 0);
}

/// The same for a file that follows `rows` rows of others, of which only some are taken.
pub(crate) fn decode_part(
    plan: &Plan,
    format: &dyn TextRows,
    out: &mut Collector,
    bytes: &Bytes,
    taken: &Taken<'_>,
    rows: &mut u64,
) {
    let mut position = 0;
    let mut take = |out: &mut Collector, batch: &RecordBatch, rows: &mut u64| {
        decode_batch(plan, format, out, batch, (taken, &mut position), rows)
    };
    if let Err(Stop { reason, detail }) = read_groups(out, bytes, rows, &mut take) {
        out.reject_file(RowRef { file: 0, row: *rows, offset: 0 }, reason, detail);
    }
}

/// Rejects a file that is not even one of Parquet.
pub(crate) fn reject_damaged(out: &mut Collector) {
    out.reject_file(RowRef { file: 0, row: 0, offset: 0 }, BROKEN.reason, BROKEN.detail);
}

/// Decodes a Parquet file whose rows are records of a format of JSON, its nested columns the members that are objects.
pub(crate) fn decode_as_json(
    out: &mut Collector,
    bytes: &Bytes,
    mut decode: impl FnMut(&mut Collector, RowRef, &str) -> Result<(), RecordError>,
) {
    each_batch(out, bytes, |out, batch, rows| {
        let texts = catch_unwind(AssertUnwindSafe(|| row_texts(batch))).map_err(|_| BROKEN)?.ok_or(BROKEN)?;
        let mut produced = 0;
        for text in texts {
            let at = RowRef { file: 0, row: *rows, offset: 0 };
            *rows += 1;
            out.note_record(at);
            produced += text.len() as u64;
            if let Err(error) = decode(out, at, &text) {
                if error.reason == ReasonCode::FileTooLarge {
                    return Err(FULL);
                }
                out.reject(at, error, text.as_bytes());
            }
        }
        Ok(produced)
    });
}

/// The rows of a batch as JSON objects; `None` for data that cannot be read.
pub(crate) fn row_texts(batch: &RecordBatch) -> Option<Vec<String>> {
    let rows: ArrayRef = Arc::new(StructArray::from(batch.clone()));
    column_texts(&rows, TextsFor::Json)?.into_iter().collect()
}

/// Hands over the batches of a file with the number of rows before each; what is wrong with it is among the rejects.
fn each_batch(
    out: &mut Collector,
    bytes: &Bytes,
    mut take: impl FnMut(&mut Collector, &RecordBatch, &mut u64) -> Result<u64, Stop>,
) {
    let mut rows = 0;
    if let Err(Stop { reason, detail }) = read_groups(out, bytes, &mut rows, &mut take) {
        out.reject_file(RowRef { file: 0, row: rows, offset: 0 }, reason, detail);
    }
}

fn read_groups(
    out: &mut Collector,
    bytes: &Bytes,
    rows: &mut u64,
    take: &mut impl FnMut(&mut Collector, &RecordBatch, &mut u64) -> Result<u64, Stop>,
) -> Result<(), Stop> {
    Container::Parquet.each_batch(bytes, AvroValues::Typed, &mut |batch| take(out, batch, rows))
}

/// Decodes the rows of a batch; says how many bytes of records they became.
pub(crate) fn decode_batch(
    plan: &Plan,
    format: &dyn TextRows,
    out: &mut Collector,
    batch: &RecordBatch,
    (taken, position): (&Taken<'_>, &mut u64),
    rows: &mut u64,
) -> Result<u64, Stop> {
    let schema = batch.schema();
    let mut names: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
    let shared: Vec<&SharedColumn> = taken.shared.iter().filter(|(name, _)| !names.contains(&name.as_str())).collect();
    names.extend(shared.iter().map(|(name, _)| name.as_str()));
    let targets: Vec<Target> = names.iter().map(|name| plan.target(name)).collect();
    let columns = catch_unwind(AssertUnwindSafe(|| {
        let columns = batch.columns().iter().zip(&names).zip(&targets);
        let texts = columns.map(|((column, name), target)| ColumnValues::of(column, texts_for(plan, name, *target)));
        texts.collect::<Option<Vec<_>>>()
    }))
    .map_err(|_| BROKEN)?
    .ok_or(BROKEN)?;
    let pairs = names.iter().zip(&targets);
    let unknown: Vec<&str> = pairs.filter(|(_, target)| **target == Target::Unknown).map(|(name, _)| *name).collect();
    let mut produced = 0;
    for index in 0..batch.num_rows() {
        let at_position = *position;
        *position += 1;
        if taken.rows.is_some_and(|rows| !rows.has(at_position)) {
            continue;
        }
        let of_file = columns.iter().map(|column| column.get(index));
        let values = || of_file.clone().chain(shared.iter().map(|(_, value)| value.as_deref()));
        let mut row: Row<TextValue<'_>> = Row::of_columns(plan);
        for ((target, name), value) in targets.iter().zip(&names).zip(values()) {
            row.set(plan, name, *target, value.map(Cow::Borrowed));
            if let Some(json) = value {
                text_rows::set_inside(plan, &mut row, name, json);
            }
        }
        text_rows::open_nested(plan, format, &mut row);
        let record = text_rows::record(names.iter().copied().zip(values()));
        produced += record.len() as u64;
        let at = RowRef { file: 0, row: *rows, offset: 0 };
        *rows += 1;
        text_rows::count(plan, format, out, &row, unknown.iter().copied());
        let event = text_rows::event(plan, format, at, &row, &mut out.drift, record);
        let kept = event.and_then(|(event, order)| {
            format.keep(plan, out, &row, event)?;
            order.into_iter().for_each(|words| out.orders.note(words));
            Ok(())
        });
        if let Err(error) = kept {
            if error.reason == ReasonCode::FileTooLarge {
                return Err(FULL);
            }
            out.reject(at, error, text_rows::record(names.iter().copied().zip(values())).as_bytes());
        }
    }
    Ok(produced)
}

/// What a column of a file is in the contract.
fn texts_for(plan: &Plan, name: &str, target: Target) -> TextsFor {
    if !plan.inside(name).is_empty() {
        return TextsFor::Json;
    }
    let made_of = plan.made_of(name).first().map(|(_, position)| *position);
    let position = match target {
        Target::Column { position, .. } => Some(position),
        _ => made_of,
    };
    let Some(position) = position else { return TextsFor::Other };
    match plan.contract.columns.get(position).map(|column| &column.data_type) {
        Some(ColumnType::Json) => TextsFor::Json,
        Some(data_type) if data_type.is_nested() => TextsFor::Json,
        Some(ColumnType::Timestamp) => TextsFor::Instants,
        Some(ColumnType::Array(element)) if **element == ColumnType::Timestamp => TextsFor::Instants,
        _ => TextsFor::Other,
    }
}
