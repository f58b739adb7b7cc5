//! Reads a sample of rows of AWS DMS into a profile.

use super::files::{change_position, file_place, transactions_position};
use super::members::{BEFORE, DOCUMENT, OPERATION, SEQUENCE, TIME};
use super::own_place::{BY_CHANGE_SEQUENCE, BY_PLACE, BY_TIME};
use super::row::{is_delete, is_insert, is_operation};
use crate::format::{ProposedSequence, StatedOrder};
use crate::profile::Profile;
use crate::profile::csv_header::NULL_TEXTS;
use crate::profile::csv_sample::texts;
use crate::row::text_rows::time_ms;
use crate::text::csv_fields::Field;
use crate::text::json_fields::{each_member, string};
use crate::value::extended_json::plain;
use std::borrow::Cow;

/// The column and the field with the id of a document.
const ID: &str = "_id";
/// Word for the operation of a row without one.
const LOAD: &str = "load";

/// Columns of AWS DMS, not of the table.
pub(crate) fn is_own(name: &str) -> bool {
    matches!(name, OPERATION | SEQUENCE | TIME) || name.starts_with(BEFORE)
}

/// Whether a CSV record that looks like a header may be one: no operation is in front.
pub(crate) fn may_be_header(fields: &[Field<'_>]) -> bool {
    let is_value = |field: &Field<'_>| field.text != OPERATION && is_operation(&field.text);
    !fields.first().is_some_and(is_value)
}

/// Counts a CSV record. `names` are those of the header.
pub(crate) fn read_csv_row(profile: &mut Profile, names: Option<&[String]>, fields: &[Field<'_>]) {
    let first = fields.first().map_or("", |field| field.text.as_ref());
    let named_op = names.is_some_and(|names| names.first().is_some_and(|name| name == OPERATION));
    let has_op = named_op || (names.is_none() && is_operation(first));
    let values = fields.get(usize::from(has_op)..).unwrap_or_default();
    let column_names: Vec<String> = match names {
        Some(names) => names.iter().skip(usize::from(has_op)).cloned().collect(),
        None => positional_names(values),
    };
    *profile.widths.entry(values.len()).or_default() += 1;
    profile.note_own_names(column_names.iter().filter(|name| is_own(name)).cloned().collect());
    let pairs: Vec<(&str, Option<&str>)> = column_names.iter().map(String::as_str).zip(texts(values)).collect();
    read_row(profile, if has_op { first } else { "" }, &pairs);
}

/// Counts a row of Parquet.
pub(crate) fn read_named_row(profile: &mut Profile, values: &[(&str, Option<&str>)]) {
    let op = values.iter().find(|(name, _)| *name == OPERATION).and_then(|(_, value)| *value).unwrap_or_default();
    read_row(profile, op, values);
}

/// `column_1` and so on; the change sequence and the commit time at the end are known by their form.
fn positional_names(values: &[Field<'_>]) -> Vec<String> {
    let count = values.len();
    let text = |from_end: usize| {
        count.checked_sub(from_end).and_then(|at| values.get(at)).map_or("", |field| field.text.as_ref())
    };
    let is_sequence = |text: &str| text.len() == 35 && text.bytes().all(|byte| byte.is_ascii_digit());
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

fn read_row(profile: &mut Profile, op: &str, values: &[(&str, Option<&str>)]) {
    let of_load = op.is_empty();
    *profile.operations.entry(if of_load { LOAD } else { op }.to_owned()).or_default() += 1;
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
    if of_load || is_insert(op) {
        let columns = values.iter().filter(|(name, _)| !is_own(name));
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

/// Counts a file with `read`. A row without an operation is one of AWS DMS only in a file that it names, and a change
/// has a place there.
pub(crate) fn read_file(profile: &mut Profile, path: &str, read: impl FnOnce(&mut Profile)) {
    let loads = |profile: &Profile| profile.operations.get(LOAD).copied().unwrap_or(0);
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
