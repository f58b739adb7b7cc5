//! Debezium envelopes as rows of Parquet: `before`, `after` and `source` are structs.
//!
//! A row is read as the JSON that it is, with the schema that the writer left in the file (`parquet.avro.schema`) if there
//! is one, so everything that an envelope means is with `debezium_json`.

#[cfg(test)]
mod tests;

use super::debezium_json::DebeziumJson;
use super::json::{JsonFormat, files, record_decoder, sample};
use crate::columnar::guard::MAGIC;
use crate::files::column_file::Container;
use crate::files::parquet_file;
use crate::format::{
    Content, FileKind, FilePlace, Format, Likeness, ProposedSequence, RecordDecoder, SniffSample, SourceSettings,
};
use crate::outcome::collector::Collector;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::guess::Guess;
use crate::profile::{ColumnProfile, Profile, parquet_sample};
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::SourceFormat;

/// `debezium_parquet`.
pub(crate) struct DebeziumParquet;

impl Format for DebeziumParquet {
    fn name(&self) -> SourceFormat {
        SourceFormat::DebeziumParquet
    }

    fn file_kind(&self) -> FileKind {
        FileKind { extensions: &["parquet"], content: Content::Binary }
    }

    fn file_place(&self, name: &str) -> Option<FilePlace> {
        files::file_place(name)
    }

    fn file_position(&self, path: &str) -> Option<u64> {
        files::offset(path)
    }

    /// Certain by the columns of an envelope.
    fn sniff(&self, sample: &SniffSample<'_>) -> Option<Likeness> {
        let columns = sample.columns.as_ref().filter(|_| sample.bytes.starts_with(MAGIC))?;
        let has = |name: &str| columns.iter().any(|column| column == name);
        (has("op") && has("source") && (has("after") || has("before"))).then_some(Likeness::Certain)
    }

    fn markers(&self) -> Markers {
        <DebeziumJson as JsonFormat>::MARKERS
    }

    fn lacks_key(&self, record: &str) -> bool {
        <DebeziumJson as JsonFormat>::lacks_key(record)
    }

    fn decode_file(&self, plan: &Plan, out: &mut Collector, bytes: Bytes, _stop_at: u64) -> StreamEnd {
        // Only the schema that the writer left says that a plain number is a date or a time.
        if Container::Parquet.has_connect_schema(&bytes) {
            let mut decode = self.record_decoder(plan);
            Container::Parquet.records(out, &bytes, |out, at, text| decode(out, at, text));
            return StreamEnd::Whole;
        }
        parquet_file::decode_as_json(out, &bytes, self.record_decoder(plan));
        StreamEnd::Whole
    }

    fn record_decoder<'p>(&self, plan: &'p Plan) -> RecordDecoder<'p> {
        record_decoder::<DebeziumJson>(plan)
    }

    fn sample(&self, profile: &mut Profile, path: &str, bytes: &Bytes, records_max: u64) {
        if Container::Parquet.has_connect_schema(bytes) {
            let records = Container::Parquet.first_records(bytes, records_max);
            profile.damaged_files += u64::from(records.is_none());
            let read = <DebeziumJson as JsonFormat>::sample_record;
            return sample::count_records(profile, path, &records.unwrap_or_default(), read);
        }
        sample::placed(profile, path, |profile| {
            let read = <DebeziumJson as JsonFormat>::sample_record;
            parquet_sample::read_as_json(profile, bytes, records_max, &["before", "after"], read);
        });
    }

    fn sample_key(&self, profile: &mut Profile, key: &str) {
        <DebeziumJson as JsonFormat>::sample_key(profile, key);
    }

    fn title(&self, profile: &Profile) -> String {
        <DebeziumJson as JsonFormat>::title(profile).replace("JSON", "Parquet")
    }

    fn record_words(&self) -> &'static str {
        "Debezium envelopes in Parquet"
    }

    fn guess(&self, column: &ColumnProfile) -> Guess {
        <DebeziumJson as JsonFormat>::guess(column)
    }

    fn propose_sequence(&self, profile: &Profile) -> ProposedSequence {
        <DebeziumJson as JsonFormat>::propose_sequence(profile)
    }

    fn propose_settings(&self, profile: &Profile, _files: &[(SourceFile, Bytes)]) -> SourceSettings {
        SourceSettings { text_decimals: false, ..<DebeziumJson as JsonFormat>::propose_settings(profile) }
    }
}
