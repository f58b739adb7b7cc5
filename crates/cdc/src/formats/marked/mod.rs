//! Rows of replication tools: the columns of the table, and beside them columns of the tool's own that say what was done
//! to the row and how new it is.
//!
//! A tool is a table of names ([`tools`]); everything else is the same for all of them, and for the containers in which
//! they write: JSON, CSV and Parquet.

pub(crate) mod dfm;
mod json;
mod keep;
mod message;
mod row;
mod sample;
#[cfg(test)]
mod tests;
mod tool;
pub(crate) mod tools;

use crate::columnar::guard::MAGIC;
use crate::files::csv_file::CsvDecoder;
use crate::files::csv_layout::CsvExtras;
use crate::files::{feed_file, json_lines, parquet_file};
use crate::format::{
    Content, FileKind, FilePlace, Format, Likeness, ProposedSequence, RecordDecoder, SniffSample, SourceSettings,
};
use crate::formats::json::files;
use crate::outcome::collector::Collector;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::csv_sample;
use crate::profile::guess::{Guess, of_text_column};
use crate::profile::{ColumnProfile, Profile, parquet_sample};
use crate::row::text_rows;
use crate::text::csv_fields::fields;
use crate::text::unpack::StreamEnd;
use bytes::Bytes;
use row::MarkedRow;
use sluice_change::SourceFile;
use sluice_contract::SourceFormat;
use tool::Tool;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    Json,
    Csv,
    Parquet,
}

/// The rows of a tool in a container.
pub(crate) struct Marked {
    pub(crate) name: SourceFormat,
    pub(crate) tool: &'static Tool,
    pub(crate) container: Container,
}

impl Marked {
    fn rows(&self) -> MarkedRow {
        MarkedRow { tool: self.tool }
    }

    fn csv_extras(&self) -> CsvExtras {
        CsvExtras { operation: None, table: None, sequence: None, time: None, nested: self.tool.nested }
    }
}

impl Format for Marked {
    fn name(&self) -> SourceFormat {
        self.name
    }

    fn file_kind(&self) -> FileKind {
        match self.container {
            Container::Json => files::JSON_LINES,
            Container::Csv => FileKind { extensions: &["csv"], content: Content::Text },
            Container::Parquet => FileKind { extensions: &["parquet"], content: Content::Binary },
        }
    }

    fn file_place(&self, name: &str) -> Option<FilePlace> {
        files::file_place(name)
    }

    /// The tools write each table into a folder of its own.
    fn has_folder_per_table(&self) -> bool {
        true
    }

    /// Certain where the columns of the tool are there.
    fn sniff(&self, sample: &SniffSample<'_>) -> Option<Likeness> {
        let is_of = |names: &[String]| (self.tool.is_of)(&|name| names.iter().any(|known| known == name));
        let found = match self.container {
            Container::Json => {
                json_lines::first_values(&sample.content).any(|value| json::is_record(self.tool, &value))
            }
            Container::Csv => {
                let header = sample.csv_text()?.lines().next().and_then(fields)?;
                is_of(&header.into_iter().map(|field| field.text.into_owned()).collect::<Vec<_>>())
            }
            Container::Parquet if feed_file::is_feed_file(sample.bytes) => self.name == SourceFormat::DeltaFeedParquet,
            Container::Parquet if sample.bytes.starts_with(MAGIC) => is_of(sample.columns.as_deref()?),
            Container::Parquet => false,
        };
        found.then_some(Likeness::Certain)
    }

    fn markers(&self) -> Markers {
        self.tool.markers
    }

    fn decode_file(&self, plan: &Plan, out: &mut Collector, bytes: Bytes, stop_at: u64) -> StreamEnd {
        let rows = self.rows();
        match self.container {
            Container::Json => json_lines::decode(out, bytes, plan.source.encoding, stop_at, self.record_decoder(plan)),
            Container::Csv => CsvDecoder::new(plan, &rows, self.csv_extras()).file(out, bytes, stop_at),
            Container::Parquet if feed_file::is_feed_file(&bytes) => {
                let mut count = 0;
                match feed_file::parts(&bytes) {
                    Some(parts) => parts.iter().for_each(|part| {
                        let taken = parquet_file::Taken { shared: &part.columns, rows: part.rows.as_ref() };
                        parquet_file::decode_part(plan, &rows, out, &part.bytes, &taken, &mut count);
                    }),
                    None => parquet_file::reject_damaged(out),
                }
                StreamEnd::Whole
            }
            Container::Parquet => {
                parquet_file::decode(plan, &rows, out, &bytes);
                StreamEnd::Whole
            }
        }
    }

    fn record_decoder<'p>(&self, plan: &'p Plan) -> RecordDecoder<'p> {
        let (rows, tool, extras) = (self.rows(), self.tool, self.csv_extras());
        match self.container {
            Container::Json => Box::new(move |out, at, text| {
                json_lines::decode_record(out, at, text, |out, at, text| json::decode(plan, tool, out, at, text))
            }),
            Container::Csv => {
                Box::new(move |out, at, record| CsvDecoder::new(plan, &rows, extras).bronze_record(out, at, record))
            }
            Container::Parquet => {
                Box::new(move |out, at, record| text_rows::decode_record(plan, &rows, out, at, record))
            }
        }
    }

    fn sample(&self, profile: &mut Profile, path: &str, bytes: &Bytes, records_max: u64) {
        let tool = self.tool;
        if path.ends_with(dfm::ENDING) {
            return dfm::read(profile, tool, bytes);
        }
        match self.container {
            Container::Json => json::sample(profile, tool, path, bytes, records_max),
            Container::Csv => {
                csv_sample::read(
                    profile,
                    bytes,
                    records_max,
                    |_| true,
                    |profile, names, fields| {
                        sample::read_csv_row(profile, tool, names, fields);
                    },
                );
            }
            Container::Parquet => {
                let is_column = |name: &str| !tool.is_own(name);
                let read_row = |profile: &mut Profile, values: &[(&str, Option<&str>)]| {
                    sample::read_texts(profile, tool, values);
                };
                match feed_file::parts(bytes) {
                    Some(parts) => parts.iter().for_each(|part| {
                        let (bytes, shared) = (&part.bytes, part.columns.as_slice());
                        let position = std::cell::Cell::new(0);
                        parquet_sample::read_part(profile, bytes, shared, records_max, is_column, |profile, values| {
                            let at = position.replace(position.get() + 1);
                            match part.rows.as_ref().is_none_or(|rows| rows.has(at)) {
                                true => read_row(profile, values),
                                false => profile.forget_record(),
                            }
                        });
                    }),
                    None => parquet_sample::read(profile, bytes, records_max, is_column, read_row),
                }
            }
        }
    }

    fn title(&self, _profile: &Profile) -> String {
        let container = match self.container {
            Container::Json => "JSON",
            Container::Csv => "CSV",
            Container::Parquet => "Parquet",
        };
        format!("{}, {container}", self.tool.title)
    }

    fn record_words(&self) -> &'static str {
        self.tool.record_words
    }

    fn guess(&self, column: &ColumnProfile) -> Guess {
        match self.container {
            Container::Json => crate::formats::json::guess::of_values(&column.shape),
            Container::Csv | Container::Parquet => of_text_column(&column.shape),
        }
    }

    fn propose_sequence(&self, profile: &Profile) -> ProposedSequence {
        sample::proposed_sequence(profile, self.tool)
    }

    fn propose_settings(&self, profile: &Profile, files: &[(SourceFile, Bytes)]) -> SourceSettings {
        let is_csv = self.container == Container::Csv;
        SourceSettings {
            null_text: if is_csv { csv_sample::null_text(files) } else { None },
            layouts: if is_csv { profile.named_layouts() } else { Vec::new() },
            names_columns: !is_csv || profile.named_layouts().is_empty(),
            ..SourceSettings::default()
        }
    }
}
