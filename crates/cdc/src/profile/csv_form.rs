//! How a CSV file is written, seen from its front: encoding, delimiter, decimal commas.

use super::csv_header::is_header;
use crate::text::content::{Content, front_of, is_marked_utf16, looks_like_utf16};
use crate::text::csv_dialect::{CsvDialect, DELIMITERS};
use crate::text::csv_fields::fields_by;
use crate::text::records::{RecordDelimiter, Records};
use crate::text::unpack::Unpacked;
use bytes::Bytes;
use sluice_contract::TextEncoding;

/// Unpacked bytes that tell the encoding.
const FRONT_BYTES: usize = 256 << 10;
/// Records that tell the delimiter.
const RECORDS_MAX: usize = 100;
/// Unquoted characters before a quote that is text.
const ESCAPE: &str = "\\\"";

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CsvForm {
    pub(crate) dialect: CsvDialect,
    /// Other delimiters fit as well.
    pub(crate) is_doubtful: bool,
    pub(crate) encoding: TextEncoding,
    pub(crate) decimals: Decimals,
    /// The first record has the names of the columns.
    pub(crate) has_header: bool,
}

/// What stands before the fraction of numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Decimals {
    /// A point, or there are no fractions.
    #[default]
    Point,
    /// A point, or it separates thousands: three digits follow each.
    PointOrThousands,
    /// A comma, or it separates thousands: three digits follow each.
    CommaOrThousands,
    /// A comma.
    Comma,
}

/// The encoding that a file without a byte order mark seems to have.
pub(crate) fn likely_encoding(bytes: &Bytes) -> TextEncoding {
    let mut unpacked = Unpacked::new(bytes.clone());
    let front = front_of(FRONT_BYTES, |space| unpacked.read(space));
    if is_marked_utf16(&front) {
        return TextEncoding::Utf8;
    }
    if let Some(encoding) = looks_like_utf16(&front) {
        return encoding;
    }
    let is_utf8 = std::str::from_utf8(&front).map_or_else(|error| error.error_len().is_none(), |_| true);
    if is_utf8 { TextEncoding::Utf8 } else { TextEncoding::Windows1252 }
}

impl CsvForm {
    /// Of a file or its front.
    pub(crate) fn of(bytes: &Bytes) -> Self {
        let encoding = likely_encoding(bytes);
        let mut content = Content::new(bytes.clone(), encoding, u64::MAX);
        let text = front_of(FRONT_BYTES, |space| content.read(space));
        Self { encoding, ..Self::of_text(&String::from_utf8_lossy(&text)) }
    }

    /// Of the front of a text.
    pub(crate) fn of_text(text: &str) -> Self {
        let text = text.trim_start_matches('\u{feff}');
        let mut plain = CsvDialect::RFC_4180;
        let mut fitting = fitting(text, plain);
        // A backslash before the closing quote of a path is a letter, where the records are whole so.
        if fitting.is_empty() && text.contains(ESCAPE) {
            plain.escape = Some(b'\\');
            fitting = self::fitting(text, plain);
        }
        // A header names nothing but columns by the right delimiter alone.
        let by_header: Vec<(CsvDialect, usize)> =
            fitting.iter().copied().filter(|(dialect, _)| has_header(text, *dialect)).collect();
        let candidates = if by_header.is_empty() { &fitting } else { &by_header };
        let best = candidates.iter().max_by_key(|(_, width)| *width).map_or(plain, |(dialect, _)| *dialect);
        let decimals = if best.delimiter == b',' { Decimals::Point } else { decimals_of(text, best) };
        Self {
            dialect: best,
            is_doubtful: candidates.len() > 1,
            encoding: TextEncoding::Utf8,
            decimals,
            has_header: has_header(text, best),
        }
    }
}

/// The delimiters by which all records have an equal number of fields, with it.
fn fitting(text: &str, plain: CsvDialect) -> Vec<(CsvDialect, usize)> {
    let by = DELIMITERS.iter().map(|delimiter| plain.with_delimiter(*delimiter));
    by.filter_map(|dialect| Some((dialect, width_by(text, dialect)?))).collect()
}

fn has_header(text: &str, dialect: CsvDialect) -> bool {
    let records = first_records(text, dialect);
    let mut records = records.iter().filter_map(|record| fields_by(record, dialect));
    let Some(first) = records.next() else { return false };
    is_header(&first, &records.collect::<Vec<_>>())
}

/// Records of the front of a text; the last one may be cut and is left out where there are others.
fn first_records(text: &str, dialect: CsvDialect) -> Vec<String> {
    let mut records = Records::new(Bytes::copy_from_slice(text.as_bytes()), RecordDelimiter::Csv(dialect), u64::MAX);
    let mut found = Vec::new();
    while found.len() < RECORDS_MAX {
        match records.next() {
            Some(record) if record.ended || found.is_empty() => {
                let text = String::from_utf8_lossy(record.bytes).into_owned();
                if !text.is_empty() {
                    found.push(text);
                }
            }
            _ => break,
        }
    }
    found
}

/// The number of fields that all records have by a delimiter, if it is more than one.
fn width_by(text: &str, dialect: CsvDialect) -> Option<usize> {
    let mut widths =
        first_records(text, dialect).into_iter().map(|record| fields_by(&record, dialect).map(|f| f.len()));
    let first = widths.next()??;
    (first > 1 && widths.all(|width| width == Some(first))).then_some(first)
}

fn decimals_of(text: &str, dialect: CsvDialect) -> Decimals {
    let mut found = Decimals::Point;
    for record in first_records(text, dialect) {
        for field in fields_by(&record, dialect).unwrap_or_default() {
            let unsigned = field.text.trim_start_matches(['-', '+']);
            let (whole, fraction) = unsigned.split_once(',').unwrap_or((unsigned, ""));
            let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let grouped = whole.contains('.') && whole.split('.').all(digits);
            if fraction.is_empty() {
                // A fraction after a point says that commas are none.
                let point = unsigned.split_once('.').is_some_and(|(whole, part)| digits(whole) && digits(part));
                if point && unsigned.split_once('.').is_some_and(|(_, part)| part.len() != 3) {
                    return Decimals::Point;
                }
                if is_in_groups(unsigned) {
                    found = found.max(Decimals::PointOrThousands);
                }
            } else if (digits(whole) || grouped) && digits(fraction) {
                let sure = fraction.len() != 3 || grouped;
                found = found.max(if sure { Decimals::Comma } else { Decimals::CommaOrThousands });
            }
        }
    }
    found
}

/// `1.234` and `12.345.678`: a point before every three digits, and no zero in front.
fn is_in_groups(unsigned: &str) -> bool {
    let mut groups = unsigned.split('.');
    let first = groups.next().is_some_and(|group| (1..=3).contains(&group.len()) && !group.starts_with('0'));
    let mut others = groups.peekable();
    first
        && others.peek().is_some()
        && others.all(|group| group.len() == 3)
        && unsigned.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::{CsvForm, Decimals, likely_encoding};
    use bytes::Bytes;
    use sluice_contract::TextEncoding;

    #[test]
    fn the_delimiter_is_the_one_by_which_records_are_equally_wide() {
        let delimiter = |text: &str| char::from(CsvForm::of_text(text).dialect.delimiter);
        assert_eq!(delimiter("id,name\n1,a\n"), ',');
        assert_eq!(delimiter("id;name\n1;\"a;b\"\n2;c\n"), ';');
        assert_eq!(delimiter("id\tname\n1\ta,b\n"), '\t');
        assert_eq!(delimiter("1|2,5\n2|7,5\n"), '|', "the wider one");
        assert!(CsvForm::of_text("1|2,5\n2|7,5\n").is_doubtful);
        assert_eq!(delimiter("id;amount\n1;2,5\n"), ';', "the header decides");
        assert!(!CsvForm::of_text("id;amount\n1;2,5\n").is_doubtful);
        assert_eq!(delimiter("hello\n"), ',');
    }

    #[test]
    fn commas_in_numbers_are_fractions_where_that_is_sure() {
        let decimals = |rows: &str| CsvForm::of_text(&format!("id;amount\n{rows}")).decimals;
        assert_eq!(decimals("1;2,50\n2;1.234,5\n"), Decimals::Comma);
        assert_eq!(decimals("1;1,234\n"), Decimals::CommaOrThousands);
        assert_eq!(decimals("1;1.5\n2;1,50\n"), Decimals::Point);
        assert_eq!(decimals("1;7\n"), Decimals::Point);
        assert_eq!(decimals("1;1.234\n2;5\n"), Decimals::PointOrThousands);
        assert_eq!(decimals("1;1.234\n2;5.5\n"), Decimals::Point);
        assert_eq!(decimals("1;0.125\n"), Decimals::Point);
        assert_eq!(decimals("1;1.234\n2;7,50\n"), Decimals::Comma);
    }

    #[test]
    fn an_encoding_is_only_ever_likely() {
        let likely = |bytes: &[u8]| likely_encoding(&Bytes::copy_from_slice(bytes));
        assert_eq!(likely("größe".as_bytes()), TextEncoding::Utf8);
        assert_eq!(likely(b"gr\xf6\xdfe"), TextEncoding::Windows1252);
        assert_eq!(likely(b"i\0d\0,\0n\0a\0m\0e\0"), TextEncoding::Utf16Le);
        assert_eq!(likely(b"\xff\xfei\0d\0,\0n\0a\0m\0e\0"), TextEncoding::Utf8, "the mark says it");
    }
}
