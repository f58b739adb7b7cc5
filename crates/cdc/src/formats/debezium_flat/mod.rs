//! Debezium records flattened by `ExtractNewRecordState`, as JSON lines.
//!
//! The row's columns, and what `add.fields` added with the prefix `__`; deletes are rows with
//! `__deleted: "true"` (`delete.tombstone.handling.mode=rewrite`).

mod decode;
mod infer;
mod members;
mod sniff;

use super::debezium::connect_schema::SchemaCache;
use super::debezium::{files, guess, order, sample};
use crate::files::json_lines;
use crate::format::{
    FileKind, FilePlace, Format, Likeness, ProposedSequence, RecordDecoder, SniffSample, SourceSettings,
};
use crate::outcome::collector::Collector;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::guess::Guess;
use crate::profile::{ColumnProfile, Profile};
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use members::{DELETED, OPERATION, TIME};
use sluice_change::SourceFile;
use sluice_contract::SourceFormat;

/// `debezium_flat_json`.
pub(crate) struct DebeziumFlat;

impl Format for DebeziumFlat {
    fn name(&self) -> SourceFormat {
        SourceFormat::DebeziumFlatJson
    }

    fn file_kind(&self) -> FileKind {
        files::JSON_LINES
    }

    fn file_place(&self, name: &str) -> Option<FilePlace> {
        files::file_place(name)
    }

    fn sniff(&self, sample: &SniffSample<'_>) -> Option<Likeness> {
        sniff::sniff(sample)
    }

    fn markers(&self) -> Markers {
        Markers {
            operation: Some(OPERATION),
            deleted: Some(DELETED),
            time: Some(TIME),
            // `add.fields` are prefixed with `__` unless renamed.
            is_own: |name| name.starts_with("__"),
            ..Markers::CHANGE
        }
    }

    fn decode_file(&self, plan: &Plan, out: &mut Collector, bytes: Bytes, stop_at: u64) -> StreamEnd {
        json_lines::decode(out, bytes, stop_at, self.record_decoder(plan))
    }

    fn record_decoder<'p>(&self, plan: &'p Plan) -> RecordDecoder<'p> {
        let mut schemas = SchemaCache::default();
        Box::new(move |out, at, text| {
            json_lines::decode_record(out, at, text, |out, at, text| decode::decode(plan, &mut schemas, out, at, text))
        })
    }

    fn sample(&self, profile: &mut Profile, path: &str, bytes: &Bytes, records_max: u64) {
        sample::read(profile, path, bytes, records_max, infer::read_flat);
    }

    fn title(&self, _profile: &Profile) -> String {
        "Debezium flattened, JSON".to_owned()
    }

    fn record_words(&self) -> &'static str {
        "flattened Debezium rows"
    }

    fn guess(&self, column: &ColumnProfile) -> Guess {
        guess::of_json(&column.name, &column.shape)
    }

    fn propose_sequence(&self, profile: &Profile) -> ProposedSequence {
        order::proposed_sequence(profile, order::Shape::Flat)
    }

    fn propose_settings(&self, profile: &Profile, _files: &[(SourceFile, Bytes)]) -> SourceSettings {
        sample::proposed_settings(profile)
    }
}
