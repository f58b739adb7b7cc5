//! What records show of a table.

use super::attribute::{Kind, plain, typed};
use super::record::{NO_IMAGE, Record, Shape};
use super::wrapping::records;
use crate::format::ProposedSequence;
use crate::formats::json::position::note;
use crate::formats::json::sample::{RowOrigin, SampledRow, count_row};
use crate::profile::Profile;
use crate::profile::guess::{Guess, guess, hinted};
use crate::text::json_fields::each_member;
use sluice_contract::SourceFormat;
use std::borrow::Cow;

const PLACE: &str = "record.SequenceNumber";
const TIME: &str = "record.ApproximateCreationDateTime";
const WRITTEN: &str = "record.WriteTimestampMicros";
const DECIDE_KINDS: &str = "The items have values of several types here; json holds all of them";
const DECIDE_SET: &str = "A set, in the order of letters; if its elements are whole numbers, write array<bigint>";

/// Counts a JSON value; `None` if it is none of DynamoDB.
pub(super) fn read_record(profile: &mut Profile, text: &str) -> Option<()> {
    let records = records(text)?;
    let found: Vec<Record<'_>> = records.iter().map(|record| Record::read(record)).collect::<Option<_>>()?;
    let more = (found.len() as u64).saturating_sub(1);
    profile.records += more;
    profile.fitting += more;
    for record in &found {
        read_one(profile, record)?;
    }
    Some(())
}

fn read_one(profile: &mut Profile, record: &Record<'_>) -> Option<()> {
    if !profile.is_of_table(&record.table()) {
        return Some(());
    }
    *profile.operations.entry(record.operation().to_owned()).or_default() += 1;
    profile.note_named_key(record.key_names());
    match record.shape {
        Shape::Change => {
            let place = record.part("SequenceNumber").is_some();
            note(profile, &[(PLACE, place)]);
            note(profile, &[(TIME, record.is_precise())]);
        }
        Shape::Increment => note(profile, &[(WRITTEN, record.part("WriteTimestampMicros").is_some())]),
        Shape::Item => {}
    }
    let is_delete =
        matches!((record.shape, record.operation()), (Shape::Change, "REMOVE") | (Shape::Increment, "delete"));
    if !is_delete && record.image.is_none() {
        profile.not_readable = Some(NO_IMAGE);
        return None;
    }
    let image = if is_delete { record.keys } else { record.image }?;
    let mut plain_values: Vec<(Cow<'_, str>, String)> = Vec::new();
    let mut kinds: Vec<Option<Kind>> = Vec::new();
    each_member(image, |name, raw| {
        kinds.push(typed(raw).map(|(kind, _)| kind));
        plain_values.push((name, plain(raw).unwrap_or_default()));
    });
    if plain_values.iter().any(|(_, value)| value.is_empty()) {
        return None;
    }
    let values: Vec<(Cow<'_, str>, &str)> =
        plain_values.iter().map(|(name, value)| (Cow::Borrowed(name.as_ref()), value.as_str())).collect();
    let origin = match record.shape {
        Shape::Item => RowOrigin::Snapshot,
        Shape::Change if record.operation() == "INSERT" => RowOrigin::Insert,
        _ => RowOrigin::Other,
    };
    count_row(profile, &SampledRow { values: &values, is_delete, origin }, |_| false);
    for ((name, _), kind) in values.iter().zip(kinds) {
        let by_schema = &mut profile.column(name).by_schema;
        if let Some(found) = kind.and_then(of_kind) {
            let differs = by_schema.as_ref().is_some_and(|known| known.data_type != found.data_type);
            *by_schema = Some(if differs { hinted("json", "values of several types", DECIDE_KINDS) } else { found });
        } else if kind != Some(Kind::Null) && by_schema.is_some() {
            *by_schema = Some(hinted("json", "values of several types", DECIDE_KINDS));
        }
    }
    Some(())
}

/// The type of a column, where the values do not show it in JSON.
fn of_kind(kind: Kind) -> Option<Guess> {
    Some(match kind {
        Kind::Bytes => guess("binary", "bytes, base64"),
        Kind::Texts => guess("array<string>", "set of texts"),
        Kind::Numbers => hinted("array<numeric>", "set of numbers", DECIDE_SET),
        Kind::BytesSet => guess("array<binary>", "set of bytes"),
        Kind::Map => guess("json", "map"),
        Kind::List => guess("json", "list"),
        Kind::Text | Kind::Number | Kind::Boolean | Kind::Null => return None,
    })
}

/// With what the records are of.
pub(super) fn title(profile: &Profile) -> String {
    let has = |part: &str| profile.positioned.get(part).is_some_and(|count| *count > 0);
    let what = match () {
        () if has(PLACE) => "stream",
        () if has(WRITTEN) => "incremental export",
        () if profile.unpositioned.contains_key(PLACE) => "Kinesis stream",
        () => "export",
    };
    format!("DynamoDB {what}, JSON")
}

/// The place in the stream, or the time in an incremental export. Both together are no order.
pub(super) fn proposed_sequence(profile: &Profile) -> ProposedSequence {
    let seen = |of: &std::collections::BTreeMap<&'static str, u64>, part: &str| of.get(part).copied().unwrap_or(0);
    let (placed, unplaced) = (seen(&profile.positioned, PLACE), seen(&profile.unpositioned, PLACE));
    let increments = seen(&profile.positioned, WRITTEN) + seen(&profile.unpositioned, WRITTEN);
    let parts = |part: &str| ProposedSequence { parts: vec![part.to_owned()], ..ProposedSequence::default() };
    let question = |text: &str| ProposedSequence { question: Some(text.to_owned()), ..ProposedSequence::default() };
    if increments > 0 && placed + unplaced > 0 {
        return question(
            "Records of a stream and of incremental exports have no common order (a sequence number and a time). Point \
             path at the folder of the one or the other",
        );
    }
    if increments > 0 {
        return match seen(&profile.unpositioned, WRITTEN) {
            0 => parts(WRITTEN),
            _ => question(
                "Not all records of the incremental export have Metadata.WriteTimestampMicros, by which they are ordered",
            ),
        };
    }
    if placed > 0 && unplaced > 0 {
        return question(
            "Some records come from the stream of the table and some through Kinesis, which leaves SequenceNumber out: they \
             have no common order. Point path at the folder of the one or the other",
        );
    }
    if unplaced > 0 {
        return match seen(&profile.unpositioned, TIME) {
            0 => parts(TIME),
            _ => question(
                "Kinesis Data Streams for DynamoDB leaves SequenceNumber out, and the times of these records are in \
                 milliseconds, which changes of one item may share. Set ApproximateCreationDateTimePrecision to \
                 MICROSECOND; or write sequence: [record.ApproximateCreationDateTime] and tie_policy: quarantine",
            ),
        };
    }
    if profile.is_export {
        return parts(WRITTEN);
    }
    let parts = SourceFormat::DynamodbJson.default_sequence();
    ProposedSequence { parts, ..ProposedSequence::default() }
}
