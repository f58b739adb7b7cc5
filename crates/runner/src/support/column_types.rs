//! Types of stored columns in the words of a contract.

use arrow::datatypes::DataType;
use sluice_lake::Snapshot;

/// Names and types of a snapshot's columns, in the contract's words.
pub(crate) fn column_types(snapshot: &Snapshot) -> Vec<(String, String)> {
    let fields = snapshot.schema.fields().iter();
    fields.map(|field| (field.name().clone(), type_words(field.data_type()))).collect()
}

/// An Arrow type in the contract's words.
pub(crate) fn type_words(data_type: &DataType) -> String {
    use DataType as D;
    match data_type {
        D::Boolean => "boolean".to_owned(),
        D::Int8 | D::Int16 => "smallint".to_owned(),
        D::Int32 => "int".to_owned(),
        D::Int64 => "bigint".to_owned(),
        D::Float32 => "float".to_owned(),
        D::Float64 => "double".to_owned(),
        D::Decimal128(precision, scale) => format!("decimal({precision},{scale})"),
        D::Binary | D::LargeBinary | D::BinaryView => "binary".to_owned(),
        D::Date32 => "date".to_owned(),
        D::Timestamp(_, Some(_)) => "timestamp".to_owned(),
        D::Timestamp(_, None) => "timestamp_ntz".to_owned(),
        D::List(field) | D::LargeList(field) => format!("array<{}>", type_words(field.data_type())),
        D::Struct(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|field| format!("{}: {}", field.name(), type_words(field.data_type()))).collect();
            format!("struct<{}>", fields.join(", "))
        }
        D::Map(entries, _) => match entries.data_type() {
            D::Struct(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| type_words(part.data_type())).collect();
                format!("map<{}>", parts.join(", "))
            }
            _ => "string".to_owned(),
        },
        _ => "string".to_owned(),
    }
}
