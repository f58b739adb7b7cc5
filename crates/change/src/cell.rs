//! One value of one column, validated for its type, and the text forms it is read from.

use crate::ReasonCode;
use chrono::{Datelike, NaiveDate};
use sluice_contract::ColumnType;
use std::borrow::Cow;
use std::fmt::Write as _;

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
            Self::List(v) => {
                hasher.update(&[8]).update(&(v.len() as u64).to_le_bytes());
                for cell in v {
                    cell.hash_into(hasher);
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

/// Microseconds that stand for `infinity` in `timestamp` and `timestamp_ntz`.
pub const TIMESTAMP_INFINITY: i64 = i64::MAX;
/// Microseconds that stand for `-infinity`.
pub const TIMESTAMP_MINUS_INFINITY: i64 = -i64::MAX;

/// Reads a text as a value of `data_type`: ISO dates and times (PostgreSQL's and ISO 8601's forms),
/// decimal numbers, `t`/`true`, `\x` hex for bytes, PostgreSQL array literals.
///
/// # Errors
/// [`CellError`] when the text is not of the type or does not fit; nothing is rounded or cut.
pub fn parse_cell<'a>(data_type: &ColumnType, text: &'a str) -> Result<Cell<'a>, CellError> {
    let mismatch = || CellError::mismatch(data_type);
    Ok(match data_type {
        ColumnType::Boolean => Cell::Bool(match text {
            "t" | "true" | "TRUE" | "True" | "1" => true,
            "f" | "false" | "FALSE" | "False" | "0" => false,
            _ => return Err(mismatch()),
        }),
        ColumnType::SmallInt | ColumnType::Int | ColumnType::BigInt => {
            let value: i128 = text.trim().parse().map_err(|_| mismatch())?;
            integer_cell(data_type, value)?
        }
        ColumnType::Float | ColumnType::Double => {
            let value = match text {
                "Infinity" | "inf" | "+Infinity" => f64::INFINITY,
                "-Infinity" | "-inf" => f64::NEG_INFINITY,
                "NaN" | "nan" => f64::NAN,
                _ => text.trim().parse().map_err(|_| mismatch())?,
            };
            if *data_type == ColumnType::Float {
                Cell::Float(float_of(text.trim(), value).ok_or_else(|| CellError::range(data_type))?)
            } else {
                Cell::Float(value)
            }
        }
        ColumnType::Decimal { precision, scale } => {
            let (negative, digits, point) = decimal_digits(text).ok_or_else(mismatch)?;
            Cell::Decimal(
                rescale(negative, &digits, point, *precision, *scale).ok_or_else(|| CellError::range(data_type))?,
            )
        }
        ColumnType::Numeric => Cell::Text(normalize_numeric(text).ok_or_else(mismatch)?.into()),
        ColumnType::String | ColumnType::Json => Cell::Text(text.into()),
        ColumnType::Binary => {
            Cell::Bytes(hex_bytes(text.strip_prefix("\\x").unwrap_or(text)).ok_or_else(mismatch)?.into())
        }
        ColumnType::Date => Cell::Int(parse_date(text).ok_or_else(mismatch)?),
        ColumnType::Time => Cell::Text(format_time_micros(parse_time(text).ok_or_else(mismatch)?).into()),
        ColumnType::Timestamp => Cell::Int(parse_timestamp(text).ok_or_else(mismatch)?.0),
        // A zone would change the wall clock that the column is about.
        ColumnType::TimestampNtz => match parse_timestamp(text).ok_or_else(mismatch)? {
            (micros, 0) => Cell::Int(micros),
            _ => return Err(mismatch()),
        },
        ColumnType::Uuid => Cell::Text(parse_uuid(text).ok_or_else(mismatch)?.into()),
        ColumnType::Array(element) => parse_array(element, text).unwrap_or_else(|| Err(mismatch()))?,
    })
}

/// The 32 bit float that `text` is, given its 64 bit value; `None` if the text says more than 32 bits
/// hold. A float is printed with as many digits as its writer likes, so the float rounded to the
/// digits of the text has to be the text.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "what is lost is looked at")]
pub fn float_of(text: &str, value: f64) -> Option<f64> {
    let float = f64::from(value as f32);
    let same = |a: f64, b: f64| a.to_bits() == b.to_bits();
    if same(float, value) || value.is_nan() {
        return Some(float);
    }
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let digits = digits.trim_start_matches('0').len().clamp(1, 17);
    let printed: f64 = format!("{float:.*e}", digits - 1).parse().ok()?;
    (float.is_finite() && same(printed, value)).then_some(float)
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

/// Sign, digits without point, and number of digits after the point (negative for an exponent).
fn decimal_digits(text: &str) -> Option<(bool, String, i32)> {
    let text = text.trim();
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (&text[..at], text[at + 1..].parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, unsigned) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = format!("{whole}{fraction}");
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) || exponent.unsigned_abs() > 10_000 {
        return None;
    }
    Some((negative, digits, i32::try_from(fraction.len()).ok()? - exponent))
}

fn rescale(negative: bool, digits: &str, point: i32, precision: u8, scale: u8) -> Option<i128> {
    let shift = i32::from(scale) - point;
    let digits = digits.trim_start_matches('0');
    let unscaled = if shift >= 0 {
        if digits.is_empty() { "0".to_owned() } else { format!("{digits}{}", "0".repeat(usize::try_from(shift).ok()?)) }
    } else {
        let cut = usize::try_from(-shift).ok()?;
        let split = digits.len().saturating_sub(cut);
        let (kept, dropped) = digits.split_at(split);
        if !dropped.bytes().all(|b| b == b'0') {
            return None;
        }
        if kept.is_empty() { "0".to_owned() } else { kept.to_owned() }
    };
    if unscaled.len() > usize::from(precision) {
        return None;
    }
    let value: i128 = unscaled.parse().ok()?;
    Some(if negative { -value } else { value })
}

/// A decimal number as text without exponent, leading and trailing zeros; `None` if it is not one.
/// `NaN`, `Infinity` and `-Infinity` stay.
#[must_use]
pub fn normalize_numeric(text: &str) -> Option<String> {
    if matches!(text, "NaN" | "Infinity" | "-Infinity") {
        return Some(text.to_owned());
    }
    let (negative, mut digits, point) = decimal_digits(text)?;
    let point = if point < 0 {
        digits.push_str(&"0".repeat(usize::try_from(-point).ok()?));
        0
    } else {
        usize::try_from(point).ok()?
    };
    if digits.len() <= point {
        digits = format!("{}{digits}", "0".repeat(point + 1 - digits.len()));
    }
    let (whole, fraction) = digits.split_at(digits.len() - point);
    let whole = whole.trim_start_matches('0');
    let fraction = fraction.trim_end_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if negative && (whole != "0" || !fraction.is_empty()) { "-" } else { "" };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

fn hex_bytes(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok()).collect()
}

const EPOCH_DAYS_FROM_CE: i32 = 719_163;
/// Microseconds of a day.
pub const DAY_MICROS: i64 = 86_400_000_000;

fn parse_date(text: &str) -> Option<i64> {
    let (text, before_christ) = match text.strip_suffix(" BC") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let mut parts = text.splitn(3, '-');
    let year: i32 = digits(parts.next()?, 4)?;
    let month: u32 = digits(parts.next()?, 2)?;
    let day: u32 = digits(parts.next()?, 2)?;
    let year = if before_christ { 1 - year } else { year };
    let date = NaiveDate::from_ymd_opt(year, month, day)?;
    Some(i64::from(date.num_days_from_ce() - EPOCH_DAYS_FROM_CE))
}

fn digits<T: std::str::FromStr>(text: &str, min: usize) -> Option<T> {
    (text.len() >= min && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

fn parse_time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.splitn(3, ':');
    let hour: i64 = digits(parts.next()?, 2)?;
    let minute: i64 = digits(parts.next()?, 2)?;
    let second: i64 = parts.next().map_or(Some(0), |second| digits(second, 2))?;
    if hour > 24 || minute > 59 || second > 60 || fraction.len() > 9 {
        return None;
    }
    let micros: i64 = if fraction.is_empty() {
        0
    } else {
        let padded = format!("{fraction:0<9}");
        let nanos: i64 = digits(&padded, 9)?;
        nanos / 1_000
    };
    Some(((hour * 60 + minute) * 60 + second) * 1_000_000 + micros)
}

/// Microseconds, and how far the text's zone is from UTC.
fn parse_timestamp(text: &str) -> Option<(i64, i64)> {
    match text {
        "infinity" => return Some((TIMESTAMP_INFINITY, 0)),
        "-infinity" => return Some((TIMESTAMP_MINUS_INFINITY, 0)),
        _ => {}
    }
    let (text, era) = match text.strip_suffix(" BC") {
        Some(rest) => (rest, " BC"),
        None => (text, ""),
    };
    let split = text.find([' ', 'T']).unwrap_or(text.len());
    let days = parse_date(&format!("{}{era}", &text[..split]))?;
    let clock = text.get(split + 1..).unwrap_or("00:00:00");
    let zone_at = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let offset = zone_offset_micros(&clock[zone_at..])?;
    let micros = days.checked_mul(DAY_MICROS)?.checked_add(parse_time(&clock[..zone_at])?)?.checked_sub(offset)?;
    Some((micros, offset))
}

fn zone_offset_micros(zone: &str) -> Option<i64> {
    if zone.is_empty() || zone == "Z" {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let plain = zone.get(1..)?.replace(':', "");
    let hours: i64 = digits(plain.get(..2)?, 2)?;
    let minutes: i64 = if plain.len() >= 4 { digits(plain.get(2..4)?, 2)? } else { 0 };
    let seconds: i64 = if plain.len() >= 6 { digits(plain.get(4..6)?, 2)? } else { 0 };
    Some(sign * ((hours * 60 + minutes) * 60 + seconds) * 1_000_000)
}

fn parse_uuid(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| *c != '-').collect();
    if plain.len() != 32 || !plain.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    let p = plain.to_ascii_lowercase();
    Some(format!("{}-{}-{}-{}-{}", &p[..8], &p[8..12], &p[12..16], &p[16..20], &p[20..]))
}

/// A PostgreSQL array literal of one dimension, `{a,"b c",NULL}`. `None` if it is not one.
fn parse_array(element: &ColumnType, text: &str) -> Option<Result<Cell<'static>, CellError>> {
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
            match parse_cell(element, &item) {
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

/// `YYYY-MM-DD` of days since 1970-01-01.
#[must_use]
pub fn format_date(days: i64) -> Option<String> {
    let from_ce = i32::try_from(days).ok()?.checked_add(EPOCH_DAYS_FROM_CE)?;
    let date = NaiveDate::from_num_days_from_ce_opt(from_ce)?;
    Some(if date.year() > 0 {
        format!("{:04}-{:02}-{:02}", date.year(), date.month(), date.day())
    } else {
        format!("{:04}-{:02}-{:02} BC", 1 - date.year(), date.month(), date.day())
    })
}

/// `HH:MM:SS[.ffffff]` of microseconds of the day, without trailing zeros, as PostgreSQL prints it.
#[must_use]
pub fn format_time_micros(micros: i64) -> String {
    let seconds = micros.div_euclid(1_000_000);
    let fraction = micros.rem_euclid(1_000_000);
    let mut text = format!("{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if fraction != 0 {
        let _ = write!(text, ".{fraction:06}");
        text.truncate(text.trim_end_matches('0').len());
    }
    text
}

/// `YYYY-MM-DD HH:MM:SS[.ffffff]` of microseconds since 1970-01-01; infinities as words.
#[must_use]
pub fn format_timestamp_micros(micros: i64) -> Option<String> {
    if micros == TIMESTAMP_INFINITY {
        return Some("infinity".to_owned());
    }
    if micros == TIMESTAMP_MINUS_INFINITY {
        return Some("-infinity".to_owned());
    }
    let date = format_date(micros.div_euclid(DAY_MICROS))?;
    let time = format_time_micros(micros.rem_euclid(DAY_MICROS));
    Some(match date.strip_suffix(" BC") {
        Some(day) => format!("{day} {time} BC"),
        None => format!("{date} {time}"),
    })
}

#[cfg(test)]
mod tests {
    use super::{Cell, format_timestamp_micros, normalize_numeric, parse_cell};
    use crate::ReasonCode;
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

    #[test]
    fn numeric_has_one_text() {
        for (text, expected) in [
            ("1.50", "1.5"),
            ("-0.00", "0"),
            ("1E+3", "1000"),
            ("000.10", "0.1"),
            ("25908068", "25908068"),
            ("5e-3", "0.005"),
        ] {
            assert_eq!(normalize_numeric(text).as_deref(), Some(expected));
        }
        assert_eq!(normalize_numeric("x"), None);
    }
}
