//! Values of entries as text: different values have different texts.

use std::fmt::Display;

/// A name or value; in quotes where it could be taken for more than one.
pub(super) fn word(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':');
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { quoted(text) }
}

/// A text in single quotes, a quote inside is doubled.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name or value as it is written in YAML.
pub(crate) fn written_word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(plain)
        && !WORDS_OF_YAML.contains(&text.to_ascii_lowercase().as_str())
    {
        text.to_owned()
    } else {
        quoted(text)
    }
}

/// Words that YAML does not take for texts.
const WORDS_OF_YAML: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

/// `[a, b]`.
pub(crate) fn words<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
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
