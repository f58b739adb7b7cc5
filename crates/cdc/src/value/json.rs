//! A JSON value of a Debezium record as a cell.

use super::encoding::Encoding;
use super::nested::{entries_of, fields_of};
use super::number::{base64_bytes, from_unscaled};
use super::reading::Reading;
use super::time_number::{SaidUnit, time_cell, time_length};
use super::unavailable::Unavailable;
use crate::text::json_fields::{compact, each_member, elements, members, string};
use sluice_change::{Cell, CellError, json_cell, normalize_numeric, parse_cell};
use sluice_contract::{ColumnType, DecimalText, TimeUnit};
use std::borrow::Cow;

/// What values are read with, besides their type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values<'p> {
    /// How a decimal arrives as text when no schema says it.
    pub(crate) decimals: DecimalText,
    /// How texts are read when no schema says it.
    pub(crate) reading: &'p Reading,
    /// What numbers of the column count when no schema says it.
    pub(crate) unit: Option<TimeUnit>,
    /// Whether the column has texts that are lengths of time.
    pub(crate) is_length: bool,
    /// The placeholder for values that were not sent.
    pub(crate) unavailable: &'p Unavailable,
}

impl Values<'_> {
    /// The cell of the JSON text `raw` in a column of `data_type`.
    ///
    /// By the "Data type mappings" of the Debezium PostgreSQL connector; where neither a schema nor the contract says
    /// the unit, timestamps and times are microseconds (`time.precision.mode=adaptive` with PostgreSQL's default
    /// precision) and dates are days, if the number bears it out.
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
            Some(b'{') => match data_type {
                ColumnType::Struct(fields) => fields_of(data_type, fields, raw, |position, of, raw| {
                    self.cell(of, encoding.of_field(fields, position), raw)
                }),
                ColumnType::Map(value) => entries_of(data_type, raw, |raw| self.cell(value, encoding.of_values(), raw)),
                _ => object(data_type, raw),
            },
            Some(b'[') => self.list(data_type, encoding, raw),
            Some(b't' | b'f') => scalar(data_type, raw),
            _ => self.number(data_type, encoding, raw),
        }
    }

    fn text<'a>(&self, data_type: &ColumnType, encoding: &Encoding, text: Cow<'a, str>) -> Result<Cell<'a>, CellError> {
        let mismatch = || CellError::mismatch(data_type);
        match (data_type, encoding) {
            // JSON in a text, as sinks without nested types have it.
            (ColumnType::Struct(_) | ColumnType::Map(_), _) => match text.starts_with('{') {
                true => self.cell(data_type, encoding, &text).map(Cell::into_owned),
                false => Err(mismatch()),
            },
            (_, Encoding::Decimal(scale)) => {
                from_unscaled(data_type, &base64_bytes(&text).ok_or_else(mismatch)?, *scale)
            }
            (ColumnType::Decimal { scale, .. }, Encoding::Unsaid) if self.decimals == DecimalText::Base64 => {
                from_unscaled(data_type, &base64_bytes(&text).ok_or_else(mismatch)?, i32::from(*scale))
            }
            (ColumnType::Binary, Encoding::Bytes) => Ok(Cell::Bytes(base64_bytes(&text).ok_or_else(mismatch)?.into())),
            (ColumnType::String, _) if self.is_length => self.length(encoding, &text),
            (ColumnType::String, _) => Ok(Cell::Text(text)),
            (ColumnType::Json, _) => json_cell(text),
            // `ZonedTime`, `IsoTime` and `IsoDate` are in UTC and say so.
            (ColumnType::Time | ColumnType::Date, _) => {
                self.reading.cell(data_type, self.unit, text.strip_suffix('Z').unwrap_or(&text)).map(Cell::into_owned)
            }
            _ => self.reading.cell(data_type, self.unit, &text).map(Cell::into_owned),
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

    fn number<'a>(&self, data_type: &ColumnType, encoding: &Encoding, raw: &'a str) -> Result<Cell<'a>, CellError> {
        match data_type {
            ColumnType::Date | ColumnType::Time | ColumnType::Timestamp | ColumnType::TimestampNtz => {
                let number = raw.parse::<i64>().map_err(|_| CellError::mismatch(data_type))?;
                time_cell(data_type, SaidUnit { by_schema: encoding.unit(), by_contract: self.unit }, number)
            }
            ColumnType::String if self.is_length => self.length(encoding, raw),
            _ => scalar(data_type, raw),
        }
    }

    /// The text of a length of time.
    fn length(&self, encoding: &Encoding, text: &str) -> Result<Cell<'static>, CellError> {
        time_length(encoding.unit().or(self.unit).unwrap_or(TimeUnit::Microseconds), text)
    }
}

/// A value without quotes, read by its text.
fn scalar<'a>(data_type: &ColumnType, raw: &'a str) -> Result<Cell<'a>, CellError> {
    match data_type {
        ColumnType::Json | ColumnType::String => Ok(Cell::Text(compact(raw).into())),
        ColumnType::Binary
        | ColumnType::Uuid
        | ColumnType::Date
        | ColumnType::Array(_)
        | ColumnType::Struct(_)
        | ColumnType::Map(_) => Err(CellError::mismatch(data_type)),
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
