//! Which files hold changes, and in which format.

use crate::columnar::guard::MAGIC;
use crate::format::{Content, Likeness, SniffSample};
use crate::formats;
use crate::profile::parquet_sample::column_names;
use crate::text::csv_fields::fields;
use crate::text::unpack::{Unpacked, is_gzip};
use bytes::Bytes;
use sluice_contract::SourceFormat;

/// Content looked at.
const SNIFF_BYTES: usize = 1 << 20;
/// Names of files that list other files, without their ending; two are those of exports of DynamoDB.
const MANIFESTS: [&str; 3] = ["manifest", "manifest-files", "manifest-summary"];

/// Whether the file at `path` holds change data: its extension is that of a format (`.json`, `.jsonl`, `.ndjson`,
/// `.csv`, each also with `.gz`, or `.parquet`) or its name one of Firehose, and it is not a key or header file of the Kafka Connect S3 sink
/// (`….keys.json.gz`), a marker (`_SUCCESS`), a manifest, hidden, or part of a table log.
///
/// ```
/// use sluice_cdc::is_change_file;
///
/// assert!(is_change_file("landing/orders/part-1.json.gz"));
/// assert!(!is_change_file("landing/orders/_delta_log/00000000000000000000.json"));
/// ```
#[must_use]
pub fn is_change_file(path: &str) -> bool {
    let mut folders = path.split('/').rev();
    let name = folders.next().unwrap_or_default().to_ascii_lowercase();
    if folders.any(|folder| matches!(folder, "_delta_log" | "_temporary" | "_change_data")) {
        return false;
    }
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    if is_firehose_name(plain) {
        return true;
    }
    let Some((stem, extension)) = plain.rsplit_once('.') else { return false };
    let is_data = formats::all().map(|format| format.file_kind()).any(|kind| {
        let may_be_packed = kind.content == Content::Text || plain.len() == name.len();
        may_be_packed && kind.extensions.contains(&extension)
    });
    let is_beside = stem.ends_with(".keys") || stem.ends_with(".headers") || stem.ends_with(".manifest");
    is_data && !is_beside && !stem.is_empty() && !MANIFESTS.contains(&stem) && !name.starts_with(['.', '_'])
}

/// Whether a name is one that Firehose gives, which has no extension: `<stream>-<version>-2026-11-01-08-30-00-<uuid>`.
fn is_firehose_name(name: &str) -> bool {
    const UUID: [usize; 5] = [8, 4, 4, 4, 12];
    const TIME: [usize; 6] = [4, 2, 2, 2, 2, 2];
    let mut parts = name.rsplit('-');
    let mut are = |lengths: &[usize], digit: fn(&u8) -> bool| {
        let is = |part: &str, length: usize| part.len() == length && part.as_bytes().iter().all(digit);
        lengths.iter().rev().all(|length| parts.next().is_some_and(|part| is(part, *length)))
    };
    are(&UUID, u8::is_ascii_hexdigit) && are(&TIME, u8::is_ascii_digit) && parts.count() >= 2
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
    let sample = SniffSample {
        paths: paths.iter().map(String::as_str).filter(|path| is_change_file(path)).collect(),
        bytes: first_bytes,
        content: head(first_bytes),
        parquet_columns: if first_bytes.starts_with(MAGIC) {
            column_names(&Bytes::copy_from_slice(first_bytes))
        } else {
            None
        },
    };
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

/// Whether a column is the operation or the mark of a delete of any format: such rows are no current rows, and taken
/// for that every delete would be an upsert.
fn has_operations(sample: &SniffSample<'_>) -> bool {
    let header = || sample.csv_text()?.lines().next().and_then(fields);
    let names: Vec<String> = match &sample.parquet_columns {
        Some(columns) => columns.clone(),
        None => header().unwrap_or_default().into_iter().map(|field| field.text.into_owned()).collect(),
    };
    formats::all().map(|format| format.markers()).any(|markers| {
        let marks = [markers.operation, markers.deleted];
        marks.into_iter().flatten().any(|mark| names.iter().any(|name| name == mark))
    })
}

/// The first bytes of the content, unpacked.
fn head(first_bytes: &[u8]) -> Vec<u8> {
    if !is_gzip(first_bytes) {
        let mut text = first_bytes.get(..SNIFF_BYTES).unwrap_or(first_bytes).to_vec();
        cut_to_text(&mut text);
        return text;
    }
    let mut unpacked = Unpacked::new(Bytes::copy_from_slice(first_bytes));
    let mut content = vec![0; SNIFF_BYTES];
    let mut filled = 0;
    while let Some(space) = content.get_mut(filled..).filter(|space| !space.is_empty()) {
        match unpacked.read(space) {
            Ok(count) => filled += count,
            Err(_) => break,
        }
    }
    content.truncate(filled);
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
            "a/4e45bc23-fc8a-46fb-8a4a-52cc88025c40",
            "json",
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
        assert_eq!(sniff("a.json", "{\"status\":\"BEGIN\",\"id\":\"1\",\"ts_ms\":1}"), None);
        assert_eq!(sniff("LOAD00000001.csv", "1,a,é"), Some(SourceFormat::DmsCsv));
        assert_eq!(sniff("20261120-084745494.parquet", ""), Some(SourceFormat::DmsParquet));
        assert_eq!(sniff("x.parquet", "PAR1"), None, "nothing speaks for any format");
        assert_eq!(sniff("x.csv", "Op,id,name\nI,1,a\n"), Some(SourceFormat::DmsCsv));
        assert_eq!(sniff("x.csv", "I,1,a\n"), Some(SourceFormat::DmsCsv));
        assert_eq!(sniff("x.csv", "type,id\nD,1\n"), Some(SourceFormat::Csv));
        assert_eq!(sniff("LOAD00000001.csv", "id,name\n1,a\n"), Some(SourceFormat::DmsCsv));
        assert_eq!(sniff("x.csv", "1,a\n2,b\n"), Some(SourceFormat::Csv), "no operation, no name of AWS DMS");
        assert_eq!(sniff("x.csv", "D,1\nE,2\n"), Some(SourceFormat::Csv), "a grade is no operation");
        assert_eq!(sniff("x.csv", "hello\n"), None);
        assert_eq!(sniff("x.txt", "hello"), None);
    }
}
