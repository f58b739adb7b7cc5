//! What records show of a table.

use super::kind::Kind;
use super::record::{ENCRYPTED, Record};
use crate::format::ProposedSequence;
use crate::formats::json::position::{by_offset, note, proposed};
use crate::formats::json::sample::{RowOrigin, SampledRow, count_row};
use crate::profile::Profile;
use crate::text::json_fields::{each_member, string};
use sluice_contract::SourceFormat;

const FILE: &str = "record.file";
const PLACE: &str = "record.pos";
const ROW: &str = "record.xoffset";
const NEXT: &str = "Let Maxwell write position, xoffset and commit (output_binlog_position, output_xoffset, \
                    output_commit_info), ";

/// Counts a record; `None` if it is none.
pub(super) fn read_record(profile: &mut Profile, text: &str) -> Option<()> {
    let record = Record::read(text)?;
    if record.encrypted.is_some() {
        profile.not_readable = Some(ENCRYPTED);
        return None;
    }
    let word = string(record.kind?)?;
    let kind = Kind::of(&word)?;
    if kind.has_row() && !profile.is_of_table(&record.table()) {
        return Some(());
    }
    *profile.operations.entry(word.into_owned()).or_default() += 1;
    if !kind.has_row() {
        return Some(());
    }
    profile.note_named_key(record.keys());
    if kind != Kind::Bootstrap {
        let in_log = record.part("file").is_some();
        note(profile, &[(FILE, in_log), (PLACE, in_log), (ROW, record.part("xoffset").is_some())]);
    }
    let mut values = Vec::new();
    each_member(record.data?, |name, raw| values.push((name, raw))).then_some(())?;
    let origin = match kind {
        Kind::Bootstrap => RowOrigin::Snapshot,
        Kind::Insert => RowOrigin::Insert,
        _ => RowOrigin::Other,
    };
    count_row(profile, &SampledRow { values: &values, is_delete: kind == Kind::Delete, origin }, |_| false);
    Some(())
}

/// The place in the log of MySQL. `xid` is no order: it begins again with the server.
pub(super) fn proposed_sequence(profile: &Profile) -> ProposedSequence {
    if !profile.positioned.contains_key(FILE) {
        // Nothing but rows of a bootstrap, which need no position.
        let parts = SourceFormat::MaxwellJson.default_sequence();
        return ProposedSequence { parts, ..ProposedSequence::default() };
    }
    let lacking = "The records carry no position in the log of MySQL (xid is no order, it repeats after a restart)";
    proposed(profile, &[FILE, PLACE, ROW], NEXT).unwrap_or_else(|| by_offset(profile, lacking, NEXT))
}
