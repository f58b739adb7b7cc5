//! Members of a JSON object as raw text, without building a tree.
//!
//! Numbers stay the digits that were written: nothing passes through a double.

use memchr::memchr2_iter;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// Calls `take` with the name and the raw text of every member of the object `json`.
/// `false` if it is not one JSON object.
pub(crate) fn each_member<'a>(json: &'a str, take: impl FnMut(Cow<'a, str>, &'a str)) -> bool {
    let mut reader = serde_json::Deserializer::from_str(json);
    Members(take).deserialize(&mut reader).is_ok() && reader.end().is_ok()
}

/// Raw text of the members called `names`, in that order; of members that repeat, the last.
/// `None` if `json` is not one JSON object.
pub(crate) fn members<'a, const N: usize>(json: &'a str, names: [&str; N]) -> Option<[Option<&'a str>; N]> {
    let mut found = [None; N];
    let whole = each_member(json, |name, raw| {
        for (wanted, place) in names.iter().zip(found.iter_mut()) {
            if *wanted == name {
                *place = Some(raw);
            }
        }
    });
    whole.then_some(found)
}

/// Raw texts of the elements of an array; `None` if `json` is not one.
pub(crate) fn elements(json: &str) -> Option<Vec<&str>> {
    let raw: Vec<&RawValue> = serde_json::from_str(json).ok()?;
    Some(raw.into_iter().map(RawValue::get).collect())
}

/// The text of a JSON string, borrowed where it has no escapes; `None` if `json` is not a string.
pub(crate) fn string(json: &str) -> Option<Cow<'_, str>> {
    let inner = json.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        serde_json::from_str::<String>(json).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(inner))
    }
}

/// The value at a path of names and numbers inside a value, `None` where there is none. A text that is JSON has nothing
/// inside.
#[must_use]
pub fn inside<'a>(json: &'a str, path: &[String]) -> Option<&'a str> {
    path.iter().try_fold(json.trim_ascii(), |json, name| match json.as_bytes().first() {
        Some(b'{') => members(json, [name.as_str()])?[0],
        Some(b'[') => elements(json)?.get(name.parse::<usize>().ok()?).copied(),
        _ => None,
    })
}

/// `None` for `null`.
pub(crate) fn not_null(json: Option<&str>) -> Option<&str> {
    json.filter(|raw| *raw != "null")
}

/// The same JSON without white space between its tokens.
pub(crate) fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut quoted = false;
    let mut escaped = false;
    for c in json.chars() {
        if quoted {
            quoted = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if c.is_ascii_whitespace() {
            continue;
        } else {
            quoted = c == '"';
        }
        out.push(c);
    }
    out
}

/// Whether `json` is nested deeper than `depth_max`.
pub(crate) fn is_too_deep(json: &[u8], depth_max: usize) -> bool {
    let opened = memchr2_iter(b'{', b'[', json).take(depth_max.saturating_add(1)).count();
    if opened <= depth_max {
        return false;
    }
    let mut depth = 0_usize;
    let mut quoted = false;
    let mut escaped = false;
    for byte in json {
        if quoted {
            quoted = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            continue;
        }
        match byte {
            b'"' => quoted = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > depth_max {
            return true;
        }
    }
    false
}

struct Members<F>(F);

impl<'de, F: FnMut(Cow<'de, str>, &'de str)> DeserializeSeed<'de> for Members<F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: FnMut(Cow<'de, str>, &'de str)> Visitor<'de> for Members<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Name<'de>>()? {
            let raw: &'de RawValue = map.next_value()?;
            (self.0)(name.0, raw.get());
        }
        Ok(())
    }
}

struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::{compact, each_member, elements, inside, is_too_deep, members, string};

    #[test]
    fn members_keep_their_digits() {
        let json = r#" {"a": 9223372036854775807, "b\u0041": "x\ny", "a": 1.50, "n": null} "#;
        assert_eq!(members(json, ["a", "bA", "c"]), Some([Some("1.50"), Some(r#""x\ny""#), None]));
        assert!(!each_member("[1]", |_, _| {}) && !each_member("{} {}", |_, _| {}) && !each_member("{", |_, _| {}));
        assert_eq!(elements("[1, [2] ,\"x\"]"), Some(vec!["1", "[2]", "\"x\""]));
        assert_eq!(string(r#""\ud83d\ude00""#).as_deref(), Some("😀"));
        assert_eq!(string(r#""\ud83d""#), None);
        assert_eq!(compact(r#"{ "a b" : "c \" d" , "e":[ 1 ] }"#), r#"{"a b":"c \" d","e":[1]}"#);
    }

    #[test]
    fn a_path_leads_into_objects_and_lists() {
        let json = r#"{"address": {"city": "Kiel", "lines": ["a", {"b": null}]}}"#;
        let at = |path: &str| inside(json, &path.split('.').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(at("address.city"), Some("\"Kiel\""));
        assert_eq!(at("address.lines.1.b"), Some("null"));
        assert_eq!(at("address.lines.2"), None);
        assert_eq!(at("address.city.x"), None);
    }

    #[test]
    fn depth_counts_outside_strings() {
        assert!(is_too_deep("[".repeat(65).as_bytes(), 64));
        assert!(!is_too_deep(format!("{}1{}", "[".repeat(64), "]".repeat(64)).as_bytes(), 64));
        assert!(!is_too_deep(format!("\"{}\"", "[".repeat(100)).as_bytes(), 64));
        assert!(!is_too_deep("[]".repeat(100).as_bytes(), 64));
    }
}
