//! Cells into Arrow arrays.

use crate::Cell;
use crate::schema::{LIST_ELEMENT, arrow_type, map_entries, map_fields, struct_fields};
use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Float32Builder, Float64Builder,
    Int16Builder, Int32Builder, Int64Builder, ListArray, MapArray, StringBuilder, StructArray,
    TimestampMicrosecondBuilder,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::datatypes::{Field, Fields};
use sluice_contract::ColumnType;
use std::sync::Arc;

/// Builds the array of one column. Cells have to be valid for its type; `Null` and `Absent` both
/// become null (absence is kept beside the array).
pub struct ColumnBuilder {
    inner: Inner,
}

enum Inner {
    Boolean(BooleanBuilder),
    SmallInt(Int16Builder),
    Int(Int32Builder),
    BigInt(Int64Builder),
    Float(Float32Builder),
    Double(Float64Builder),
    Decimal(Decimal128Builder),
    Text(StringBuilder),
    Binary(BinaryBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    List(ListParts),
    Struct(StructParts),
    Map(MapParts),
}

struct StructParts {
    fields: Fields,
    values: Vec<ColumnBuilder>,
    valid: Vec<bool>,
}

struct MapParts {
    value: ColumnType,
    keys: StringBuilder,
    values: Box<ColumnBuilder>,
    lengths: Vec<usize>,
    valid: Vec<bool>,
}

struct ListParts {
    element: ColumnType,
    values: Box<ColumnBuilder>,
    lengths: Vec<usize>,
    valid: Vec<bool>,
}

impl ColumnBuilder {
    /// Name of the field inside a list, as Delta writers use it.
    pub const LIST_ELEMENT: &'static str = LIST_ELEMENT;

    /// A builder for `data_type`.
    #[must_use]
    pub fn new(data_type: &ColumnType) -> Self {
        Self::with_room(data_type, 0)
    }

    /// The same with room for so many values, as far as they are of fixed size.
    #[must_use]
    pub fn with_room(data_type: &ColumnType, count: usize) -> Self {
        let inner = match data_type {
            ColumnType::Boolean => Inner::Boolean(BooleanBuilder::with_capacity(count)),
            ColumnType::SmallInt => Inner::SmallInt(Int16Builder::with_capacity(count)),
            ColumnType::Int => Inner::Int(Int32Builder::with_capacity(count)),
            ColumnType::BigInt => Inner::BigInt(Int64Builder::with_capacity(count)),
            ColumnType::Float => Inner::Float(Float32Builder::with_capacity(count)),
            ColumnType::Double => Inner::Double(Float64Builder::with_capacity(count)),
            ColumnType::Decimal { .. } => {
                Inner::Decimal(Decimal128Builder::with_capacity(count).with_data_type(arrow_type(data_type)))
            }
            ColumnType::Numeric | ColumnType::String | ColumnType::Time | ColumnType::Uuid | ColumnType::Json => {
                Inner::Text(StringBuilder::with_capacity(count, 0))
            }
            ColumnType::Binary => Inner::Binary(BinaryBuilder::with_capacity(count, 0)),
            ColumnType::Date => Inner::Date(Date32Builder::with_capacity(count)),
            ColumnType::Timestamp | ColumnType::TimestampNtz => Inner::Timestamp(
                TimestampMicrosecondBuilder::with_capacity(count).with_data_type(arrow_type(data_type)),
            ),
            ColumnType::Array(element) => Inner::List(ListParts {
                element: (**element).clone(),
                values: Box::new(Self::new(element)),
                lengths: Vec::new(),
                valid: Vec::new(),
            }),
            ColumnType::Struct(fields) => Inner::Struct(StructParts {
                fields: struct_fields(fields),
                values: fields.iter().map(|(_, data_type)| Self::new(data_type)).collect(),
                valid: Vec::new(),
            }),
            ColumnType::Map(value) => Inner::Map(MapParts {
                value: (**value).clone(),
                keys: StringBuilder::new(),
                values: Box::new(Self::new(value)),
                lengths: Vec::new(),
                valid: Vec::new(),
            }),
        };
        Self { inner }
    }

    /// Appends a cell; a cell of another type, or one that does not fit, becomes null (decoders never make one).
    #[expect(clippy::cast_possible_truncation, reason = "a cell of `float` is one of 32 bits exactly")]
    pub fn append(&mut self, cell: &Cell<'_>) {
        match (&mut self.inner, cell) {
            (Inner::Boolean(b), Cell::Bool(v)) => b.append_value(*v),
            (Inner::SmallInt(b), Cell::Int(v)) => b.append_option(i16::try_from(*v).ok()),
            (Inner::Int(b), Cell::Int(v)) => b.append_option(i32::try_from(*v).ok()),
            (Inner::BigInt(b), Cell::Int(v)) => b.append_value(*v),
            (Inner::Float(b), Cell::Float(v)) => b.append_value(*v as f32),
            (Inner::Double(b), Cell::Float(v)) => b.append_value(*v),
            (Inner::Decimal(b), Cell::Decimal(v)) => b.append_value(*v),
            (Inner::Text(b), Cell::Text(v)) => b.append_value(v),
            (Inner::Binary(b), Cell::Bytes(v)) => b.append_value(v),
            (Inner::Date(b), Cell::Int(v)) => b.append_option(i32::try_from(*v).ok()),
            (Inner::Timestamp(b), Cell::Int(v)) => b.append_value(*v),
            (Inner::List(parts), Cell::List(cells)) => {
                for cell in cells {
                    parts.values.append(cell);
                }
                parts.lengths.push(cells.len());
                parts.valid.push(true);
            }
            (Inner::Struct(parts), Cell::Struct(cells)) => {
                for (position, value) in parts.values.iter_mut().enumerate() {
                    value.append(cells.get(position).unwrap_or(&Cell::Null));
                }
                parts.valid.push(true);
            }
            (Inner::Map(parts), Cell::Map(entries)) => {
                for (key, value) in entries {
                    parts.keys.append_value(key);
                    parts.values.append(value);
                }
                parts.lengths.push(entries.len());
                parts.valid.push(true);
            }
            (inner, _) => append_null(inner),
        }
    }

    /// The array of everything appended so far; the builder is empty afterwards.
    pub fn finish(&mut self) -> ArrayRef {
        match &mut self.inner {
            Inner::Boolean(b) => Arc::new(b.finish()),
            Inner::SmallInt(b) => Arc::new(b.finish()),
            Inner::Int(b) => Arc::new(b.finish()),
            Inner::BigInt(b) => Arc::new(b.finish()),
            Inner::Float(b) => Arc::new(b.finish()),
            Inner::Double(b) => Arc::new(b.finish()),
            Inner::Decimal(b) => Arc::new(b.finish()),
            Inner::Text(b) => Arc::new(b.finish()),
            Inner::Binary(b) => Arc::new(b.finish()),
            Inner::Date(b) => Arc::new(b.finish()),
            Inner::Timestamp(b) => Arc::new(b.finish()),
            Inner::List(parts) => {
                let field = Field::new(Self::LIST_ELEMENT, arrow_type(&parts.element), true);
                let offsets = OffsetBuffer::from_lengths(std::mem::take(&mut parts.lengths));
                let nulls = NullBuffer::from(std::mem::take(&mut parts.valid));
                Arc::new(ListArray::new(Arc::new(field), offsets, parts.values.finish(), Some(nulls)))
            }
            Inner::Struct(parts) => {
                let nulls = NullBuffer::from(std::mem::take(&mut parts.valid));
                let values = parts.values.iter_mut().map(Self::finish).collect();
                Arc::new(StructArray::new(parts.fields.clone(), values, Some(nulls)))
            }
            Inner::Map(parts) => {
                let offsets = OffsetBuffer::from_lengths(std::mem::take(&mut parts.lengths));
                let nulls = NullBuffer::from(std::mem::take(&mut parts.valid));
                let columns: Vec<ArrayRef> = vec![Arc::new(parts.keys.finish()), parts.values.finish()];
                let entries = StructArray::new(map_fields(&parts.value), columns, None);
                Arc::new(MapArray::new(Arc::new(map_entries(&parts.value)), offsets, entries, Some(nulls), false))
            }
        }
    }
}

fn append_null(inner: &mut Inner) {
    match inner {
        Inner::Boolean(b) => b.append_null(),
        Inner::SmallInt(b) => b.append_null(),
        Inner::Int(b) => b.append_null(),
        Inner::BigInt(b) => b.append_null(),
        Inner::Float(b) => b.append_null(),
        Inner::Double(b) => b.append_null(),
        Inner::Decimal(b) => b.append_null(),
        Inner::Text(b) => b.append_null(),
        Inner::Binary(b) => b.append_null(),
        Inner::Date(b) => b.append_null(),
        Inner::Timestamp(b) => b.append_null(),
        Inner::List(parts) => {
            parts.lengths.push(0);
            parts.valid.push(false);
        }
        Inner::Map(parts) => {
            parts.lengths.push(0);
            parts.valid.push(false);
        }
        Inner::Struct(parts) => {
            parts.values.iter_mut().for_each(|value| value.append(&Cell::Null));
            parts.valid.push(false);
        }
    }
}
