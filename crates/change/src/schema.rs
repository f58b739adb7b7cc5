//! Arrow types of the contract's columns.

use arrow::datatypes::{DataType, Field, Fields, Schema, TimeUnit};
use sluice_contract::{Column, ColumnType, Contract};
use std::sync::Arc;

/// Name of the field inside a list, as Delta writers use it.
pub(crate) const LIST_ELEMENT: &str = "element";

/// Arrow type of a column. Text for what Delta has no type for (`time`, `uuid`, `json`, `numeric`).
#[must_use]
pub fn arrow_type(data_type: &ColumnType) -> DataType {
    match data_type {
        ColumnType::Boolean => DataType::Boolean,
        ColumnType::SmallInt => DataType::Int16,
        ColumnType::Int => DataType::Int32,
        ColumnType::BigInt => DataType::Int64,
        ColumnType::Float => DataType::Float32,
        ColumnType::Double => DataType::Float64,
        ColumnType::Decimal { precision, scale } => {
            DataType::Decimal128(*precision, i8::try_from(*scale).unwrap_or(i8::MAX))
        }
        ColumnType::Numeric | ColumnType::String | ColumnType::Time | ColumnType::Uuid | ColumnType::Json => {
            DataType::Utf8
        }
        ColumnType::Binary => DataType::Binary,
        ColumnType::Date => DataType::Date32,
        ColumnType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ColumnType::TimestampNtz => DataType::Timestamp(TimeUnit::Microsecond, None),
        ColumnType::Struct(fields) => DataType::Struct(struct_fields(fields)),
        ColumnType::Map(value) => DataType::Map(Arc::new(map_entries(value)), false),
        ColumnType::Array(element) => DataType::List(Arc::new(Field::new(LIST_ELEMENT, arrow_type(element), true))),
    }
}

/// Arrow fields of a struct.
pub(crate) fn struct_fields(fields: &[(String, ColumnType)]) -> Fields {
    fields.iter().map(|(name, data_type)| Field::new(name, arrow_type(data_type), true)).collect()
}

/// Arrow fields of a map's keys and values, named as Delta readers name them.
pub(crate) fn map_fields(value: &ColumnType) -> Fields {
    [Field::new("key", DataType::Utf8, false), Field::new("value", arrow_type(value), true)].into_iter().collect()
}

/// Arrow field of a map's entries.
pub(crate) fn map_entries(value: &ColumnType) -> Field {
    Field::new("key_value", DataType::Struct(map_fields(value)), false)
}

/// Arrow field of a column; always nullable, the contract decides on nulls.
#[must_use]
pub fn arrow_field(column: &Column) -> Field {
    Field::new(&column.name, arrow_type(&column.data_type), true)
}

/// Arrow schema of the contract's columns, in order.
#[must_use]
pub fn contract_schema(contract: &Contract) -> Schema {
    Schema::new(contract.columns.iter().map(arrow_field).collect::<Vec<_>>())
}
