//! AWS DMS CSV: full load and changes, plain or gzip, mostly without a header.

use super::csv_settings;
use super::dms::row::{DmsRows, is_operation};
use super::dms::{self, files, sample};
use crate::files::csv_file::CsvDecoder;
use crate::format::{
    Content, FileKind, FilePlace, Format, Likeness, ProposedSequence, RecordDecoder, SniffSample, SourceSettings,
};
use crate::outcome::collector::Collector;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::csv_header::looks_like_header;
use crate::profile::guess::Guess;
use crate::profile::{ColumnProfile, Profile, csv_sample};
use crate::text::csv_fields::{Field, fields};
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::SourceFormat;

/// `dms_csv`.
pub(crate) struct DmsCsv;

/// Records looked at to tell the format.
const SNIFF_RECORDS: usize = 20;

impl Format for DmsCsv {
    fn name(&self) -> SourceFormat {
        SourceFormat::DmsCsv
    }

    fn file_kind(&self) -> FileKind {
        FileKind { extensions: &["csv"], content: Content::Text }
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

    /// Certain by the names of its files, a header with its operation, or records that begin with one.
    fn sniff(&self, sample: &SniffSample<'_>) -> Option<Likeness> {
        if sample.all_names(|name| files::transactions_position(name).is_some()) {
            return None;
        }
        let records = sample.csv_text()?.lines().filter_map(fields).take(SNIFF_RECORDS);
        let records: Vec<Vec<Field<'_>>> = records.collect();
        let has_operation = match records.as_slice() {
            [header, ..] if looks_like_header(header) && sample::may_be_header(header) => {
                header.iter().any(|field| field.text == dms::OPERATION)
            }
            records => !records.is_empty() && records.iter().all(|fields| is_operation(first_text(fields))),
        };
        let certain = has_operation || sample.all_names(|name| files::file_place(name).is_some());
        certain.then_some(Likeness::Certain)
    }

    fn markers(&self) -> Markers {
        dms::MARKERS
    }

    fn decode_file(&self, plan: &Plan, out: &mut Collector, bytes: Bytes, stop_at: u64) -> StreamEnd {
        CsvDecoder::new(plan, &DmsRows, dms::CSV_EXTRAS).file(out, bytes, stop_at)
    }

    fn record_decoder<'p>(&self, plan: &'p Plan) -> RecordDecoder<'p> {
        let decoder = CsvDecoder::new(plan, &DmsRows, dms::CSV_EXTRAS);
        Box::new(move |out, at, record| decoder.bronze_record(out, at, record))
    }

    fn sample(&self, profile: &mut Profile, path: &str, bytes: &Bytes, records_max: u64) {
        let stage = sample::stage_of(path);
        sample::read_file(profile, path, |profile| {
            csv_sample::read(profile, bytes, records_max, sample::may_be_header, |profile, names, fields| {
                sample::read_csv_row(profile, stage, names, fields);
            });
        });
    }

    fn title(&self, _profile: &Profile) -> String {
        "AWS DMS, CSV".to_owned()
    }

    fn record_words(&self) -> &'static str {
        "AWS DMS rows in CSV"
    }

    fn guess(&self, column: &ColumnProfile) -> Guess {
        sample::guess(column)
    }

    fn propose_sequence(&self, profile: &Profile) -> ProposedSequence {
        sample::proposed_sequence(profile)
    }

    fn propose_settings(&self, profile: &Profile, files: &[(SourceFile, Bytes)]) -> SourceSettings {
        SourceSettings { layouts: profile.csv_layouts(), names_columns: false, ..csv_settings::settings(files) }
    }
}

fn first_text<'a>(fields: &'a [Field<'_>]) -> &'a str {
    fields.first().map_or("", |field| field.text.as_ref())
}
