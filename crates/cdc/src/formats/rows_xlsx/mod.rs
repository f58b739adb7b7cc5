//! Plain rows in sheets of Excel.

use super::rows::row::CurrentRows;
use super::rows::sample;
use crate::files::sheet_rows;
use crate::files::workbook::{self, each_row};
use crate::format::{
    Content, FileKind, FilePlace, Format, Likeness, ProposedSequence, RecordDecoder, SniffSample, SourceSettings,
};
use crate::outcome::collector::Collector;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::guess::{Guess, of_text_column};
use crate::profile::written_guess::of_rows;
use crate::profile::{ColumnProfile, Profile};
use crate::row::text_rows;
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::SourceFormat;

/// Why no row of a sheet can be read.
const BESIDE: &str = "its rows have cells beside the columns that the first row names, or formulas without a stored value: \
                      the first row that is not empty has to name all columns, so take titles above the table away";

/// `xlsx`.
pub(crate) struct RowsXlsx;

impl Format for RowsXlsx {
    fn name(&self) -> SourceFormat {
        SourceFormat::Xlsx
    }

    fn file_kind(&self) -> FileKind {
        FileKind { extensions: &["xlsx"], content: Content::Binary }
    }

    fn file_place(&self, _name: &str) -> Option<FilePlace> {
        None
    }

    /// Certain for a workbook with sheets: nothing else is one.
    fn sniff(&self, sample: &SniffSample<'_>) -> Option<Likeness> {
        sample.is_workbook.then_some(Likeness::Certain)
    }

    fn markers(&self) -> Markers {
        Markers::PLAIN_ROW
    }

    fn decode_file(&self, plan: &Plan, out: &mut Collector, bytes: Bytes, _stop_at: u64) -> StreamEnd {
        sheet_rows::decode(plan, &CurrentRows, out, &bytes);
        StreamEnd::Whole
    }

    fn record_decoder<'p>(&self, plan: &'p Plan) -> RecordDecoder<'p> {
        Box::new(move |out, at, record| text_rows::decode_record(plan, &CurrentRows, out, at, record))
    }

    /// Of a workbook with several sheets the first, which the proposal names and asks about.
    fn sample(&self, profile: &mut Profile, _path: &str, bytes: &Bytes, records_max: u64) {
        let sheets = workbook::sheet_names(bytes);
        let mut left = records_max;
        let outcome = each_row(bytes, sheets.first().map(String::as_str), &mut |names, row| {
            profile.records += 1;
            if row.fault.is_none() {
                profile.fitting += 1;
                let values: Vec<(&str, Option<&str>)> =
                    names.iter().map(String::as_str).zip(row.values.iter().map(Option::as_deref)).collect();
                sample::read_row(profile, &values);
            } else {
                profile.not_readable = Some(BESIDE);
            }
            left = left.saturating_sub(1);
            if left == 0 { Err(sample::ENOUGH) } else { Ok(()) }
        });
        profile.damaged_files += u64::from(outcome.is_err_and(|stop| stop != sample::ENOUGH));
    }

    fn title(&self, _profile: &Profile) -> String {
        "Plain rows, Excel".to_owned()
    }

    fn record_words(&self) -> &'static str {
        "plain rows in sheets of Excel"
    }

    fn guess(&self, column: &ColumnProfile) -> Guess {
        of_rows(of_text_column(&column.shape), &column.shape)
    }

    fn propose_sequence(&self, profile: &Profile) -> ProposedSequence {
        sample::proposed_sequence(profile)
    }

    fn propose_settings(&self, _profile: &Profile, files: &[(SourceFile, Bytes)]) -> SourceSettings {
        let mut settings = SourceSettings::default();
        let sheets = files.iter().map(|(_, bytes)| workbook::sheet_names(bytes)).max_by_key(Vec::len);
        let sheets = sheets.unwrap_or_default();
        if let [first, _, ..] = sheets.as_slice() {
            settings.sheet = Some(first.clone());
            settings.questions.push(format!(
                "The workbook has several sheets: {}. The proposal is for {first}; name another in source.sheet, or write \
                 a contract for each",
                sheets.join(", ")
            ));
        }
        settings
    }
}
