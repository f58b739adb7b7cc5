//! Canonical content hash of a table.
//!
//! BLAKE3 over the rows sorted by key, columns in the order given, each cell with a type tag and its
//! length. NaN is one value, minus zero differs from zero, decimals are their unscaled number,
//! timestamps UTC microseconds, text the bytes as they came. Sequences take no part, so the hash is the
//! same however the events were batched, repeated or ordered; `__START_AT`, `__END_AT`, `_deleted` and
//! `_op` do, because they say what a row means.

use crate::error::EngineError;
use crate::silver::SEQ;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimeUnit, TimestampMicrosecondType,
};
use arrow::row::{RowConverter, SortField};
use sluice_contract::Column;

/// Hash of the rows of `batches`, as 64 hex digits. Only columns that say what the rows are take part, in
/// the order of the schema. Sorted by `key`, then by start and sequence where the table has them, or by
/// all columns when `key` is empty.
///
/// # Errors
/// [`EngineError`] when a key column is missing or a type is none of a contract's.
pub fn fingerprint(batches: &[RecordBatch], key: &[String]) -> Result<String, EngineError> {
    let mut hasher = blake3::Hasher::new();
    let Some(first) = batches.first() else {
        return Ok(hasher.finalize().to_hex().to_string());
    };
    let schema = first.schema();
    let names: Vec<String> =
        schema.fields().iter().map(|field| field.name().clone()).filter(|name| is_content(name)).collect();
    let within_key = [Column::START_AT, SEQ].into_iter().filter(|name| schema.column_with_name(name).is_some());
    let by_key: Vec<String> = key.iter().cloned().chain(within_key.map(str::to_owned)).collect();
    let sort = if key.is_empty() { &names } else { &by_key };
    // Batches stay apart: together their texts may be more than an Arrow column holds.
    let columns_of = |batch: &RecordBatch, names: &[String]| -> Result<Vec<ArrayRef>, EngineError> {
        let column = |name: &String| batch.column_by_name(name).cloned();
        names.iter().map(|name| column(name).ok_or_else(|| EngineError::Column(name.clone()))).collect()
    };
    let fields = columns_of(first, sort)?.iter().map(|array| SortField::new(array.data_type().clone())).collect();
    let converter = RowConverter::new(fields)?;
    let mut rows = converter.empty_rows(batches.iter().map(RecordBatch::num_rows).sum(), 0);
    let mut order = Vec::with_capacity(rows.num_rows());
    let mut contents = Vec::with_capacity(batches.len());
    for (number, batch) in batches.iter().enumerate() {
        let before = rows.num_rows();
        converter.append(&mut rows, &columns_of(batch, sort)?)?;
        order.extend((0..batch.num_rows()).map(|row| (before + row, number, row)));
        contents.push(columns_of(batch, &names)?);
    }
    order.sort_by(|(a, ..), (b, ..)| rows.row(*a).cmp(&rows.row(*b)));
    for name in &names {
        hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
    }
    for (_, number, row) in order {
        for array in contents.get(number).into_iter().flatten() {
            hash_cell(array, row, &mut hasher)?;
        }
    }
    Ok(hasher.finalize().to_hex().to_string())
}

/// Whether a column says what a row is: those of the source, and a few of Sluice's own.
pub(crate) fn is_content(name: &str) -> bool {
    !name.starts_with('_') || [Column::START_AT, Column::END_AT, Column::DELETED, Column::OP].contains(&name)
}

/// Hash of every row of a batch over the columns that say what the rows are.
///
/// # Errors
/// [`EngineError`] when a type is none of a contract's.
pub fn row_hashes(batch: &RecordBatch) -> Result<Vec<[u8; 32]>, EngineError> {
    let schema = batch.schema();
    let columns: Vec<&ArrayRef> = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .filter(|(field, _)| is_content(field.name()))
        .map(|(_, array)| array)
        .collect();
    (0..batch.num_rows())
        .map(|row| {
            let mut hasher = blake3::Hasher::new();
            for array in &columns {
                hash_cell(array, row, &mut hasher)?;
            }
            Ok(*hasher.finalize().as_bytes())
        })
        .collect()
}

fn hash_cell(array: &ArrayRef, row: usize, hasher: &mut blake3::Hasher) -> Result<(), EngineError> {
    if array.is_null(row) {
        hasher.update(&[0]);
        return Ok(());
    }
    let bytes = |tag: u8, bytes: &[u8], hasher: &mut blake3::Hasher| {
        hasher.update(&[tag]).update(&(bytes.len() as u64).to_le_bytes()).update(bytes);
    };
    let float = |value: f64, hasher: &mut blake3::Hasher| {
        let bits = if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() };
        hasher.update(&[4]).update(&bits.to_le_bytes());
    };
    let int = |value: i64, hasher: &mut blake3::Hasher| {
        hasher.update(&[3]).update(&value.to_le_bytes());
    };
    match array.data_type() {
        DataType::Boolean => {
            hasher.update(&[2, u8::from(array.as_boolean().value(row))]);
        }
        DataType::Int8 => int(array.as_primitive::<Int8Type>().value(row).into(), hasher),
        DataType::Int16 => int(array.as_primitive::<Int16Type>().value(row).into(), hasher),
        DataType::Int32 => int(array.as_primitive::<Int32Type>().value(row).into(), hasher),
        DataType::Int64 => int(array.as_primitive::<Int64Type>().value(row), hasher),
        DataType::Date32 => int(array.as_primitive::<Date32Type>().value(row).into(), hasher),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            int(array.as_primitive::<TimestampMicrosecondType>().value(row), hasher);
        }
        DataType::Float32 => float(array.as_primitive::<Float32Type>().value(row).into(), hasher),
        DataType::Float64 => float(array.as_primitive::<Float64Type>().value(row), hasher),
        DataType::Decimal128(_, scale) => {
            hasher.update(&[5]).update(&scale.to_le_bytes());
            hasher.update(&array.as_primitive::<Decimal128Type>().value(row).to_le_bytes());
        }
        DataType::Utf8 => bytes(6, array.as_string::<i32>().value(row).as_bytes(), hasher),
        DataType::LargeUtf8 => bytes(6, array.as_string::<i64>().value(row).as_bytes(), hasher),
        DataType::Utf8View => bytes(6, array.as_string_view().value(row).as_bytes(), hasher),
        DataType::Binary => bytes(7, array.as_binary::<i32>().value(row), hasher),
        DataType::LargeBinary => bytes(7, array.as_binary::<i64>().value(row), hasher),
        DataType::BinaryView => bytes(7, array.as_binary_view().value(row), hasher),
        DataType::List(_) => {
            let values = array.as_list::<i32>().value(row);
            hasher.update(&[8]).update(&(values.len() as u64).to_le_bytes());
            for element in 0..values.len() {
                hash_cell(&values, element, hasher)?;
            }
        }
        DataType::Struct(fields) => {
            let values = array.as_struct();
            hasher.update(&[9]).update(&(fields.len() as u64).to_le_bytes());
            for field in values.columns() {
                hash_cell(field, row, hasher)?;
            }
        }
        other => return Err(EngineError::Column(format!("of type {other}"))),
    }
    Ok(())
}
