//! Numbers: the texts they are read from, and the one text of each.

use crate::calendar::Misfit;
use std::cmp::Ordering;

/// What a column of numbers may hold that is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpecialNumber {
    /// Not a number.
    NaN,
    /// Positive infinity.
    Infinity,
    /// Negative infinity.
    MinusInfinity,
}

impl SpecialNumber {
    /// Reads every spelling, in capitals or not: `NaN` of PostgreSQL and JSON, `NAN`, `POSITIVE_INFINITY` and
    /// `NEGATIVE_INFINITY` of Debezium's decimals, `inf`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        // Nothing longer is one.
        if text.len() > 17 || text.bytes().any(|byte| byte.is_ascii_digit()) {
            return None;
        }
        match text.to_ascii_lowercase().as_str() {
            "nan" => Some(Self::NaN),
            "infinity" | "+infinity" | "inf" | "+inf" | "positive_infinity" => Some(Self::Infinity),
            "-infinity" | "-inf" | "negative_infinity" => Some(Self::MinusInfinity),
            _ => None,
        }
    }

    /// As silver has it in `numeric`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NaN => "NaN",
            Self::Infinity => "Infinity",
            Self::MinusInfinity => "-Infinity",
        }
    }

    fn float(self) -> f64 {
        match self {
            Self::NaN => f64::NAN,
            Self::Infinity => f64::INFINITY,
            Self::MinusInfinity => f64::NEG_INFINITY,
        }
    }
}

/// A 64 bit float; a number that is too large for one is not infinite, and one that is too small is not zero.
pub(crate) fn parse_float(text: &str) -> Result<f64, Misfit> {
    if let Some(special) = SpecialNumber::read(text) {
        return Ok(special.float());
    }
    let text = text.trim();
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b'.' | b'e' | b'E'));
    let value: f64 = text.parse().ok().filter(|_| is_number).ok_or(Misfit::Mismatch)?;
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    let lost = value.abs().to_bits() == 0 && mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9'));
    if value.is_infinite() || lost { Err(Misfit::Range) } else { Ok(value) }
}

/// The unscaled number of a `decimal(precision,scale)`.
pub(crate) fn parse_decimal(text: &str, precision: u8, scale: u8) -> Result<i128, Misfit> {
    if let Some(unscaled) = short_decimal(text, precision, scale) {
        return Ok(unscaled);
    }
    let (negative, digits, point) = decimal_digits(text).ok_or(Misfit::Mismatch)?;
    rescale(negative, &digits, point, precision, scale).ok_or(Misfit::Range)
}

/// The same of a text of few digits that needs no rounding, which most are; `None` of any other.
fn short_decimal(text: &str, precision: u8, scale: u8) -> Option<i128> {
    const DIGITS_MAX: usize = 18;
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let digits = whole.len() + fraction.len();
    if digits == 0 || digits > DIGITS_MAX {
        return None;
    }
    let mut number = 0_u64;
    for byte in whole.bytes().chain(fraction.bytes()) {
        number = number * 10 + u64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
    }
    let zeros = usize::from(scale).checked_sub(fraction.len())?;
    let unscaled = 10_i128.checked_pow(u32::try_from(zeros).ok()?)?.checked_mul(i128::from(number))?;
    let fits = unscaled < 10_i128.checked_pow(u32::from(precision))?;
    fits.then_some(if unsigned.len() < text.len() { -unscaled } else { unscaled })
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
/// `NaN` and the infinities have one text each, whatever their spelling.
#[must_use]
pub fn normalize_numeric(text: &str) -> Option<String> {
    if let Some(special) = SpecialNumber::read(text) {
        return Some(special.as_str().to_owned());
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

/// How two numbers stand to each other, as [`normalize_numeric`] writes them; every NaN is one number, above all others.
/// `None` if one is no number.
pub(crate) fn compare_numbers(left: &str, right: &str) -> Option<Ordering> {
    let place = |text: &str| match SpecialNumber::read(text) {
        Some(SpecialNumber::MinusInfinity) => 0,
        None => 1,
        Some(SpecialNumber::Infinity) => 2,
        Some(SpecialNumber::NaN) => 3,
    };
    match (place(left), place(right)) {
        (1, 1) => {}
        (left, right) => return Some(left.cmp(&right)),
    }
    let parts = |text: &str| -> Option<(bool, String, String)> {
        let unsigned = text.strip_prefix('-');
        let (whole, fraction) = unsigned.unwrap_or(text).split_once('.').unwrap_or((unsigned.unwrap_or(text), ""));
        let is_number =
            !whole.is_empty() && [whole, fraction].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
        is_number.then(|| (unsigned.is_some(), whole.to_owned(), fraction.to_owned()))
    };
    let ((left_is_negative, left_whole, left_fraction), (right_is_negative, right_whole, right_fraction)) =
        (parts(left)?, parts(right)?);
    let size = left_whole.len().cmp(&right_whole.len()).then(left_whole.cmp(&right_whole));
    let size = size.then(left_fraction.cmp(&right_fraction));
    Some(match (left_is_negative, right_is_negative) {
        (false, false) => size,
        (true, true) => size.reverse(),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
    })
}

#[cfg(test)]
mod tests {
    use super::{Misfit, SpecialNumber, decimal_digits, normalize_numeric, parse_float, rescale, short_decimal};

    #[test]
    fn special_numbers_have_one_text_whatever_their_spelling() {
        for (texts, expected) in [
            (&["NaN", "NAN", "nan"][..], "NaN"),
            (&["Infinity", "inf", "+Infinity", "POSITIVE_INFINITY", "Inf"], "Infinity"),
            (&["-Infinity", "-inf", "NEGATIVE_INFINITY"], "-Infinity"),
        ] {
            for text in texts {
                assert_eq!(normalize_numeric(text).as_deref(), Some(expected), "{text}");
            }
        }
        for text in ["", "n", "infinit", "in f", "nano", "-nan", "POSITIVE"] {
            assert_eq!(SpecialNumber::read(text), None, "{text}");
        }
    }

    #[test]
    fn a_float_is_never_infinite_or_zero_by_its_size() {
        assert_eq!(parse_float("1e308"), Ok(1e308));
        assert_eq!(parse_float("0e999"), Ok(0.0));
        for text in ["1e309", "-1e400", "1e-400", "0.00e-1x9"] {
            let expected = if text.ends_with("x9") { Misfit::Mismatch } else { Misfit::Range };
            assert_eq!(parse_float(text), Err(expected), "{text}");
        }
        assert_eq!(parse_float("5e-324"), Ok(5e-324));
        assert_eq!(parse_float("0x10"), Err(Misfit::Mismatch));
    }

    #[test]
    fn a_short_decimal_is_what_it_is_as_a_long_one() {
        let texts = [
            "0",
            "-0",
            "-0.00",
            "007.10",
            ".5",
            "5.",
            "-7934.62",
            "99.99",
            "100.00",
            "1.505",
            "1e3",
            "+1",
            " 1",
            "",
            ".",
            "-",
            "1.2.3",
            "--1",
            "123456789012345678",
            "1234567890123456789",
            "12345678901234567.8",
            "x",
            "٣",
        ];
        let mut short = 0;
        for (precision, scale) in [(12, 2), (4, 2), (2, 0), (1, 0), (18, 18), (38, 10), (38, 38)] {
            for text in texts {
                let found = short_decimal(text, precision, scale);
                let long = decimal_digits(text)
                    .and_then(|(negative, digits, point)| rescale(negative, &digits, point, precision, scale));
                assert!(
                    found.is_none() || found == long,
                    "{text} as decimal({precision},{scale}): {found:?}, {long:?}"
                );
                short += usize::from(found.is_some());
            }
        }
        assert!(short > 40, "{short}");
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
