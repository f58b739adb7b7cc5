//! The cell of a column that is made of a member of the record (`schema.from`).

use crate::plan::Plan;
use crate::text::json_fields::{compact, inside, string};
use crate::value::time_number::time_length;
use crate::value::{written_number, written_time};
use hmac::{Hmac, Mac};
use serde::de::IgnoredAny;
use sha2::Sha256;
use sluice_change::{Cell, CellError, DAY_MICROS, ReasonCode, cell_text, parse_cell};
use sluice_contract::{Column, ColumnType, HashKey, Step, TimePattern, TimeUnit};
use std::fmt::Write as _;

/// A text that is no position, whatever it is read as.
const NO_POSITION: &str = "not read";
/// Hexadecimal digits that a lake keeps of what a key makes of its own name.
const CHECK_DIGITS: usize = 16;

/// How the text is written that a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As the source writes it.
    Delivered,
    /// As values of its type are written: a number has a point.
    Plain,
    /// A time of UTC that does not say so.
    Utc,
}

/// The cell of a column as a type. `fetch` gives the value of its member as a type, or `None` where the record does not
/// have it. Null stays null, and what the record does not provide stays so.
///
/// # Errors
/// When a value is not of the type, of its column or of a `cast`.
pub(crate) fn cell<'a>(
    plan: &Plan,
    position: usize,
    column: &Column,
    data_type: &ColumnType,
    fetch: impl Fn(&ColumnType) -> Result<Option<Cell<'a>>, CellError>,
) -> Result<Option<Cell<'a>>, CellError> {
    let steps = column.from.as_ref().map_or(&[][..], |value| value.steps());
    // A value is cast as the format writes it: a date may be a number of days.
    let (first, steps, mut form) = match steps {
        [] => return fetch(data_type),
        [Step::Cast(first), rest @ ..] => (first, rest, form_of(first)),
        steps => (&ColumnType::String, steps, Form::Delivered),
    };
    let text = match fetch(first)? {
        None => return Ok(None),
        Some(cell @ (Cell::Null | Cell::Absent)) => return Ok(Some(cell)),
        Some(cell) => cell_text(first, &cell).ok_or_else(|| CellError::mismatch(first))?,
    };
    let mut text = Some(text);
    for step in steps {
        let Some(value) = text else { break };
        (text, form) = apply(plan, step, value, form)?;
    }
    match text {
        None => Ok(Some(Cell::Null)),
        Some(text) => read(plan, form, data_type, plan.unit(position), &text).map(Some),
    }
}

/// Microseconds since 1970 of a date or time that a function reads, as a part of the sequence; `None` for a column of another
/// kind. Inside it `None` is null, and a text that is no position is a value that the function does not read.
pub(crate) fn position_text<'a>(
    plan: &Plan,
    position: usize,
    fetch: impl Fn(&ColumnType) -> Result<Option<Cell<'a>>, CellError>,
) -> Option<Option<String>> {
    let column = plan.contract.columns.get(position).filter(|column| column.is_read_time())?;
    Some(match cell(plan, position, column, &column.data_type, fetch) {
        Ok(Some(Cell::Int(days))) if column.data_type == ColumnType::Date => {
            Some(days.saturating_mul(DAY_MICROS).to_string())
        }
        Ok(Some(Cell::Int(micros))) => Some(micros.to_string()),
        Ok(_) => None,
        Err(_) => Some(NO_POSITION.to_owned()),
    })
}

/// How a value of a type is written.
fn form_of(data_type: &ColumnType) -> Form {
    if *data_type == ColumnType::Timestamp { Form::Utc } else { Form::Plain }
}

/// The value of a text that a function gave.
fn read(
    plan: &Plan,
    form: Form,
    data_type: &ColumnType,
    unit: Option<TimeUnit>,
    text: &str,
) -> Result<Cell<'static>, CellError> {
    use ColumnType as T;
    if let (T::String, Some(unit)) = (data_type, unit) {
        return time_length(unit, text);
    }
    let is_plain = match data_type {
        T::SmallInt | T::Int | T::BigInt | T::Decimal { .. } | T::Numeric | T::Float | T::Double => {
            form != Form::Delivered
        }
        T::Timestamp => form == Form::Utc,
        _ => false,
    };
    let cell = if is_plain { parse_cell(data_type, text) } else { plan.reading.cell(data_type, unit, text) };
    cell.map(Cell::into_owned)
}

/// What a function makes of a text, and how that is written.
fn apply(plan: &Plan, step: &Step, text: String, form: Form) -> Result<(Option<String>, Form), CellError> {
    let misread = |detail: String| CellError { reason: ReasonCode::TypeMismatch, detail };
    let mut made = form;
    let value = match step {
        Step::Trim => Some(text.trim().to_owned()),
        Step::Lower => Some(text.to_lowercase()),
        Step::Upper => Some(text.to_uppercase()),
        Step::NullIf(texts) => Some(text).filter(|text| !texts.contains(text)),
        Step::Json(path) => json(&text, path)?,
        Step::Cast(data_type) => {
            made = form_of(data_type);
            cell_text(data_type, &read(plan, form, data_type, None, &text)?)
        }
        Step::ParseDate(patterns) => {
            made = Form::Plain;
            Some(written_time::read(patterns, &ColumnType::Date, &text)?)
        }
        Step::ParseTimestamp(patterns) => {
            made = if patterns.iter().any(TimePattern::has_zone) { Form::Utc } else { Form::Plain };
            Some(written_time::read(patterns, &ColumnType::TimestampNtz, &text)?)
        }
        Step::ParseNumber(marks) => {
            made = Form::Plain;
            let number = written_number::plain(*marks, &text);
            let expected = || {
                let thousands = marks.thousands().map_or_else(
                    || "nothing between thousands".to_owned(),
                    |mark| format!("`{mark}` or nothing between thousands"),
                );
                misread(format!("expected a number with `{}` before its fraction and {thousands}", marks.decimal()))
            };
            Some(number.ok_or_else(expected)?)
        }
        Step::ParseBoolean { is_true, is_false } => {
            made = Form::Plain;
            let small = text.to_lowercase();
            let is = |word: &String| small == word.to_lowercase();
            if !is(is_true) && !is(is_false) {
                return Err(misread(format!("expected `{is_true}` or `{is_false}`")));
            }
            Some(is(is_true).to_string())
        }
        Step::KeyedHash(name) => Some(keyed_hash(plan, name, &text)?),
    };
    Ok((value, made))
}

/// What is at a path in the text of a JSON value.
fn json(text: &str, path: &[String]) -> Result<Option<String>, CellError> {
    if serde_json::from_str::<IgnoredAny>(text).is_err() {
        return Err(CellError {
            reason: ReasonCode::TypeMismatch,
            detail: "expected the text of a JSON value".to_owned(),
        });
    }
    let found = inside(text, path).filter(|raw| *raw != "null");
    Ok(found.map(|raw| string(raw).map_or_else(|| compact(raw), |text| text.into_owned())))
}

/// HMAC-SHA-256 in hexadecimal, as `hmac(value, key, 'sha256')` of other systems.
fn keyed_hash(plan: &Plan, name: &str, text: &str) -> Result<String, CellError> {
    let unknown = || CellError { reason: ReasonCode::TypeMismatch, detail: format!("the key `{name}` is not known") };
    let key = plan.contract.keys.get(name).ok_or_else(unknown)?;
    Ok(digits_of(key, text))
}

/// What a lake keeps of a key to know it again.
#[must_use]
pub fn key_check(key: &HashKey, name: &str) -> String {
    let mut digits = digits_of(key, &format!("sluice key check\0{name}"));
    digits.truncate(CHECK_DIGITS);
    digits
}

fn digits_of(key: &HashKey, text: &str) -> String {
    let mut digits = String::with_capacity(64);
    // A key of any length is one.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.expose().as_bytes()) else { return digits };
    mac.update(text.as_bytes());
    for byte in mac.finalize().into_bytes() {
        // Writing to a text never fails.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}
