//! Canonical content hash of a table.
//!
//! Each row is hashed by itself: its cells in the order of the columns, each with a type tag and its length. The hashes
//! are numbers of 512 bits, added lane by lane, so that the rows may come in any order and in parts, and a table of any
//! size is hashed in the same few bytes. NaN is one value, minus zero differs from zero, decimals are their unscaled
//! number, timestamps UTC microseconds, text the bytes as they came. Sequences take no part, so the hash is the
//! same however the events were batched, repeated or ordered; `__START_AT`, `__END_AT`, `_deleted` and
//! `_op` do, because they say what a row means.

use crate::error::EngineError;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Schema,
    TimeUnit, TimestampMicrosecondType,
};
use sluice_contract::Column;

/// What a fingerprint begins with. Those without it are of an earlier kind, over rows sorted by a key.
const KIND: &str = "m1";
/// Hexadecimal digits after it.
const DIGITS: usize = 62;
const LANES: usize = 8;

/// The fingerprint of rows that come in parts, in any order.
#[derive(Clone, Debug)]
pub struct Fingerprint {
    names: Vec<String>,
    rows: u64,
    lanes: [u64; LANES],
}

impl Fingerprint {
    /// Of no rows yet, with these columns. Only those that say what the rows are take part, in the order of the schema.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        let names = schema.fields().iter().map(|field| field.name());
        Self { names: names.filter(|name| is_content(name)).cloned().collect(), rows: 0, lanes: [0; LANES] }
    }

    /// Adds the rows of a batch.
    ///
    /// # Errors
    /// [`EngineError::Column`] when it lacks a column, or a type is none of a contract's.
    pub fn add(&mut self, batch: &RecordBatch) -> Result<(), EngineError> {
        let column = |name: &String| batch.column_by_name(name).ok_or_else(|| EngineError::Column(name.clone()));
        let columns: Vec<&ArrayRef> = self.names.iter().map(column).collect::<Result<_, _>>()?;
        let mut hasher = blake3::Hasher::new();
        let mut bytes = [0; LANES * 8];
        for row in 0..batch.num_rows() {
            hasher.reset();
            for array in &columns {
                hash_cell(array, row, &mut hasher)?;
            }
            hasher.finalize_xof().fill(&mut bytes);
            for (lane, bytes) in self.lanes.iter_mut().zip(bytes.as_chunks::<8>().0) {
                *lane = lane.wrapping_add(u64::from_le_bytes(*bytes));
            }
        }
        self.rows += batch.num_rows() as u64;
        Ok(())
    }

    /// Adds the rows of another one of the same columns.
    pub fn add_all_of(&mut self, other: &Self) {
        self.rows += other.rows;
        for (lane, more) in self.lanes.iter_mut().zip(other.lanes) {
            *lane = lane.wrapping_add(more);
        }
    }

    /// The hash as text.
    #[must_use]
    pub fn finish(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for name in &self.names {
            hasher.update(&(name.len() as u64).to_le_bytes()).update(name.as_bytes());
        }
        hasher.update(&self.rows.to_le_bytes());
        for lane in self.lanes {
            hasher.update(&lane.to_le_bytes());
        }
        let hex = hasher.finalize().to_hex();
        format!("{KIND}{}", hex.get(..DIGITS).unwrap_or_default())
    }

    /// Whether a text is a fingerprint of this kind, so that it can be compared with one.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.starts_with(KIND)
    }
}

/// The fingerprint of the rows of `batches`, which have the columns of the first.
///
/// # Errors
/// [`EngineError::Column`] when a type is none of a contract's, or the batches do not have the same columns.
pub fn fingerprint(batches: &[RecordBatch]) -> Result<String, EngineError> {
    let schema = batches.first().map_or_else(|| std::sync::Arc::new(Schema::empty()), RecordBatch::schema);
    let mut all = Fingerprint::new(&schema);
    batches.iter().try_for_each(|batch| all.add(batch))?;
    Ok(all.finish())
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
        // Two maps are equal in any order of their entries.
        DataType::Map(..) => {
            let entries = array.as_map().value(row);
            let mut hashes = Vec::with_capacity(entries.len());
            for entry in 0..entries.len() {
                let mut of_entry = blake3::Hasher::new();
                for part in entries.columns() {
                    hash_cell(part, entry, &mut of_entry)?;
                }
                hashes.push(*of_entry.finalize().as_bytes());
            }
            hashes.sort_unstable();
            hasher.update(&[10]).update(&(hashes.len() as u64).to_le_bytes());
            hashes.iter().for_each(|hash| {
                hasher.update(hash);
            });
        }
        other => return Err(EngineError::Column(format!("of type {other}"))),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Fingerprint, fingerprint};
    use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use std::sync::Arc;

    fn rows(rows: &[(i64, Option<&str>)]) -> RecordBatch {
        let ids: ArrayRef = Arc::new(rows.iter().map(|row| row.0).collect::<Int64Array>());
        let words: ArrayRef = Arc::new(rows.iter().map(|row| row.1).collect::<StringArray>());
        let seqs: ArrayRef = Arc::new((0..rows.len() as i64).collect::<Int64Array>());
        RecordBatch::try_from_iter_with_nullable([("id", ids, true), ("word", words, true), ("_seq", seqs, true)])
            .unwrap()
    }

    #[test]
    fn only_the_rows_decide_and_how_often_each_is_there() {
        let (one, two, none) = ((1, Some("a")), (2, Some("b")), (3, None));
        let whole = fingerprint(&[rows(&[one, two, none])]).unwrap();
        assert_eq!(whole.len(), 64);
        assert!(Fingerprint::is_one(&whole));
        assert_eq!(whole, fingerprint(&[rows(&[none]), rows(&[two, one])]).unwrap());
        let others = [
            rows(&[one, two]),
            rows(&[one, two, none, none]),
            rows(&[one, two, (3, Some(""))]),
            rows(&[(2, Some("a")), (1, Some("b")), none]),
            rows(&[one, two, (3, Some("null"))]),
            rows(&[]),
        ];
        let mut hashes: Vec<String> =
            others.iter().map(|batch| fingerprint(std::slice::from_ref(batch)).unwrap()).collect();
        hashes.push(whole);
        hashes.push(fingerprint(&[rows(&[]).project(&[0]).unwrap()]).unwrap());
        let count = hashes.len();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), count, "different rows or columns have different hashes");
    }

    #[test]
    fn parts_add_up() {
        let schema = rows(&[]).schema();
        let (mut first, mut second) = (Fingerprint::new(&schema), Fingerprint::new(&schema));
        first.add(&rows(&[(1, Some("a"))])).unwrap();
        second.add(&rows(&[(2, None), (1, Some("a"))])).unwrap();
        first.add_all_of(&second);
        let all = [(1, Some("a")), (1, Some("a")), (2, None)];
        assert_eq!(first.finish(), fingerprint(&[rows(&all)]).unwrap());
    }
}
