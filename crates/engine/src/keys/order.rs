//! The order of rows by key.

use super::encoder::KeyEncoder;
use crate::error::EngineError;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{ArrowPrimitiveType, DataType, Date32Type, Int16Type, Int32Type, Int64Type};
use rayon::slice::ParallelSliceMut;

/// From this many keys on they are sorted by several threads.
const SORT_ALONE_MAX: usize = 64 * 1024;

/// The numbers of rows, from 0, in the order of their keys. Keys are distinct.
///
/// # Errors
/// [`EngineError::Column`] if the columns are not those of the key.
pub(crate) fn key_order(encoder: &KeyEncoder, columns: &[ArrayRef]) -> Result<Vec<u32>, EngineError> {
    if let [column] = columns
        && column.null_count() == 0
        && let Some(mut numbers) = numbers(column)
    {
        sort(&mut numbers, |a, b| a.cmp(b));
        return Ok(numbers.into_iter().map(|(_, row)| row).collect());
    }
    let keys = encoder.encode_columns(columns)?;
    let mut heads: Vec<(u64, u32)> = (0..).zip(keys.iter()).map(|(row, key)| (head(key.as_ref()), row)).collect();
    sort(&mut heads, |(head, row), (other_head, other_row)| {
        let rest = || keys.row(*row as usize).cmp(&keys.row(*other_row as usize));
        head.cmp(other_head).then_with(rest)
    });
    Ok(heads.into_iter().map(|(_, row)| row).collect())
}

impl KeyEncoder {
    /// The numbers of a batch's rows, from 0, in the order of their keys.
    ///
    /// # Errors
    /// [`EngineError::Column`] if a key column is missing or of another type.
    pub fn order(&self, batch: &RecordBatch) -> Result<Vec<u32>, EngineError> {
        key_order(self, &self.columns(batch)?)
    }
}

fn sort<T: Send>(all: &mut [T], order: impl Fn(&T, &T) -> std::cmp::Ordering + Sync) {
    if all.len() > SORT_ALONE_MAX {
        all.par_sort_unstable_by(order);
    } else {
        all.sort_unstable_by(order);
    }
}

/// The first eight bytes, so that most comparisons stay inside the sorted list.
fn head(key: &[u8]) -> u64 {
    let mut head = [0; 8];
    let length = key.len().min(8);
    head[..length].copy_from_slice(&key[..length]);
    u64::from_be_bytes(head)
}

fn numbers(column: &ArrayRef) -> Option<Vec<(i64, u32)>> {
    fn of<T: ArrowPrimitiveType>(column: &ArrayRef) -> Option<Vec<(i64, u32)>>
    where
        T::Native: Into<i64>,
    {
        let values = column.as_primitive_opt::<T>()?.values().iter();
        Some(values.zip(0..).map(|(value, row)| ((*value).into(), row)).collect())
    }
    match column.data_type() {
        DataType::Int16 => of::<Int16Type>(column),
        DataType::Int32 => of::<Int32Type>(column),
        DataType::Date32 => of::<Date32Type>(column),
        DataType::Int64 => of::<Int64Type>(column),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::key_order;
    use crate::keys::KeyEncoder;
    use arrow::array::{ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray};
    use sluice_contract::Contract;
    use std::sync::Arc;

    fn encoder(kind: &str) -> KeyEncoder {
        let text = format!("dataset: a.b\nschema:\n- {{name: k, type: {kind}, primary_key: true}}\n");
        KeyEncoder::new(&Contract::parse(&text, "b.yaml").unwrap()).unwrap()
    }

    #[test]
    fn keys_that_sql_takes_for_equal_are_one() {
        let doubles: ArrayRef = Arc::new(Float64Array::from(vec![0.0, -0.0, f64::NAN, -f64::NAN, -1.0]));
        let floats: ArrayRef = Arc::new(Float32Array::from(vec![0.0, -0.0, f32::NAN, -f32::NAN, -1.0]));
        for (kind, column) in [("double", doubles), ("float", floats)] {
            let batch = RecordBatch::try_from_iter([("k", column)]).unwrap();
            let hashes = encoder(kind).hashes(&batch).unwrap();
            assert_eq!((hashes[0], hashes[2]), (hashes[1], hashes[3]), "{kind}");
            assert!(hashes[0] != hashes[2] && hashes[0] != hashes[4], "{kind}");
            let keys = encoder(kind).encode(&batch).unwrap();
            assert_eq!((keys.row(0), keys.row(2)), (keys.row(1), keys.row(3)), "{kind}");
        }
    }

    #[test]
    fn numbers_and_texts_are_in_order() {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![3, -1, i64::MAX, i64::MIN, 0]));
        assert_eq!(key_order(&encoder("bigint"), &[numbers]).unwrap(), [3, 1, 4, 0, 2]);
        let texts = ["abcdefghi", "", "abcdefgh", "b", "abcdefgha"];
        let texts: ArrayRef = Arc::new(StringArray::from_iter_values(texts));
        assert_eq!(key_order(&encoder("string"), &[texts]).unwrap(), [1, 2, 4, 0, 3]);
    }
}
