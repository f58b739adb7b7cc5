//! What events show of a collection.

use super::kind::Kind;
use super::record::{Record, unwrapped};
use crate::format::ProposedSequence;
use crate::formats::json::position::{by_offset, note, proposed};
use crate::formats::json::sample::{RowOrigin, SampledRow, count_row};
use crate::profile::Profile;
use crate::profile::guess::guess;
use crate::text::json_fields::{each_member, string};
use crate::value::extended_json::plain;
use sluice_contract::SourceFormat;
use std::borrow::Cow;

const PLACE: &str = "record.resumeToken";
const NEXT: &str = "Let the events keep their resume token (_id), ";
/// The name of the key of every document.
const ID: &str = "_id";
const PATCHES: &str = "they are updates without their document; let the change stream send it (fullDocument: updateLookup), or \
                       sample files with inserts";

/// Counts an event; `None` if it is none.
pub(super) fn read_record(profile: &mut Profile, text: &str) -> Option<()> {
    let event = unwrapped(text);
    let record = Record::read(&event)?;
    let word = string(record.kind?)?;
    let kind = Kind::of(&word)?;
    if kind != Kind::Mark && !profile.is_of_table(&record.table()) {
        return Some(());
    }
    *profile.operations.entry(word.clone().into_owned()).or_default() += 1;
    if kind == Kind::Mark {
        return Some(());
    }
    note(profile, &[(PLACE, record.part("resumeToken").is_some())]);
    profile.note_named_key(vec![ID.to_owned()]);
    let is_delete = kind == Kind::Delete;
    let raw = match record.document {
        _ if is_delete => record.key?,
        Some(document) => document,
        None if kind == Kind::Update => {
            // What a patch leaves out says nothing of the column.
            profile.not_readable = Some(PATCHES);
            return Some(());
        }
        None => return None,
    };
    let mut values: Vec<(Cow<'_, str>, Cow<'_, str>)> = Vec::new();
    let mut bytes: Vec<Cow<'_, str>> = Vec::new();
    let mut misread = false;
    each_member(raw, |name, raw| match plain(raw) {
        Ok(value) => {
            if raw.starts_with("{\"$binary\"") && !is_uuid(&value) {
                bytes.push(name.clone());
            }
            values.push((name, value));
        }
        Err(_) => misread = true,
    });
    if misread {
        return None;
    }
    let origin = if word == "insert" { RowOrigin::Insert } else { RowOrigin::Other };
    let values: Vec<(Cow<'_, str>, &str)> =
        values.iter().map(|(name, value)| (Cow::Borrowed(name.as_ref()), value.as_ref())).collect();
    count_row(profile, &SampledRow { values: &values, is_delete, origin }, |_| false);
    for name in bytes {
        profile.column(&name).by_schema = Some(guess("binary", "bytes, base64"));
    }
    Some(())
}

fn is_uuid(value: &str) -> bool {
    string(value).is_some_and(|text| text.len() == 36 && text.matches('-').count() == 4)
}

/// The resume token. The cluster time alone is none: all events of a transaction have the same.
pub(super) fn proposed_sequence(profile: &Profile) -> ProposedSequence {
    if !profile.positioned.contains_key(PLACE) {
        let parts = SourceFormat::MongodbJson.default_sequence();
        return ProposedSequence { parts, ..ProposedSequence::default() };
    }
    let lacking = "The events carry no resume token (clusterTime is no order, the events of a transaction share it)";
    proposed(profile, &[PLACE], NEXT).unwrap_or_else(|| by_offset(profile, lacking, NEXT))
}
