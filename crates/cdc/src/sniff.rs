//! Which files hold changes, and in which format.

use crate::decode::kind_of;
use crate::files::{json_lines, workbook};
use crate::format::{Content as FileContent, FileKind, Likeness, SniffSample, extension_of};
use crate::formats;
use crate::profile::column_sample::{column_names, container_of};
use crate::profile::csv_form::{CsvForm, likely_encoding};
use crate::text::content::{Content, front_of};
use crate::text::csv_fields::fields_by;
use crate::text::json_fields::each_member;
use crate::text::unpack::packing::without_ending;
use bytes::Bytes;
use sluice_contract::SourceFormat;

/// Content looked at.
const SNIFF_BYTES: usize = 1 << 20;
/// Names of files that list other files, without their ending; two are those of exports of DynamoDB.
const MANIFESTS: [&str; 3] = ["manifest", "manifest-files", "manifest-summary"];

/// Names without an extension that are beside the data.
const BESIDE: [&str; 9] =
    ["readme", "license", "notice", "changelog", "makefile", "success", "md5sums", "sha256sums", "checksums"];

/// Whether the file at `path` holds change data: its extension is that of a format (`.json`, `.jsonl`, `.ndjson`,
/// `.csv`, `.tsv`, each also with the ending of a compression, `.parquet`, `.avro` or `.xlsx`) or it has none, as
/// objects of Firehose, and it is not a key or header file of the Kafka Connect S3 sink (`….keys.json.gz`), a marker
/// (`_SUCCESS`), a manifest, hidden, or part of a table log.
///
/// ```
/// use sluice_cdc::is_change_file;
///
/// assert!(is_change_file("landing/orders/part-1.json.gz") && is_change_file("landing/orders/s-1-2026-11-20-08-00"));
/// assert!(!is_change_file("landing/orders/_delta_log/00000000000000000000.json"));
/// ```
#[must_use]
pub fn is_change_file(path: &str) -> bool {
    let mut folders = path.split('/').rev();
    let name = folders.next().unwrap_or_default().to_ascii_lowercase();
    if folders.any(|folder| matches!(folder, "_delta_log" | "_temporary" | "_change_data")) {
        return false;
    }
    let plain = without_ending(&name).unwrap_or(&name);
    let (stem, is_data) = match extension_of(&name) {
        None => (plain, !BESIDE.contains(&plain)),
        Some(extension) => {
            let is_of = |kind: FileKind| {
                let may_be_packed = kind.content == FileContent::Text || plain.len() == name.len();
                may_be_packed && kind.extensions.contains(&extension.as_str())
            };
            let stem = plain.rsplit_once('.').map_or(plain, |(stem, _)| stem);
            (stem, formats::all().map(|format| format.file_kind()).any(is_of))
        }
    };
    let is_beside = stem.ends_with(".keys")
        || stem.ends_with(".headers")
        || stem.ends_with("manifest")
        || MANIFESTS.contains(&stem);
    is_data && !is_beside && !stem.is_empty() && !name.starts_with(['.', '_'])
}

/// The format of a folder with these files, one of which begins with `first_bytes`, or is these bytes: a Parquet
/// file has the names of its columns at its end. By the content where it tells, else by the names: the folder
/// decides, never a single record.
///
/// ```
/// use sluice_cdc::sniff;
/// use sluice_contract::SourceFormat;
///
/// let paths = ["landing/orders/orders+0+0000000000.json".to_owned()];
/// let line = br#"{"before":null,"after":{"id":1},"source":{"lsn":5},"op":"c"}"#;
/// assert_eq!(sniff(&paths, line), Some(SourceFormat::DebeziumJson));
/// assert_eq!(sniff(&paths, b"hello"), None);
/// ```
#[must_use]
pub fn sniff(paths: &[String], first_bytes: &[u8]) -> Option<SourceFormat> {
    liken(paths, first_bytes).map(|(format, _)| format)
}

/// As [`sniff`], with how much speaks for the format. Of formats that are equally likely the first in the list of
/// [`SourceFormat::ALL`].
pub(crate) fn liken(paths: &[String], first_bytes: &[u8]) -> Option<(SourceFormat, Likeness)> {
    let sample = sample_of(paths, first_bytes);
    let mut best: Option<(SourceFormat, Likeness)> = None;
    for format in formats::all() {
        if let Some(likeness) = format.sniff(&sample)
            && best.is_none_or(|(_, other)| likeness > other)
        {
            best = Some((format.name(), likeness));
        }
    }
    best.filter(|(format, _)| format.carries_operations() || !has_operations(&sample))
}

fn sample_of<'s>(paths: &'s [String], first_bytes: &'s [u8]) -> SniffSample<'s> {
    SniffSample {
        paths: paths.iter().map(String::as_str).filter(|path| is_change_file(path)).collect(),
        bytes: first_bytes,
        content: head(first_bytes),
        columns: container_of(first_bytes).and_then(|_| column_names(&Bytes::copy_from_slice(first_bytes))),
        is_workbook: first_bytes.starts_with(workbook::MAGIC)
            && !workbook::sheet_names(&Bytes::copy_from_slice(first_bytes)).is_empty(),
    }
}

/// Whether a file that begins with these bytes has nothing but records of Debezium that are of no table: beginnings and
/// ends of transactions, heartbeats, changes of the schema.
///
/// ```
/// use sluice_cdc::are_beside_tables;
///
/// assert!(are_beside_tables(br#"{"ts_ms":1730000000000}"#));
/// assert!(!are_beside_tables(br#"{"id":1,"ts_ms":1730000000000}"#) && !are_beside_tables(b""));
/// ```
#[must_use]
pub fn are_beside_tables(first_bytes: &[u8]) -> bool {
    let content = head(first_bytes);
    let mut values = json_lines::first_values(&content).peekable();
    values.peek().is_some() && values.all(|value| formats::is_beside_tables(&value))
}

/// Names of the columns of a file with plain rows, by which files of different tables differ: those of its
/// header, of its first object, or of its schema. Nothing where they cannot be read.
#[must_use]
pub fn column_names_of(path: &str, bytes: &[u8]) -> Vec<String> {
    let paths = [path.to_owned()];
    let sample = sample_of(&paths, bytes);
    if sample.is_workbook {
        return workbook::column_names(&Bytes::copy_from_slice(bytes)).unwrap_or_default();
    }
    names_of(&sample)
}

/// Whether a column is the operation or the mark of a delete of any format: such rows are no current rows, and taken
/// for that every delete would be an upsert.
fn has_operations(sample: &SniffSample<'_>) -> bool {
    let names = names_of(sample);
    formats::all().map(|format| format.markers()).any(|markers| {
        let marks = [markers.operation, markers.deleted];
        marks.into_iter().flatten().any(|mark| names.iter().any(|name| name == mark))
    })
}

/// Names of columns in the header, in the schema or in the first object.
fn names_of(sample: &SniffSample<'_>) -> Vec<String> {
    let header = || {
        let dialect = CsvForm::of_text(sample.csv_text()?).dialect;
        let fields = sample.csv_text()?.lines().next().and_then(|line| fields_by(line, dialect))?;
        Some(fields.into_iter().map(|field| field.text.into_owned()).collect())
    };
    let members = || {
        let value = json_lines::first_values(&sample.content).next()?;
        let mut names = Vec::new();
        each_member(&value, |name, _| names.push(name.into_owned())).then_some(names)
    };
    match &sample.columns {
        Some(columns) => columns.clone(),
        None => header().or_else(members).unwrap_or_default(),
    }
}

/// What the content of a file of no known format is, in words and with what to do.
pub(crate) fn content_kind(first_bytes: &[u8]) -> String {
    let content = head(first_bytes);
    let Some(text) = std::str::from_utf8(&content).ok().filter(|text| !text.contains('\0')) else {
        return format!("{}, not text", kind_of(first_bytes));
    };
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let says = match text {
        "" => "empty once it is unpacked",
        _ if text.starts_with("$ion") => "Amazon Ion; let the export write DynamoDB JSON",
        _ if text.starts_with('<') => "HTML or XML",
        _ if json_lines::first_values(&content).any(|value| formats::is_message(&value)) => {
            "messages of Singer or Airbyte, of several tables with what is between their rows; let a target or destination \
             write the rows of each stream into files"
        }
        _ if text.starts_with(['{', '[']) => {
            "JSON of no known change format, and not rows: rows are objects, one to a line, one behind the other or in one list"
        }
        _ if text.starts_with("sep=") => "CSV with a line `sep=` in front; let the source leave that line out",
        _ => "text that is neither JSON nor CSV with an equal number of fields in each record",
    };
    says.to_owned()
}

/// The first bytes of the content, unpacked and in UTF-8.
fn head(first_bytes: &[u8]) -> Vec<u8> {
    let bytes = Bytes::copy_from_slice(first_bytes);
    let mut source = Content::new(bytes.clone(), likely_encoding(&bytes), u64::MAX);
    let mut content = front_of(SNIFF_BYTES, |space| source.read(space));
    cut_to_text(&mut content);
    content
}

/// Drops a character that the cut went through.
fn cut_to_text(content: &mut Vec<u8>) {
    if let Err(error) = std::str::from_utf8(content)
        && error.error_len().is_none()
    {
        content.truncate(error.valid_up_to());
    }
}

#[cfg(test)]
mod tests {
    use super::{is_change_file, sniff};
    use sluice_contract::SourceFormat;

    #[test]
    fn only_change_files_are_read() {
        for path in [
            "a/t+0+0000000000.json",
            "a/t+0+0000000000.json.gz",
            "LOAD00000001.csv",
            "x/.tmp1/a.PARQUET",
            "a/people.csv.zst",
            "a/people.avro",
            "a/people.xlsx",
            "2026/11/20/08/shop.orders-1-2026-11-20-08-00-00-5f8d",
            "a/part-00000.snappy",
            "2026/11/01/08/orders-s3-1-2026-11-01-08-30-00-4e45bc23-fc8a-46fb-8a4a-52cc88025c40",
            "2026/11/01/08/orders-1-2026-11-01-08-30-00-4e45bc23-fc8a-46fb-8a4a-52cc88025c40.gz",
        ] {
            assert!(is_change_file(path), "{path}");
        }
        for path in [
            "a/t+0+0000000000.keys.json.gz",
            "a/t+0+0000000000.headers.json",
            "a/_SUCCESS",
            "a/.part.json",
            "a/manifest.json",
            "AWSDynamoDB/01693685827463-2d8752fd/manifest-files.json",
            "AWSDynamoDB/01693685827463-2d8752fd/manifest-summary.json",
            "t/_delta_log/00000000000000000000.json",
            "README.md",
            "a/x.parquet.gz",
            "a/unload_manifest",
            "a/orders.manifest",
            "a/SUCCESS",
            "a/notes.txt",
            "",
        ] {
            assert!(!is_change_file(path), "{path}");
        }
    }

    #[test]
    fn formats_are_known_by_their_content() {
        let sniff = |path: &str, content: &str| sniff(&[path.to_owned()], content.as_bytes());
        let debezium = Some(SourceFormat::DebeziumJson);
        assert_eq!(sniff("a.json", "null\n{\"before\":null,\"after\":{},\"source\":{},\"op\":\"c\"}\n"), debezium);
        assert_eq!(sniff("a.json", "{\"schema\":{},\"payload\":{\"op\":\"d\",\"before\":{}}}"), debezium);
        assert_eq!(sniff("a.json", "{\"before\":null,\"after\":{\"id\":1,"), debezium);
        assert_eq!(sniff("a.json", "{\"id\":1,\"__deleted\":\"false\"}"), Some(SourceFormat::DebeziumFlatJson));
        assert_eq!(sniff("a.json", "{\n  \"op\": \"c\",\n  \"after\": {\n    \"id\": 1\n  }\n}\n"), debezium);
        assert_eq!(sniff("a.json", "{\"op\":\"c\",\"after\":{\"id\":1}}{\"op\":\"c\",\"after\":{\"id\":2}}"), debezium);
        assert_eq!(sniff("a.json", "{\"op\":\"x\",\"row\":{\"id\":1}}"), None, "changes of an unknown tool");
        assert_eq!(sniff("a.json", "{\"rows\":[{\"id\":1}]}"), None, "rows inside something");
        assert_eq!(sniff("a.json", "[\n {\"id\":1,\"name\":\"a\"},\n {\"id\":2}]"), Some(SourceFormat::Json));
        assert_eq!(sniff("2026/11/s-1-2026-11-20", "{\"id\":1}{\"id\":2}"), Some(SourceFormat::Json));
        assert_eq!(sniff("LOAD00000001.csv", "1,a,é"), Some(SourceFormat::DmsCsv));
        assert_eq!(sniff("20261120-084745494.parquet", ""), Some(SourceFormat::DmsParquet));
        assert_eq!(sniff("x.parquet", "PAR1"), None, "nothing speaks for any format");
        assert_eq!(sniff("x.csv", "Op,id,name\nI,1,a\n"), Some(SourceFormat::DmsCsv));
        assert_eq!(sniff("x.csv", "I,1,a\n"), Some(SourceFormat::DmsCsv));
        assert_eq!(sniff("x.csv", "type,id\nD,1\n"), Some(SourceFormat::Csv));
        assert_eq!(sniff("LOAD00000001.csv", "id,name\n1,a\n"), Some(SourceFormat::DmsCsv));
        assert_eq!(sniff("x.csv", "1,a\n2,b\n"), Some(SourceFormat::Csv), "no operation, no name of AWS DMS");
        assert_eq!(sniff("x.csv", "D,1\nE,2\n"), Some(SourceFormat::Csv), "a grade is no operation");
        assert_eq!(sniff("x.csv", "id;name\n1;a\n"), Some(SourceFormat::Csv));
        assert_eq!(sniff("x.csv", "Op;id;name\nI;1;a\n"), None, "an operation, but not as AWS DMS writes it");
        assert_eq!(sniff("x", "<html>\n<p>a, b</p>\n"), None);
        assert_eq!(sniff("x", "\u{89}PNG\r\n\u{1a}\n,,,"), None);
        assert_eq!(sniff("x.csv", "hello\n"), None);
        assert_eq!(sniff("x.txt", "hello"), None);
    }
}
