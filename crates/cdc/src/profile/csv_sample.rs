//! Samples of CSV files.

use super::Profile;
use super::csv_form::{CsvForm, Decimals};
use super::csv_header::{NULL_TEXTS, is_typed};
use crate::text::csv_fields::{Field, fields_by, names_of};
use crate::text::records::{RecordDelimiter, Records};
use crate::text::unpack::StreamEnd;
use crate::value::number::with_point;
use bytes::Bytes;
use sluice_change::SourceFile;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// Records of a file that are looked at for the text of null.
const NULL_RECORDS_MAX: usize = 1_000;

/// Digits of a change sequence of AWS DMS (`AR_H_CHANGE_SEQ`).
const CHANGE_SEQUENCE_DIGITS: usize = 35;

/// Reads at most `records_max` records of a file; `may_be_header` says of a first record that looks like a header whether
/// the format allows it, `read_row` gets the names of the header, if there is one, and the fields of each record after it.
pub(crate) fn read(
    profile: &mut Profile,
    bytes: &Bytes,
    records_max: u64,
    may_be_header: impl Fn(&[Field<'_>]) -> bool,
    read_row: impl Fn(&mut Profile, Option<&[String]>, &[Field<'_>]),
) {
    let form = CsvForm::of(bytes);
    let mut records = Records::in_encoding(bytes.clone(), RecordDelimiter::Csv(form.dialect), form.encoding, u64::MAX);
    let mut names: Option<Vec<String>> = None;
    for number in 0..records_max {
        let Some(record) = records.next() else {
            profile.damaged_files += u64::from(records.end() != StreamEnd::Whole);
            return;
        };
        let record = if number == 0 { without_mark(record.bytes) } else { record.bytes };
        if record.is_empty() {
            continue;
        }
        let fields = std::str::from_utf8(record).ok().and_then(|text| fields_by(text, form.dialect));
        if let (0, Some(fields)) = (number, &fields)
            && form.has_header
            && may_be_header(fields)
        {
            names = Some(names_of(fields));
            profile.has_header = true;
            continue;
        }
        profile.records += 1;
        let Some(mut fields) = fields else { continue };
        profile.fitting += 1;
        if form.decimals == Decimals::Comma {
            fields.iter_mut().for_each(with_decimal_point);
        }
        read_row(profile, names.as_deref(), &fields);
    }
}

fn without_mark(record: &[u8]) -> &[u8] {
    record.strip_prefix("\u{feff}".as_bytes()).unwrap_or(record)
}

/// The texts of fields, `None` for those that read like null: a known text or nothing, without quotes.
pub(crate) fn texts<'a>(fields: &'a [Field<'_>]) -> Vec<Option<&'a str>> {
    let is_null =
        |field: &Field<'_>| !field.quoted && (field.text.is_empty() || NULL_TEXTS.contains(&field.text.as_ref()));
    fields.iter().map(|field| (!is_null(field)).then_some(field.text.as_ref())).collect()
}

/// Notes how the fields of columns write null, where they do.
pub(crate) fn note_nulls<'n>(profile: &mut Profile, names: impl Iterator<Item = &'n str>, fields: &[Field<'_>]) {
    for (name, field) in names.zip(fields).filter(|(_, field)| !field.quoted) {
        let known = NULL_TEXTS.into_iter().chain([""]).find(|text| *text == field.text);
        if let Some(text) = known {
            profile.note_null(name, text);
        }
    }
}

/// A number with a comma before its fraction as one with a point, as it is read in the end.
fn with_decimal_point(field: &mut Field<'_>) {
    let is_number = field.text.starts_with(|first: char| first == '-' || first.is_ascii_digit());
    if let Some(plain) = with_point(&field.text).filter(|plain| is_number && plain.parse::<f64>().is_ok()) {
        field.text = Cow::Owned(plain);
    }
}

/// What the fields of a place hold, in records of one length.
#[derive(Default)]
struct Place {
    typed: u64,
    empty: u64,
    others: u64,
}

impl Place {
    fn add(&mut self, field: &Field<'_>) {
        let text = field.text.as_ref();
        match text.is_empty() && !field.quoted {
            true => self.empty += 1,
            // A change sequence of AWS DMS is empty in a full load, whatever null is otherwise.
            false if text.len() == CHANGE_SEQUENCE_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit()) => {}
            false if NULL_TEXTS.contains(&text) => {}
            false if is_typed(text) => self.typed += 1,
            false => self.others += 1,
        }
    }

    /// Numbers, dates or the like, and sometimes nothing: nothing is null there, for none of them is written so.
    fn is_empty_null(&self) -> bool {
        self.typed > 0 && self.empty > 0 && self.others == 0
    }
}

/// Whether a name in a header is that of a value before the change (`BI_` of AWS DMS).
fn is_before(field: Option<&Field<'_>>) -> bool {
    field.is_some_and(|field| field.text.starts_with("BI_"))
}

/// The text for null that the files use, unless it is the usual one.
pub(crate) fn null_text(files: &[(SourceFile, Bytes)]) -> Option<&'static str> {
    let mut counts = [0_u64; NULL_TEXTS.len()];
    let mut places: BTreeMap<(usize, usize), Place> = BTreeMap::new();
    for (_, bytes) in files {
        let form = CsvForm::of(bytes);
        let mut records =
            Records::in_encoding(bytes.clone(), RecordDelimiter::Csv(form.dialect), form.encoding, u64::MAX);
        let mut before = BTreeSet::new();
        for number in 0..NULL_RECORDS_MAX {
            let Some(record) = records.next() else { break };
            let fields = std::str::from_utf8(without_mark(record.bytes)).ok();
            let fields = fields.and_then(|text| fields_by(text, form.dialect)).unwrap_or_default();
            if number == 0 && form.has_header {
                // A row before an update is empty where there is none, whatever null is otherwise.
                before = (0..fields.len()).filter(|at| is_before(fields.get(*at))).collect();
                continue;
            }
            for field in fields.iter().filter(|field| !field.quoted) {
                let known = NULL_TEXTS.iter().zip(counts.iter_mut()).find(|(text, _)| **text == field.text);
                if let Some((_, count)) = known {
                    *count += 1;
                }
            }
            // A delete of AWS DMS leaves everything but the key empty, whatever null is otherwise.
            if fields.first().is_some_and(|field| !matches!(field.text.as_ref(), "D" | "d" | "DELETE")) {
                for (at, field) in fields.iter().enumerate().filter(|(at, _)| !before.contains(at)) {
                    places.entry((fields.len(), at)).or_default().add(field);
                }
            }
        }
    }
    if places.values().any(Place::is_empty_null) {
        return Some("");
    }
    let most = NULL_TEXTS.iter().zip(counts).max_by_key(|(_, count)| *count);
    most.filter(|(text, count)| *count > 0 && **text != "NULL").map(|(text, _)| *text)
}
