//! Reads a sample of current rows into a profile, and asks for a watermark.

use super::watermark::{has_watermark_name, has_watermark_type};
use crate::format::ProposedSequence;
use crate::profile::Profile;
use crate::profile::csv_sample::texts;
use crate::profile::guess::of_text_column;
use crate::text::csv_fields::Field;

/// Counts a row. A watermark is no part of a key: it would tell the states of one row apart.
pub(crate) fn read_row(profile: &mut Profile, values: &[(&str, Option<&str>)]) {
    profile.keys_repeat_over_files = true;
    *profile.operations.entry("row".to_owned()).or_default() += 1;
    profile.rows += 1;
    for (name, value) in values {
        profile.column(name).shape.text(*value);
    }
    let of_key = values.iter().filter(|(name, _)| !has_watermark_name(name));
    profile.new_row(false, of_key.filter_map(|(name, value)| Some((*name, (*value)?))));
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
    *profile.widths.entry(fields.len()).or_default() += 1;
    let pairs: Vec<(&str, Option<&str>)> = names.iter().map(String::as_str).zip(texts(fields)).collect();
    read_row(profile, &pairs);
}

/// The one column that looks like a watermark; where none or several do, a question.
pub(crate) fn proposed_sequence(profile: &Profile) -> ProposedSequence {
    let data_type = |column: &crate::profile::ColumnProfile| match &column.by_schema {
        Some(guess) => guess.data_type.clone(),
        None => of_text_column(&column.shape).data_type,
    };
    let candidates: Vec<String> = profile
        .columns
        .iter()
        .filter(|column| has_watermark_name(&column.name) && has_watermark_type(&data_type(column)))
        .map(|column| column.name.clone())
        .collect();
    let question = match candidates.as_slice() {
        [_] => return ProposedSequence { parts: candidates, question: None, stated: None },
        [] => "No column looks like a watermark. Name the one that says when a row changed in apply.sequence, or \
               write apply.from_snapshot if every delivery has all rows"
            .to_owned(),
        several => {
            format!("Several columns could be the watermark: {}. Name one in apply.sequence", several.join(", "))
        }
    };
    ProposedSequence { parts: Vec::new(), question: Some(question), stated: None }
}
