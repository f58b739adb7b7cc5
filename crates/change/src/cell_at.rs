//! Values of an Arrow column as cells.

use crate::Cell;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{
    DataType, Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, TimeUnit,
    TimestampMicrosecondType,
};
use arrow::error::ArrowError;
use std::borrow::Cow;

/// The value of a row in a column that [`crate::ColumnBuilder`] made, or that has the same type.
///
/// # Errors
/// An Arrow error for bytes, for what has parts, and for types that no contract has: nothing compares them.
pub(crate) fn cell_at(array: &ArrayRef, row: usize) -> Result<Cell<'_>, ArrowError> {
    if array.is_null(row) {
        return Ok(Cell::Null);
    }
    Ok(match array.data_type() {
        DataType::Boolean => Cell::Bool(array.as_boolean().value(row)),
        DataType::Int16 => Cell::Int(array.as_primitive::<Int16Type>().value(row).into()),
        DataType::Int32 => Cell::Int(array.as_primitive::<Int32Type>().value(row).into()),
        DataType::Int64 => Cell::Int(array.as_primitive::<Int64Type>().value(row)),
        DataType::Date32 => Cell::Int(array.as_primitive::<Date32Type>().value(row).into()),
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            Cell::Int(array.as_primitive::<TimestampMicrosecondType>().value(row))
        }
        DataType::Float32 => Cell::Float(array.as_primitive::<Float32Type>().value(row).into()),
        DataType::Float64 => Cell::Float(array.as_primitive::<Float64Type>().value(row)),
        DataType::Decimal128(..) => Cell::Decimal(array.as_primitive::<Decimal128Type>().value(row)),
        DataType::Utf8 => Cell::Text(Cow::Borrowed(array.as_string::<i32>().value(row))),
        other => return Err(ArrowError::NotYetImplemented(format!("values of {other} are not compared"))),
    })
}

#[cfg(test)]
mod tests {
    use super::cell_at;
    use crate::{Cell, ColumnBuilder, parse_cell};
    use sluice_contract::ColumnType;

    #[test]
    fn a_cell_comes_back_from_its_column() {
        for (data_type, text) in [
            ("boolean", "true"),
            ("smallint", "-7"),
            ("int", "7"),
            ("bigint", "7000000000"),
            ("float", "0.5"),
            ("double", "-0.1"),
            ("decimal(12,2)", "1.50"),
            ("numeric", "1.5"),
            ("string", "a"),
            ("json", "[1]"),
            ("uuid", "1af12799-dcbf-4b2c-b260-acdf44b58b76"),
            ("date", "2026-01-02"),
            ("time", "01:02:03"),
            ("timestamp", "2026-01-02 03:04:05"),
            ("timestamp_ntz", "infinity"),
        ] {
            let data_type: ColumnType = data_type.parse().unwrap();
            let cell = parse_cell(&data_type, text).unwrap();
            let mut column = ColumnBuilder::new(&data_type);
            column.append(&cell);
            column.append(&Cell::Null);
            let array = column.finish();
            assert_eq!(cell_at(&array, 0).unwrap(), cell, "{data_type}");
            assert_eq!(cell_at(&array, 1).unwrap(), Cell::Null, "{data_type}");
        }
    }
}
