//! Which record of a CSV file is a header, and which texts are null.

use crate::text::csv_fields::Field;
use crate::value::number::with_point;
use sluice_change::parse_cell;
use sluice_contract::ColumnType;
use std::collections::BTreeSet;

/// Texts of null that are tried.
pub(crate) const NULL_TEXTS: [&str; 4] = ["NULL", "<null>", "\\N", "null"];
/// Words that stand for a missing value and name no column.
const MISSING_WORDS: [&str; 9] = ["na", "n/a", "#n/a", "none", "nil", "nan", "-", "?", "unknown"];
/// Letters of the name of a column at most.
const NAME_LETTERS_MAX: usize = 128;
/// Types of which a value is no name.
const TYPES: [ColumnType; 5] =
    [ColumnType::Boolean, ColumnType::Date, ColumnType::Time, ColumnType::Timestamp, ColumnType::Uuid];

/// Whether the first record is a header: nothing but words that could be names of columns; or names with other letters,
/// some of them empty, above values that are numbers, dates or the like.
pub(crate) fn is_header(fields: &[Field<'_>], below: &[Vec<Field<'_>>]) -> bool {
    looks_like_header(fields) || is_above_values(fields, below)
}

/// Whether a record is nothing but words that could be names of columns.
pub(crate) fn looks_like_header(fields: &[Field<'_>]) -> bool {
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let all = fields.iter().all(|field| is_name(&field.text) && !NULL_TEXTS.contains(&field.text.as_ref()));
    all && fields.len() > 1
}

fn is_above_values(fields: &[Field<'_>], below: &[Vec<Field<'_>>]) -> bool {
    let names: Vec<&str> = fields.iter().map(|field| field.text.trim()).filter(|name| !name.is_empty()).collect();
    let distinct: BTreeSet<&str> = names.iter().copied().collect();
    let are_names = names.iter().all(|name| is_like_name(name)) && distinct.len() == names.len();
    if fields.len() < 2 || names.len() * 2 < fields.len() || !are_names {
        return false;
    }
    (0..fields.len()).filter(|at| fields.get(*at).is_some_and(|field| !field.text.trim().is_empty())).any(|at| {
        let values = below.iter().filter_map(|record| record.get(at)).map(|field| field.text.as_ref());
        let mut values = values.filter(|text| !text.is_empty() && !NULL_TEXTS.contains(text)).peekable();
        values.peek().is_some() && values.all(is_typed)
    })
}

fn is_like_name(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
        && text.chars().count() <= NAME_LETTERS_MAX
        && !text.contains(['\n', '@'])
        && !NULL_TEXTS.contains(&text)
        && !MISSING_WORDS.contains(&text.to_lowercase().as_str())
        && !is_typed(text)
}

/// Whether a text is a number, a date, a time, a boolean or a UUID: nothing that a column is called, and nothing of which
/// an empty text could be one.
pub(crate) fn is_typed(text: &str) -> bool {
    let is_number = |text: &str| text.parse::<f64>().is_ok();
    is_number(text)
        || with_point(text).is_some_and(|plain| is_number(&plain))
        || TYPES.iter().any(|data_type| parse_cell(data_type, text).is_ok())
}

#[cfg(test)]
mod tests {
    use super::is_header;
    use crate::text::csv_fields::fields;

    #[test]
    fn a_header_is_names_above_values() {
        let is = |header: &str, rows: &[&str]| {
            let rows: Vec<_> = rows.iter().filter_map(|row| fields(row)).collect();
            is_header(&fields(header).unwrap(), &rows)
        };
        assert!(is("id,name", &["a,b"]), "plain words");
        assert!(is("Order ID,Customer Name,Preis (EUR)", &["1,Ada,5.00"]));
        assert!(is("Bestell-Nr,Größe,Änderung am", &["A-1,XL,2026-01-01"]));
        assert!(is("\"Share (%)\",Name", &["5,Ada"]));
        assert!(is(",id,name", &["0,1,Ada", "1,2,Max"]), "an index without a name");
        assert!(is("id,name,", &["1,Ada,"]), "a delimiter at the end");
        assert!(!is("First Name,Last Name", &["Ada,King"]), "nothing tells names from values");
        assert!(!is("1,Ada King", &["2,Max"]));
        assert!(!is("n/a,Ada King", &["2,Max"]));
        assert!(!is("a b,a b", &["1,2"]), "two columns of one name");
        assert!(!is("Ada King,a@post.example", &["Max,5"]));
        assert!(!is("Ada King,2026-01-01", &["Max,2026-01-02"]));
    }
}
