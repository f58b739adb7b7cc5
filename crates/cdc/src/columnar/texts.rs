//! Values of an Arrow array as texts that lose nothing.

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Float32Type,
    Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, Time32MillisecondType, Time32SecondType,
    Time64MicrosecondType, Time64NanosecondType, TimeUnit, TimestampMicrosecondType, TimestampMillisecondType,
    TimestampNanosecondType, TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use sluice_change::{TIMESTAMP_INFINITY, format_date, format_time_micros, format_timestamp_micros};
use std::fmt::Write as _;
use std::sync::Arc;

const DAY_MILLIS: i64 = 86_400_000;

/// Texts of all values of `array`, `None` where null; the forms that
/// [`sluice_change::parse_cell`] reads. `None` for a type that has no such form.
///
/// A date or time that silver does not hold has a text that is none, its number with the unit, so that it is refused and
/// not read as another one.
pub(crate) fn texts(array: &ArrayRef) -> Option<Vec<Option<String>>> {
    texts_of(array, false)
}

/// The same for a column of instants. A time of Parquet counts from 1970 UTC, so its text says the zone: that of a text
/// in the file may be another one.
pub(crate) fn instants(array: &ArrayRef) -> Option<Vec<Option<String>>> {
    texts_of(array, true)
}

fn texts_of(array: &ArrayRef, are_instants: bool) -> Option<Vec<Option<String>>> {
    let texts = |array: &ArrayRef| texts_of(array, are_instants);
    macro_rules! primitive {
        ($kind:ty, $text:expr) => {
            Some(array.as_primitive_opt::<$kind>()?.iter().map(|value| value.map($text)).collect())
        };
    }
    macro_rules! times {
        ($kind:ty, $unit:literal, $number:expr, $text:expr) => {{
            let (number, text): (fn(i64) -> Option<i64>, fn(i64) -> Option<String>) = ($number, $text);
            let text = |value: i64| number(value).and_then(text).unwrap_or_else(|| format!("{value} {}", $unit));
            Some(array.as_primitive_opt::<$kind>()?.iter().map(|value| value.map(|v| text(i64::from(v)))).collect())
        }};
    }
    let time: fn(i64) -> Option<String> = |micros| Some(format_time_micros(micros));
    match array.data_type() {
        DataType::Null => Some(vec![None; array.len()]),
        DataType::Boolean => Some(array.as_boolean_opt()?.iter().map(|value| value.map(|v| v.to_string())).collect()),
        DataType::Int8 => primitive!(Int8Type, |v| v.to_string()),
        DataType::Int16 => primitive!(Int16Type, |v| v.to_string()),
        DataType::Int32 => primitive!(Int32Type, |v| v.to_string()),
        DataType::Int64 => primitive!(Int64Type, |v| v.to_string()),
        DataType::UInt8 => primitive!(UInt8Type, |v| v.to_string()),
        DataType::UInt16 => primitive!(UInt16Type, |v| v.to_string()),
        DataType::UInt32 => primitive!(UInt32Type, |v| v.to_string()),
        DataType::UInt64 => primitive!(UInt64Type, |v| v.to_string()),
        // As a double: its shortest text, read as a double, is the value again.
        DataType::Float32 => primitive!(Float32Type, |v| float(f64::from(v))),
        DataType::Float64 => primitive!(Float64Type, float),
        DataType::Decimal32(..) => decimals(array.as_primitive_opt::<Decimal32Type>()?),
        DataType::Decimal64(..) => decimals(array.as_primitive_opt::<Decimal64Type>()?),
        DataType::Decimal128(..) => decimals(array.as_primitive_opt::<Decimal128Type>()?),
        DataType::Decimal256(..) => decimals(array.as_primitive_opt::<Decimal256Type>()?),
        DataType::Utf8 => Some(array.as_string_opt::<i32>()?.iter().map(|v| v.map(str::to_owned)).collect()),
        DataType::Date32 => times!(Date32Type, "days", Some, format_date),
        DataType::Date64 => times!(
            Date64Type,
            "milliseconds",
            |v| (v.rem_euclid(DAY_MILLIS) == 0).then(|| v.div_euclid(DAY_MILLIS)),
            format_date
        ),
        DataType::Time32(TimeUnit::Second) => {
            times!(Time32SecondType, "seconds", |v| v.checked_mul(1_000_000), time)
        }
        DataType::Time32(_) => times!(Time32MillisecondType, "milliseconds", |v| v.checked_mul(1_000), time),
        DataType::Time64(TimeUnit::Microsecond) => times!(Time64MicrosecondType, "microseconds", Some, time),
        DataType::Time64(_) => times!(Time64NanosecondType, "nanoseconds", |v| Some(v.div_euclid(1_000)), time),
        DataType::Timestamp(unit, _) => {
            let found: Option<Vec<Option<String>>> = match unit {
                TimeUnit::Second => {
                    times!(
                        TimestampSecondType,
                        "seconds",
                        |v| finite(v.checked_mul(1_000_000)),
                        format_timestamp_micros
                    )
                }
                TimeUnit::Millisecond => {
                    times!(
                        TimestampMillisecondType,
                        "milliseconds",
                        |v| finite(v.checked_mul(1_000)),
                        format_timestamp_micros
                    )
                }
                TimeUnit::Microsecond => {
                    times!(TimestampMicrosecondType, "microseconds", Some, format_timestamp_micros)
                }
                TimeUnit::Nanosecond => {
                    times!(
                        TimestampNanosecondType,
                        "nanoseconds",
                        |v| Some(v.div_euclid(1_000)),
                        format_timestamp_micros
                    )
                }
            };
            if are_instants { found.map(in_utc) } else { found }
        }
        DataType::Binary => Some(array.as_binary_opt::<i32>()?.iter().map(|v| v.map(hex)).collect()),
        DataType::LargeUtf8 | DataType::Utf8View => texts(&cast(array, &DataType::Utf8).ok()?),
        DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            texts(&cast(array, &DataType::Binary).ok()?)
        }
        DataType::Dictionary(_, values) => texts(&cast(array, values).ok()?),
        DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            texts(&cast(array, &DataType::List(Arc::clone(item))).ok()?)
        }
        DataType::List(_) => {
            let list = array.as_list_opt::<i32>()?;
            (0..list.len())
                .map(|row| {
                    if list.is_null(row) {
                        Some(None)
                    } else {
                        texts(&list.value(row)).map(|items| Some(literal(&items)))
                    }
                })
                .collect()
        }
        _ => None,
    }
}

/// Times that say that they are of UTC. An infinity has no zone, and a number with its unit is no time.
fn in_utc(texts: Vec<Option<String>>) -> Vec<Option<String>> {
    let mark = |mut text: String| {
        if text.ends_with(|last: char| last.is_ascii_digit()) {
            text.push('Z');
        }
        text
    };
    texts.into_iter().map(|text| text.map(mark)).collect()
}

/// Microseconds that a coarser unit comes to: none of them is an infinity.
fn finite(micros: Option<i64>) -> Option<i64> {
    micros.filter(|micros| micros.unsigned_abs() < TIMESTAMP_INFINITY.unsigned_abs())
}

fn decimals<T: arrow::datatypes::DecimalType>(array: &arrow::array::PrimitiveArray<T>) -> Option<Vec<Option<String>>> {
    Some((0..array.len()).map(|row| (!array.is_null(row)).then(|| array.value_as_string(row))).collect())
}

fn float(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned()
    } else {
        value.to_string()
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 + 2 * bytes.len());
    text.push_str("\\x");
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// A PostgreSQL array literal.
fn literal(values: &[Option<String>]) -> String {
    let quoted: Vec<String> = values
        .iter()
        .map(|value| match value {
            Some(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            None => "NULL".to_owned(),
        })
        .collect();
    format!("{{{}}}", quoted.join(","))
}
