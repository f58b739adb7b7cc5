//! What records show of a table.

use super::kind::Kind;
use super::record::{BEFORE, Record};
use crate::format::{ProposedSequence, StatedOrder};
use crate::formats::dms::SEQUENCE;
use crate::formats::dms::own_place::BY_CHANGE_SEQUENCE;
use crate::formats::json::position::{BY_OFFSET, by_offset, note};
use crate::formats::json::sample::{RowOrigin, SampledRow, count_row};
use crate::profile::Profile;
use crate::text::json_fields::{each_member, not_null, string};

/// Counts a record; `None` if it is none.
pub(super) fn read_record(profile: &mut Profile, text: &str) -> Option<()> {
    let record = Record::read(text)?;
    let word = string(record.operation?)?;
    let kind = match Kind::of(&word) {
        None if record.is_control => {
            *profile.operations.entry(word.into_owned()).or_default() += 1;
            return Some(());
        }
        kind => kind?,
    };
    if !profile.is_of_table(&record.table()) {
        return Some(());
    }
    *profile.operations.entry(word.into_owned()).or_default() += 1;
    if kind == Kind::Truncate {
        return Some(());
    }
    let mut values = Vec::new();
    let mut has_sequence = false;
    each_member(record.data?, |name, raw| {
        if name == SEQUENCE {
            has_sequence = not_null(Some(raw)).is_some();
        } else if !name.starts_with(BEFORE) {
            values.push((name, raw));
        }
    })
    .then_some(())?;
    if kind != Kind::Load {
        note(profile, &[(SEQUENCE, has_sequence)]);
    }
    let origin = match kind {
        Kind::Load => RowOrigin::Snapshot,
        Kind::Insert => RowOrigin::Insert,
        _ => RowOrigin::Other,
    };
    count_row(profile, &SampledRow { values: &values, is_delete: kind == Kind::Delete, origin }, |_| false);
    Some(())
}

/// The change sequence where all changes have it; else the place in the topic.
pub(super) fn proposed_sequence(profile: &Profile) -> ProposedSequence {
    let count = |counts: &std::collections::BTreeMap<&'static str, u64>| counts.get(SEQUENCE).copied().unwrap_or(0);
    let (having, lacking) = (count(&profile.positioned), count(&profile.unpositioned));
    let stated = |words: &str, part: u64, whole: u64, what: &'static str| ProposedSequence {
        stated: Some(StatedOrder { text: format!("Order by {words}"), part, whole, what }),
        ..ProposedSequence::default()
    };
    match (having, lacking) {
        // Nothing but a full load, which needs no position.
        (0, 0) => ProposedSequence::default(),
        (having, 0) => stated(BY_CHANGE_SEQUENCE, having, having, "changes"),
        (0, _) => {
            let next = "Let the task add the change sequence ($AR_H_CHANGE_SEQ as transact_seq), ";
            let proposed = by_offset(profile, "The records carry no position", next);
            if proposed.question.is_some() {
                return proposed;
            }
            stated(&format!("{BY_OFFSET}: the records carry no position"), profile.placed, profile.records, "records")
        }
        (having, lacking) => ProposedSequence {
            question: Some(format!(
                "{having} changes have {SEQUENCE} and {lacking} have none, and positions of two orders cannot be \
                 compared. Point path at the records with it, or name in apply.sequence what orders all of them"
            )),
            ..ProposedSequence::default()
        },
    }
}
