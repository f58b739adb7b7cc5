//! Values of Arrow arrays as text.

use super::{date_text, timestamp_text};
use arrow_array::{Array, ArrayRef, cast::AsArray, types};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, TimeUnit};
use std::fmt::Write as _;

/// Bytes of a binary value that are shown.
const BYTES_SHOWN: usize = 32;
/// Items of a list that are shown.
const ITEMS_SHOWN: usize = 50;

/// Text of a value, `None` for null.
#[must_use]
pub fn cell_text(array: &ArrayRef, row: usize) -> Option<String> {
    if array.is_null(row) || matches!(array.data_type(), DataType::Null) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::LargeUtf8 => array.as_string::<i64>().value(row).to_owned(),
        DataType::Utf8View => array.as_string_view().value(row).to_owned(),
        DataType::Int32 => array.as_primitive::<types::Int32Type>().value(row).to_string(),
        DataType::Int64 => array.as_primitive::<types::Int64Type>().value(row).to_string(),
        DataType::Float32 => float_text(f64::from(array.as_primitive::<types::Float32Type>().value(row)), true),
        DataType::Float64 => float_text(array.as_primitive::<types::Float64Type>().value(row), false),
        // Sums of whole numbers have up to 39 digits; the formatter of Arrow leaves out those after the 38th.
        DataType::Decimal128(_, 0) => array.as_primitive::<types::Decimal128Type>().value(row).to_string(),
        DataType::Date32 => date_text(i64::from(array.as_primitive::<types::Date32Type>().value(row))),
        DataType::Timestamp(unit, _) => timestamp(array, *unit, row),
        DataType::Binary => hex(array.as_binary::<i32>().value(row)),
        DataType::LargeBinary => hex(array.as_binary::<i64>().value(row)),
        DataType::BinaryView => hex(array.as_binary_view().value(row)),
        DataType::FixedSizeBinary(_) => hex(array.as_fixed_size_binary().value(row)),
        DataType::List(_) => list(&array.as_list::<i32>().value(row)),
        DataType::LargeList(_) => list(&array.as_list::<i64>().value(row)),
        DataType::FixedSizeList(_, _) => list(&array.as_fixed_size_list().value(row)),
        DataType::Struct(_) => structure(array, row),
        DataType::Map(..) => map(array, row),
        _ => fallback(array, row),
    })
}

fn timestamp(array: &ArrayRef, unit: TimeUnit, row: usize) -> String {
    match unit {
        TimeUnit::Second => timestamp_text(array.as_primitive::<types::TimestampSecondType>().value(row), 1),
        TimeUnit::Millisecond => {
            timestamp_text(array.as_primitive::<types::TimestampMillisecondType>().value(row), 1_000)
        }
        TimeUnit::Microsecond => {
            timestamp_text(array.as_primitive::<types::TimestampMicrosecondType>().value(row), 1_000_000)
        }
        TimeUnit::Nanosecond => {
            timestamp_text(array.as_primitive::<types::TimestampNanosecondType>().value(row), 1_000_000_000)
        }
    }
}

fn float_text(value: f64, single: bool) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "infinity".to_owned() } else { "-infinity".to_owned() }
    } else if single {
        #[expect(clippy::cast_possible_truncation, reason = "the value was a f32")]
        let value = value as f32;
        format!("{value:?}")
    } else {
        format!("{value:?}")
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::from("\\x");
    for byte in bytes.iter().take(BYTES_SHOWN) {
        let _ = write!(text, "{byte:02x}");
    }
    if bytes.len() > BYTES_SHOWN {
        let _ = write!(text, "… {} bytes", bytes.len());
    }
    text
}

fn list(items: &ArrayRef) -> String {
    let mut shown: Vec<String> = (0..items.len().min(ITEMS_SHOWN)).map(|row| nested(items, row)).collect();
    if items.len() > ITEMS_SHOWN {
        shown.push("…".to_owned());
    }
    format!("[{}]", shown.join(", "))
}

fn structure(array: &ArrayRef, row: usize) -> String {
    let fields = array.as_struct();
    let shown: Vec<String> = fields
        .column_names()
        .into_iter()
        .zip(fields.columns())
        .map(|(name, column)| format!("{name}: {}", nested(column, row)))
        .collect();
    format!("{{{}}}", shown.join(", "))
}

fn map(array: &ArrayRef, row: usize) -> String {
    let entries = array.as_map().value(row);
    let (keys, values) = (entries.column(0), entries.column(1));
    let mut shown: Vec<String> = (0..entries.len().min(ITEMS_SHOWN))
        .map(|entry| format!("{}: {}", nested(keys, entry), nested(values, entry)))
        .collect();
    if entries.len() > ITEMS_SHOWN {
        shown.push("…".to_owned());
    }
    format!("{{{}}}", shown.join(", "))
}

fn nested(array: &ArrayRef, row: usize) -> String {
    cell_text(array, row).unwrap_or_else(|| "∅".to_owned())
}

fn fallback(array: &ArrayRef, row: usize) -> String {
    let options = FormatOptions::default().with_null("∅");
    match ArrayFormatter::try_new(array.as_ref(), &options) {
        Ok(formatter) => formatter.value(row).try_to_string().unwrap_or_else(|_| "(cannot be shown)".to_owned()),
        Err(_) => "(cannot be shown)".to_owned(),
    }
}
