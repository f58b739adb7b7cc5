//! Rows of nested columns as records of Kafka Connect in JSON: what a JSON converter would have written of them.
//!
//! Dates, times, decimals and bytes are numbers and base64 there, and the schema beside the record says what they are.

use super::nested::Json;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, StructArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Decimal128Type, Decimal256Type, Field, TimeUnit};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use num_bigint::BigInt;
use serde_json::{Map, Value};
use sluice_contract::limits;
use std::sync::Arc;

/// Records with the schema that says what their values are. `schema` is the one of Kafka Connect, where the file brings
/// it. `None` for data that cannot be read.
pub(crate) fn records(batch: &RecordBatch, schema: Option<&Value>) -> Option<Vec<String>> {
    let rows: ArrayRef = Arc::new(StructArray::from(batch.clone()));
    let json = Json::of(&rows, limits::JSON_DEPTH_MAX + 1, &connect_values)?;
    let by_types = Value::Object(struct_schema(batch.schema().fields().iter().map(AsRef::as_ref)));
    let schema = schema.map_or_else(|| by_types.clone(), |schema| overlaid(&by_types, schema)).to_string();
    let record = |row| {
        let mut text = format!("{{\"schema\":{schema},\"payload\":");
        json.write(row, &mut text);
        text.push('}');
        text
    };
    Some((0..batch.num_rows()).map(record).collect())
}

fn connect_values(array: &ArrayRef) -> Option<(Vec<Option<String>>, bool)> {
    let base64 = |bytes: &[u8]| BASE64_STANDARD.encode(bytes);
    Some(match array.data_type() {
        DataType::Date32 | DataType::Time32(_) => return connect_values(&cast(array, &DataType::Int32).ok()?),
        DataType::Date64 => return connect_values(&cast(array, &DataType::Date32).ok()?),
        DataType::Time64(_) | DataType::Timestamp(..) => return connect_values(&cast(array, &DataType::Int64).ok()?),
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            return connect_values(&cast(array, &DataType::Binary).ok()?);
        }
        DataType::Dictionary(_, values) => return connect_values(&cast(array, values).ok()?),
        DataType::Binary => {
            let values = array.as_binary_opt::<i32>()?.iter();
            (values.map(|value| value.map(base64)).collect(), false)
        }
        DataType::Decimal128(..) => {
            let values = array.as_primitive_opt::<Decimal128Type>()?.iter();
            let text = |value: i128| base64(&BigInt::from(value).to_signed_bytes_be());
            (values.map(|value| value.map(text)).collect(), false)
        }
        DataType::Decimal256(..) => {
            let values = array.as_primitive_opt::<Decimal256Type>()?.iter();
            let text = |value: arrow::datatypes::i256| {
                base64(&BigInt::from_signed_bytes_be(&value.to_be_bytes()).to_signed_bytes_be())
            };
            (values.map(|value| value.map(text)).collect(), false)
        }
        data_type => {
            let bare = data_type.is_numeric() || *data_type == DataType::Boolean;
            (super::texts::texts(array)?, bare)
        }
    })
}

fn struct_schema<'f>(fields: impl Iterator<Item = &'f Field>) -> Map<String, Value> {
    let fields = fields.map(|field| {
        let mut schema = field_schema(field.data_type());
        schema.insert("field".to_owned(), field.name().as_str().into());
        Value::Object(schema)
    });
    let fields: Vec<Value> = fields.collect();
    Map::from_iter([("type".to_owned(), "struct".into()), ("fields".to_owned(), fields.into())])
}

fn field_schema(data_type: &DataType) -> Map<String, Value> {
    let plain = |kind: &str| Map::from_iter([("type".to_owned(), Value::from(kind))]);
    let named = |kind: &str, name: &str| {
        let mut schema = plain(kind);
        schema.insert("name".to_owned(), format!("io.debezium.time.{name}").into());
        schema
    };
    match data_type {
        DataType::Struct(fields) => struct_schema(fields.iter().map(AsRef::as_ref)),
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            let mut schema = plain("array");
            schema.insert("items".to_owned(), Value::Object(field_schema(item.data_type())));
            schema
        }
        DataType::Map(entries, _) => {
            let mut schema = plain("map");
            if let DataType::Struct(fields) = entries.data_type()
                && let Some(value) = fields.get(1)
            {
                // Its keys are written as texts, whatever they are.
                schema.insert("keys".to_owned(), Value::Object(plain("string")));
                schema.insert("values".to_owned(), Value::Object(field_schema(value.data_type())));
            }
            schema
        }
        DataType::Date32 | DataType::Date64 => named("int32", "Date"),
        DataType::Time32(TimeUnit::Millisecond) => named("int32", "Time"),
        DataType::Time64(TimeUnit::Microsecond) => named("int64", "MicroTime"),
        DataType::Time64(TimeUnit::Nanosecond) => named("int64", "NanoTime"),
        DataType::Timestamp(TimeUnit::Millisecond, _) => named("int64", "Timestamp"),
        DataType::Timestamp(TimeUnit::Microsecond, _) => named("int64", "MicroTimestamp"),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => named("int64", "NanoTimestamp"),
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            let mut schema = plain("bytes");
            let parameters = Map::from_iter([
                ("scale".to_owned(), Value::from(scale.to_string())),
                ("connect.decimal.precision".to_owned(), Value::from(precision.to_string())),
            ]);
            schema.insert("name".to_owned(), "org.apache.kafka.connect.data.Decimal".into());
            schema.insert("parameters".to_owned(), parameters.into());
            schema
        }
        DataType::Boolean => plain("boolean"),
        DataType::Float16 | DataType::Float32 => plain("float"),
        DataType::Float64 => plain("double"),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            plain("bytes")
        }
        // Kafka Connect has none; it is the type of its JSON that a contract reads.
        DataType::UInt64 => plain("uint64"),
        other if other.is_integer() => plain("int64"),
        _ => plain("string"),
    }
}

/// A schema by the types of the columns, with the names that the file's own schema has where a type says nothing.
fn overlaid(by_types: &Value, own: &Value) -> Value {
    let mut merged = by_types.clone();
    let Value::Object(node) = &mut merged else { return merged };
    if !node.contains_key("name") {
        for name in ["name", "parameters"] {
            if let Some(value) = own.get(name) {
                node.insert(name.to_owned(), value.clone());
            }
        }
    }
    for part in ["items", "values"] {
        if let (Some(inner), Some(own)) = (node.get(part).cloned(), own.get(part)) {
            node.insert(part.to_owned(), overlaid(&inner, own));
        }
    }
    if let (Some(Value::Array(fields)), Some(Value::Array(own))) = (node.get_mut("fields"), own.get("fields")) {
        for field in fields {
            if let Some(same) = own.iter().find(|same| same.get("field") == field.get("field")) {
                *field = overlaid(field, same);
            }
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::records;
    use arrow::array::{ArrayRef, BinaryArray, Decimal128Array, Int64Array, StructArray, TimestampMicrosecondArray};
    use arrow::datatypes::{DataType, Field};
    use serde_json::{Value, json};
    use std::sync::Arc;

    #[test]
    fn values_are_written_as_a_json_converter_writes_them() {
        let amount: ArrayRef =
            Arc::new(Decimal128Array::from(vec![Some(-12_345)]).with_precision_and_scale(12, 2).unwrap());
        let at: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![Some(7)]));
        let raw: ArrayRef = Arc::new(BinaryArray::from(vec![Some(&[0xde_u8, 0xad][..])]));
        let fields = vec![
            Arc::new(Field::new("amount", DataType::Decimal128(12, 2), true)),
            Arc::new(Field::new("at", at.data_type().clone(), true)),
            Arc::new(Field::new("raw", DataType::Binary, true)),
        ];
        let after: ArrayRef = Arc::new(StructArray::new(fields.into(), vec![amount, at, raw], None));
        let lsn: ArrayRef = Arc::new(Int64Array::from(vec![9]));
        let batch = arrow::array::RecordBatch::try_from_iter([("after", after), ("lsn", lsn)]).unwrap();
        let own = json!({"type": "struct", "fields": [{"field": "lsn", "type": "int64", "name": "x.Lsn"}]});
        let record: Value = serde_json::from_str(&records(&batch, Some(&own)).unwrap()[0]).unwrap();
        assert_eq!(record["payload"], json!({"after": {"amount": "z8c=", "at": 7, "raw": "3q0="}, "lsn": 9}));
        let after = &record["schema"]["fields"][0];
        assert_eq!(after["fields"][0]["parameters"]["scale"], "2");
        assert_eq!(after["fields"][1]["name"], "io.debezium.time.MicroTimestamp");
        assert_eq!(record["schema"]["fields"][1]["name"], "x.Lsn");
    }
}
