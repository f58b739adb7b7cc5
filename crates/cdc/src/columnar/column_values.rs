//! The texts of a column, held so that most types need no text of its own for each value.

use super::nested::{TextsFor, column_texts};
use arrow::array::{Array, ArrayRef, AsArray, PrimitiveArray, StringArray, StringBuilder};
use arrow::datatypes::{ArrowPrimitiveType, DataType, Int16Type, Int32Type, Int64Type};
use std::fmt::Write as _;

/// Bytes of the text of a number, so that most columns of them are made at once.
const NUMBER_BYTES: usize = 8;

/// Texts of all values of a column, as [`column_texts`] makes them.
#[derive(Debug)]
pub(crate) enum ColumnValues {
    /// One after the other in one piece of memory.
    Together(StringArray),
    /// Each by itself.
    Each(Vec<Option<String>>),
}

impl ColumnValues {
    /// The texts of a column. `None` for data that cannot be read.
    pub(crate) fn of(array: &ArrayRef, of: TextsFor) -> Option<Self> {
        Some(match array.data_type() {
            DataType::Utf8 => Self::Together(array.as_string_opt::<i32>()?.clone()),
            DataType::Int16 => Self::Together(numbers(array.as_primitive_opt::<Int16Type>()?)),
            DataType::Int32 => Self::Together(numbers(array.as_primitive_opt::<Int32Type>()?)),
            DataType::Int64 => Self::Together(numbers(array.as_primitive_opt::<Int64Type>()?)),
            DataType::Boolean => {
                let word = |value| if value { "true" } else { "false" };
                Self::Together(array.as_boolean_opt()?.iter().map(|value| value.map(word)).collect())
            }
            _ => Self::Each(column_texts(array, of)?),
        })
    }

    /// The text of a value, `None` where null.
    pub(crate) fn get(&self, row: usize) -> Option<&str> {
        match self {
            Self::Together(texts) => (row < texts.len() && texts.is_valid(row)).then(|| texts.value(row)),
            Self::Each(texts) => texts.get(row).and_then(Option::as_deref),
        }
    }
}

fn numbers<T: ArrowPrimitiveType<Native: std::fmt::Display>>(array: &PrimitiveArray<T>) -> StringArray {
    let mut texts = StringBuilder::with_capacity(array.len(), array.len() * NUMBER_BYTES);
    for number in array {
        match number {
            Some(number) => {
                // Writing to memory does not fail.
                let _ = write!(texts, "{number}");
                texts.append_value("");
            }
            None => texts.append_null(),
        }
    }
    texts.finish()
}

#[cfg(test)]
mod tests {
    use super::ColumnValues;
    use crate::columnar::nested::{TextsFor, column_texts};
    use arrow::array::{
        Array, ArrayRef, BooleanArray, Int16Array, Int32Array, Int64Array, LargeStringArray, StringArray,
    };
    use std::sync::Arc;

    #[test]
    fn values_are_the_texts_that_each_by_itself_has() {
        let arrays: [ArrayRef; 6] = [
            Arc::new(Int64Array::from(vec![Some(i64::MIN), None, Some(0), Some(7)])),
            Arc::new(Int32Array::from(vec![Some(i32::MAX), None, Some(-1), None])),
            Arc::new(Int16Array::from(vec![None, Some(-5), Some(5), None])),
            Arc::new(BooleanArray::from(vec![Some(true), None, Some(false), None])),
            Arc::new(StringArray::from(vec![Some("a"), None, Some(""), Some("ü")])),
            Arc::new(LargeStringArray::from(vec![Some("a"), None, Some(""), Some("ü")])),
        ];
        for array in arrays {
            // A part of an array begins somewhere inside its values.
            for array in [array.slice(1, 3), array] {
                for of in [TextsFor::Json, TextsFor::Instants, TextsFor::Other] {
                    let (values, texts) = (ColumnValues::of(&array, of).unwrap(), column_texts(&array, of).unwrap());
                    let found: Vec<Option<&str>> = (0..array.len()).map(|row| values.get(row)).collect();
                    assert_eq!(
                        found,
                        texts.iter().map(Option::as_deref).collect::<Vec<_>>(),
                        "{:?}",
                        array.data_type()
                    );
                    assert_eq!(values.get(array.len()), None);
                }
            }
        }
    }
}
