//! The fields of a CSV record by RFC 4180.

use std::borrow::Cow;

/// A field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field<'a> {
    /// Its text without quotes.
    pub(crate) text: Cow<'a, str>,
    /// It was in quotes, so it is text even where it reads like null.
    pub(crate) quoted: bool,
}

/// Fields of a record; `None` if a quote is not closed or something follows a closing quote.
pub(crate) fn fields(record: &str) -> Option<Vec<Field<'_>>> {
    let mut fields = Vec::new();
    let mut rest = record;
    loop {
        let (field, after) = match rest.strip_prefix('"') {
            Some(inner) => quoted(inner)?,
            None => {
                let (text, after) = rest.split_once(',').map_or((rest, None), |(text, after)| (text, Some(after)));
                (Field { text: Cow::Borrowed(text), quoted: false }, after)
            }
        };
        fields.push(field);
        match after {
            Some(after) => rest = after,
            None => return Some(fields),
        }
    }
}

/// The field after an opening quote, and what follows its comma.
fn quoted(text: &str) -> Option<(Field<'_>, Option<&str>)> {
    let mut doubled = false;
    let mut from = 0;
    loop {
        let end = from + text.get(from..)?.find('"')?;
        let after = text.get(end + 1..)?;
        if after.starts_with('"') {
            doubled = true;
            from = end + 2;
            continue;
        }
        let inner = text.get(..end)?;
        let inner = if doubled { Cow::Owned(inner.replace("\"\"", "\"")) } else { Cow::Borrowed(inner) };
        let after = match after.strip_prefix(',') {
            Some(after) => Some(after),
            None if after.is_empty() => None,
            None => return None,
        };
        return Some((Field { text: inner, quoted: true }, after));
    }
}

#[cfg(test)]
mod tests {
    use super::fields;

    fn texts(record: &str) -> Option<Vec<(String, bool)>> {
        Some(fields(record)?.into_iter().map(|field| (field.text.into_owned(), field.quoted)).collect())
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
}
