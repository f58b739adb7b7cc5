//! Exact numbers: the unscaled bytes of Kafka Connect's `Decimal`.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use num_bigint::BigInt;
use sluice_change::{Cell, CellError, hex_bytes, normalize_numeric, parse_cell};
use sluice_contract::ColumnType;

/// Bytes of an unscaled number: 19,700 digits.
const UNSCALED_BYTES_MAX: usize = 8 << 10;

/// Bytes in base64, in the standard or the URL-safe alphabet (`binary.handling.mode`).
pub(crate) fn base64_bytes(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()
}

/// Whether a text can be bytes in hexadecimal: pairs of digits, the letters in small or in capitals. Such a text is in
/// the alphabet of base64, too.
pub(crate) fn can_be_hex(text: &str) -> bool {
    let has = |of_case: fn(&u8) -> bool| text.bytes().any(|byte| of_case(&byte));
    let one_case = !(has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase));
    !text.is_empty() && one_case && hex_bytes(text).is_some()
}

/// A number given by its unscaled bytes (big-endian two's complement) and the digits after the
/// point, as a value of `data_type`. Changes of scale are exact or refused.
///
/// # Errors
/// [`CellError`] when it is no number or does not fit.
pub(crate) fn from_unscaled(data_type: &ColumnType, bytes: &[u8], scale: i32) -> Result<Cell<'static>, CellError> {
    if bytes.is_empty() {
        return Err(CellError::mismatch(data_type));
    }
    if bytes.len() > UNSCALED_BYTES_MAX {
        return Err(CellError::range(data_type));
    }
    if let ColumnType::Decimal { precision, scale: wanted } = data_type
        && let Some(unscaled) = small(bytes)
    {
        return rescale(unscaled, i32::from(*wanted).saturating_sub(scale))
            .filter(|value| {
                10_i128.checked_pow(u32::from(*precision)).is_none_or(|end| value.unsigned_abs() < end.unsigned_abs())
            })
            .map(Cell::Decimal)
            .ok_or_else(|| CellError::range(data_type));
    }
    let text = format!("{}e{}", BigInt::from_signed_bytes_be(bytes), i64::from(scale).saturating_neg());
    if *data_type == ColumnType::String {
        let plain = normalize_numeric(&text).ok_or_else(|| CellError::mismatch(data_type))?;
        return Ok(Cell::Text(plain.into()));
    }
    parse_cell(data_type, &text).map(Cell::into_owned)
}

/// A number with a comma before its fraction as one with a point; points between groups of three digits are left out.
/// `None` for anything that has a point elsewhere: `1.5` is no number there.
pub(crate) fn with_point(text: &str) -> Option<String> {
    let (whole, fraction) = match text.split_once(',') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    if fraction.is_some_and(|fraction| fraction.contains(['.', ','])) {
        return None;
    }
    let digits = whole.trim_start_matches(['-', '+']);
    let mut groups = digits.split('.');
    let first = groups.next().unwrap_or_default();
    let mut rest = groups.peekable();
    let is_grouped = rest.peek().is_some();
    if is_grouped && !((1..=3).contains(&first.len()) && rest.all(|group| group.len() == 3)) {
        return None;
    }
    let whole = whole.replace('.', "");
    Some(fraction.map_or_else(|| whole.clone(), |fraction| format!("{whole}.{fraction}")))
}

/// The number when it fits 128 bits.
fn small(bytes: &[u8]) -> Option<i128> {
    let first = *bytes.first()?;
    if bytes.len() > 16 {
        return None;
    }
    let mut wide = [if first & 0x80 == 0 { 0 } else { 0xff }; 16];
    for (place, byte) in wide.iter_mut().rev().zip(bytes.iter().rev()) {
        *place = *byte;
    }
    Some(i128::from_be_bytes(wide))
}

fn rescale(value: i128, shift: i32) -> Option<i128> {
    if value == 0 || shift == 0 {
        return Some(value);
    }
    let factor = 10_i128.checked_pow(shift.unsigned_abs())?;
    if shift > 0 { value.checked_mul(factor) } else { (value % factor == 0).then(|| value / factor) }
}

#[cfg(test)]
mod tests {
    use super::{base64_bytes, from_unscaled};
    use sluice_change::{Cell, ReasonCode};
    use sluice_contract::ColumnType;

    fn decode(data_type: &str, base64: &str, scale: i32) -> Result<Cell<'static>, ReasonCode> {
        let data_type: ColumnType = data_type.parse().unwrap();
        from_unscaled(&data_type, &base64_bytes(base64).unwrap(), scale).map_err(|error| error.reason)
    }

    #[test]
    fn decimals_are_exact_at_any_size() {
        assert_eq!(decode("decimal(12,2)", "P/k=", 2), Ok(Cell::Decimal(16_377)));
        assert_eq!(decode("decimal(5,2)", "/y/Q", 2), Ok(Cell::Decimal(-53_296)));
        assert_eq!(decode("decimal(4,2)", "/y/Q", 2), Err(ReasonCode::ValueOutOfRange));
        assert_eq!(decode("decimal(12,2)", "Ag==", 0), Ok(Cell::Decimal(200)));
        assert_eq!(decode("decimal(12,2)", "AfQ=", 4), Ok(Cell::Decimal(5)));
        assert_eq!(decode("decimal(12,2)", "AfU=", 4), Err(ReasonCode::ValueOutOfRange));
        // The ends of decimal(38,10), and one further.
        assert_eq!(decode("decimal(38,10)", "SztMqFqGxHoJiiI//////w==", 10), Ok(Cell::Decimal(10_i128.pow(38) - 1)));
        assert_eq!(decode("decimal(38,10)", "tMSzV6V5O4X2dd3AAAAAAQ==", 10), Ok(Cell::Decimal(1 - 10_i128.pow(38))));
        assert_eq!(decode("decimal(38,10)", "SztMqFqGxHoJiiJAAAAAAA==", 10), Err(ReasonCode::ValueOutOfRange));
        assert_eq!(decode("decimal(12,2)", "", 2), Err(ReasonCode::TypeMismatch));
        assert_eq!(decode("decimal(38,0)", "AH////////////////////8=", 0), Err(ReasonCode::ValueOutOfRange));
        assert_eq!(decode("decimal(38,0)", "AAAAAAAAAAAAAAAAAAAAAAAB", 0), Ok(Cell::Decimal(1)));
    }

    #[test]
    fn numeric_takes_any_scale() {
        assert_eq!(decode("numeric", "Dw==", 1), Ok(Cell::Text("1.5".into())));
        assert_eq!(decode("numeric", "Dw==", -3), Ok(Cell::Text("15000".into())));
        let wide = "AJ9PJyYXmiJFAddiQiyUZZDZEAAAAAAAAAE=";
        assert_eq!(
            decode("numeric", wide, 30),
            Ok(Cell::Text(format!("1{}.{}1", "0".repeat(30), "0".repeat(29)).into()))
        );
        assert!(decode("numeric", "Dw==", i32::MIN).is_err());
    }
}
