//! One value of one column, validated for its type, and the text forms it is read from.

use crate::ReasonCode;
use crate::calendar::{Misfit, format_time_micros, parse_date, parse_time, parse_timestamp};
use crate::number::{SpecialNumber, float_of, normalize_numeric, parse_decimal, parse_float};
use sluice_contract::ColumnType;
use std::borrow::Cow;

/// A value, valid for the type of its column.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell<'a> {
    /// Null.
    Null,
    /// Not in the event: the row keeps what it has. Not null.
    Absent,
    /// `boolean`.
    Bool(bool),
    /// `smallint`, `int`, `bigint`; `date` as days; `timestamp`, `timestamp_ntz` as microseconds.
    Int(i64),
    /// `float` (exactly representable) and `double`.
    Float(f64),
    /// `decimal(p,s)`: the unscaled number.
    Decimal(i128),
    /// `string`, `json`; `time`, `uuid`, `numeric` in their canonical text.
    Text(Cow<'a, str>),
    /// `binary`.
    Bytes(Cow<'a, [u8]>),
    /// `array<...>`.
    List(Vec<Cell<'a>>),
    /// `struct<...>`: a cell for each field, in order.
    Struct(Vec<Cell<'a>>),
    /// `map<string, ...>`: keys that differ, in the order of their bytes, with their values.
    Map(Vec<(String, Cell<'a>)>),
}

impl Cell<'_> {
    /// The same value without borrowed parts.
    #[must_use]
    pub fn into_owned(self) -> Cell<'static> {
        match self {
            Self::Null => Cell::Null,
            Self::Absent => Cell::Absent,
            Self::Bool(v) => Cell::Bool(v),
            Self::Int(v) => Cell::Int(v),
            Self::Float(v) => Cell::Float(v),
            Self::Decimal(v) => Cell::Decimal(v),
            Self::Text(v) => Cell::Text(Cow::Owned(v.into_owned())),
            Self::Bytes(v) => Cell::Bytes(Cow::Owned(v.into_owned())),
            Self::List(v) => Cell::List(v.into_iter().map(Cell::into_owned).collect()),
            Self::Struct(v) => Cell::Struct(v.into_iter().map(Cell::into_owned).collect()),
            Self::Map(v) => Cell::Map(v.into_iter().map(|(key, value)| (key, value.into_owned())).collect()),
        }
    }

    /// Feeds type tag, length and bytes into a hash, so that equal cells and only they hash equal.
    /// NaN is one value, minus zero differs from zero.
    pub fn hash_into(&self, hasher: &mut blake3::Hasher) {
        match self {
            Self::Null => hasher.update(&[0]),
            Self::Absent => hasher.update(&[1]),
            Self::Bool(v) => hasher.update(&[2, u8::from(*v)]),
            Self::Int(v) => hasher.update(&[3]).update(&v.to_le_bytes()),
            Self::Float(v) => {
                let bits = if v.is_nan() { f64::NAN.to_bits() } else { v.to_bits() };
                hasher.update(&[4]).update(&bits.to_le_bytes())
            }
            Self::Decimal(v) => hasher.update(&[5]).update(&v.to_le_bytes()),
            Self::Text(v) => hasher.update(&[6]).update(&(v.len() as u64).to_le_bytes()).update(v.as_bytes()),
            Self::Bytes(v) => hasher.update(&[7]).update(&(v.len() as u64).to_le_bytes()).update(v),
            Self::List(v) | Self::Struct(v) => {
                let tag = if matches!(self, Self::List(_)) { 8 } else { 9 };
                hasher.update(&[tag]).update(&(v.len() as u64).to_le_bytes());
                for cell in v {
                    cell.hash_into(hasher);
                }
                hasher
            }
            Self::Map(v) => {
                hasher.update(&[10]).update(&(v.len() as u64).to_le_bytes());
                for (key, value) in v {
                    hasher.update(&(key.len() as u64).to_le_bytes()).update(key.as_bytes());
                    value.hash_into(hasher);
                }
                hasher
            }
        };
    }
}

/// Why a value cannot be a cell of its column. Carries no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct CellError {
    /// [`ReasonCode::TypeMismatch`] or [`ReasonCode::ValueOutOfRange`].
    pub reason: ReasonCode,
    /// For example `expected decimal(12,2)`.
    pub detail: String,
}

impl CellError {
    /// The value is not of the type.
    #[must_use]
    pub fn mismatch(expected: &ColumnType) -> Self {
        Self { reason: ReasonCode::TypeMismatch, detail: format!("expected {expected}") }
    }

    /// The value is of the type but does not fit.
    #[must_use]
    pub fn range(expected: &ColumnType) -> Self {
        Self { reason: ReasonCode::ValueOutOfRange, detail: format!("does not fit {expected}") }
    }
}

/// Reads a text as a value of `data_type`: ISO dates and times (PostgreSQL's and ISO 8601's forms, UTC where they name
/// no zone), decimal numbers, `NaN` and infinities in every spelling, `t`/`true`, `\x` hex for bytes, PostgreSQL array
/// literals.
///
/// # Errors
/// [`CellError`] when the text is not of the type or does not fit; nothing is rounded or cut.
pub fn parse_cell<'a>(data_type: &ColumnType, text: &'a str) -> Result<Cell<'a>, CellError> {
    let mismatch = || CellError::mismatch(data_type);
    let misfit = |misfit| match misfit {
        Misfit::Mismatch => CellError::mismatch(data_type),
        Misfit::Range => CellError::range(data_type),
    };
    Ok(match data_type {
        ColumnType::Boolean => Cell::Bool(match text {
            "t" | "true" | "TRUE" | "True" | "1" => true,
            "f" | "false" | "FALSE" | "False" | "0" => false,
            _ => return Err(mismatch()),
        }),
        ColumnType::SmallInt | ColumnType::Int | ColumnType::BigInt => {
            let value = match text.parse::<i64>() {
                Ok(value) => i128::from(value),
                Err(_) => text.trim().parse().map_err(|_| mismatch())?,
            };
            integer_cell(data_type, value)?
        }
        ColumnType::Float | ColumnType::Double => {
            let value = parse_float(text).map_err(misfit)?;
            if *data_type == ColumnType::Float {
                Cell::Float(float_of(text.trim(), value).ok_or_else(|| CellError::range(data_type))?)
            } else {
                Cell::Float(value)
            }
        }
        // A decimal has no number that is none.
        ColumnType::Decimal { .. } if SpecialNumber::read(text).is_some() => return Err(CellError::range(data_type)),
        ColumnType::Decimal { precision, scale } => {
            Cell::Decimal(parse_decimal(text, *precision, *scale).map_err(misfit)?)
        }
        ColumnType::Numeric => Cell::Text(normalize_numeric(text).ok_or_else(mismatch)?.into()),
        ColumnType::String => Cell::Text(text.into()),
        ColumnType::Json => json_cell(text.into())?,
        ColumnType::Binary => {
            Cell::Bytes(hex_bytes(text.strip_prefix("\\x").unwrap_or(text)).ok_or_else(mismatch)?.into())
        }
        ColumnType::Date => Cell::Int(parse_date(text).map_err(misfit)?),
        ColumnType::Time => Cell::Text(format_time_micros(parse_time(text).ok_or_else(mismatch)?).into()),
        ColumnType::Timestamp => Cell::Int(parse_timestamp(text).map_err(misfit)?.micros),
        // A zone would change the wall clock that the column is about.
        ColumnType::TimestampNtz => {
            let read = parse_timestamp(text).map_err(misfit)?;
            if read.offset.unwrap_or(0) != 0 {
                return Err(mismatch());
            }
            Cell::Int(read.micros)
        }
        ColumnType::Uuid => Cell::Text(parse_uuid(text).ok_or_else(mismatch)?.into()),
        ColumnType::Array(element) => {
            parse_array(text, |item| parse_cell(element, item)).unwrap_or_else(|| Err(mismatch()))?
        }
        // Its text is JSON, whose readers know what its parts are.
        ColumnType::Struct(_) | ColumnType::Map(_) => return Err(mismatch()),
    })
}

/// The cell of a text in a column of `json`, which holds it as it was printed.
///
/// # Errors
/// [`CellError`] when it is no JSON: whoever reads the column could not read it.
pub fn json_cell(text: Cow<'_, str>) -> Result<Cell<'_>, CellError> {
    if is_json(&text) {
        return Ok(Cell::Text(text));
    }
    let detail = "expected json, and the text is none. Correct it in the source, or give the column the type string";
    Err(CellError { reason: ReasonCode::TypeMismatch, detail: detail.to_owned() })
}

/// Whether a text is one JSON value.
#[must_use]
pub fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// A whole number as a cell of an integer type.
///
/// # Errors
/// [`CellError`] when it does not fit.
pub(crate) fn integer_cell(data_type: &ColumnType, value: i128) -> Result<Cell<'static>, CellError> {
    let fits = match data_type {
        ColumnType::SmallInt => i16::try_from(value).is_ok(),
        ColumnType::Int => i32::try_from(value).is_ok(),
        _ => i64::try_from(value).is_ok(),
    };
    match i64::try_from(value) {
        Ok(value) if fits => Ok(Cell::Int(value)),
        _ => Err(CellError::range(data_type)),
    }
}

/// The bytes that pairs of hexadecimal digits are; `None` if the text is something else.
#[must_use]
pub fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

fn parse_uuid(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| *c != '-').collect();
    if plain.len() != 32 || !plain.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let p = plain.to_ascii_lowercase();
    Some(format!("{}-{}-{}-{}-{}", &p[..8], &p[8..12], &p[12..16], &p[16..20], &p[20..]))
}

/// A PostgreSQL array literal of one dimension, `{a,"b c",NULL}`, whose elements `parse` reads. `None` if it is not one.
pub fn parse_array(
    text: &str,
    parse: impl for<'t> Fn(&'t str) -> Result<Cell<'t>, CellError>,
) -> Option<Result<Cell<'static>, CellError>> {
    let inner = text.strip_prefix('{')?.strip_suffix('}')?;
    let mut cells = Vec::new();
    if inner.is_empty() {
        return Some(Ok(Cell::List(cells)));
    }
    let mut chars = inner.chars().peekable();
    loop {
        let mut item = String::new();
        let mut quoted = false;
        if chars.peek() == Some(&'"') {
            quoted = true;
            chars.next();
            loop {
                match chars.next()? {
                    '\\' => item.push(chars.next()?),
                    '"' => break,
                    c => item.push(c),
                }
            }
        } else {
            while let Some(c) = chars.peek().copied().filter(|c| *c != ',') {
                if c == '{' || c == '}' {
                    return None;
                }
                if c == '\\' {
                    chars.next();
                }
                item.push(chars.next()?);
            }
        }
        if !quoted && item.eq_ignore_ascii_case("null") {
            cells.push(Cell::Null);
        } else {
            match parse(&item) {
                Ok(cell) => cells.push(cell.into_owned()),
                Err(error) => return Some(Err(error)),
            }
        }
        match chars.next() {
            None => return Some(Ok(Cell::List(cells))),
            Some(',') => {}
            Some(_) => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cell, parse_cell};
    use crate::ReasonCode;
    use crate::calendar::format_timestamp_micros;
    use sluice_contract::ColumnType;

    fn parse(data_type: &str, text: &str) -> Result<Cell<'static>, ReasonCode> {
        let data_type: ColumnType = data_type.parse().unwrap();
        parse_cell(&data_type, text).map(Cell::into_owned).map_err(|error| error.reason)
    }

    #[test]
    fn decimals_are_exact_or_refused() {
        assert_eq!(parse("decimal(12,2)", "-7934.62"), Ok(Cell::Decimal(-793_462)));
        assert_eq!(parse("decimal(12,2)", "1.500"), Ok(Cell::Decimal(150)));
        assert_eq!(parse("decimal(12,2)", "0"), Ok(Cell::Decimal(0)));
        assert_eq!(parse("decimal(12,2)", "1e3"), Ok(Cell::Decimal(100_000)));
        assert_eq!(parse("decimal(12,2)", "1.505"), Err(ReasonCode::ValueOutOfRange));
        assert_eq!(parse("decimal(4,2)", "123.45"), Err(ReasonCode::ValueOutOfRange));
        assert_eq!(parse("decimal(4,2)", "n/a"), Err(ReasonCode::TypeMismatch));
    }

    #[test]
    fn timestamps_round_trip() {
        for text in
            ["2024-06-05 08:04:45.673144", "0001-01-02 00:00:00", "infinity", "-infinity", "1901-06-06 06:06:06.000006"]
        {
            let Ok(Cell::Int(micros)) = parse("timestamp_ntz", text) else { panic!("{text}") };
            assert_eq!(format_timestamp_micros(micros).as_deref(), Some(text));
        }
        assert_eq!(parse("timestamp", "2024-01-01 01:30:00+01:30"), parse("timestamp", "2024-01-01T00:00:00Z"));
        assert_eq!(parse("timestamp", "2024-13-01"), Err(ReasonCode::TypeMismatch));
    }

    #[test]
    fn integers_never_wrap() {
        assert_eq!(parse("bigint", "9223372036854775807"), Ok(Cell::Int(i64::MAX)));
        assert_eq!(parse("smallint", "40000"), Err(ReasonCode::ValueOutOfRange));
        assert_eq!(parse("int", "1.5"), Err(ReasonCode::TypeMismatch));
    }

    #[test]
    fn arrays_keep_nulls_quotes_and_commas() {
        let expected = vec![Cell::Text("a,b".into()), Cell::Null, Cell::Text("NULL".into()), Cell::Text("q\"".into())];
        assert_eq!(parse("array<string>", r#"{"a,b",NULL,"NULL","q\""}"#), Ok(Cell::List(expected)));
        assert_eq!(parse("array<int>", "{}"), Ok(Cell::List(Vec::new())));
        assert_eq!(parse("array<int>", "{{1}}"), Err(ReasonCode::TypeMismatch));
    }
}
