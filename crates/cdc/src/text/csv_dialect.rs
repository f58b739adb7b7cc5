//! How the fields of a CSV file are separated.

use sluice_contract::Source;

/// Delimiters that a header may show.
pub(crate) const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// The characters between and around fields, all of ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CsvDialect {
    /// Between fields.
    pub(crate) delimiter: u8,
    /// Around fields; `None` where a quote is a letter like any other.
    pub(crate) quote: Option<u8>,
    /// Before a quote, a delimiter, a line end or itself, which are text then; `None` where a quote is doubled.
    pub(crate) escape: Option<u8>,
}

impl CsvDialect {
    /// RFC 4180.
    pub(crate) const RFC_4180: Self = Self { delimiter: b',', quote: Some(b'"'), escape: None };

    /// As a contract says it, by RFC 4180 where it says nothing.
    pub(crate) fn of(source: &Source) -> Self {
        let byte = |letter: char| u8::try_from(letter).ok();
        Self {
            delimiter: source.csv_delimiter.and_then(byte).unwrap_or(b','),
            quote: source.csv_quote.and_then(byte),
            escape: source.csv_escape.and_then(byte),
        }
    }

    pub(crate) fn with_delimiter(self, delimiter: u8) -> Self {
        Self { delimiter, ..self }
    }
}
