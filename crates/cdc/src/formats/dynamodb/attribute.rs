//! Attribute values of DynamoDB, `{"S": "x"}`, as plain JSON. Numbers keep every digit.

use crate::text::json_fields::{each_member, elements, string};
use serde_json::Value;
use sluice_change::{SpecialNumber, normalize_numeric};
use std::borrow::Cow;

/// The type of an attribute value, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Bytes,
    Boolean,
    Null,
    Map,
    List,
    Texts,
    Numbers,
    BytesSet,
}

const KINDS: [(&str, Kind); 10] = [
    ("S", Kind::Text),
    ("N", Kind::Number),
    ("B", Kind::Bytes),
    ("BOOL", Kind::Boolean),
    ("NULL", Kind::Null),
    ("M", Kind::Map),
    ("L", Kind::List),
    ("SS", Kind::Texts),
    ("NS", Kind::Numbers),
    ("BS", Kind::BytesSet),
];

/// The type of an attribute value, and what it holds; `None` if it is none.
pub(super) fn typed(raw: &str) -> Option<(Kind, &str)> {
    let mut found = None;
    let mut count = 0;
    each_member(raw, |name, value| {
        count += 1;
        found = KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| (*kind, value));
    });
    found.filter(|_| count == 1)
}

/// A map of attribute values as a plain JSON object.
///
/// # Errors
/// The name of the first attribute that is none; an empty one where the whole is no object.
pub(super) fn plain_image(raw: &str) -> Result<String, String> {
    let mut out = String::from("{");
    let mut wrong = None;
    let whole = each_member(raw, |name, value| {
        separate(&mut out);
        out.push_str(&quoted(&name));
        out.push(':');
        if wrong.is_none() && push(&mut out, value).is_none() {
            wrong = Some(name.into_owned());
        }
    });
    match wrong {
        _ if !whole => Err(String::new()),
        Some(name) => Err(name),
        None => {
            out.push('}');
            Ok(out)
        }
    }
}

/// One attribute value as plain JSON.
pub(super) fn plain(raw: &str) -> Option<String> {
    let mut out = String::new();
    push(&mut out, raw)?;
    Some(out)
}

fn push(out: &mut String, raw: &str) -> Option<()> {
    let (kind, value) = typed(raw)?;
    match kind {
        Kind::Text | Kind::Bytes => out.push_str(text(value)?),
        Kind::Number => out.push_str(&number(value)?),
        Kind::Boolean => out.push_str(Some(value).filter(|raw| matches!(*raw, "true" | "false"))?),
        Kind::Null => out.push_str("null"),
        Kind::Map => out.push_str(&plain_image(value).ok()?),
        Kind::List => {
            out.push('[');
            for element in elements(value)? {
                separate(out);
                push(out, element)?;
            }
            out.push(']');
        }
        Kind::Texts | Kind::BytesSet => push_set(out, elements(value)?.into_iter().map(text))?,
        Kind::Numbers => push_set(out, elements(value)?.into_iter().map(number))?,
    }
    Some(())
}

/// A set has no order, so its elements are sorted: the same set is one value.
fn push_set<T: AsRef<str>>(out: &mut String, elements: impl Iterator<Item = Option<T>>) -> Option<()> {
    let mut elements = elements.collect::<Option<Vec<T>>>()?;
    elements.sort_by(|a, b| a.as_ref().cmp(b.as_ref()));
    out.push('[');
    for element in elements {
        separate(out);
        out.push_str(element.as_ref());
    }
    out.push(']');
    Some(())
}

/// A comma, unless nothing stands before it.
fn separate(out: &mut String) {
    if !out.is_empty() && !out.ends_with(['{', '[', ':']) {
        out.push(',');
    }
}

/// A JSON string as it is.
fn text(raw: &str) -> Option<&str> {
    string(raw).map(|_| raw)
}

/// The digits of a number, which come as a text.
fn number(raw: &str) -> Option<String> {
    let digits = string(raw).unwrap_or(Cow::Borrowed(raw));
    let is_number = SpecialNumber::read(&digits).is_none();
    normalize_numeric(&digits).filter(|_| is_number)
}

fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::{plain, plain_image};

    #[test]
    fn values_of_every_type() {
        for (raw, expected) in [
            (r#"{"S":"a \"b\""}"#, r#""a \"b\"""#),
            (r#"{"S":""}"#, r#""""#),
            (r#"{"N":"12345678901234567890123456789012345678"}"#, "12345678901234567890123456789012345678"),
            (r#"{"N":"-0.00000000000000000000000000000000000123"}"#, "-0.00000000000000000000000000000000000123"),
            (r#"{"N":"1E+3"}"#, "1000"),
            (r#"{"N":"1.50"}"#, "1.5"),
            (r#"{"B":"3q2+7w=="}"#, r#""3q2+7w==""#),
            (r#"{"BOOL":false}"#, "false"),
            (r#"{"NULL":true}"#, "null"),
            (r#"{"L":[]}"#, "[]"),
            (r#"{"L":[{"N":"1"},{"L":[{"S":"x"}]},{"M":{}}]}"#, r#"[1,["x"],{}]"#),
            (r#"{"M":{"S":{"S":"s"},"n":{"N":"2"}}}"#, r#"{"S":"s","n":2}"#),
            (r#"{"SS":["b","a"]}"#, r#"["a","b"]"#),
            (r#"{"NS":["2","1.0"]}"#, "[1,2]"),
            (r#"{"BS":["Yg==","YQ=="]}"#, r#"["YQ==","Yg=="]"#),
        ] {
            assert_eq!(plain(raw).as_deref(), Some(expected), "{raw}");
        }
        for wrong in
            [r#"{"N":"NaN"}"#, r#"{"N":"x"}"#, r#"{"S":1}"#, r#"{"X":"a"}"#, "{}", r#"{"S":"a","N":"1"}"#, r#""a""#]
        {
            assert_eq!(plain(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_attribute_that_is_none_is_named() {
        assert_eq!(plain_image(r#"{"a":{"S":"x"},"b":{"N":"1"}}"#).as_deref(), Ok(r#"{"a":"x","b":1}"#));
        assert_eq!(plain_image(r#"{"a":{"S":"x"},"b":7}"#), Err("b".to_owned()));
        assert_eq!(plain_image("[]"), Err(String::new()));
    }
}
