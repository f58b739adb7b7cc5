//! Extended JSON of MongoDB, versions 1 and 2, canonical and relaxed, as plain JSON.
//!
//! MongoDB specifications, "Extended JSON". A document of BSON has types that JSON lacks; each is an object whose
//! members begin with `$`, such as `{"$oid": "65…"}`. Both versions and both forms may be in one document.

use crate::text::json_fields::{compact, each_member, elements, is_too_deep, members, string};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, SecondsFormat};
use serde_json::Value;
use sluice_change::SpecialNumber;
use sluice_contract::limits;
use std::borrow::Cow;

/// Why a text is not a value in Extended JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misread {
    /// It is no JSON.
    NotJson,
    /// It is nested deeper than [`limits::JSON_DEPTH_MAX`].
    TooDeep,
    /// The value of a type is not one of it. The name of the type, for example `$numberLong`.
    Type(&'static str),
}

/// The value `raw` as plain JSON, in which people and columns read it:
///
/// | BSON | plain |
/// |---|---|
/// | `$numberInt`, `$numberLong`, `$numberDouble`, `$numberDecimal` | number, every digit kept; a text for `NaN` and infinities |
/// | `$oid`, `$uuid`, `$symbol`, `$code` without scope | text |
/// | `$date` | ISO text in UTC, `2026-01-02T03:04:05.678Z` |
/// | `$binary` | text in base64; of subtype 4 the text of a UUID. Subtype 3 stays base64: its order of bytes is not said |
/// | `$undefined` | null |
/// | `$timestamp`, `$regularExpression`, `$regex`, `$dbPointer`, `$minKey`, `$maxKey`, `$code` with scope | what it holds, as JSON |
///
/// An object with other members is a document, whatever their names; its values are read likewise, at every depth.
/// Text without any of these types is given back as it is.
///
/// # Errors
/// [`Misread`].
pub(crate) fn plain(raw: &str) -> Result<Cow<'_, str>, Misread> {
    if is_too_deep(raw.as_bytes(), limits::JSON_DEPTH_MAX) {
        return Err(Misread::TooDeep);
    }
    let mut out = String::new();
    if !may_hold_types(raw) {
        return Ok(Cow::Borrowed(raw.trim()));
    }
    push(&mut out, raw.trim())?;
    Ok(Cow::Owned(out))
}

/// As [`plain`], of a value that is a text in a column: a document, or a value out of one. A text of JSON loses its quotes.
///
/// # Errors
/// [`Misread`].
pub(crate) fn plain_text(text: &str) -> Result<Cow<'_, str>, Misread> {
    if !text.starts_with(['{', '[']) {
        return Ok(Cow::Borrowed(text));
    }
    let json = plain(text)?;
    Ok(match string(&json) {
        Some(text) => Cow::Owned(text.into_owned()),
        None => json,
    })
}

/// A `$timestamp` as one number whose order is that of the cluster: seconds, then the counter within the second.
pub(crate) fn cluster_time(raw: &str) -> Option<u64> {
    let [inner] = members(raw, ["$timestamp"])?;
    let [seconds, counter] = members(inner?, ["t", "i"])?;
    let number = |raw: Option<&str>| plain(raw?).ok()?.parse::<u32>().ok();
    Some((u64::from(number(seconds)?) << 32) | u64::from(number(counter)?))
}

/// Whether a name begins with `$` anywhere. Texts may, too; then it is only looked at closer.
fn may_hold_types(raw: &str) -> bool {
    raw.contains("\"$") || raw.contains("\\u0024")
}

fn push(out: &mut String, raw: &str) -> Result<(), Misread> {
    match raw.as_bytes().first() {
        Some(b'{' | b'[') if !may_hold_types(raw) => out.push_str(&compact(raw)),
        Some(b'[') => {
            out.push('[');
            for (at, element) in elements(raw).ok_or(Misread::NotJson)?.into_iter().enumerate() {
                separate(out, at);
                push(out, element)?;
            }
            out.push(']');
        }
        Some(b'{') => {
            let mut found: Vec<(Cow<'_, str>, &str)> = Vec::new();
            each_member(raw, |name, value| found.push((name, value))).then_some(()).ok_or(Misread::NotJson)?;
            match of_type(&found)? {
                Some(value) => out.push_str(&value),
                None => push_members(out, &found)?,
            }
        }
        Some(_) => out.push_str(raw),
        None => return Err(Misread::NotJson),
    }
    Ok(())
}

fn push_members(out: &mut String, found: &[(Cow<'_, str>, &str)]) -> Result<(), Misread> {
    out.push('{');
    for (at, (name, value)) in found.iter().enumerate() {
        separate(out, at);
        out.push_str(&quoted(name));
        out.push(':');
        push(out, value)?;
    }
    out.push('}');
    Ok(())
}

fn separate(out: &mut String, at: usize) {
    if at > 0 {
        out.push(',');
    }
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// The value of an object that is a type of BSON; `None` if it is a document.
fn of_type(found: &[(Cow<'_, str>, &str)]) -> Result<Option<String>, Misread> {
    let names: Vec<&str> = found.iter().map(|(name, _)| name.as_ref()).collect();
    let value = |name: &str| found.iter().find(|(of, _)| of == name).map_or("null", |(_, value)| *value);
    let (name, plain) = match names.as_slice() {
        ["$numberInt"] => ("$numberInt", whole(value("$numberInt"))),
        ["$numberLong"] => ("$numberLong", whole(value("$numberLong"))),
        ["$numberDouble"] => ("$numberDouble", number(value("$numberDouble"))),
        ["$numberDecimal"] => ("$numberDecimal", number(value("$numberDecimal"))),
        ["$oid"] => ("$oid", text(value("$oid"))),
        ["$uuid"] => ("$uuid", text(value("$uuid"))),
        ["$symbol"] => ("$symbol", text(value("$symbol"))),
        ["$code"] => ("$code", text(value("$code"))),
        ["$date"] => ("$date", date(value("$date"))),
        ["$undefined"] => ("$undefined", Some("null".to_owned())),
        ["$binary"] => {
            let parts = members(value("$binary"), ["base64", "subType"]);
            ("$binary", parts.and_then(|[bytes, kind]| binary(bytes?, kind?)))
        }
        ["$binary", "$type"] | ["$type", "$binary"] => ("$binary", binary(value("$binary"), value("$type"))),
        ["$timestamp"] => ("$timestamp", inner(value("$timestamp"))?),
        ["$regularExpression"] => ("$regularExpression", inner(value("$regularExpression"))?),
        ["$dbPointer"] => ("$dbPointer", inner(value("$dbPointer"))?),
        _ => return Ok(None),
    };
    plain.map(Some).ok_or(Misread::Type(name))
}

/// What an object inside a type holds; `None` if it is none.
fn inner(raw: &str) -> Result<Option<String>, Misread> {
    let mut out = String::new();
    push(&mut out, raw)?;
    Ok(out.starts_with('{').then_some(out))
}

fn text(raw: &str) -> Option<String> {
    string(raw).map(|text| quoted(&text))
}

/// Digits, as a text or as a number.
fn whole(raw: &str) -> Option<String> {
    let digits = string(raw).unwrap_or(Cow::Borrowed(raw));
    digits.parse::<i64>().ok().map(|number| number.to_string())
}

/// A number as a text or as a number; what JSON has no number for stays a text.
fn number(raw: &str) -> Option<String> {
    let digits = string(raw).unwrap_or(Cow::Borrowed(raw));
    if let Some(special) = SpecialNumber::read(&digits) {
        return Some(quoted(special.as_str()));
    }
    let is_number = digits.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    let is_json = is_number && serde_json::from_str::<&serde_json::value::RawValue>(&digits).is_ok();
    is_json.then(|| digits.trim().to_owned())
}

/// A text as it is, or milliseconds since 1970.
fn date(raw: &str) -> Option<String> {
    if raw.starts_with('"') {
        return text(raw);
    }
    let millis = match raw.starts_with('{') {
        true => members(raw, ["$numberLong"]).and_then(|[millis]| whole(millis?))?,
        false => whole(raw)?,
    };
    let time = DateTime::from_timestamp_millis(millis.parse().ok()?)?;
    Some(quoted(&time.to_rfc3339_opts(SecondsFormat::Millis, true)))
}

/// Bytes in base64 with the number of their kind, in hexadecimal.
fn binary(bytes: &str, kind: &str) -> Option<String> {
    const UUID: u8 = 4;
    let kind = string(kind).unwrap_or(Cow::Borrowed(kind));
    let kind = u8::from_str_radix(&kind, 16).ok()?;
    let base64 = string(bytes)?;
    let bytes = STANDARD.decode(base64.as_bytes()).ok()?;
    match <[u8; 16]>::try_from(bytes.as_slice()) {
        Ok(id) if kind == UUID => {
            let hex = format!("{:032x}", u128::from_be_bytes(id));
            let groups = [hex.get(..8)?, hex.get(8..12)?, hex.get(12..16)?, hex.get(16..20)?, hex.get(20..)?];
            Some(quoted(&groups.join("-")))
        }
        _ => Some(quoted(&base64)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Misread, cluster_time, plain};

    fn read(raw: &str) -> String {
        plain(raw).unwrap_or_else(|error| panic!("{raw}: {error:?}")).into_owned()
    }

    #[test]
    fn both_versions_and_forms_give_one_value() {
        for (texts, expected) in [
            (&[r#"{"$numberInt":"5"}"#, r#"{"$numberLong":"5"}"#, r#"{"$numberLong":5}"#, "5"][..], "5"),
            (&[r#"{"$numberLong":"9007199254740993"}"#], "9007199254740993"),
            (&[r#"{"$numberDecimal":"1.50"}"#, r#"{"$numberDouble":"1.50"}"#, "1.50"], "1.50"),
            (&[r#"{"$numberDecimal":"1E+3"}"#], "1E+3"),
            (&[r#"{"$numberDouble":"-Infinity"}"#], r#""-Infinity""#),
            (&[r#"{"$numberDecimal":"NaN"}"#], r#""NaN""#),
            (
                &[
                    r#"{"$date":{"$numberLong":"1767323045678"}}"#,
                    r#"{"$date":1767323045678}"#,
                    r#"{"$date":"2026-01-02T03:04:05.678Z"}"#,
                ],
                r#""2026-01-02T03:04:05.678Z""#,
            ),
            (&[r#"{"$date":{"$numberLong":"-1"}}"#], r#""1969-12-31T23:59:59.999Z""#),
            (
                &[r#"{"$binary":{"base64":"3q2+7w==","subType":"00"}}"#, r#"{"$binary":"3q2+7w==","$type":"00"}"#],
                r#""3q2+7w==""#,
            ),
            (
                &[
                    r#"{"$binary":{"base64":"EjRWeBI0EjQSNBI0VniavA==","subType":"04"}}"#,
                    r#"{"$uuid":"12345678-1234-1234-1234-123456789abc"}"#,
                ],
                r#""12345678-1234-1234-1234-123456789abc""#,
            ),
            (&[r#"{"$oid":"65f0a1b2c3d4e5f6a7b8c9d0"}"#], r#""65f0a1b2c3d4e5f6a7b8c9d0""#),
            (&[r#"{"$undefined":true}"#, "null"], "null"),
            (&[r#"{"$timestamp":{"t":1,"i":{"$numberInt":"2"}}}"#], r#"{"t":1,"i":2}"#),
        ] {
            for text in texts {
                assert_eq!(read(text), expected, "{text}");
            }
        }
    }

    #[test]
    fn documents_are_read_at_every_depth_and_keep_what_is_theirs() {
        assert_eq!(
            read(r#"{"_id": {"$oid": "65"}, "n": [ {"$numberInt": "1"}, {"x": {"$date": 0}} ], "t": "costs \"$5"}"#),
            r#"{"_id":"65","n":[1,{"x":"1970-01-01T00:00:00.000Z"}],"t":"costs \"$5"}"#
        );
        assert_eq!(read(r#"{"$oid":"65","x":{"$numberInt":"1"}}"#), r#"{"$oid":"65","x":1}"#, "a document");
        assert_eq!(read(r#"{"$minKey":1}"#), r#"{"$minKey":1}"#);
        assert_eq!(read(r#"{"$ref":"people","$id":{"$oid":"65"}}"#), r#"{"$ref":"people","$id":"65"}"#);
        assert_eq!(read(r#"{"a": 1}"#), r#"{"a": 1}"#, "nothing to read");
    }

    #[test]
    fn what_is_not_of_its_type_is_said() {
        for (text, expected) in [
            (r#"{"$numberLong":"five"}"#, Misread::Type("$numberLong")),
            (r#"{"a":{"$date":[1]}}"#, Misread::Type("$date")),
            (r#"{"$binary":{"base64":"???","subType":"00"}}"#, Misread::Type("$binary")),
            (r#"{"$numberDouble":"0x10"}"#, Misread::Type("$numberDouble")),
            (r#"{"$oid":7}"#, Misread::Type("$oid")),
            (r#"{"$oid":"7""#, Misread::NotJson),
        ] {
            assert_eq!(plain(text), Err(expected), "{text}");
        }
        let deep = format!("{}{{\"$oid\":\"7\"}}{}", "[".repeat(64), "]".repeat(64));
        assert_eq!(plain(&deep), Err(Misread::TooDeep));
    }

    #[test]
    fn cluster_times_are_in_the_order_of_seconds_and_counter() {
        let at = |seconds, counter| cluster_time(&format!(r#"{{"$timestamp":{{"t":{seconds},"i":{counter}}}}}"#));
        assert!(at(1, 10) > at(1, 9) && at(2, 0) > at(1, 10));
        assert_eq!(at(1, 2), Some((1 << 32) | 2));
        assert_eq!(cluster_time("{}"), None);
    }
}
