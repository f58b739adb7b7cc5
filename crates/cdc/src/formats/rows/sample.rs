//! Reads a sample of current rows into a profile, and asks for a watermark.

use super::super::json::guess::of_values;
use super::watermark::{has_watermark_name, has_watermark_type, may_be_version};
use crate::columnar::stop::Stop;
use crate::format::ProposedSequence;
use crate::profile::Profile;
use crate::profile::csv_sample::{self, texts};
use crate::profile::guess::of_text_column;
use crate::profile::shape::hash;
use crate::profile::written_guess::of_rows;
use crate::text::csv_fields::Field;
use sluice_change::ReasonCode;
use std::borrow::Cow;

/// What the names of the columns begin with that targets of Singer and Stitch add, and the one that orders rows (Stitch
/// documentation, "System tables and columns").
const SDC: &str = "_sdc_";
const SDC_SEQUENCE: &str = "_sdc_sequence";

/// What ends a file of which enough was read.
pub(crate) const ENOUGH: Stop = Stop::fixed(ReasonCode::FileTooLarge, "enough of the file was read");

/// Counts a row. A watermark is no part of a key: it would tell the states of one row apart.
pub(crate) fn read_row(profile: &mut Profile, values: &[(&str, Option<&str>)]) {
    count_row(profile);
    profile.note_row(hash(&format!("{values:?}")));
    for (name, value) in values {
        profile.column(name).shape.text(*value);
        profile.file_values.note(profile.files, name, *value);
    }
    let of_key = values.iter().filter(|(name, _)| !has_watermark_name(name));
    profile.new_row(false, of_key.filter_map(|(name, value)| Some((*name, (*value)?))));
}

/// Counts a row of JSON values.
pub(crate) fn read_json_row(profile: &mut Profile, values: &[(Cow<'_, str>, &str)]) {
    count_row(profile);
    profile.note_row(hash(&format!("{values:?}")));
    for (name, raw) in values {
        profile.column(name).shape.json(raw);
        profile.file_values.note(profile.files, name, Some(*raw).filter(|raw| *raw != "null"));
    }
    let of_key = values.iter().filter(|(name, raw)| !has_watermark_name(name) && *raw != "null");
    profile.new_row(false, of_key.map(|(name, raw)| (name.as_ref(), *raw)));
}

fn count_row(profile: &mut Profile) {
    profile.keys_repeat_over_files = true;
    *profile.operations.entry("row".to_owned()).or_default() += 1;
    profile.rows += 1;
    profile.file_values.count_row(profile.files);
}

/// Counts a CSV record. `names` are those of the header.
pub(crate) fn read_csv_row(profile: &mut Profile, names: Option<&[String]>, fields: &[Field<'_>]) {
    let positional: Vec<String>;
    let names = match names {
        Some(names) => names,
        None => {
            positional = (1..=fields.len()).map(|number| format!("column_{number}")).collect();
            &positional
        }
    };
    csv_sample::note_nulls(profile, names.iter().map(String::as_str), fields);
    *profile.widths.entry(fields.len()).or_default() += 1;
    let pairs: Vec<(&str, Option<&str>)> = names.iter().map(String::as_str).zip(texts(fields)).collect();
    read_row(profile, &pairs);
}

/// The one column that looks like a watermark; where none or several do, a question.
pub(crate) fn proposed_sequence(profile: &Profile) -> ProposedSequence {
    let guess = |column: &crate::profile::ColumnProfile| match &column.by_schema {
        Some(guess) => guess.clone(),
        // Numbers of JSON have shapes of their own.
        None if column.shape.whole.count > 0 => of_values(&column.shape),
        None => of_rows(of_text_column(&column.shape), &column.shape),
    };
    let data_type = |column| guess(column).data_type;
    let candidates: Vec<String> = profile
        .columns
        .iter()
        .filter(|column| has_watermark_name(&column.name) && has_watermark_type(&data_type(column)))
        .map(|column| column.name.clone())
        .collect();
    let is_version = |name: &&str| {
        let column = profile.columns.iter().find(|column| column.name == **name);
        !name.starts_with(SDC) && column.is_some_and(|column| may_be_version(&column.name, &data_type(column)))
    };
    let snapshots: Vec<String> =
        profile.file_values.distinct_by_file().into_iter().filter(is_version).map(str::to_owned).collect();
    let in_all_rows = |name: &str| {
        let column = profile.columns.iter().find(|column| column.name == name);
        column.is_some_and(|column| column.shape.values() == profile.rows)
    };
    let candidates =
        if candidates.is_empty() && in_all_rows(SDC_SEQUENCE) { vec![SDC_SEQUENCE.to_owned()] } else { candidates };
    let by_snapshots = snapshots.first().map(|name| {
        format!(
            "; {name} has one value in each file and another one in each, so if every file has all rows of the table, \
             write apply.from_snapshot: {{column: {name}}}"
        )
    });
    let question = match candidates.as_slice() {
        [_] if by_snapshots.is_none() => {
            return ProposedSequence { parts: candidates, ties_by_file: true, ..ProposedSequence::default() };
        }
        [one] => format!("Rows may be ordered by {one} (apply.sequence)"),
        [] => "No column looks like a watermark. Name the one that says when a row changed in apply.sequence, or \
               write apply.from_snapshot if every delivery has all rows, or apply.scd: append if every row is an event \
               of its own"
            .to_owned(),
        several => {
            format!("Several columns could be the watermark: {}. Name one in apply.sequence", several.join(", "))
        }
    };
    let question = Some(question + by_snapshots.as_deref().unwrap_or_default());
    ProposedSequence { question, snapshots, ties_by_file: true, ..ProposedSequence::default() }
}
