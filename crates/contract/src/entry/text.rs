//! Values of entries as text: different values have different texts.

use std::fmt::Display;

/// A name or value; in quotes where it could be taken for more than one.
pub(super) fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':');
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { quoted(text) }
}

/// A text in single quotes, a quote inside is doubled.
pub(super) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// `[a, b]`.
pub(super) fn words<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    listed(texts.into_iter().map(|text| word(text)))
}

/// `[first, second]` of texts that are different already.
pub(super) fn listed(texts: impl Iterator<Item = String>) -> String {
    format!("[{}]", texts.collect::<Vec<_>>().join(", "))
}

/// The value, or `none`.
pub(super) fn or_none(value: Option<impl Display>) -> String {
    value.map_or_else(|| "none".to_owned(), |value| value.to_string())
}

/// The text in quotes, or `none`.
pub(super) fn quoted_or_none(text: Option<&String>) -> String {
    text.map_or_else(|| "none".to_owned(), |text| quoted(text))
}
