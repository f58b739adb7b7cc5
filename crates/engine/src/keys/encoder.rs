//! Keys as comparable bytes, and as hashes.

use crate::error::EngineError;
use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, RecordBatch};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
};
use arrow::row::{RowConverter, Rows, SortField};
use sluice_change::arrow_type;
use sluice_contract::Contract;
use std::sync::Arc;
use twox_hash::XxHash3_128;

/// Turns the key columns of batches into bytes whose order is the order of the keys, and into hashes.
pub struct KeyEncoder {
    converter: RowConverter,
    names: Vec<String>,
    is_one_number: bool,
}

impl KeyEncoder {
    /// An encoder for the contract's key.
    ///
    /// # Errors
    /// If a key type has no order, which no contract type lacks.
    pub fn new(contract: &Contract) -> Result<Self, EngineError> {
        let types: Vec<DataType> = contract
            .key_positions()
            .iter()
            .filter_map(|&position| contract.columns.get(position))
            .map(|column| arrow_type(&column.data_type))
            .collect();
        let number =
            |kind: &DataType| matches!(kind, DataType::Int16 | DataType::Int32 | DataType::Date32 | DataType::Int64);
        let is_one_number = matches!(types.as_slice(), [kind] if number(kind));
        let fields = types.into_iter().map(SortField::new).collect();
        Ok(Self { converter: RowConverter::new(fields)?, names: contract.apply.key.clone(), is_one_number })
    }

    /// Whether the key is one whole number or date, which the upper half of its hash identifies.
    #[must_use]
    pub fn is_one_number(&self) -> bool {
        self.is_one_number
    }

    /// Names of the key columns, in key order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The key columns of encoded keys.
    ///
    /// # Errors
    /// An Arrow error if the bytes are not of this encoder.
    pub fn decode<'a>(&self, keys: impl Iterator<Item = &'a [u8]>) -> Result<Vec<ArrayRef>, EngineError> {
        let parser = self.converter.parser();
        Ok(self.converter.convert_rows(keys.map(|key| parser.parse(key)))?)
    }

    /// Keys of all rows of a batch that has the key columns by name.
    ///
    /// # Errors
    /// [`EngineError::Column`] if one is missing or of another type.
    pub fn encode(&self, batch: &RecordBatch) -> Result<Rows, EngineError> {
        self.encode_columns(&self.columns(batch)?)
    }

    /// Keys of all rows of the key columns, in key order.
    pub(super) fn encode_columns(&self, columns: &[ArrayRef]) -> Result<Rows, EngineError> {
        let one_zero: Vec<ArrayRef> = columns.iter().map(with_one_zero).collect();
        self.converter.convert_columns(&one_zero).map_err(|_| EngineError::Column(self.names.join(", ")))
    }

    /// Hashes of the keys of all rows, the same on every machine and in every version. The hash
    /// of a key of one whole number or date is unique (a permutation of 64 bits, in the upper half);
    /// other keys have XXH3's 128 bits of their encoding.
    ///
    /// # Errors
    /// [`EngineError::Column`] if a key column is missing or of another type.
    pub fn hashes(&self, batch: &RecordBatch) -> Result<Vec<u128>, EngineError> {
        if let [name] = self.names.as_slice() {
            let column = batch.column_by_name(name).ok_or_else(|| EngineError::Column(name.clone()))?;
            let numbers = match column.data_type() {
                DataType::Int16 => hash_numbers(column.as_primitive_opt::<Int16Type>(), i64::from),
                DataType::Int32 => hash_numbers(column.as_primitive_opt::<Int32Type>(), i64::from),
                DataType::Date32 => hash_numbers(column.as_primitive_opt::<Date32Type>(), i64::from),
                DataType::Int64 => hash_numbers(column.as_primitive_opt::<Int64Type>(), |value| value),
                _ => None,
            };
            if let Some(hashes) = numbers {
                return Ok(hashes);
            }
        }
        Ok(self.encode(batch)?.iter().map(|key| XxHash3_128::oneshot(key.as_ref())).collect())
    }

    /// The key columns of a batch, in key order.
    pub(super) fn columns(&self, batch: &RecordBatch) -> Result<Vec<ArrayRef>, EngineError> {
        self.names
            .iter()
            .map(|name| batch.column_by_name(name).cloned().ok_or_else(|| EngineError::Column(name.clone())))
            .collect()
    }
}

/// Keys that are equal in SQL are one key: -0.0 is 0.0, and every NaN is the same.
fn with_one_zero(column: &ArrayRef) -> ArrayRef {
    match column.data_type() {
        DataType::Float32 => match column.as_primitive_opt::<Float32Type>() {
            Some(values) => {
                Arc::new(values.unary::<_, Float32Type>(|value| if value.is_nan() { f32::NAN } else { value + 0.0 }))
            }
            None => Arc::clone(column),
        },
        DataType::Float64 => match column.as_primitive_opt::<Float64Type>() {
            Some(values) => {
                Arc::new(values.unary::<_, Float64Type>(|value| if value.is_nan() { f64::NAN } else { value + 0.0 }))
            }
            None => Arc::clone(column),
        },
        _ => Arc::clone(column),
    }
}

fn hash_numbers<T: ArrowPrimitiveType>(
    values: Option<&PrimitiveArray<T>>,
    widen: impl Fn(T::Native) -> i64,
) -> Option<Vec<u128>> {
    let values = values?;
    let hash = |value: T::Native| u128::from(scatter(widen(value).cast_unsigned())) << 64;
    if values.null_count() == 0 {
        return Some(values.values().iter().map(|value| hash(*value)).collect());
    }
    // A key has no nulls; only a truncate's row, which has no key, is null.
    Some(values.iter().map(|value| value.map_or(0, hash)).collect())
}

/// The finaliser of SplitMix64: a permutation that spreads neighbours over all 64 bits.
fn scatter(value: u64) -> u64 {
    let mut mixed = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}
