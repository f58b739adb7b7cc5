//! The one text of a value, by its type.

use crate::{Cell, format_date, format_timestamp_micros};
use sluice_contract::ColumnType;

/// The text of a value in a column of `data_type`: digits, ISO dates and times (UTC, without a zone), `true` and `false`.
/// [`crate::parse_cell`] reads the same value from it. `None` for null, for what an event does not have, and for bytes and
/// lists.
///
/// ```
/// use sluice_change::{cell_text, parse_cell};
///
/// let text = |data_type: &str, text: &str| {
///     let data_type = data_type.parse().unwrap();
///     cell_text(&data_type, &parse_cell(&data_type, text).unwrap()).unwrap()
/// };
/// assert_eq!(text("decimal(8,2)", "-0.5"), "-0.50");
/// assert_eq!(text("bigint", " 007 "), "7");
/// assert_eq!(text("timestamp", "2026-01-02T03:04:05+01:00"), "2026-01-02 02:04:05");
/// ```
#[must_use]
pub fn cell_text(data_type: &ColumnType, cell: &Cell<'_>) -> Option<String> {
    match (cell, data_type) {
        (Cell::Null | Cell::Absent | Cell::Bytes(_) | Cell::List(_) | Cell::Struct(_) | Cell::Map(_), _) => None,
        (Cell::Bool(value), _) => Some(value.to_string()),
        (Cell::Int(days), ColumnType::Date) => format_date(*days),
        (Cell::Int(micros), ColumnType::Timestamp | ColumnType::TimestampNtz) => format_timestamp_micros(*micros),
        (Cell::Int(value), _) => Some(value.to_string()),
        (Cell::Float(value), _) => Some(value.to_string()),
        (Cell::Decimal(unscaled), ColumnType::Decimal { scale, .. }) => Some(decimal_text(*unscaled, *scale)),
        (Cell::Decimal(unscaled), _) => Some(unscaled.to_string()),
        (Cell::Text(text), _) => Some(text.clone().into_owned()),
    }
}

fn decimal_text(unscaled: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::cell_text;
    use crate::parse_cell;
    use sluice_contract::ColumnType;

    #[test]
    fn a_text_is_read_as_the_value_that_it_is_of() {
        for (data_type, text) in [
            ("decimal(38,10)", "9999999999999999999999999999.9999999999"),
            ("decimal(5,2)", "-0.01"),
            ("decimal(5,0)", "12"),
            ("date", "0044-03-15 BC"),
            ("timestamp_ntz", "infinity"),
            ("timestamp", "2024-06-05 08:04:45.673144"),
            ("boolean", "false"),
            ("double", "-0.1"),
            ("uuid", "1af12799-dcbf-4b2c-b260-acdf44b58b76"),
        ] {
            let data_type: ColumnType = data_type.parse().unwrap();
            let cell = parse_cell(&data_type, text).unwrap();
            assert_eq!(cell_text(&data_type, &cell).as_deref(), Some(text));
        }
    }
}
