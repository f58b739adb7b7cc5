//! Plain rows as Parquet, and in Avro object containers.

use super::rows::row::CurrentRows;
use super::rows::sample;
use crate::files::column_file::Container;
use crate::files::column_rows;
use crate::format::{
    Content, FileKind, FilePlace, Format, Likeness, ProposedSequence, RecordDecoder, SniffSample, SourceSettings,
};
use crate::outcome::collector::Collector;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::column_sample::{self, container_of};
use crate::profile::guess::{Guess, of_text_column};
use crate::profile::written_guess::of_rows;
use crate::profile::{ColumnProfile, Profile};
use crate::row::text_rows;
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::SourceFormat;

/// `parquet` and `avro`.
pub(crate) struct RowsColumns(Container);

/// `parquet`.
pub(crate) static PARQUET: RowsColumns = RowsColumns(Container::Parquet);
/// `avro`.
pub(crate) static AVRO: RowsColumns = RowsColumns(Container::Avro);

impl Format for RowsColumns {
    fn name(&self) -> SourceFormat {
        match self.0 {
            Container::Parquet => SourceFormat::Parquet,
            Container::Avro => SourceFormat::Avro,
        }
    }

    fn file_kind(&self) -> FileKind {
        FileKind { extensions: self.0.extensions(), content: Content::Binary }
    }

    fn file_place(&self, _name: &str) -> Option<FilePlace> {
        None
    }

    /// Any file whose columns can be read; formats with an operation are known by more.
    fn sniff(&self, sample: &SniffSample<'_>) -> Option<Likeness> {
        (container_of(sample.bytes) == Some(self.0) && sample.columns.is_some()).then_some(Likeness::Possible)
    }

    fn markers(&self) -> Markers {
        Markers::PLAIN_ROW
    }

    fn decode_file(&self, plan: &Plan, out: &mut Collector, bytes: Bytes, _stop_at: u64) -> StreamEnd {
        column_rows::decode(self.0, plan, &CurrentRows, out, &bytes);
        StreamEnd::Whole
    }

    fn record_decoder<'p>(&self, plan: &'p Plan) -> RecordDecoder<'p> {
        Box::new(move |out, at, record| text_rows::decode_record(plan, &CurrentRows, out, at, record))
    }

    fn sample(&self, profile: &mut Profile, _path: &str, bytes: &Bytes, records_max: u64) {
        column_sample::read(self.0, profile, bytes, records_max, |_| true, sample::read_row);
    }

    fn title(&self, _profile: &Profile) -> String {
        format!("Plain rows, {}", self.0.title())
    }

    fn record_words(&self) -> &'static str {
        match self.0 {
            Container::Parquet => "plain rows in Parquet",
            Container::Avro => "plain rows in Avro",
        }
    }

    fn guess(&self, column: &ColumnProfile) -> Guess {
        of_rows(of_text_column(&column.shape), &column.shape)
    }

    fn propose_sequence(&self, profile: &Profile) -> ProposedSequence {
        sample::proposed_sequence(profile)
    }

    fn propose_settings(&self, _profile: &Profile, _files: &[(SourceFile, Bytes)]) -> SourceSettings {
        SourceSettings::default()
    }
}
