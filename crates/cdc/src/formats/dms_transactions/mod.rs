//! AWS DMS files of whole transactions: all tables in one folder, CSV without a header, each record with its operation,
//! its table and the table's schema in front.
//!
//! AWS DMS guide, "Using Amazon S3 as a target", "Capturing data changes (CDC) including transaction order on the S3
//! target" (`PreserveTransactions`, `CdcPath`).

#[cfg(test)]
mod tests;

use super::dms::row::DmsRows;
use super::dms::{self, files, sample};
use crate::files::csv_file::CsvDecoder;
use crate::files::csv_layout::CsvExtras;
use crate::format::{
    Content, FileKind, FilePlace, FileStage, Format, Likeness, ProposedSequence, RecordDecoder, SniffSample,
    SourceSettings,
};
use crate::outcome::collector::Collector;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::guess::Guess;
use crate::profile::{ColumnProfile, Profile, csv_sample};
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use sluice_change::SourceFile;
use sluice_contract::SourceFormat;
use std::borrow::Cow;

/// `dms_transactions_csv`.
pub(crate) struct DmsTransactions;

/// Names of the fields with the table and its schema, in bronze.
const TABLE: [&str; 2] = ["Table", "Schema"];
/// Fields in front of the columns.
const FIELDS_IN_FRONT: usize = 3;
const EXTRAS: CsvExtras = CsvExtras { table: Some(TABLE), sequence: None, ..dms::CSV_EXTRAS };

impl Format for DmsTransactions {
    fn name(&self) -> SourceFormat {
        SourceFormat::DmsTransactionsCsv
    }

    fn file_kind(&self) -> FileKind {
        FileKind { extensions: &["csv"], content: Content::Text }
    }

    fn file_place(&self, name: &str) -> Option<FilePlace> {
        let number = files::transactions_position(name)?;
        Some(FilePlace { stage: FileStage::Changes, partition: 0, number, name: String::new() })
    }

    fn file_position(&self, path: &str) -> Option<u64> {
        files::transactions_position(path)
    }

    /// Certain by the names of its files.
    fn sniff(&self, sample: &SniffSample<'_>) -> Option<Likeness> {
        sample.all_names(|name| files::transactions_position(name).is_some()).then_some(Likeness::Certain)
    }

    fn markers(&self) -> Markers {
        Markers { is_own: |name| (dms::MARKERS.is_own)(name) || TABLE.contains(&name), ..dms::MARKERS }
    }

    fn decode_file(&self, plan: &Plan, out: &mut Collector, bytes: Bytes, stop_at: u64) -> StreamEnd {
        CsvDecoder::new(plan, &DmsRows, EXTRAS).file(out, bytes, stop_at)
    }

    fn record_decoder<'p>(&self, plan: &'p Plan) -> RecordDecoder<'p> {
        let decoder = CsvDecoder::new(plan, &DmsRows, EXTRAS);
        Box::new(move |out, at, record| decoder.bronze_record(out, at, record))
    }

    fn sample(&self, profile: &mut Profile, path: &str, bytes: &Bytes, records_max: u64) {
        sample::read_file(profile, path, |profile| {
            csv_sample::read(
                profile,
                bytes,
                records_max,
                |_| false,
                |profile, _, fields| {
                    let name = |at: usize| fields.get(at).map(|field| Cow::Borrowed(field.text.as_ref()));
                    if profile.is_of_table(&[None, name(2), name(1)]) {
                        let columns = fields.get(FIELDS_IN_FRONT..).unwrap_or_default();
                        let operation = fields.first().into_iter();
                        sample::read_csv_row(
                            profile,
                            Some(FileStage::Changes),
                            None,
                            &operation.chain(columns).cloned().collect::<Vec<_>>(),
                        );
                    }
                },
            );
        });
    }

    fn title(&self, _profile: &Profile) -> String {
        "AWS DMS, transactions, CSV".to_owned()
    }

    fn record_words(&self) -> &'static str {
        "AWS DMS changes with their table"
    }

    fn guess(&self, column: &ColumnProfile) -> Guess {
        sample::guess(column)
    }

    fn propose_sequence(&self, profile: &Profile) -> ProposedSequence {
        sample::proposed_sequence(profile)
    }

    fn propose_settings(&self, profile: &Profile, files: &[(SourceFile, Bytes)]) -> SourceSettings {
        SourceSettings {
            null_text: csv_sample::null_text(files),
            layouts: profile.csv_layouts(),
            names_columns: false,
            ..SourceSettings::default()
        }
    }
}
