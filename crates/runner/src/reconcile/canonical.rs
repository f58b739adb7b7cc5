//! The text of a value by which both sides hash it, so that equal values hash equal.
//!
//! The database makes the same text by SQL ([`super::database::sql`]). Where the two texts of a value differed, its range
//! of keys would be read and its rows compared by their values: a text decides what is read, and never what is equal. So
//! the one thing that it has to be is different for different values.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, TimestampMicrosecondType,
};
use sluice_contract::{Column, ColumnType};
use std::io::Write;

/// In the place of null.
const NULL: u8 = 0x1E;
/// Behind every value.
const END: u8 = 0x1F;

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Canonical {
    /// Digits.
    Integer,
    /// Digits without zeros at the end.
    Decimal,
    /// `true` or `false`.
    Boolean,
    /// Its length in bytes, a colon, itself.
    Text,
    /// Days since 1970.
    Days,
    /// Microseconds since 1970.
    Micros,
    /// In small letters.
    Uuid,
    /// Hexadecimal digits.
    Bytes,
    /// Hexadecimal digits of its bits.
    Bits,
}

impl Canonical {
    /// That of a column; `None` if its values have no one text.
    pub(crate) fn of(column: &Column) -> Option<Self> {
        if column.from.is_some() || column.path.is_some() || column.is_source_name {
            return None;
        }
        Some(match column.data_type {
            ColumnType::SmallInt | ColumnType::Int | ColumnType::BigInt => Self::Integer,
            ColumnType::Decimal { .. } | ColumnType::Numeric => Self::Decimal,
            ColumnType::Boolean => Self::Boolean,
            ColumnType::String => Self::Text,
            ColumnType::Date => Self::Days,
            ColumnType::Timestamp | ColumnType::TimestampNtz => Self::Micros,
            ColumnType::Uuid => Self::Uuid,
            ColumnType::Binary => Self::Bytes,
            ColumnType::Float | ColumnType::Double => Self::Bits,
            ColumnType::Time | ColumnType::Json | ColumnType::Array(_) | ColumnType::Struct(_) | ColumnType::Map(_) => {
                return None;
            }
        })
    }
}

/// Writes the text of a value of silver; an error is a type that a column of the kind does not have.
pub(crate) fn write_value(canonical: Canonical, column: &ArrayRef, row: usize, out: &mut Vec<u8>) -> Option<()> {
    if column.is_null(row) {
        out.extend([NULL, END]);
        return Some(());
    }
    match canonical {
        Canonical::Integer => {
            let value = integer(column, row)?;
            write!(out, "{value}").ok()?;
        }
        Canonical::Decimal => match column.as_primitive_opt::<Decimal128Type>() {
            Some(decimals) => write_decimal(decimals.value(row), decimals.scale(), out),
            None => out.extend(column.as_string_opt::<i32>()?.value(row).as_bytes()),
        },
        Canonical::Boolean => write!(out, "{}", column.as_boolean_opt()?.value(row)).ok()?,
        Canonical::Text => {
            let text = column.as_string_opt::<i32>()?.value(row);
            write!(out, "{}:{text}", text.len()).ok()?;
        }
        Canonical::Days => match column.as_primitive_opt::<Date32Type>()?.value(row) {
            i32::MAX => out.extend(b"infinity"),
            days if days <= -i32::MAX => out.extend(b"-infinity"),
            days => write!(out, "{days}").ok()?,
        },
        Canonical::Micros => match column.as_primitive_opt::<TimestampMicrosecondType>()?.value(row) {
            i64::MAX => out.extend(b"infinity"),
            micros if micros <= -i64::MAX => out.extend(b"-infinity"),
            micros => write!(out, "{micros}").ok()?,
        },
        Canonical::Uuid => out.extend(column.as_string_opt::<i32>()?.value(row).as_bytes()),
        Canonical::Bytes => {
            for byte in column.as_binary_opt::<i32>()?.value(row) {
                write!(out, "{byte:02x}").ok()?;
            }
        }
        Canonical::Bits => match column.as_primitive_opt::<Float64Type>() {
            Some(doubles) => write!(out, "{:016x}", doubles.value(row).to_bits()).ok()?,
            None => write!(out, "{:08x}", column.as_primitive_opt::<Float32Type>()?.value(row).to_bits()).ok()?,
        },
    }
    out.push(END);
    Some(())
}

/// A whole number of any width.
pub(crate) fn integer(column: &ArrayRef, row: usize) -> Option<i64> {
    if column.is_null(row) {
        return None;
    }
    let wide = column.as_primitive_opt::<Int64Type>().map(|column| column.value(row));
    let int = || column.as_primitive_opt::<Int32Type>().map(|column| i64::from(column.value(row)));
    let small = || column.as_primitive_opt::<Int16Type>().map(|column| i64::from(column.value(row)));
    wide.or_else(int).or_else(small)
}

fn write_decimal(unscaled: i128, scale: i8, out: &mut Vec<u8>) {
    let scale = usize::try_from(scale).unwrap_or(0);
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    if unscaled < 0 {
        out.push(b'-');
    }
    out.extend(whole.as_bytes());
    let fraction = fraction.trim_end_matches('0');
    if !fraction.is_empty() {
        out.push(b'.');
        out.extend(fraction.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::{Canonical, write_value};
    use arrow::array::{ArrayRef, Decimal128Array, StringArray};
    use std::sync::Arc;

    fn text(canonical: Canonical, column: &ArrayRef) -> String {
        let mut out = Vec::new();
        for row in 0..column.len() {
            write_value(canonical, column, row, &mut out).unwrap();
        }
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn texts_of_other_values_are_other_texts() {
        let texts = |all: &[Option<&str>]| {
            let column: ArrayRef = Arc::new(all.iter().copied().collect::<StringArray>());
            text(Canonical::Text, &column)
        };
        assert_eq!(texts(&[Some("a"), None]), "1:a\u{1f}\u{1e}\u{1f}");
        assert_ne!(texts(&[Some("a\u{1f}1:b"), Some("c")]), texts(&[Some("a"), Some("b\u{1f}1:c")]));
        assert_ne!(texts(&[None]), texts(&[Some("")]));
        let decimals: Decimal128Array = vec![Some(1050), Some(-5), Some(0), Some(100_000)].into_iter().collect();
        let decimals: ArrayRef = Arc::new(decimals.with_precision_and_scale(12, 2).unwrap());
        assert_eq!(text(Canonical::Decimal, &decimals), "10.5\u{1f}-0.05\u{1f}0\u{1f}1000\u{1f}");
    }
}
