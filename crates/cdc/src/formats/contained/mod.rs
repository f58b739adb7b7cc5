//! Records of Kafka Connect in Avro or Parquet, as sinks write them: each row is a record, and becomes the JSON that it
//! would be, with its schema, for the decoder of the same records as JSON lines.

use super::json::{JsonFormat, files, record_decoder, sample};
use crate::files::column_file::Container;
use crate::format::{
    Content, FileKind, FilePlace, Format, Likeness, ProposedSequence, RecordDecoder, SniffSample, SourceSettings,
};
use crate::outcome::collector::Collector;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::column_sample::container_of;
use crate::profile::guess::Guess;
use crate::profile::{ColumnProfile, Profile};
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::SourceFormat;
use std::marker::PhantomData;

/// Records looked at to tell the format.
const SNIFF_RECORDS: u64 = 20;
/// Records of a file looked at before it is sampled.
const LOOK_RECORDS: u64 = 200;

/// Records of the format `F` in a container.
pub(crate) struct Contained<F> {
    name: SourceFormat,
    container: Container,
    of: PhantomData<fn() -> F>,
}

impl<F: JsonFormat> Contained<F> {
    pub(crate) const fn new(name: SourceFormat, container: Container) -> Self {
        Self { name, container, of: PhantomData }
    }
}

impl<F: JsonFormat> Format for Contained<F> {
    fn name(&self) -> SourceFormat {
        self.name
    }

    fn file_kind(&self) -> FileKind {
        FileKind { extensions: self.container.extensions(), content: Content::Binary }
    }

    fn file_place(&self, name: &str) -> Option<FilePlace> {
        files::file_place(name)
    }

    fn file_position(&self, path: &str) -> Option<u64> {
        files::offset(path)
    }

    /// Certain where a row is a record of the format.
    fn sniff(&self, sample: &SniffSample<'_>) -> Option<Likeness> {
        if container_of(sample.bytes) != Some(self.container) {
            return None;
        }
        let records = self.container.first_records(&Bytes::copy_from_slice(sample.bytes), SNIFF_RECORDS)?;
        F::are_records(&records).then_some(Likeness::Certain)
    }

    fn markers(&self) -> Markers {
        F::MARKERS
    }

    fn lacks_key(&self, record: &str) -> bool {
        F::lacks_key(record)
    }

    fn decode_file(&self, plan: &Plan, out: &mut Collector, bytes: Bytes, _stop_at: u64) -> StreamEnd {
        let mut decode = self.record_decoder(plan);
        self.container.records(out, &bytes, |out, at, text| decode(out, at, text));
        StreamEnd::Whole
    }

    fn record_decoder<'p>(&self, plan: &'p Plan) -> RecordDecoder<'p> {
        record_decoder::<F>(plan)
    }

    fn look(&self, profile: &mut Profile, files: &[&(SourceFile, Bytes)]) {
        let records = |bytes: &Bytes| self.container.first_records(bytes, LOOK_RECORDS).unwrap_or_default();
        F::look(profile, &mut files.iter().flat_map(|(_, bytes)| records(bytes)));
    }

    fn sample(&self, profile: &mut Profile, path: &str, bytes: &Bytes, records_max: u64) {
        let records = self.container.first_records(bytes, records_max);
        profile.damaged_files += u64::from(records.is_none());
        sample::count_records(profile, path, &records.unwrap_or_default(), F::sample_record);
    }

    fn sample_key(&self, profile: &mut Profile, key: &str) {
        F::sample_key(profile, key);
    }

    fn title(&self, profile: &Profile) -> String {
        let title = F::title(profile);
        let words = title.split(", ").next().unwrap_or_default();
        format!("{words}, {}", self.container.title())
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
