//! Which record of a CSV file is a header, and which texts are null.

use crate::text::csv_fields::Field;

/// Texts of null that are tried.
pub(crate) const NULL_TEXTS: [&str; 4] = ["NULL", "<null>", "\\N", "null"];

/// Whether a record is nothing but words that could be names of columns.
pub(crate) fn looks_like_header(fields: &[Field<'_>]) -> bool {
    let is_name = |text: &str| {
        text.starts_with(|c: char| c.is_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_alphanumeric() || c == '_')
    };
    let all = fields.iter().all(|field| is_name(&field.text) && !NULL_TEXTS.contains(&field.text.as_ref()));
    all && fields.len() > 1
}
