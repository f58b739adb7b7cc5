//! What the formats of JSON lines share: how lines become records, the files of the Kafka Connect S3 sink, row images,
//! the place of a record in its stream, samples.
//!
//! Such a format is a [`JsonFormat`], which says what is its own; everything that it has as a [`Format`] follows.

pub(crate) mod change;
pub(crate) mod document;
pub(crate) mod files;
pub(crate) mod guess;
pub(crate) mod position;
mod record;
pub(crate) mod row;
pub(crate) mod sample;
pub(crate) mod source_table;
pub(crate) mod wrapping;

use crate::files::json_lines;
use crate::format::{
    FileKind, FilePlace, FileStage, Format, Likeness, ProposedSequence, RecordDecoder, SniffSample, SourceSettings,
};
use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::guess::Guess;
use crate::profile::{ColumnProfile, Profile};
use crate::text::json_values::is_of_lines;
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use sluice_change::{RowRef, SourceFile};
use sluice_contract::SourceFormat;
use std::borrow::Cow;

/// A format whose files are JSON, one record per line.
pub(crate) trait JsonFormat: Sync + 'static {
    /// What neighbouring records share, such as schemas; `()` if nothing.
    type Memory: Default + 'static;

    /// Its name in contracts.
    const NAME: SourceFormat;

    /// Its records in the plural, for example `Debezium envelopes`.
    const RECORD_WORDS: &'static str;

    /// What is in its records besides the columns of the table.
    const MARKERS: Markers = Markers::CHANGE;

    /// Whether a line that begins like a JSON object is a record of the format, or the front of one.
    fn is_record(line: &str) -> bool;

    /// The record that is inside of something which a sink wrote around it; `None` where nothing is around it.
    fn unwrap(text: &str) -> Option<Cow<'_, str>> {
        wrapping::value_of(text)
    }

    /// Whether a record alone does not say which row it is of, and its key would.
    fn lacks_key(_text: &str) -> bool {
        false
    }

    /// As [`Format::file_position`].
    fn file_position(path: &str) -> Option<u64> {
        files::offset(path)
    }

    /// As [`Format::stage`].
    fn stage(path: &str) -> Option<FileStage> {
        files::file_place(path.rsplit('/').next().unwrap_or(path)).map(|place| place.stage)
    }

    /// As [`Format::full_export`].
    fn full_export(_path: &str) -> Option<&str> {
        None
    }

    /// Decodes one record, which is neither blank nor `null` nor nested too deep.
    ///
    /// # Errors
    /// Why it cannot become an event.
    fn decode(
        plan: &Plan,
        memory: &mut Self::Memory,
        out: &mut Collector,
        at: RowRef,
        text: &str,
    ) -> Result<(), RecordError>;

    /// Its name in a heading, with what the sample shows of the producer.
    fn title(profile: &Profile) -> String;

    /// Whether some values of a file are records of the format.
    fn are_records(values: &[String]) -> bool {
        values.iter().any(|value| Self::is_record(value))
    }

    /// As [`Format::look`], at the first records of all files.
    fn look(_profile: &mut Profile, _records: &mut dyn Iterator<Item = String>) {}

    /// Counts a record of a sample; `None` if it is none of the format.
    fn sample_record(profile: &mut Profile, text: &str) -> Option<()>;

    /// As [`Format::sample_key`].
    fn sample_key(_profile: &mut Profile, _key: &str) {}

    /// The type of a column that nothing in the files tells.
    fn guess(column: &ColumnProfile) -> Guess;

    /// What orders the events of the sample.
    fn propose_sequence(profile: &Profile) -> ProposedSequence;

    /// Entries of `source` that the sample calls for.
    fn propose_settings(_profile: &Profile) -> SourceSettings {
        SourceSettings::default()
    }
}

impl<F: JsonFormat> Format for F {
    fn name(&self) -> SourceFormat {
        F::NAME
    }

    fn file_kind(&self) -> FileKind {
        files::JSON_LINES
    }

    fn file_place(&self, name: &str) -> Option<FilePlace> {
        files::file_place(name)
    }

    fn file_position(&self, path: &str) -> Option<u64> {
        F::file_position(path)
    }

    fn stage(&self, path: &str) -> Option<FileStage> {
        F::stage(path)
    }

    fn full_export<'p>(&self, path: &'p str) -> Option<&'p str> {
        F::full_export(path)
    }

    /// Certain where a line is a record of the format.
    fn sniff(&self, sample: &SniffSample<'_>) -> Option<Likeness> {
        let values = json_lines::first_values(&sample.content).map(|value| unwrapped::<F>(value));
        let values: Vec<String> = values.filter(|value| value.starts_with('{')).collect();
        F::are_records(&values).then_some(Likeness::Certain)
    }

    fn markers(&self) -> Markers {
        F::MARKERS
    }

    fn is_of_lines(&self, front: &[u8]) -> bool {
        is_of_lines(front)
    }

    fn lacks_key(&self, record: &str) -> bool {
        F::lacks_key(record)
    }

    fn decode_file(&self, plan: &Plan, out: &mut Collector, bytes: Bytes, stop_at: u64) -> StreamEnd {
        json_lines::decode(out, bytes, plan.source.encoding, stop_at, self.record_decoder(plan))
    }

    fn record_decoder<'p>(&self, plan: &'p Plan) -> RecordDecoder<'p> {
        record_decoder::<F>(plan)
    }

    fn look(&self, profile: &mut Profile, files: &[&(SourceFile, Bytes)]) {
        F::look(profile, &mut files.iter().flat_map(|(_, bytes)| sample::first_records(bytes, F::unwrap)));
    }

    fn sample(&self, profile: &mut Profile, path: &str, bytes: &Bytes, records_max: u64) {
        profile.is_export |= F::full_export(path).is_some();
        sample::read(profile, path, bytes, records_max, |profile, text| match F::unwrap(text) {
            Some(inner) if inner == "null" => {
                profile.forget_tombstone();
                Some(())
            }
            Some(inner) => F::sample_record(profile, &inner),
            None => F::sample_record(profile, text),
        });
    }

    fn sample_key(&self, profile: &mut Profile, key: &str) {
        F::sample_key(profile, key);
    }

    fn title(&self, profile: &Profile) -> String {
        F::title(profile)
    }

    fn record_words(&self) -> &'static str {
        F::RECORD_WORDS
    }

    fn guess(&self, column: &ColumnProfile) -> Guess {
        F::guess(column)
    }

    fn propose_sequence(&self, profile: &Profile) -> ProposedSequence {
        F::propose_sequence(profile)
    }

    fn propose_settings(&self, profile: &Profile, _files: &[(SourceFile, Bytes)]) -> SourceSettings {
        F::propose_settings(profile)
    }
}

/// Decodes records of a format one by one, which may be inside of something or have their keys beside them.
pub(crate) fn record_decoder<F: JsonFormat>(plan: &Plan) -> RecordDecoder<'_> {
    let mut memory = F::Memory::default();
    Box::new(move |out, at, text| {
        json_lines::decode_record(out, at, text, |out, at, text| {
            record::decode_with_key(out, at, text, F::lacks_key, |out, at, text| {
                decode_inside::<F>(plan, &mut memory, out, at, text)
            })
        })
    })
}

/// Decodes a record that may be inside of something.
fn decode_inside<F: JsonFormat>(
    plan: &Plan,
    memory: &mut F::Memory,
    out: &mut Collector,
    at: RowRef,
    text: &str,
) -> Result<(), RecordError> {
    let Some(inner) = F::unwrap(text) else { return F::decode(plan, memory, out, at, text) };
    if inner == "null" {
        out.tombstone();
        return Ok(());
    }
    out.begin_wrapped(text);
    let outcome = F::decode(plan, memory, out, at, &inner);
    out.end_wrapped();
    outcome
}

/// A value of a file, or the record that is inside of it.
fn unwrapped<F: JsonFormat>(value: String) -> String {
    match F::unwrap(&value).map(Cow::into_owned) {
        Some(inner) => inner,
        None => value,
    }
}
