//! The functions of an expression.

use super::lexer::written_text;
use super::number_marks::NumberMarks;
use super::time_pattern::TimePattern;
use crate::ColumnType;

/// A function, applied to a text; null stays null.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// `trim(x)`: without white space at both ends.
    Trim,
    /// `lower(x)`: in small letters.
    Lower,
    /// `upper(x)`: in capitals.
    Upper,
    /// `null_if(x, 'N/A', …)`: null where it is one of the texts.
    NullIf(Vec<String>),
    /// `json(x, 'address.city')`: what is at the path in the text of a JSON value, null where there is nothing.
    Json(Vec<String>),
    /// `cast(x, type)`: as a value of the type is written; one that is none ends in quarantine.
    Cast(ColumnType),
    /// `parse_date(x, '%d.%m.%Y', …)`: a date of one of the patterns, as ISO 8601 writes it.
    ParseDate(Vec<TimePattern>),
    /// `parse_timestamp(x, '%d.%m.%Y %H:%M', …)`: a date with a time of day of one of the patterns; in UTC where they
    /// have a zone.
    ParseTimestamp(Vec<TimePattern>),
    /// `parse_number(x, ',', '.')`: a number with these marks before its fraction and between its thousands.
    ParseNumber(NumberMarks),
    /// `parse_boolean(x, 'yes', 'no')`: `true` or `false`, in small letters or capitals.
    ParseBoolean {
        /// The text of true.
        is_true: String,
        /// The text of false.
        is_false: String,
    },
    /// `keyed_hash(x, 'name')`: HMAC-SHA-256 with the key of that name, in hexadecimal.
    KeyedHash(String),
}

impl Step {
    /// Whether it reads how the source writes a value.
    #[must_use]
    pub fn parses(&self) -> bool {
        matches!(self, Self::ParseDate(_) | Self::ParseTimestamp(_) | Self::ParseNumber(_) | Self::ParseBoolean { .. })
    }

    /// It around an expression, as contracts write it.
    pub(super) fn around(&self, inside: &str) -> String {
        match self {
            Self::Trim => format!("trim({inside})"),
            Self::Lower => format!("lower({inside})"),
            Self::Upper => format!("upper({inside})"),
            Self::NullIf(texts) => format!("null_if({inside}{})", list(texts)),
            Self::Json(path) => format!("json({inside}, {})", written_text(&path.join("."))),
            Self::ParseDate(patterns) => format!("parse_date({inside}{})", list(patterns)),
            Self::ParseTimestamp(patterns) => format!("parse_timestamp({inside}{})", list(patterns)),
            Self::ParseNumber(marks) => {
                let (decimal, thousands) = (marks.decimal().to_string(), marks.thousands().map(String::from));
                format!("parse_number({inside}{})", list(&[decimal, thousands.unwrap_or_default()]))
            }
            Self::ParseBoolean { is_true, is_false } => {
                format!("parse_boolean({inside}{})", list(&[is_true, is_false]))
            }
            Self::Cast(data_type) => format!("cast({inside}, {data_type})"),
            Self::KeyedHash(name) => format!("keyed_hash({inside}, {})", written_text(name)),
        }
    }
}

/// Further arguments that are texts.
fn list(texts: &[impl ToString]) -> String {
    texts.iter().map(|text| format!(", {}", written_text(&text.to_string()))).collect()
}
