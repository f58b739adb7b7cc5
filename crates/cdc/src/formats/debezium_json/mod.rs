//! Debezium envelopes as JSON lines, with or without schema.
//!
//! `{before, after, source, transaction, op, ts_ms}`, alone or as `payload` beside `schema`
//! (Debezium documentation, PostgreSQL connector, "Data change events").

mod decode;
mod envelope;
mod infer;
mod sniff;

use super::debezium::connect_schema::SchemaCache;
use super::debezium::wrapping::{envelope_of, lacks_key};
use super::debezium::{guess, order, sample};
use super::json::JsonFormat;
use crate::format::{ProposedSequence, SourceSettings};
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::guess::Guess;
use crate::profile::{ColumnProfile, Profile};
use sluice_change::RowRef;
use sluice_contract::SourceFormat;
use std::borrow::Cow;

/// `debezium_json`.
pub(crate) struct DebeziumJson;

impl JsonFormat for DebeziumJson {
    type Memory = SchemaCache;

    const NAME: SourceFormat = SourceFormat::DebeziumJson;
    const RECORD_WORDS: &'static str = "Debezium envelopes";
    const MARKERS: Markers = Markers { is_in_envelope: envelope::has_path, ..Markers::CHANGE };

    fn is_record(line: &str) -> bool {
        sniff::is_envelope(line)
    }

    fn unwrap(text: &str) -> Option<Cow<'_, str>> {
        envelope_of(text)
    }

    fn lacks_key(text: &str) -> bool {
        lacks_key(text)
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

    fn title(profile: &Profile) -> String {
        infer::title(profile)
    }

    fn sample_record(profile: &mut Profile, text: &str) -> Option<()> {
        sample::read_with_schema(profile, text, infer::read_envelope)
    }

    fn sample_key(profile: &mut Profile, line: &str) {
        // The key of a document names its `_id` otherwise, and the document may have a field of that name.
        if profile.connector.as_deref() != Some("mongodb") {
            sample::read_key(profile, line);
        }
    }

    fn guess(column: &ColumnProfile) -> Guess {
        guess::of_json(&column.name, &column.shape)
    }

    fn propose_sequence(profile: &Profile) -> ProposedSequence {
        order::proposed_sequence(profile, order::Shape::Envelope)
    }

    fn propose_settings(profile: &Profile) -> SourceSettings {
        sample::proposed_settings(profile)
    }
}
