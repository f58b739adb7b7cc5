//! What records show of a table.

use super::image::Marks;
use super::record::{BY_ROWS, Record};
use crate::format::ProposedSequence;
use crate::formats::json::position::{by_offset, note, proposed};
use crate::formats::json::sample::{RowOrigin, SampledRow, count_row};
use crate::profile::Profile;
use crate::text::json_fields::{each_member, string};

const PLACE: &str = "record.pos";
const NEXT: &str = "Let the formatter write the position (includePosition), ";

/// Counts a record; `None` if it is none.
pub(super) fn read_record(profile: &mut Profile, text: &str) -> Option<()> {
    let record = Record::read(text)?;
    let word = string(record.op?)?;
    let (image, origin) = match word.as_ref() {
        "I" => (record.after, RowOrigin::Insert),
        "U" => (record.after, RowOrigin::Other),
        "D" => (record.before, RowOrigin::Other),
        "T" => (None, RowOrigin::Other),
        _ => return None,
    };
    if !profile.is_of_table(&record.table()) {
        return Some(());
    }
    *profile.operations.entry(word.clone().into_owned()).or_default() += 1;
    note(profile, &[(PLACE, record.part("pos").is_some())]);
    profile.note_named_key(record.keys());
    if word == "T" {
        return Some(());
    }
    if record.before.or(record.after).is_none() {
        profile.not_readable = Some(BY_ROWS);
    }
    let marks = Marks::of(image?);
    let mut values = Vec::new();
    each_member(image?, |name, raw| values.push((name, raw))).then_some(())?;
    values.retain(|(name, _)| !marks.is_none(name));
    count_row(profile, &SampledRow { values: &values, is_delete: word == "D", origin }, |_| false);
    Some(())
}

/// The place in the trail.
pub(super) fn proposed_sequence(profile: &Profile) -> ProposedSequence {
    let lacking = "The records carry no position in the trail (pos)";
    proposed(profile, &[PLACE], NEXT).unwrap_or_else(|| by_offset(profile, lacking, NEXT))
}
