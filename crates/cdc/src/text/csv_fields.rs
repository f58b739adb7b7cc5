//! The fields of a CSV record.

use super::csv_dialect::CsvDialect;
use memchr::memchr;
use std::borrow::Cow;

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// Its text without quotes.
    pub(crate) text: Cow<'a, str>,
    /// It was in quotes, so it is text even where it reads like null.
    pub(crate) quoted: bool,
}

/// Fields of a record by RFC 4180; `None` if a quote is not closed or something follows a closing quote.
pub(crate) fn fields(record: &str) -> Option<Vec<Field<'_>>> {
    fields_by(record, CsvDialect::RFC_4180)
}

/// Fields of a record; `None` if a quote is not closed or something follows a closing quote.
pub(crate) fn fields_by(record: &str, dialect: CsvDialect) -> Option<Vec<Field<'_>>> {
    let mut fields = Vec::new();
    let mut rest = record;
    loop {
        let inner = dialect.quote.and_then(|quote| rest.strip_prefix(char::from(quote)));
        let (field, after) = match (inner, dialect.quote) {
            (Some(inner), Some(quote)) => quoted(inner, quote, dialect)?,
            _ => plain(rest, dialect),
        };
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return Some(fields),
        }
    }
}

/// The names of a header; a column without one is called by its place.
pub(crate) fn names_of(fields: &[Field<'_>]) -> Vec<String> {
    let places = fields.iter().zip(1_usize..);
    places
        .map(|(field, number)| match field.text.trim().is_empty() {
            true => format!("column_{number}"),
            false => field.text.clone().into_owned(),
        })
        .collect()
}

/// The field up to a delimiter, and what follows that.
fn plain(text: &str, dialect: CsvDialect) -> (Field<'_>, Option<&str>) {
    let delimiter = char::from(dialect.delimiter);
    let end = match dialect.escape {
        None => memchr(dialect.delimiter, text.as_bytes()),
        Some(escape) => {
            let mut escaped = false;
            text.bytes().position(|byte| {
                let ends = !escaped && byte == dialect.delimiter;
                escaped = !escaped && byte == escape;
                ends
            })
        }
    };
    let (text, after) = match end.and_then(|end| text.split_at_checked(end)) {
        Some((text, after)) => (text, after.strip_prefix(delimiter)),
        None => (text, None),
    };
    (Field { text: unescaped(text, dialect), quoted: false }, after)
}

/// The field after an opening quote, and what follows its delimiter.
fn quoted(text: &str, quote: u8, dialect: CsvDialect) -> Option<(Field<'_>, Option<&str>)> {
    let letter = char::from(quote);
    let mut doubled = false;
    let mut escaped = false;
    let mut bytes = text.bytes().enumerate().peekable();
    let end = loop {
        let (at, byte) = bytes.next()?;
        if escaped {
            escaped = false;
        } else if dialect.escape == Some(byte) && byte != quote {
            escaped = true;
        } else if byte == quote {
            if bytes.peek().is_none_or(|(_, next)| *next != quote) {
                break at;
            }
            bytes.next();
            doubled = true;
        }
    };
    let (inner, after) = text.split_at_checked(end)?;
    let inner = match unescaped(inner, dialect) {
        inner if doubled => Cow::Owned(inner.replace(&format!("{letter}{letter}"), &letter.to_string())),
        inner => inner,
    };
    let after = match after.strip_prefix(letter)? {
        "" => None,
        after => Some(after.strip_prefix(char::from(dialect.delimiter))?),
    };
    Some((Field { text: inner, quoted: true }, after))
}

/// A text without the escapes before what would end a field. Before anything else an escape is a letter: `\N`.
fn unescaped(text: &str, dialect: CsvDialect) -> Cow<'_, str> {
    let Some(escape) = dialect.escape.map(char::from).filter(|escape| text.contains(*escape)) else {
        return Cow::Borrowed(text);
    };
    let ends_fields = |letter: char| {
        let byte = u8::try_from(letter).ok();
        letter == escape
            || letter == '\n'
            || letter == '\r'
            || byte.is_some_and(|byte| dialect.delimiter == byte)
            || (byte.is_some() && dialect.quote == byte)
    };
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letters.peek() {
            Some(next) if letter == escape && ends_fields(*next) => plain.extend(letters.next()),
            _ => plain.push(letter),
        }
    }
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::{CsvDialect, fields, fields_by, names_of};

    fn texts(record: &str) -> Option<Vec<(String, bool)>> {
        Some(fields(record)?.into_iter().map(|field| (field.text.into_owned(), field.quoted)).collect())
    }

    fn by(record: &str, dialect: CsvDialect) -> Vec<String> {
        fields_by(record, dialect).unwrap().into_iter().map(|field| field.text.into_owned()).collect()
    }

    #[test]
    fn quotes_commas_and_empty_fields() {
        let field = |text: &str, quoted| (text.to_owned(), quoted);
        assert_eq!(
            texts("a,\"b,\"\"c\"\"\",,\"\",NULL,\"NULL\""),
            Some(vec![
                field("a", false),
                field("b,\"c\"", true),
                field("", false),
                field("", true),
                field("NULL", false),
                field("NULL", true)
            ])
        );
        assert_eq!(texts(""), Some(vec![field("", false)]));
        assert_eq!(texts("5\" pipe,\"x\ny\""), Some(vec![field("5\" pipe", false), field("x\ny", true)]));
        for wrong in ["\"open", "\"a\"b", "\"a\" ,b", "\"\"\""] {
            assert_eq!(texts(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn other_delimiters_quotes_and_escapes() {
        let semicolons = CsvDialect::RFC_4180.with_delimiter(b';');
        assert_eq!(by("1;\"a;\"\"b\";1,50", semicolons), ["1", "a;\"b", "1,50"]);
        assert_eq!(by("1\t", CsvDialect::RFC_4180.with_delimiter(b'\t')), ["1", ""]);
        let escapes = CsvDialect { escape: Some(b'\\'), ..CsvDialect::RFC_4180 };
        assert_eq!(by(r#""say \"hi\" \\ C:\new",\N,a\,b"#, escapes), ["say \"hi\" \\ C:\\new", "\\N", "a,b"]);
        assert_eq!(by("\"a\\\nb\",\"c\"\"d\"", escapes), ["a\nb", "c\"d"]);
        let no_quotes = CsvDialect { quote: None, ..CsvDialect::RFC_4180 };
        assert_eq!(by("\"a,b\"", no_quotes), ["\"a", "b\""]);
        let single = CsvDialect { quote: Some(b'\''), ..CsvDialect::RFC_4180 };
        assert_eq!(by("'a,b','it''s'", single), ["a,b", "it's"]);
    }

    #[test]
    fn a_column_without_a_name_has_that_of_its_place() {
        assert_eq!(names_of(&fields(",id, ").unwrap()), ["column_1", "id", "column_3"]);
    }
}
