//! The position of a record: by what it says around its row, and by its place in its stream.
//!
//! In `apply.sequence` such parts begin with `record.`, so that none is taken for a column of the row.

use super::row::sequence_text;
use crate::format::ProposedSequence;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::sequence::{PositionNumbers, SequencePart};
use crate::profile::Profile;
use crate::row::values::Row;
use sluice_change::RowRef;
use std::borrow::Cow;

/// What stands before the name of a member of the record.
const RECORD: &str = "record.";
/// The offset of a record in its partition: that of the first record in its file, by the file's name, then its row.
pub(crate) const OFFSET: &str = "record.offset";
/// The order of records that have no position of their own, in words.
pub(crate) const BY_OFFSET: &str = "the offset in the name of the file, then the row";
/// What a record lacks that is ordered by its offset.
const NO_OFFSET: &str = "the name of its file has no offset as the Kafka Connect S3 sink gives it (orders+0+0000000042.json); \
                         name in apply.sequence what orders the records";

/// Whether a part of the sequence is the offset, or one of these members of the record.
pub(crate) fn is_of_record(part: &str, members: &[&str]) -> bool {
    part == OFFSET || part.strip_prefix(RECORD).is_some_and(|member| members.contains(&member))
}

/// The numbers of a record's position. `member` gives the text of a member of the record, `hint` what to do where the
/// record lacks it, both by its name without `record.`.
///
/// # Errors
/// `MISSING_SEQ`.
pub(crate) fn numbers<'a>(
    plan: &Plan,
    at: RowRef,
    row: &Row<&'a str>,
    member: impl Fn(&str) -> Option<Cow<'a, str>>,
    hint: impl Fn(&str) -> Option<&'static str>,
) -> Result<PositionNumbers, RecordError> {
    let text = |part: &SequencePart| match part {
        SequencePart::Row(name) => sequence_text(plan, &[], row, *name),
        SequencePart::Envelope(path) if is_offset(path) => offset(plan, at).map(Cow::Owned),
        SequencePart::Envelope(path) => path.get(1).and_then(|name| member(name)),
        SequencePart::Source(place) => Some(Cow::Owned(place.clone())),
    };
    let texts: Vec<Option<Cow<'_, str>>> = plan.sequence.parts().iter().map(text).collect();
    let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
    plan.sequence.numbers(&texts, false).map_err(|mut error| {
        let part = error.column.as_deref().unwrap_or_default();
        let next = if part == OFFSET { Some(NO_OFFSET) } else { part.strip_prefix(RECORD).and_then(hint) };
        if let Some(next) = next {
            error.detail.push_str("; ");
            error.detail.push_str(next);
        }
        error
    })
}

/// Whether a path of the sequence is the offset.
pub(crate) fn is_offset(path: &[String]) -> bool {
    matches!(path, [record, offset] if record == "record" && offset == "offset")
}

/// Offset of the file and row in it as one text of digits, whose last 19 are the row.
pub(crate) fn offset(plan: &Plan, at: RowRef) -> Option<String> {
    let [file, row] = plan.place_of(at)?;
    Some(format!("{file}{row:019}"))
}

/// Counts which of these parts a record of a sample has.
pub(crate) fn note(profile: &mut Profile, parts: &[(&'static str, bool)]) {
    for (part, has) in parts {
        *profile.positioned.entry(part).or_default() += u64::from(*has);
        *profile.unpositioned.entry(part).or_default() += u64::from(!*has);
    }
}

/// The parts, if every change of the sample has them; `None` if none has the first, and a question in between. `next`
/// is what the producer can do, with a comma behind it.
pub(crate) fn proposed(profile: &Profile, parts: &[&'static str], next: &str) -> Option<ProposedSequence> {
    let has = |part: &str| profile.positioned.get(part).is_some_and(|count| *count > 0);
    if !parts.first().is_some_and(|first| has(first)) {
        return None;
    }
    let lacking = parts.iter().filter(|part| profile.unpositioned.get(**part).is_some_and(|count| *count > 0));
    let lacking: Vec<&str> = lacking.copied().collect();
    if lacking.is_empty() {
        let parts = parts.iter().map(|part| (*part).to_owned()).collect();
        return Some(ProposedSequence { parts, ..ProposedSequence::default() });
    }
    Some(question(format!(
        "Not all records have {}, by which events are ordered. {next}or name in apply.sequence what orders them; a \
         time is no order",
        lacking.join(", ")
    )))
}

/// The order by offset, where the names of all files tell it and there is one partition; else a question. `lacking` is
/// what the records do not have, as a sentence, and `next` what the producer can do.
pub(crate) fn by_offset(profile: &Profile, lacking: &str, next: &str) -> ProposedSequence {
    let partitions = profile.partitions.len();
    if profile.placed < profile.records {
        return question(format!(
            "{lacking}, and the names of the files tell no offset as the Kafka Connect S3 sink gives it \
             (orders+0+0000000042.json), so nothing says which event is newer. {next}or name in apply.sequence what \
             orders them; a time is no order"
        ));
    }
    if partitions > 1 {
        return question(format!(
            "{lacking}, and an offset orders the records of one partition; the files are of {partitions}. Where all \
             events of a key are in one partition and the table is never truncated, write sequence: [{OFFSET}]"
        ));
    }
    ProposedSequence { parts: vec![OFFSET.to_owned()], ..ProposedSequence::default() }
}

fn question(text: String) -> ProposedSequence {
    ProposedSequence { question: Some(text), ..ProposedSequence::default() }
}
