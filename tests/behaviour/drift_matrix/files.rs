//! Rows as files of every format.

use super::cell::Format;
use super::value::{Image, Value};
use anyhow::Result;
use arrow::array::{ArrayRef, Decimal128Array, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use parquet::arrow::ArrowWriter;
use serde_json::{Map, json};
use std::sync::Arc;

/// An event.
#[derive(Clone, Debug)]
pub(crate) struct Delivered {
    pub(crate) id: i64,
    pub(crate) position: u64,
    pub(crate) row: Image,
    /// Of the changed schema.
    pub(crate) new: bool,
}

/// Ending of the files.
pub(crate) fn ending(format: Format) -> &'static str {
    match format {
        Format::DebeziumJson | Format::DebeziumFlatJson => "json",
        Format::DmsParquet => "parquet",
        Format::DmsCsv => "csv",
    }
}

/// The files of one delivery: one, or as many as a format needs for rows of different columns.
pub(crate) fn files(format: Format, events: &[Delivered]) -> Result<Vec<Vec<u8>>> {
    let lines =
        |line: fn(&Delivered) -> String| vec![events.iter().map(|event| line(event) + "\n").collect::<String>()];
    let texts = match format {
        Format::DebeziumJson => lines(envelope),
        Format::DebeziumFlatJson => lines(flat),
        Format::DmsCsv => lines(csv),
        Format::DmsParquet => return events.chunk_by(same_columns).map(parquet).collect(),
    };
    Ok(texts.into_iter().map(String::into_bytes).collect())
}

fn same_columns(a: &Delivered, b: &Delivered) -> bool {
    let kinds = |event: &Delivered| -> Vec<_> {
        event.row.iter().map(|(name, value)| (*name, array(&[*value]).data_type().clone())).collect()
    };
    kinds(a) == kinds(b)
}

fn members(event: &Delivered) -> Map<String, serde_json::Value> {
    event.row.iter().map(|(name, value)| ((*name).to_owned(), value.json())).collect()
}

fn envelope(event: &Delivered) -> String {
    json!({ "op": "u", "after": members(event), "source": { "lsn": event.position } }).to_string()
}

fn flat(event: &Delivered) -> String {
    let mut row = members(event);
    row.insert("__op".to_owned(), json!("u"));
    row.insert("__lsn".to_owned(), json!(event.position));
    serde_json::Value::Object(row).to_string()
}

/// Without header, as AWS DMS writes by default.
fn csv(event: &Delivered) -> String {
    let values = event.row.iter().map(|(_, value)| value.text().unwrap_or_else(|| "NULL".to_owned()));
    let fields = std::iter::once("U".to_owned()).chain(values).chain([event.position.to_string()]);
    fields.collect::<Vec<_>>().join(",")
}

fn parquet(events: &[Delivered]) -> Result<Vec<u8>> {
    let mut columns: Vec<(&str, ArrayRef)> =
        vec![("Op", Arc::new(StringArray::from_iter_values(events.iter().map(|_| "U"))))];
    for (at, (name, _)) in events.first().map(|event| event.row.clone()).unwrap_or_default().into_iter().enumerate() {
        columns.push((name, array(events.iter().map(|event| event.row[at].1).collect::<Vec<_>>().as_slice())));
    }
    let positions = events.iter().map(|event| event.position.to_string());
    columns.push(("transact_seq", Arc::new(StringArray::from_iter_values(positions))));
    let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(name, array)| (name, array, true)))?;
    let mut writer = ArrowWriter::try_new(Vec::new(), batch.schema(), None)?;
    writer.write(&batch)?;
    Ok(writer.into_inner()?)
}

fn array(values: &[Value]) -> ArrayRef {
    match values.first() {
        Some(Value::Int(_)) => Arc::new(Int64Array::from_iter(values.iter().map(|value| match value {
            Value::Int(value) => Some(*value),
            _ => None,
        }))),
        Some(Value::Float(_)) => Arc::new(Float32Array::from_iter(values.iter().map(|value| match value {
            Value::Float(value) => Some(*value),
            _ => None,
        }))),
        Some(Value::Double(_)) => Arc::new(Float64Array::from_iter(values.iter().map(|value| match value {
            Value::Double(value) => Some(*value),
            _ => None,
        }))),
        Some(Value::Decimal(_, precision, scale)) => {
            let unscaled = values.iter().map(|value| match value {
                Value::Decimal(unscaled, _, _) => Some(*unscaled),
                _ => None,
            });
            let array = Decimal128Array::from_iter(unscaled).with_precision_and_scale(*precision, *scale);
            array.map_or_else(|_| Arc::new(StringArray::new_null(values.len())) as ArrayRef, |array| Arc::new(array))
        }
        _ => Arc::new(StringArray::from_iter(values.iter().map(|value| value.text()))),
    }
}
