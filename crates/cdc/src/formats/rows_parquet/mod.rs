//! Current rows as Parquet.

use super::rows::row::CurrentRows;
use super::rows::sample;
use crate::files::parquet_file;
use crate::format::{
    Content, FileKind, FilePlace, Format, Likeness, ProposedSequence, RecordDecoder, SniffSample, SourceSettings,
};
use crate::outcome::collector::Collector;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::guess::{Guess, of_text_column};
use crate::profile::{ColumnProfile, Profile, parquet_sample};
use crate::row::text_rows;
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::SourceFormat;

/// `parquet`.
pub(crate) struct RowsParquet;

impl Format for RowsParquet {
    fn name(&self) -> SourceFormat {
        SourceFormat::Parquet
    }

    fn file_kind(&self) -> FileKind {
        FileKind { extensions: &["parquet"], content: Content::Binary }
    }

    fn file_place(&self, _name: &str) -> Option<FilePlace> {
        None
    }

    /// Any file whose columns can be read; formats with an operation are known by more.
    fn sniff(&self, sample: &SniffSample<'_>) -> Option<Likeness> {
        sample.parquet_columns.as_ref().map(|_| Likeness::Possible)
    }

    fn markers(&self) -> Markers {
        Markers::PLAIN_ROW
    }

    fn decode_file(&self, plan: &Plan, out: &mut Collector, bytes: Bytes, _stop_at: u64) -> StreamEnd {
        parquet_file::decode(plan, &CurrentRows, out, &bytes);
        StreamEnd::Whole
    }

    fn record_decoder<'p>(&self, plan: &'p Plan) -> RecordDecoder<'p> {
        Box::new(move |out, at, record| text_rows::decode_record(plan, &CurrentRows, out, at, record))
    }

    fn sample(&self, profile: &mut Profile, _path: &str, bytes: &Bytes, records_max: u64) {
        parquet_sample::read(profile, bytes, records_max, |_| true, sample::read_row);
    }

    fn title(&self, _profile: &Profile) -> String {
        "Current rows, Parquet".to_owned()
    }

    fn record_words(&self) -> &'static str {
        "current rows in Parquet"
    }

    fn guess(&self, column: &ColumnProfile) -> Guess {
        of_text_column(&column.shape)
    }

    fn propose_sequence(&self, profile: &Profile) -> ProposedSequence {
        sample::proposed_sequence(profile)
    }

    fn propose_settings(&self, _profile: &Profile, _files: &[(SourceFile, Bytes)]) -> SourceSettings {
        SourceSettings::default()
    }
}
