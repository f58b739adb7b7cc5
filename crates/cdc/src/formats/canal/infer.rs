//! What records show of a table.

use super::kind::Kind;
use super::mysql_type::of_mysql;
use super::record::Record;
use crate::format::ProposedSequence;
use crate::formats::json::position::{by_offset, note, proposed};
use crate::formats::json::sample::{RowOrigin, SampledRow, count_row};
use crate::profile::Profile;
use crate::text::json_fields::{each_member, elements, string};

const COMMIT: &str = "record.commitTs";

/// Counts a record; `None` if it is none.
pub(super) fn read_record(profile: &mut Profile, text: &str) -> Option<()> {
    let record = Record::read(text)?;
    let word = string(record.kind?)?;
    let kind = record.kind_of(&word)?;
    let has_rows = matches!(kind, Kind::Insert | Kind::Update | Kind::Delete);
    if has_rows && !profile.is_of_table(&record.table()) {
        return Some(());
    }
    *profile.operations.entry(word.into_owned()).or_default() += 1;
    if !has_rows {
        return Some(());
    }
    profile.note_named_key(record.keys());
    note(profile, &[(COMMIT, record.part("commitTs").is_some())]);
    let origin = if kind == Kind::Insert { RowOrigin::Insert } else { RowOrigin::Other };
    for image in elements(record.data?)? {
        let mut values = Vec::new();
        each_member(image, |name, raw| values.push((name, raw))).then_some(())?;
        count_row(profile, &SampledRow { values: &values, is_delete: kind == Kind::Delete, origin }, |_| false);
    }
    if let Some(types) = record.types {
        each_member(types, |name, raw| {
            if let Some(guess) = string(raw).and_then(|written| of_mysql(&written)) {
                profile.column(&name).by_schema = Some(guess);
            }
        });
    }
    Some(())
}

/// With the producer, where the records show that it is not Canal itself.
pub(super) fn title(profile: &Profile) -> String {
    let of_tidb = profile.positioned.get(COMMIT).is_some_and(|count| *count > 0);
    if of_tidb { "TiCDC, Canal JSON" } else { "Canal, JSON" }.to_owned()
}

/// The commit of TiDB, else the place in the topic: `es` is when a statement began, `id` the number of a batch.
pub(super) fn proposed_sequence(profile: &Profile) -> ProposedSequence {
    let lacking =
        "The records carry no position in the log of MySQL (es and ts are times, id is the number of a batch)";
    let next = "Let the Kafka Connect S3 sink write the topic, ";
    let of_tidb = proposed(profile, &[COMMIT], "Let TiCDC write it in all (enable-tidb-extension), ");
    of_tidb.unwrap_or_else(|| by_offset(profile, lacking, next))
}
