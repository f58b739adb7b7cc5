//! Where the change data of a table lives.

use crate::{
    BinaryText, ColumnType, Evolution, FilePattern, Restart, SchemaPolicy, SourceFormat, SourceTable, SourceZone,
    Start, TextEncoding, folded_name,
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What the text of a decimal is. A text such as `1234` is a number and valid base64 at once, so the
/// contract says it (`decimal.handling.mode` of Debezium).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecimalText {
    /// `base64`: the unscaled number, big-endian two's complement, in base64 (mode `precise`).
    #[default]
    Base64,
    /// `text`: the number as people write it (mode `string`).
    Text,
}

impl DecimalText {
    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Text => "text",
        }
    }
}

/// Where and in which format the change files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Its name, for people and for columns that say where a row is from. Always there where a table has several.
    pub name: Option<String>,
    /// Folder: relative to the lake, or an absolute path or `s3://` URL.
    pub path: String,
    /// Format.
    pub format: SourceFormat,
    /// Files of the folder that are of the table, where others lie beside them. `None`: all.
    pub files: Option<FilePattern>,
    /// Manifests that name the files that are whole; a file that none names is not taken. `None`: all are.
    pub manifest: Option<FilePattern>,
    /// Encoding of text files without a byte order mark.
    pub encoding: TextEncoding,
    /// CSV only: what is between fields. `None`: what the header shows, `,` without one.
    pub csv_delimiter: Option<char>,
    /// CSV only: what is around fields; `None` where a quote is a letter like any other.
    pub csv_quote: Option<char>,
    /// CSV only: what stands before a quote, a delimiter, a line end or itself that is text. `None`: a quote is doubled.
    pub csv_escape: Option<char>,
    /// CSV only: numbers have a comma before their fraction, and points between groups of three digits.
    pub decimal_comma: bool,
    /// Workbooks only: the sheet. `None`: the only one.
    pub sheet: Option<String>,
    /// Table of the source that the records are of, where the stream carries several; records of others are left
    /// out. `None`: the records are of one.
    pub table: Option<SourceTable>,
    /// Flattened Debezium records only: names of members of the row by what they are, a field of [`crate::ADDED_FIELDS`].
    /// A field that is not in it has its default name (`__op`).
    pub add_fields: BTreeMap<String, String>,
    /// CSV only: columns in order for files without a header, when `Op` and the like are not the
    /// contract's own columns. Empty: the contract's columns in order.
    pub csv_columns: Vec<String>,
    /// CSV only: columns in order for each time between two schema changes, without a leading `Op`.
    /// The number of fields of a record tells which layout holds; where it fits several, the first
    /// whose types fit the record.
    pub csv_layouts: Vec<Vec<String>>,
    /// CSV only: the unquoted text that means null (`CsvNullValue`); `NULL` by default.
    pub null_text: String,
    /// Text that means that an unchanged value was not sent
    /// (`unavailable.value.placeholder` of Debezium).
    pub unavailable_value: String,
    /// JSON only: how a `decimal` arrives as text when the record has no schema; `base64` by default.
    pub decimals: DecimalText,
    /// How a `binary` value arrives as text when the record has no schema that says it. `None`: as the format has it,
    /// and a text of JSON that could be either is in quarantine.
    pub binary: Option<BinaryText>,
    /// The zone of texts that name none, in columns of type `timestamp`. `None`: such a text is in quarantine; in
    /// Parquet, whose times count from 1970 UTC, it is UTC.
    pub time_zone: Option<SourceZone>,
    /// How columns that are not in the contract are handled.
    pub evolution: Evolution,
    /// How values that do not match their column type are handled.
    pub schema_policy: SchemaPolicy,
    /// The first events of the table.
    pub from: Start,
    /// The first commit that is read, of a Delta table whose change data feed begins later than the table.
    pub from_version: Option<u64>,
    /// Batches with which the source starts again.
    pub restarts: BTreeMap<u64, Restart>,
    /// Types of columns that the events may bring and the contract does not declare.
    pub hints: BTreeMap<String, ColumnType>,
    /// Whether the contract itself says how columns that it does not have are handled.
    pub says_evolution: bool,
    /// Members of the records that never reach silver, whatever `evolution` does with others, and are no news.
    pub ignored: BTreeSet<String>,
    /// Seconds that a new column waits for a decision before [`Source::evolution`] adds it. `None`: it does not wait.
    pub review_seconds: Option<u64>,
}

impl Source {
    /// Whether silver leaves a member of the records out on purpose; case and the form of accents do not count.
    #[must_use]
    pub fn ignores(&self, name: &str) -> bool {
        self.ignored.iter().any(|ignored| folded_name(ignored) == folded_name(name))
    }

    /// Whether the file at `path` is one of the source's.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        let folder = self.path.trim_end_matches('/');
        let below = path.strip_prefix(folder).filter(|rest| rest.starts_with('/') || folder.is_empty());
        below.is_some_and(|rest| self.files.as_ref().is_none_or(|pattern| pattern.has(rest.trim_start_matches('/'))))
    }

    /// Whether the order of the columns of `schema` says what the fields of a record without header are.
    #[must_use]
    pub fn takes_fields_from_schema(&self) -> bool {
        self.format.may_lack_names() && self.csv_columns.is_empty() && self.csv_layouts.is_empty()
    }
}

/// A path without what says nothing: `./landing//orders` is `landing/orders`. An address with a scheme stays as it is.
///
/// ```
/// use sluice_contract::plain_path;
///
/// assert_eq!(plain_path("./landing//orders/"), "landing/orders/");
/// assert_eq!(plain_path("/data/./landing"), "/data/landing");
/// assert_eq!(plain_path("s3://bucket//landing"), "s3://bucket//landing");
/// ```
#[must_use]
pub fn plain_path(path: &str) -> String {
    if path.contains("://") {
        return path.to_owned();
    }
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    let start = if path.starts_with('/') { "/" } else { "" };
    let end = if path.ends_with('/') && !parts.is_empty() { "/" } else { "" };
    format!("{start}{}{end}", parts.join("/"))
}
