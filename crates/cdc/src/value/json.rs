//! A JSON value of a Debezium record as a cell.

use super::encoding::Encoding;
use super::number::{base64_bytes, from_unscaled};
use super::unavailable::Unavailable;
use crate::text::json_fields::{compact, each_member, elements, members, string};
use sluice_change::{
    Cell, CellError, DAY_MICROS, TIMESTAMP_INFINITY, TIMESTAMP_MINUS_INFINITY, float_of, format_time_micros,
    normalize_numeric, parse_cell,
};
use sluice_contract::{ColumnType, DecimalText};
use std::borrow::Cow;

/// `infinity` of PostgreSQL in microseconds, as the Debezium connector sends it.
const DEBEZIUM_INFINITY: i64 = 9_223_372_036_825_200_000;
/// `-infinity` likewise.
const DEBEZIUM_MINUS_INFINITY: i64 = -9_223_372_036_832_400_000;
/// Days that have a text: the years -262143 to 262142 of the calendar.
const DAYS_MAX: i128 = 95_000_000;

/// What values are read with, besides their type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'p> {
    /// How a decimal arrives as text when no schema says it.
    pub(crate) decimals: DecimalText,
    /// The placeholder for values that were not sent.
    pub(crate) unavailable: &'p Unavailable,
}

impl Values<'_> {
    /// The cell of the JSON text `raw` in a column of `data_type`.
    ///
    /// By the "Data type mappings" of the Debezium PostgreSQL connector; without a schema
    /// timestamps and times are microseconds (`time.precision.mode=adaptive` with PostgreSQL's
    /// default precision) and dates are days.
    ///
    /// # Errors
    /// [`CellError`] when the value is not of the type or does not fit.
    pub(crate) fn cell<'a>(
        &self,
        data_type: &ColumnType,
        encoding: &Encoding,
        raw: &'a str,
    ) -> Result<Cell<'a>, CellError> {
        if raw == "null" {
            return Ok(Cell::Null);
        }
        if self.unavailable.is(data_type, raw) {
            return Ok(Cell::Absent);
        }
        match raw.as_bytes().first() {
            Some(b'"') => {
                let text = string(raw).ok_or_else(|| CellError::mismatch(data_type))?;
                self.text(data_type, encoding, text)
            }
            Some(b'{') => object(data_type, raw),
            Some(b'[') => self.list(data_type, encoding, raw),
            Some(b't' | b'f') => scalar(data_type, raw),
            _ => number(data_type, encoding, raw),
        }
    }

    fn text<'a>(&self, data_type: &ColumnType, encoding: &Encoding, text: Cow<'a, str>) -> Result<Cell<'a>, CellError> {
        let mismatch = || CellError::mismatch(data_type);
        match (data_type, encoding) {
            (_, Encoding::Decimal(scale)) => {
                from_unscaled(data_type, &base64_bytes(&text).ok_or_else(mismatch)?, *scale)
            }
            (ColumnType::Decimal { scale, .. }, Encoding::Unsaid) if self.decimals == DecimalText::Base64 => {
                from_unscaled(data_type, &base64_bytes(&text).ok_or_else(mismatch)?, i32::from(*scale))
            }
            (ColumnType::Binary, _) => Ok(Cell::Bytes(base64_bytes(&text).ok_or_else(mismatch)?.into())),
            (ColumnType::String | ColumnType::Json, _) => Ok(Cell::Text(text)),
            // `ZonedTime` is in UTC and says so.
            (ColumnType::Time, _) => {
                parse_cell(data_type, text.strip_suffix('Z').unwrap_or(&text)).map(Cell::into_owned)
            }
            _ => parse_cell(data_type, &text).map(Cell::into_owned),
        }
    }

    fn list<'a>(&self, data_type: &ColumnType, encoding: &Encoding, raw: &'a str) -> Result<Cell<'a>, CellError> {
        let ColumnType::Array(element) = data_type else { return scalar(data_type, raw) };
        let inner = match encoding {
            Encoding::Array(inner) => inner,
            _ => &Encoding::Unsaid,
        };
        let raws = elements(raw).ok_or_else(|| CellError::mismatch(data_type))?;
        let cells = raws.into_iter().map(|raw| match self.cell(element, inner, raw) {
            // A placeholder stands for a whole value, never for an element.
            Ok(Cell::Absent) => Err(CellError::mismatch(data_type)),
            other => other,
        });
        cells.collect::<Result<Vec<_>, _>>().map(Cell::List)
    }
}

fn number<'a>(data_type: &ColumnType, encoding: &Encoding, raw: &'a str) -> Result<Cell<'a>, CellError> {
    let whole = || raw.parse::<i64>().map_err(|_| CellError::mismatch(data_type));
    let range = || CellError::range(data_type);
    match data_type {
        ColumnType::Float => {
            let value: f64 = raw.parse().map_err(|_| CellError::mismatch(data_type))?;
            float_of(raw, value).filter(|float| float.is_finite()).map(Cell::Float).ok_or_else(range)
        }
        ColumnType::Double => {
            let value: f64 = raw.parse().map_err(|_| CellError::mismatch(data_type))?;
            if value.is_finite() { Ok(Cell::Float(value)) } else { Err(range()) }
        }
        ColumnType::Date => {
            let days = whole()?;
            if i128::from(days).abs() <= DAYS_MAX { Ok(Cell::Int(days)) } else { Err(range()) }
        }
        ColumnType::Time => {
            let micros = micros(whole()?, encoding).filter(|micros| (0..=DAY_MICROS).contains(micros));
            Ok(Cell::Text(format_time_micros(micros.ok_or_else(range)?).into()))
        }
        ColumnType::Timestamp | ColumnType::TimestampNtz => {
            Ok(Cell::Int(match micros(whole()?, encoding).ok_or_else(range)? {
                DEBEZIUM_INFINITY => TIMESTAMP_INFINITY,
                DEBEZIUM_MINUS_INFINITY => TIMESTAMP_MINUS_INFINITY,
                micros if i128::from(micros).abs() > DAYS_MAX * i128::from(DAY_MICROS) => return Err(range()),
                micros => micros,
            }))
        }
        _ => scalar(data_type, raw),
    }
}

/// Microseconds; what is finer is cut, as in texts, because microseconds are the resolution of silver.
fn micros(value: i64, encoding: &Encoding) -> Option<i64> {
    match encoding {
        Encoding::Days => value.checked_mul(DAY_MICROS),
        Encoding::Millis => value.checked_mul(1_000),
        Encoding::Nanos => Some(value.div_euclid(1_000)),
        _ => Some(value),
    }
}

/// A value without quotes, read by its text.
fn scalar<'a>(data_type: &ColumnType, raw: &'a str) -> Result<Cell<'a>, CellError> {
    match data_type {
        ColumnType::Json | ColumnType::String => Ok(Cell::Text(compact(raw).into())),
        ColumnType::Binary | ColumnType::Uuid | ColumnType::Date | ColumnType::Array(_) => {
            Err(CellError::mismatch(data_type))
        }
        _ => parse_cell(data_type, raw),
    }
}

/// An object: JSON given inline, or `VariableScaleDecimal` (`numeric` without a scale).
fn object<'a>(data_type: &ColumnType, raw: &'a str) -> Result<Cell<'a>, CellError> {
    let mismatch = || CellError::mismatch(data_type);
    match data_type {
        ColumnType::Json => Ok(Cell::Text(compact(raw).into())),
        ColumnType::Decimal { .. } | ColumnType::Numeric => variable_scale(data_type, raw).ok_or_else(mismatch)?,
        ColumnType::String => match variable_scale(data_type, raw) {
            Some(cell) => cell,
            None if each_member(raw, |_, _| {}) => Ok(Cell::Text(compact(raw).into())),
            None => Err(mismatch()),
        },
        _ => Err(mismatch()),
    }
}

/// `{"scale": 1, "value": "Dw=="}`; `None` if it is something else.
fn variable_scale(data_type: &ColumnType, raw: &str) -> Option<Result<Cell<'static>, CellError>> {
    let [scale, value] = members(raw, ["scale", "value"])?;
    let scale: i32 = scale?.parse().ok()?;
    let value = value?;
    if let Some(text) = string(value) {
        return Some(from_unscaled(data_type, &base64_bytes(&text)?, scale));
    }
    normalize_numeric(value).map(|_| parse_cell(data_type, value).map(Cell::into_owned))
}

#[cfg(test)]
mod tests;
