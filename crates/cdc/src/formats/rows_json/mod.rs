//! Plain rows as JSON objects: one to a line, pretty-printed, one behind the other, or in one list.

use super::json::guess::of_values;
use super::rows::row::CurrentRows;
use super::rows::sample;
use crate::files::json_lines;
use crate::format::{
    Content, FileKind, FilePlace, Format, Likeness, ProposedSequence, RecordDecoder, SniffSample, SourceSettings,
};
use crate::outcome::collector::Collector;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::guess::Guess;
use crate::profile::written_guess::of_rows;
use crate::profile::{ColumnProfile, Profile};
use crate::row::text_rows;
use crate::text::json_fields::each_member;
use crate::text::json_values::is_of_lines;
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::SourceFormat;
use std::borrow::Cow;

/// `json`.
pub(crate) struct RowsJson;

impl Format for RowsJson {
    fn name(&self) -> SourceFormat {
        SourceFormat::Json
    }

    fn file_kind(&self) -> FileKind {
        FileKind { extensions: &["json", "jsonl", "ndjson"], content: Content::Text }
    }

    fn file_place(&self, _name: &str) -> Option<FilePlace> {
        None
    }

    /// Any objects; formats with an operation are known by more. An object of nothing but objects and lists is a
    /// document around rows, which nobody can cut out of it unasked.
    fn sniff(&self, sample: &SniffSample<'_>) -> Option<Likeness> {
        json_lines::first_values(&sample.content)
            .any(|value| is_row(&value) && !is_message(&value))
            .then_some(Likeness::Possible)
    }

    fn markers(&self) -> Markers {
        Markers::PLAIN_ROW
    }

    fn is_of_lines(&self, front: &[u8]) -> bool {
        is_of_lines(front)
    }

    fn decode_file(&self, plan: &Plan, out: &mut Collector, bytes: Bytes, stop_at: u64) -> StreamEnd {
        json_lines::decode(out, bytes, plan.source.encoding, stop_at, self.record_decoder(plan))
    }

    fn record_decoder<'p>(&self, plan: &'p Plan) -> RecordDecoder<'p> {
        Box::new(move |out, at, text| {
            json_lines::decode_record(out, at, text, |out, at, text| {
                text_rows::decode_json_record(plan, &CurrentRows, out, at, text)
            })
        })
    }

    fn sample(&self, profile: &mut Profile, path: &str, bytes: &Bytes, records_max: u64) {
        super::json::sample::read(profile, path, bytes, records_max, |profile, text| {
            let mut values: Vec<(Cow<'_, str>, &str)> = Vec::new();
            each_member(text, |name, raw| values.push((name, raw))).then_some(())?;
            sample::read_json_row(profile, &values);
            Some(())
        });
    }

    fn title(&self, _profile: &Profile) -> String {
        "Plain rows, JSON".to_owned()
    }

    fn record_words(&self) -> &'static str {
        "plain rows in JSON"
    }

    fn guess(&self, column: &ColumnProfile) -> Guess {
        of_rows(of_values(&column.shape), &column.shape)
    }

    fn propose_sequence(&self, profile: &Profile) -> ProposedSequence {
        sample::proposed_sequence(profile)
    }

    fn propose_settings(&self, _profile: &Profile, _files: &[(SourceFile, Bytes)]) -> SourceSettings {
        SourceSettings::default()
    }
}

/// Names of members that say what a record does to the row inside it.
const OPERATIONS: [&str; 8] =
    ["op", "op_type", "operation", "operationtype", "eventname", "change_type", "changetype", "type"];

/// Names of objects that are the row of a change.
const IMAGES: [&str; 12] = [
    "before",
    "after",
    "row",
    "data",
    "payload",
    "old",
    "new",
    "dynamodb",
    "fulldocument",
    "documentkey",
    "keys",
    "ns",
];

/// Types of messages of the protocols of Singer and Airbyte (Singer specification; Airbyte documentation, "Airbyte Protocol").
const MESSAGE_TYPES: [&str; 6] =
    ["\"RECORD\"", "\"SCHEMA\"", "\"STATE\"", "\"LOG\"", "\"TRACE\"", "\"ACTIVATE_VERSION\""];
/// Members of which such a message has one.
const MESSAGE_PARTS: [&str; 6] = ["record", "stream", "state", "value", "log", "trace"];

/// Whether an object is a message of Singer or Airbyte, of which only some have rows, and those of many tables.
pub(crate) fn is_message(value: &str) -> bool {
    let (mut typed, mut part) = (false, false);
    let whole = each_member(value, |name, raw| {
        typed |= name == "type" && MESSAGE_TYPES.contains(&raw);
        part |= MESSAGE_PARTS.contains(&name.as_ref());
    });
    whole && typed && part
}

/// Whether an object is a row: it has a plain member, and none that says what happened to an object inside it.
fn is_row(value: &str) -> bool {
    let (mut plain, mut operation, mut object) = (false, false, false);
    let whole = each_member(value, |name, raw| {
        let is_text = raw.starts_with('"');
        plain |= !raw.starts_with(['{', '[']) && raw != "null";
        operation |= is_text && OPERATIONS.contains(&name.to_ascii_lowercase().as_str());
        object |= raw.starts_with('{') && IMAGES.contains(&name.to_ascii_lowercase().as_str());
    });
    whole && plain && !(operation && object)
}
