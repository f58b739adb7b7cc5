//! AWS DMS Parquet: full load and changes.

use super::dms::row::DmsRows;
use super::dms::{self, files, sample};
use crate::columnar::guard::MAGIC;
use crate::files::column_file::Container;
use crate::files::column_rows;
use crate::format::{
    Content, FileKind, FilePlace, Format, Likeness, ProposedSequence, RecordDecoder, SniffSample, SourceSettings,
};
use crate::outcome::collector::Collector;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::guess::Guess;
use crate::profile::{ColumnProfile, Profile, column_sample};
use crate::row::text_rows;
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::SourceFormat;

/// `dms_parquet`.
pub(crate) struct DmsParquet;

impl Format for DmsParquet {
    fn name(&self) -> SourceFormat {
        SourceFormat::DmsParquet
    }

    fn file_kind(&self) -> FileKind {
        FileKind { extensions: &["parquet"], content: Content::Binary }
    }

    fn file_place(&self, name: &str) -> Option<FilePlace> {
        files::file_place(name)
    }

    fn has_folder_per_table(&self) -> bool {
        true
    }

    fn file_position(&self, path: &str) -> Option<u64> {
        files::change_position(path)
    }

    /// Certain by a column with the operation, likely by the names of the files. Nothing else speaks for it.
    fn sniff(&self, sample: &SniffSample<'_>) -> Option<Likeness> {
        let named = sample.all_names(|name| files::file_place(name).is_some());
        if !sample.bytes.starts_with(MAGIC) {
            return (sample.bytes.is_empty() && named).then_some(Likeness::Possible);
        }
        match &sample.columns {
            Some(columns) if columns.iter().any(|name| name == dms::OPERATION) => Some(Likeness::Certain),
            _ if named => Some(Likeness::Likely),
            _ => None,
        }
    }

    fn markers(&self) -> Markers {
        dms::MARKERS
    }

    fn decode_file(&self, plan: &Plan, out: &mut Collector, bytes: Bytes, _stop_at: u64) -> StreamEnd {
        column_rows::decode(Container::Parquet, plan, &DmsRows, out, &bytes);
        StreamEnd::Whole
    }

    fn record_decoder<'p>(&self, plan: &'p Plan) -> RecordDecoder<'p> {
        Box::new(move |out, at, record| text_rows::decode_record(plan, &DmsRows, out, at, record))
    }

    fn sample(&self, profile: &mut Profile, path: &str, bytes: &Bytes, records_max: u64) {
        let stage = sample::stage_of(path);
        sample::read_file(profile, path, |profile| {
            let is_column = |name: &str| !sample::is_own(name) && !dms::is_operation_name(name);
            let read_row = |profile: &mut Profile, values: &[(&str, Option<&str>)]| {
                sample::read_named_row(profile, stage, values);
            };
            column_sample::read(Container::Parquet, profile, bytes, records_max, is_column, read_row);
        });
    }

    fn title(&self, _profile: &Profile) -> String {
        "AWS DMS, Parquet".to_owned()
    }

    fn record_words(&self) -> &'static str {
        "AWS DMS rows in Parquet"
    }

    fn guess(&self, column: &ColumnProfile) -> Guess {
        sample::guess(column)
    }

    fn propose_sequence(&self, profile: &Profile) -> ProposedSequence {
        sample::proposed_sequence(profile)
    }

    fn propose_settings(&self, _profile: &Profile, _files: &[(SourceFile, Bytes)]) -> SourceSettings {
        SourceSettings::default()
    }
}
