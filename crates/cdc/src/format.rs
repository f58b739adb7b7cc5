//! What a format is: everything that decoding and onboarding ask of one.

use crate::outcome::collector::Collector;
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::markers::Markers;
use crate::profile::guess::Guess;
use crate::profile::{ColumnProfile, Profile};
use crate::text::csv_dialect::CsvDialect;
use crate::text::unpack::StreamEnd;
use crate::text::unpack::packing::without_ending;
use bytes::Bytes;
use sluice_change::{RowRef, SourceFile};
use sluice_contract::{BinaryText, SourceFormat, TextEncoding};
use std::collections::BTreeMap;

/// A format of change files. Formats have no state; what a file or a table needs is made per call.
///
/// The order of the events that a contract may leave out is with the format's name, in
/// [`SourceFormat::default_sequence`], because the contract needs it without the data. Where records say their order by
/// themselves it is [`SourceFormat::OWN_POSITION`].
pub(crate) trait Format: Sync {
    /// Its name in contracts.
    fn name(&self) -> SourceFormat;

    /// Names of its files.
    fn file_kind(&self) -> FileKind;

    /// Place of a file among the files of its table, by its name without folders; `None` if the name tells none.
    fn file_place(&self, name: &str) -> Option<FilePlace>;

    /// Position of a file of changes among the files of its table, where the order of its files and of the records in
    /// them is that of the source; `None` if its path tells none.
    fn file_position(&self, _path: &str) -> Option<u64> {
        None
    }

    /// Whether a file is part of a full load or of changes, by its path; `None` if that tells neither.
    fn stage(&self, path: &str) -> Option<FileStage> {
        self.file_place(path.rsplit('/').next().unwrap_or(path)).map(|place| place.stage)
    }

    /// The folder of the full export that a file is of, where its producer gives each one of its own.
    fn full_export<'p>(&self, _path: &'p str) -> Option<&'p str> {
        None
    }

    /// Whether its producer writes every table into a folder of its own, and records do not say which table they are of.
    fn has_folder_per_table(&self) -> bool {
        false
    }

    /// How much a sample of files looks like this format; `None` if it cannot be it.
    fn sniff(&self, sample: &SniffSample<'_>) -> Option<Likeness>;

    /// What is in its records besides the columns of the table.
    fn markers(&self) -> Markers;

    /// Whether every line of a plain file is a record that can be decoded by itself, by the front of the file.
    fn is_of_lines(&self, _front: &[u8]) -> bool {
        false
    }

    /// Whether a record alone does not say which row it is of, and its key would.
    fn lacks_key(&self, _record: &str) -> bool {
        false
    }

    /// Decodes a file up to `stop_at` bytes of its content, rejects included; says how it ended.
    fn decode_file(&self, plan: &Plan, out: &mut Collector, bytes: Bytes, stop_at: u64) -> StreamEnd;

    /// Makes events of single records again that bronze kept.
    fn record_decoder<'p>(&self, plan: &'p Plan) -> RecordDecoder<'p>;

    /// Looks at all files before they are sampled, for what no record tells by itself.
    fn look(&self, _profile: &mut Profile, _files: &[&(SourceFile, Bytes)]) {}

    /// Counts at most `records_max` records of a file for a proposal.
    fn sample(&self, profile: &mut Profile, path: &str, bytes: &Bytes, records_max: u64);

    /// Takes what the key of a record tells.
    fn sample_key(&self, _profile: &mut Profile, _key: &str) {}

    /// Its name in a heading, with what the sample shows of the producer.
    fn title(&self, profile: &Profile) -> String;

    /// Its records in the plural, for example `Debezium envelopes`.
    fn record_words(&self) -> &'static str;

    /// The type of a column that no schema in the files tells.
    fn guess(&self, column: &ColumnProfile) -> Guess;

    /// What orders the events of the sample.
    fn propose_sequence(&self, profile: &Profile) -> ProposedSequence;

    /// Entries of `source` that the sample calls for.
    fn propose_settings(&self, profile: &Profile, files: &[(SourceFile, Bytes)]) -> SourceSettings;
}

/// Decodes records of bronze one by one; keeps what neighbouring records share, such as schemas.
pub(crate) type RecordDecoder<'p> = Box<dyn FnMut(&mut Collector, RowRef, &str) -> Result<(), RecordError> + 'p>;

/// Names of the files of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FileKind {
    /// Extensions without the point, in small letters.
    pub(crate) extensions: &'static [&'static str],
    /// What the bytes are.
    pub(crate) content: Content,
}

/// What the bytes of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// Text, plain or compressed, read by code of our own.
    Text,
    /// Binary, read by a library that hostile bytes may crash.
    Binary,
}

/// Place of a file among the files of its table, smallest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FilePlace {
    /// A full load is before changes.
    pub(crate) stage: FileStage,
    /// Partition of a stream.
    pub(crate) partition: u64,
    /// Counter or offset.
    pub(crate) number: u64,
    /// Name, where it sorts.
    pub(crate) name: String,
}

/// Full load or changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum FileStage {
    /// Part of a full load.
    FullLoad,
    /// Changes whose place is in the name.
    Changes,
}

/// How much files look like a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Likeness {
    /// Nothing speaks against it.
    Possible,
    /// Names of files or of columns speak for it.
    Likely,
    /// The format's own members are there.
    Certain,
}

/// What is looked at to tell the format of a folder.
pub(crate) struct SniffSample<'s> {
    /// Paths of change files.
    pub(crate) paths: Vec<&'s str>,
    /// A file of them, or its front.
    pub(crate) bytes: &'s [u8],
    /// The front of its content, unpacked and in UTF-8.
    pub(crate) content: Vec<u8>,
    /// Names of the columns if it is a file of columns: a whole Parquet file, an Avro container.
    pub(crate) columns: Option<Vec<String>>,
    /// It is a whole workbook with a sheet.
    pub(crate) is_workbook: bool,
}

impl SniffSample<'_> {
    /// Whether there are paths and `fits` holds for the name of every one.
    pub(crate) fn all_names(&self, fits: impl Fn(&str) -> bool) -> bool {
        !self.paths.is_empty() && self.paths.iter().all(|path| fits(path.rsplit('/').next().unwrap_or(path)))
    }

    /// The content if it is text, neither JSON nor XML, and all files may be CSV by their names.
    pub(crate) fn csv_text(&self) -> Option<&str> {
        let text = std::str::from_utf8(&self.content).ok()?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        if text.trim_start().starts_with(['{', '[', '<']) {
            return None;
        }
        let is_control = |letter: char| letter.is_control() && !matches!(letter, '\t' | '\n' | '\r');
        let is_csv = |name: &str| extension_of(name).is_none_or(|extension| CSV.contains(&extension.as_str()));
        (self.all_names(is_csv) && !text.chars().take(TEXT_LETTERS).any(is_control)).then_some(text)
    }
}

/// Letters that tell text from something else.
const TEXT_LETTERS: usize = 8 << 10;

/// Extensions of files of CSV.
pub(crate) const CSV: &[&str] = &["csv", "tsv"];
/// Letters of an extension at most.
const EXTENSION_LEN_MAX: usize = 8;

/// The extension of a file's name in small letters, that of a compression left out. What follows a point and is no word
/// is none: `orders.v1-2026-11-20`.
pub(crate) fn extension_of(name: &str) -> Option<String> {
    let name = without_ending(name).unwrap_or(name);
    let (_, extension) = name.rsplit_once('.')?;
    let is_word = extension.starts_with(|letter: char| letter.is_ascii_alphabetic())
        && extension.len() <= EXTENSION_LEN_MAX
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_word.then(|| extension.to_ascii_lowercase())
}

/// What orders the events, as far as a sample shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ProposedSequence {
    /// Parts of `apply.sequence`, most significant first.
    pub(crate) parts: Vec<String>,
    /// What orders the events besides the parts.
    pub(crate) stated: Option<StatedOrder>,
    /// What people have to decide about it.
    pub(crate) question: Option<String>,
    /// Columns that may be the version of full snapshots.
    pub(crate) snapshots: Vec<String>,
    /// The one that is, as answered.
    pub(crate) by_snapshot: Option<String>,
    /// The names of files that have the version, as answered.
    pub(crate) by_files: Option<String>,
    /// Every row is an event of its own, as answered.
    pub(crate) appends: bool,
    /// Rows of one position are in the order of their files and lines.
    pub(crate) ties_by_file: bool,
}

/// An order that the format has by itself, so that the contract need not name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StatedOrder {
    /// In words.
    pub(crate) text: String,
    /// How many have it.
    pub(crate) part: u64,
    /// Of how many.
    pub(crate) whole: u64,
    /// Of what, in the plural.
    pub(crate) what: &'static str,
}

/// Entries of `source` that a sample calls for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SourceSettings {
    /// Decimals come as text.
    pub(crate) text_decimals: bool,
    /// What the texts of bytes are.
    pub(crate) binary: Option<BinaryText>,
    /// `null_text`, unless it is the usual one.
    pub(crate) null_text: Option<&'static str>,
    /// `csv_layouts`: a list of names per number of fields.
    pub(crate) layouts: Vec<Vec<String>>,
    /// Columns that come later bring their names, so they can be added.
    pub(crate) names_columns: bool,
    /// How the fields of CSV are separated.
    pub(crate) dialect: CsvDialect,
    /// Numbers have a comma before their fraction.
    pub(crate) decimal_comma: bool,
    /// Encoding of text files without a byte order mark.
    pub(crate) encoding: TextEncoding,
    /// The sheet of a workbook with several.
    pub(crate) sheet: Option<String>,
    /// `add_fields`.
    pub(crate) add_fields: BTreeMap<String, String>,
    /// `ignored`.
    pub(crate) ignored: Vec<String>,
    /// What people have to decide about these entries.
    pub(crate) questions: Vec<String>,
}

impl Default for SourceSettings {
    fn default() -> Self {
        Self {
            text_decimals: false,
            binary: None,
            null_text: None,
            layouts: Vec::new(),
            names_columns: true,
            dialect: CsvDialect::RFC_4180,
            decimal_comma: false,
            encoding: TextEncoding::Utf8,
            sheet: None,
            add_fields: BTreeMap::new(),
            ignored: Vec::new(),
            questions: Vec::new(),
        }
    }
}
