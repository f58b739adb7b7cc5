//! Rows of a table as texts, for people and for programs in other languages.

use anyhow::{Context, Result};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType,
};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde_json::{Value, json};

/// Rows with the text of every cell; null is `None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// Names.
    pub columns: Vec<String>,
    /// Cells, in the order of the table's files.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Rows {
    pub(crate) fn of(batches: &[RecordBatch]) -> Result<Self> {
        let mut rows = Self::default();
        for batch in batches {
            rows.columns = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
            let options = FormatOptions::default().with_null("∅");
            let columns: Vec<(&ArrayRef, ArrayFormatter<'_>)> = batch
                .columns()
                .iter()
                .map(|column| Ok((column, ArrayFormatter::try_new(column, &options)?)))
                .collect::<Result<_>>()?;
            for row in 0..batch.num_rows() {
                let cell = |(column, text): &(&ArrayRef, ArrayFormatter<'_>)| {
                    column.is_valid(row).then(|| text.value(row).try_to_string().unwrap_or_else(|_| "∞".to_owned()))
                };
                rows.rows.push(columns.iter().map(cell).collect());
            }
        }
        Ok(rows)
    }

    /// The same rows with only these columns, in their order.
    ///
    /// # Errors
    /// When a column is not there.
    pub fn select(&self, columns: &[&str]) -> Result<Self> {
        let place = |name: &&str| {
            let found = self.columns.iter().position(|column| column == name);
            found.with_context(|| format!("no column `{name}` in {:?}", self.columns))
        };
        let places =
            if self.rows.is_empty() { Vec::new() } else { columns.iter().map(place).collect::<Result<_>>()? };
        let pick = |row: &Vec<Option<String>>| places.iter().map(|&place: &usize| row[place].clone()).collect();
        Ok(Self {
            columns: columns.iter().map(|name| (*name).to_owned()).collect(),
            rows: self.rows.iter().map(pick).collect(),
        })
    }
}

/// Rows as JSON that any language can make of the same table without rounding: integers as numbers,
/// floats as the hexadecimal of their 64 bits, decimals as the unscaled number in text, timestamps as
/// microseconds, dates as days, bytes as hexadecimal.
///
/// # Errors
/// When a column has a type that no table of Sluice has.
pub fn plain_rows(batches: &[RecordBatch]) -> Result<Vec<Value>> {
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|column| plain(column, row));
            rows.push(Value::Array(cells.collect::<Result<_>>()?));
        }
    }
    Ok(rows)
}

fn plain(column: &ArrayRef, row: usize) -> Result<Value> {
    if column.is_null(row) {
        return Ok(Value::Null);
    }
    let bits = |value: f64| json!(format!("{:016x}", if value.is_nan() { f64::NAN } else { value }.to_bits()));
    Ok(match column.data_type() {
        DataType::Boolean => json!(column.as_boolean().value(row)),
        DataType::Int16 => json!(column.as_primitive::<Int16Type>().value(row)),
        DataType::Int32 => json!(column.as_primitive::<Int32Type>().value(row)),
        DataType::Int64 => json!(column.as_primitive::<Int64Type>().value(row)),
        DataType::Float32 => bits(column.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => bits(column.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(_, _) => json!(column.as_primitive::<Decimal128Type>().value(row).to_string()),
        DataType::Date32 => json!(column.as_primitive::<Date32Type>().value(row)),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            json!(column.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        DataType::Utf8 => json!(column.as_string::<i32>().value(row)),
        DataType::LargeUtf8 => json!(column.as_string::<i64>().value(row)),
        DataType::Utf8View => json!(column.as_string_view().value(row)),
        DataType::Binary => hex(column.as_binary::<i32>().value(row)),
        DataType::LargeBinary => hex(column.as_binary::<i64>().value(row)),
        DataType::BinaryView => hex(column.as_binary_view().value(row)),
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(row);
            Value::Array((0..items.len()).map(|at| plain(&items, at)).collect::<Result<_>>()?)
        }
        other => anyhow::bail!("{other} is not a type of silver or gold"),
    })
}

fn hex(bytes: &[u8]) -> Value {
    Value::String(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
