//! Reads a sample of rows into a profile, and finds their order.

use super::tool::{Does, Ties, Tool};
use crate::format::ProposedSequence;
use crate::formats::json::guess::of_values;
use crate::formats::json::row::plain_text;
use crate::formats::rows;
use crate::profile::Profile;
use crate::profile::csv_sample::{self, texts};
use crate::row::text_rows::time_ms;
use crate::text::csv_fields::Field;
use crate::text::json_fields::{each_member, not_null};
use std::borrow::Cow;

/// A value of a sample.
#[derive(Clone, Copy, Debug)]
pub(super) enum Sampled<'v> {
    /// Of CSV or Parquet; `None` for null.
    Text(Option<&'v str>),
    /// Raw JSON.
    Json(&'v str),
}

impl<'v> Sampled<'v> {
    fn text(self) -> Option<Cow<'v, str>> {
        match self {
            Self::Text(text) => text.map(Cow::Borrowed),
            Self::Json(raw) => not_null(Some(raw)).map(plain_text),
        }
    }
}

/// Counts a CSV record. `names` are those of the header.
pub(super) fn read_csv_row(profile: &mut Profile, tool: &Tool, names: Option<&[String]>, fields: &[Field<'_>]) {
    let positional: Vec<String>;
    let names = match names {
        Some(names) => names,
        None => {
            let named = profile.field_names.iter().find(|names| names.len() == fields.len()).cloned();
            *profile.widths.entry(fields.len()).or_default() += 1;
            let numbered = || (1..=fields.len()).map(|number| format!("column_{number}")).collect();
            positional = named.unwrap_or_else(numbered);
            &positional
        }
    };
    csv_sample::note_nulls(profile, names.iter().map(String::as_str), fields);
    let pairs: Vec<(&str, Option<&str>)> = names.iter().map(String::as_str).zip(texts(fields)).collect();
    read_texts(profile, tool, &pairs);
}

/// Counts a row of texts.
pub(super) fn read_texts(profile: &mut Profile, tool: &Tool, values: &[(&str, Option<&str>)]) {
    let values: Vec<(Cow<'_, str>, Sampled<'_>)> =
        values.iter().map(|(name, text)| (Cow::Borrowed(*name), Sampled::Text(*text))).collect();
    if read_row(profile, tool, &values).is_none() {
        profile.fitting = profile.fitting.saturating_sub(1);
    }
}

/// Counts a row; `None` if its operation is not known.
pub(super) fn read_row(profile: &mut Profile, tool: &Tool, values: &[(Cow<'_, str>, Sampled<'_>)]) -> Option<()> {
    let nested = tool.nested.and_then(|nested| values.iter().find(|(name, _)| name == nested));
    let nested = nested.and_then(|(_, value)| value.text());
    let mut all: Vec<(Cow<'_, str>, Sampled<'_>)> = Vec::new();
    if let Some(nested) = &nested {
        each_member(nested, |name, raw| all.push((name, Sampled::Json(raw)))).then_some(())?;
    }
    all.extend(values.iter().map(|(name, value)| (Cow::Borrowed(name.as_ref()), *value)));
    let find = |name: &str| all.iter().find(|(known, _)| known == name).map(|(_, value)| *value);
    let text = |name: Option<&str>| name.and_then(find).and_then(Sampled::text);
    let (operation, deleted) = (text(tool.markers.operation), text(tool.markers.deleted));
    let does = tool.does(operation.as_deref(), deleted.as_deref()).ok()?;
    let word = match (operation.as_deref().filter(|text| !text.is_empty()), does) {
        (Some(word), _) => word,
        (None, Does::Load) => "load",
        (None, Does::Delete) => "delete",
        (None, _) => "row",
    };
    *profile.operations.entry(word.to_owned()).or_default() += 1;
    if !matches!(does, Does::Load) {
        note_positions(profile, tool, &find);
    }
    if does == Does::Before {
        return Some(());
    }
    let is_delete = does == Does::Delete;
    profile.deletes += u64::from(is_delete);
    profile.rows += u64::from(!is_delete);
    profile.snapshot_rows += u64::from(does == Does::Load);
    for (name, value) in all.iter().filter(|(name, _)| !tool.is_own(name)) {
        let column = profile.column(name);
        let shape = if is_delete { &mut column.deleted } else { &mut column.shape };
        match value {
            Sampled::Text(text) => shape.text(*text),
            Sampled::Json(raw) => shape.json(raw),
        }
        if nested.is_some() {
            // In a file of texts the types of a JSON object are its own.
            column.by_schema = Some(of_values(&column.shape));
        }
    }
    if let Some(key) = tool.made_key.filter(|key| find(key).is_some()) {
        profile.note_named_key(vec![key.to_owned()]);
    }
    // Of a tool without operations every row may be a change of one that was there.
    let is_new = matches!(does, Does::Load | Does::Insert) || (operation.is_none() && !is_delete);
    // An overwrite of a Delta table is a delete and an insert of every row.
    profile.keys_repeat_over_files |= operation.is_none() || tool.may_insert_again;
    if is_new {
        let of_table = all.iter().filter(|(name, _)| !tool.is_own(name));
        let texts: Vec<(&str, Cow<'_, str>)> =
            of_table.filter_map(|(name, value)| Some((name.as_ref(), value.text()?))).collect();
        profile.new_row(does == Does::Load, texts.iter().map(|(name, text)| (*name, text.as_ref())));
    }
    Some(())
}

/// Counts which columns of the tool could order the row.
fn note_positions<'v>(profile: &mut Profile, tool: &Tool, find: &dyn Fn(&str) -> Option<Sampled<'v>>) {
    let mut noted: Vec<&str> = Vec::new();
    for name in tool.orders.iter().copied().flatten().copied().chain(tool.sync_times.iter().copied()) {
        if noted.contains(&name) {
            continue;
        }
        noted.push(name);
        let is_place = find(name).and_then(Sampled::text).is_some_and(|text| is_place(&text));
        let counts = if is_place { &mut profile.positioned } else { &mut profile.unpositioned };
        *counts.entry(name).or_default() += 1;
    }
}

/// Whether a text is a place in an order: a number, a time, a place in a log of PostgreSQL, a file of the log of `MySQL`.
fn is_place(text: &str) -> bool {
    let text = text.trim();
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let is_file = text.rsplit_once('.').is_some_and(|(name, number)| !name.is_empty() && is_number(number));
    let is_log = text.split_once('/').is_some_and(|(high, low)| {
        [high, low].iter().all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_hexdigit()))
    });
    is_number(text) || is_file || is_log || time_ms(text).is_some()
}

/// The first list of columns that all changes have; a watermark of the table with the time of the sync behind it; else a
/// question.
pub(super) fn proposed_sequence(profile: &Profile, tool: &Tool) -> ProposedSequence {
    let in_all = |name: &str| profile.positioned.contains_key(name) && !profile.unpositioned.contains_key(name);
    let found = tool.orders.iter().find(|order| order.iter().all(|name| in_all(name)));
    let ties_by_file = tool.ties == Ties::Contract;
    let parts = |names: Vec<String>| ProposedSequence { parts: names, ties_by_file, ..ProposedSequence::default() };
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    if let Some(order) = found {
        return parts(owned(order));
    }
    let is_loaded_only = profile.positioned.is_empty() && profile.unpositioned.is_empty();
    if let Some(order) = tool.orders.first().filter(|_| is_loaded_only) {
        return parts(owned(order));
    }
    let in_any = tool.orders.iter().copied().flatten().any(|name| profile.positioned.contains_key(name));
    if let Some(sync) = tool.sync_times.iter().find(|name| in_all(name) && !in_any) {
        let watermark = rows::sample::proposed_sequence(profile);
        if !watermark.parts.is_empty() {
            return parts(watermark.parts.into_iter().chain(std::iter::once((*sync).to_owned())).collect());
        }
    }
    ProposedSequence { question: Some(tool.no_order.to_owned()), ties_by_file, ..ProposedSequence::default() }
}
