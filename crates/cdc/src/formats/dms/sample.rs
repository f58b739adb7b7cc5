//! Reads a sample of rows of AWS DMS into a profile.

use super::files::{change_position, file_place, transactions_position};
use super::members::{BEFORE, DOCUMENT, OPERATION, SEQUENCE, TIME, is_operation_name};
use super::own_place::{BY_CHANGE_SEQUENCE, BY_PLACE, BY_TIME};
use super::row::{is_delete, is_insert, is_operation};
use crate::format::{FileStage, ProposedSequence, StatedOrder};
use crate::profile::csv_header::NULL_TEXTS;
use crate::profile::csv_sample::texts;
use crate::profile::guess::{Guess, guess as plain_guess, of_text_column};
use crate::profile::shape::Shape;
use crate::profile::{ColumnProfile, Profile};
use crate::row::text_rows::time_ms;
use crate::text::csv_fields::Field;
use crate::text::json_fields::{each_member, string};
use crate::value::extended_json::plain;
use std::borrow::Cow;

/// The column and the field with the id of a document.
const ID: &str = "_id";
/// Digits of a change sequence.
const SEQUENCE_DIGITS: usize = 35;
/// Words for the operation of a row without one, in a full load and in a file of changes.
const LOAD: &str = "load";
const CHANGE: &str = "insert or update";

/// Columns of AWS DMS, not of the table.
pub(crate) fn is_own(name: &str) -> bool {
    matches!(name, OPERATION | SEQUENCE | TIME) || name.starts_with(BEFORE)
}

/// Whether a CSV record that looks like a header may be one: no operation is in front.
pub(crate) fn may_be_header(fields: &[Field<'_>]) -> bool {
    let is_value = |field: &Field<'_>| !is_operation_name(&field.text) && is_operation(&field.text);
    !fields.first().is_some_and(is_value)
}

/// Counts a CSV record of a file of that stage, if its name tells one. `names` are those of the header.
pub(crate) fn read_csv_row(
    profile: &mut Profile,
    stage: Option<FileStage>,
    names: Option<&[String]>,
    fields: &[Field<'_>],
) {
    let text = |at: usize| fields.get(at).map_or("", |field| field.text.as_ref());
    let at = match names {
        Some(names) => place_of_operation(names.iter().map(String::as_str), text),
        None => Some(0).filter(|at| is_operation(text(*at))),
    };
    let op = at.map_or("", text);
    let others = |number: &usize| Some(*number) != at;
    let values: Vec<Field<'_>> =
        fields.iter().enumerate().filter(|(number, _)| others(number)).map(|(_, field)| field.clone()).collect();
    let column_names: Vec<String> = match names {
        Some(names) => {
            names.iter().enumerate().filter(|(number, _)| others(number)).map(|(_, name)| name.clone()).collect()
        }
        None => positional_names(&values),
    };
    *profile.widths.entry(values.len()).or_default() += 1;
    profile.note_own_names(column_names.iter().filter(|name| is_own(name)).cloned().collect());
    let pairs: Vec<(&str, Option<&str>)> = column_names.iter().map(String::as_str).zip(texts(&values)).collect();
    read_row(profile, stage, op, &pairs);
}

/// Counts a row of Parquet, as [`read_csv_row`].
pub(crate) fn read_named_row(profile: &mut Profile, stage: Option<FileStage>, values: &[(&str, Option<&str>)]) {
    let text = |at: usize| values.get(at).and_then(|(_, value)| *value).unwrap_or_default();
    let at = place_of_operation(values.iter().map(|(name, _)| *name), text);
    let op = at.map_or("", text);
    let values: Vec<(&str, Option<&str>)> =
        values.iter().enumerate().filter(|(number, _)| Some(*number) != at).map(|(_, value)| *value).collect();
    read_row(profile, stage, op, &values);
}

/// Where the operation is among the members of a row: under its name, else under one that differs in upper and lower
/// case and holds an operation or nothing, as a column of the table may be called so.
fn place_of_operation<'n, 't>(
    mut names: impl Iterator<Item = &'n str> + Clone,
    text: impl Fn(usize) -> &'t str,
) -> Option<usize> {
    let exact = names.clone().position(|name| name == OPERATION);
    exact.or_else(|| names.position(is_operation_name).filter(|at| text(*at).is_empty() || is_operation(text(*at))))
}

/// `column_1` and so on; the change sequence and the commit time at the end are known by their form.
fn positional_names(values: &[Field<'_>]) -> Vec<String> {
    let count = values.len();
    let text = |from_end: usize| {
        count.checked_sub(from_end).and_then(|at| values.get(at)).map_or("", |field| field.text.as_ref())
    };
    let is_sequence = |text: &str| text.len() == SEQUENCE_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_time = |text: &str| text.len() == 26 && time_ms(text).is_some();
    let null = |text: &str| text.is_empty() || NULL_TEXTS.contains(&text);
    let both = is_time(text(1)) && (is_sequence(text(2)) || null(text(2)));
    let name = |at: usize| match count - at {
        1 if both => TIME.to_owned(),
        2 if both => SEQUENCE.to_owned(),
        1 if is_sequence(text(1)) => SEQUENCE.to_owned(),
        _ => format!("column_{}", at + 1),
    };
    (0..count).map(name).collect()
}

fn read_row(profile: &mut Profile, stage: Option<FileStage>, op: &str, values: &[(&str, Option<&str>)]) {
    // A full load may have an operation (`includeOpForFullLoad`), and changes none (`cdcInsertsAndUpdates`).
    let of_load = match stage {
        Some(FileStage::FullLoad) => op.is_empty() || is_insert(op),
        Some(FileStage::Changes) => op.is_empty() && values.contains(&(SEQUENCE, None)),
        _ => op.is_empty(),
    };
    let words = match op {
        _ if of_load => LOAD,
        "" => CHANGE,
        op => op,
    };
    *profile.operations.entry(words.to_owned()).or_default() += 1;
    profile.rows += u64::from(!is_delete(op));
    profile.deletes += u64::from(is_delete(op));
    profile.snapshot_rows += u64::from(of_load);
    let fields = document_fields(values);
    let values: Vec<(&str, Option<&str>)> =
        values.iter().copied().chain(fields.iter().map(|(name, value)| (name.as_str(), value.as_deref()))).collect();
    for (name, value) in &values {
        for own in [SEQUENCE, TIME] {
            if *name == own {
                *profile.positioned.entry(own).or_default() += u64::from(value.is_some() && !of_load);
            }
        }
        if is_own(name) {
            continue;
        }
        let column = profile.column(name);
        if is_delete(op) { column.deleted.text(*value) } else { column.shape.text(*value) }
    }
    let columns = values.iter().filter(|(name, _)| !is_own(name));
    if is_delete(op) {
        profile.gone_row(columns.clone().filter_map(|(name, value)| Some((*name, (*value)?))));
    }
    if of_load || is_insert(op) {
        profile.new_row(of_load, columns.filter_map(|(name, value)| Some((*name, (*value)?))));
    }
}

/// The fields of a document of MongoDB, named by their paths; its id only where no column has it.
fn document_fields(values: &[(&str, Option<&str>)]) -> Vec<(String, Option<String>)> {
    let has_id = values.iter().any(|(name, _)| *name == ID);
    let document = values.iter().find(|(name, _)| *name == DOCUMENT).and_then(|(_, text)| *text);
    let Some(json) = document.and_then(|text| plain(text).ok()) else { return Vec::new() };
    let is_word = |name: &str| name.chars().all(|letter| letter.is_alphanumeric() || letter == '_') && !name.is_empty();
    let mut fields = Vec::new();
    each_member(&json, |name, raw| {
        if is_word(&name) && !(has_id && name == ID) {
            let text = (raw != "null").then(|| string(raw).unwrap_or(Cow::Borrowed(raw)).into_owned());
            fields.push((format!("{DOCUMENT}.{name}"), text));
        }
    });
    fields
}

/// What the name of a file says its records are.
pub(crate) fn stage_of(path: &str) -> Option<FileStage> {
    let name = path.rsplit('/').next().unwrap_or(path);
    file_place(name).map(|place| place.stage)
}

/// Counts a file with `read`. A row without an operation is one of AWS DMS only in a file that it names, and a change
/// has a place there.
pub(crate) fn read_file(profile: &mut Profile, path: &str, read: impl FnOnce(&mut Profile)) {
    let loads = |profile: &Profile| profile.snapshot_rows;
    let all = |profile: &Profile| profile.operations.values().sum::<u64>();
    let (loads_before, all_before) = (loads(profile), all(profile));
    read(profile);
    let (new_loads, new) = (loads(profile) - loads_before, all(profile) - all_before);
    let name = path.rsplit('/').next().unwrap_or(path);
    if file_place(name).is_none() {
        profile.fitting = profile.fitting.saturating_sub(new_loads);
    }
    if change_position(path).or_else(|| transactions_position(path)).is_some() {
        profile.placed += new - new_loads;
    }
}

/// Whether all values of a column are change sequences of AWS DMS (`$AR_H_CHANGE_SEQ`): 35 digits.
fn is_change_sequence(shape: &Shape) -> bool {
    let texts = &shape.texts;
    let digits = texts.whole == texts.count && texts.whole_digits == SEQUENCE_DIGITS;
    texts.count > 0 && shape.values() == texts.count && digits
}

/// The column that every change has a change sequence in, under a name that its task gave it.
fn change_sequence(profile: &Profile, changes: u64) -> Option<String> {
    let mut found = profile.columns.iter().filter(|column| {
        let of_deletes = column.deleted.values();
        is_change_sequence(&column.shape) && column.shape.values() + of_deletes == changes
    });
    let first = found.next()?;
    found.next().is_none().then(|| first.name.clone())
}

/// The type of a column; a change sequence is text, as it is empty in a full load.
pub(crate) fn guess(column: &ColumnProfile) -> Guess {
    match is_change_sequence(&column.shape) {
        true => plain_guess("string", "text, a change sequence"),
        false => of_text_column(&column.shape),
    }
}

/// The change sequence, under its usual name; else the time of the commit; else the place of a record: its file by the
/// time in the name, then its row.
pub(crate) fn proposed_sequence(profile: &Profile) -> ProposedSequence {
    let changes = profile.records.saturating_sub(profile.snapshot_rows);
    let stated = |words: &str, part: u64, question: Option<String>| {
        let order = StatedOrder { text: format!("Order by {words}"), part, whole: changes, what: "changes" };
        ProposedSequence { question, stated: Some(order), ..ProposedSequence::default() }
    };
    if profile.positioned.contains_key(SEQUENCE) {
        return stated(BY_CHANGE_SEQUENCE, changes.min(profile.positioned.get(SEQUENCE).copied().unwrap_or(0)), None);
    }
    if let Some(name) = change_sequence(profile, changes) {
        return ProposedSequence { parts: vec![name], ..ProposedSequence::default() };
    }
    if profile.positioned.contains_key(TIME) {
        return stated(BY_TIME, changes.min(profile.positioned.get(TIME).copied().unwrap_or(0)), None);
    }
    let question = (profile.placed < changes).then(|| {
        format!(
            "Records carry no {SEQUENCE}, and the names of their files have no time as AWS DMS gives it \
             (20251101-122640000.csv), so nothing says which is newer. Name in apply.sequence what orders them"
        )
    });
    stated(&format!("{BY_PLACE}: the records carry no position"), profile.placed, question)
}
