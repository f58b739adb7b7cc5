//! Plain rows as CSV.

use super::csv_settings;
use super::rows::row::CurrentRows;
use super::rows::{CSV_EXTRAS, sample};
use crate::files::csv_file::CsvDecoder;
use crate::format::{
    CSV, Content, FileKind, FilePlace, Format, Likeness, ProposedSequence, RecordDecoder, SniffSample, SourceSettings,
};
use crate::outcome::collector::Collector;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::csv_form::CsvForm;
use crate::profile::csv_sample;
use crate::profile::guess::{Guess, of_text_column};
use crate::profile::written_guess::of_rows;
use crate::profile::{ColumnProfile, Profile};
use crate::text::csv_fields::fields_by;
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::SourceFormat;

/// Records looked at to tell the format.
const SNIFF_RECORDS: usize = 20;

/// `csv`.
pub(crate) struct RowsCsv;

impl Format for RowsCsv {
    fn name(&self) -> SourceFormat {
        SourceFormat::Csv
    }

    fn file_kind(&self) -> FileKind {
        FileKind { extensions: CSV, content: Content::Text }
    }

    fn file_place(&self, _name: &str) -> Option<FilePlace> {
        None
    }

    /// Likely with a header; without one possible, where the records have as many fields as the first.
    fn sniff(&self, sample: &SniffSample<'_>) -> Option<Likeness> {
        let text = sample.csv_text()?;
        let form = CsvForm::of_text(text);
        if form.has_header {
            return Some(Likeness::Likely);
        }
        let mut records = text.lines().filter_map(|line| fields_by(line, form.dialect)).take(SNIFF_RECORDS);
        let first = records.next()?;
        let is_table = first.len() > 1 && records.all(|fields| fields.len() == first.len());
        is_table.then_some(Likeness::Possible)
    }

    fn markers(&self) -> Markers {
        Markers::PLAIN_ROW
    }

    fn decode_file(&self, plan: &Plan, out: &mut Collector, bytes: Bytes, stop_at: u64) -> StreamEnd {
        CsvDecoder::new(plan, &CurrentRows, CSV_EXTRAS).file(out, bytes, stop_at)
    }

    fn record_decoder<'p>(&self, plan: &'p Plan) -> RecordDecoder<'p> {
        let decoder = CsvDecoder::new(plan, &CurrentRows, CSV_EXTRAS);
        Box::new(move |out, at, record| decoder.bronze_record(out, at, record))
    }

    fn sample(&self, profile: &mut Profile, _path: &str, bytes: &Bytes, records_max: u64) {
        csv_sample::read(profile, bytes, records_max, |_| true, sample::read_csv_row);
    }

    fn title(&self, _profile: &Profile) -> String {
        "Plain rows, CSV".to_owned()
    }

    fn record_words(&self) -> &'static str {
        "plain rows in CSV"
    }

    fn guess(&self, column: &ColumnProfile) -> Guess {
        of_rows(of_text_column(&column.shape), &column.shape)
    }

    fn propose_sequence(&self, profile: &Profile) -> ProposedSequence {
        sample::proposed_sequence(profile)
    }

    /// Where nothing is null so far, nothing between two delimiters will be.
    fn propose_settings(&self, profile: &Profile, files: &[(SourceFile, Bytes)]) -> SourceSettings {
        let mut settings = csv_settings::settings(files);
        // The columns ask it, each for itself.
        settings.questions.retain(|question| question != csv_settings::COMMA_OR_THOUSANDS);
        let null_text = settings.null_text.or_else(|| (!profile.writes_nulls()).then_some(""));
        SourceSettings { null_text, ..settings }
    }
}
