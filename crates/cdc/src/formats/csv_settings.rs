//! Entries of a contract that say how CSV files are written.

use crate::format::SourceSettings;
use crate::profile::csv_form::{CsvForm, Decimals};
use crate::profile::csv_sample::null_text;
use crate::text::csv_dialect::CsvDialect;
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::TextEncoding;

/// What is asked of a whole file whose numbers have commas before three digits.
pub(crate) const COMMA_OR_THOUSANDS: &str = "Numbers have a comma before three digits: write source.decimal_comma: true if a fraction follows it; else the \
     columns stay text";

/// How the files are written, with the questions about what only looks so.
pub(crate) fn settings(files: &[(SourceFile, Bytes)]) -> SourceSettings {
    let forms: Vec<CsvForm> = files.iter().map(|(_, bytes)| CsvForm::of(bytes)).collect();
    let mut settings = SourceSettings { null_text: null_text(files), ..SourceSettings::default() };
    let other = |of: fn(&CsvForm) -> bool| forms.iter().copied().find(of);
    if let Some(form) = other(|form| form.dialect != CsvDialect::RFC_4180) {
        settings.dialect = form.dialect;
    }
    if let Some(form) = other(|form| form.encoding != TextEncoding::Utf8) {
        settings.encoding = form.encoding;
        settings.questions.push(format!(
            "Files are not UTF-8 and have no byte order mark: {} is what most such files are; look at letters with \
             accents in the sample, and correct source.encoding",
            form.encoding
        ));
    }
    if other(|form| form.is_doubtful).is_some() {
        settings.questions.push(
            "More than one delimiter gives records of equal width: look at the sample, and correct \
             source.csv_delimiter"
                .to_owned(),
        );
    }
    match forms.iter().map(|form| form.decimals).max() {
        Some(Decimals::Comma) => {
            settings.decimal_comma = true;
            settings.questions.push(
                "Numbers have a comma before their fraction: source.decimal_comma reads 1.234,50 so; remove it if the \
                 comma separates something else"
                    .to_owned(),
            );
        }
        Some(Decimals::PointOrThousands) => settings.questions.push(
            "Every number with a point has three digits after it: write source.decimal_comma: true if the point is between \
             thousands (1.234 is 1234); as proposed it is before a fraction"
                .to_owned(),
        ),
        Some(Decimals::CommaOrThousands) => settings.questions.push(COMMA_OR_THOUSANDS.to_owned()),
        _ => {}
    }
    settings
}
