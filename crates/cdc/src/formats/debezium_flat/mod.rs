//! Debezium records flattened by `ExtractNewRecordState`, as JSON lines.
//!
//! The row's columns, and what `add.fields` added, with the prefix `__` or as `source.add_fields` says; deletes are rows
//! with `__deleted: "true"` (`delete.tombstone.handling.mode=rewrite`).

mod added;
mod added_value;
mod decode;
mod infer;
mod members;
mod sniff;

use super::debezium::connect_schema::SchemaCache;
use super::debezium::connectors::MEMBERS;
use super::debezium::{guess, order, sample};
use super::json::JsonFormat;
use super::json::position::OFFSET;
use crate::format::{ProposedSequence, SourceSettings};
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::guess::Guess;
use crate::profile::{ColumnProfile, Profile};
use members::{DELETED, OPERATION, TIME};
use sluice_change::RowRef;
use sluice_contract::SourceFormat;

/// `debezium_flat_json`.
pub(crate) struct DebeziumFlat;

impl JsonFormat for DebeziumFlat {
    type Memory = SchemaCache;

    const NAME: SourceFormat = SourceFormat::DebeziumFlatJson;
    const RECORD_WORDS: &'static str = "flattened Debezium rows";
    const MARKERS: Markers = Markers {
        operation: Some(OPERATION),
        deleted: Some(DELETED),
        time: Some(TIME),
        // `add.fields` are prefixed with `__` unless `source.add_fields` says otherwise.
        is_own: |name| name.starts_with("__"),
        is_in_envelope: |part| part == OFFSET,
        position_members: &MEMBERS,
        position_prefixes: &["__source_", "__"],
        ..Markers::CHANGE
    };

    fn is_record(line: &str) -> bool {
        sniff::is_flat(line)
    }

    fn are_records(values: &[String]) -> bool {
        values.iter().any(|value| Self::is_record(value)) || added::find(values).is_some()
    }

    fn look(profile: &mut Profile, records: &mut dyn Iterator<Item = String>) {
        let records: Vec<String> = records.collect();
        let Some(found) = added::find(&records) else { return };
        profile.added_fields = found.fields;
        profile.added_beside = found.beside;
        profile.added_doubts = found.doubts;
    }

    fn decode(
        plan: &Plan,
        schemas: &mut SchemaCache,
        out: &mut Collector,
        at: RowRef,
        text: &str,
    ) -> Result<(), RecordError> {
        decode::decode(plan, schemas, out, at, text)
    }

    fn title(_profile: &Profile) -> String {
        "Debezium flattened, JSON".to_owned()
    }

    fn sample_record(profile: &mut Profile, text: &str) -> Option<()> {
        sample::read_with_schema(profile, text, infer::read_flat)
    }

    fn sample_key(profile: &mut Profile, line: &str) {
        sample::read_key(profile, line);
    }

    fn guess(column: &ColumnProfile) -> Guess {
        guess::of_json(&column.name, &column.shape)
    }

    fn propose_sequence(profile: &Profile) -> ProposedSequence {
        order::proposed_sequence(profile, order::Shape::Flat)
    }

    fn propose_settings(profile: &Profile) -> SourceSettings {
        sample::proposed_settings(profile)
    }
}
