//! Which files hold changes, and in which format.

use crate::file_order::{is_dms_change_name, load_counter};
use crate::plan::{FLAT_DELETED, FLAT_OP, FLAT_TIME};
use crate::text::json_fields::{members, not_null};
use crate::text::unpack::{Unpacked, is_gzip};
use bytes::Bytes;
use sluice_contract::SourceFormat;

/// Content looked at.
const SNIFF_BYTES: usize = 1 << 20;
/// Lines looked at.
const SNIFF_LINES: usize = 100;

/// Whether the file at `path` holds change data: `.json`, `.jsonl`, `.ndjson`, `.csv`, each also
/// with `.gz`, or `.parquet`, and is not a key or header file of the Kafka Connect S3 sink
/// (`….keys.json.gz`), a marker (`_SUCCESS`), a manifest, hidden, or part of a table log.
#[must_use]
pub fn is_change_file(path: &str) -> bool {
    let mut folders = path.split('/').rev();
    let name = folders.next().unwrap_or_default().to_ascii_lowercase();
    if folders.any(|folder| matches!(folder, "_delta_log" | "_temporary" | "_change_data")) {
        return false;
    }
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    let Some((stem, extension)) = plain.rsplit_once('.') else { return false };
    let is_data = match extension {
        "json" | "jsonl" | "ndjson" | "csv" => true,
        "parquet" => plain.len() == name.len(),
        _ => false,
    };
    let is_beside = stem.ends_with(".keys") || stem.ends_with(".headers") || stem.ends_with(".manifest");
    is_data && !is_beside && !stem.is_empty() && stem != "manifest" && !name.starts_with(['.', '_'])
}

/// The format of a folder with these files, one of which begins with `first_bytes`. By the content
/// where it tells, else by the names: the folder decides, never a single record.
#[must_use]
pub fn sniff(paths: &[String], first_bytes: &[u8]) -> Option<SourceFormat> {
    if first_bytes.starts_with(b"PAR1") {
        return Some(SourceFormat::DmsParquet);
    }
    let content = head(first_bytes);
    if let Some(format) = json_format(&content) {
        return Some(format);
    }
    let begins_like_json = matches!(content.iter().find(|byte| !byte.is_ascii_whitespace()), Some(b'{' | b'['));
    let files: Vec<&String> = paths.iter().filter(|path| is_change_file(path)).collect();
    let all = |fits: &dyn Fn(&str) -> bool| !files.is_empty() && files.iter().all(|path| fits(path));
    let is_csv = |path: &str| path.trim_end_matches(".gz").ends_with(".csv");
    if all(&is_csv) && !begins_like_json && std::str::from_utf8(&content).is_ok_and(|text| !text.contains('\0')) {
        return Some(SourceFormat::DmsCsv);
    }
    let is_dms_parquet = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        name.strip_suffix(".parquet").is_some_and(|stem| load_counter(stem).is_some() || is_dms_change_name(stem))
    };
    (first_bytes.is_empty() && all(&is_dms_parquet)).then_some(SourceFormat::DmsParquet)
}

/// The first bytes of the content, unpacked.
fn head(first_bytes: &[u8]) -> Vec<u8> {
    if !is_gzip(first_bytes) {
        let mut text = first_bytes.to_vec();
        text.truncate(SNIFF_BYTES);
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

fn json_format(content: &[u8]) -> Option<SourceFormat> {
    let text = String::from_utf8_lossy(content);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let lines = text.split('\n').map(str::trim).filter(|line| !line.is_empty() && *line != "null");
    lines.take(SNIFF_LINES).find_map(line_format)
}

/// The format of one line, also of the front part of one.
fn line_format(line: &str) -> Option<SourceFormat> {
    if !line.starts_with('{') {
        return None;
    }
    let Some([payload, schema]) = members(line, ["payload", "schema"]) else { return front_format(line) };
    let record = not_null(payload).filter(|_| schema.is_some()).unwrap_or(line);
    let [op, source, before, after] = members(record, ["op", "source", "before", "after"])?;
    if op.is_some() && (source.is_some() || before.is_some() || after.is_some()) {
        return Some(SourceFormat::DebeziumJson);
    }
    let flat = members(record, [FLAT_OP, FLAT_DELETED, FLAT_TIME, "__lsn"])?;
    flat.iter().any(Option::is_some).then_some(SourceFormat::DebeziumFlatJson)
}

fn front_format(line: &str) -> Option<SourceFormat> {
    let begins = |name: &str| line.get(1..).is_some_and(|rest| rest.trim_start().starts_with(name));
    if begins("\"schema\"") || begins("\"before\"") || (begins("\"after\"") && line.contains("\"source\"")) {
        return Some(SourceFormat::DebeziumJson);
    }
    let flat = [FLAT_OP, FLAT_DELETED, FLAT_TIME].iter().any(|name| line.contains(&format!("\"{name}\":")));
    flat.then_some(SourceFormat::DebeziumFlatJson)
}

#[cfg(test)]
mod tests {
    use super::{is_change_file, sniff};
    use sluice_contract::SourceFormat;

    #[test]
    fn only_change_files_are_read() {
        for path in ["a/t+0+0000000000.json", "a/t+0+0000000000.json.gz", "LOAD00000001.csv", "x/.tmp1/a.PARQUET"] {
            assert!(is_change_file(path), "{path}");
        }
        for path in [
            "a/t+0+0000000000.keys.json.gz",
            "a/t+0+0000000000.headers.json",
            "a/_SUCCESS",
            "a/.part.json",
            "a/manifest.json",
            "t/_delta_log/00000000000000000000.json",
            "README.md",
            "a/x.parquet.gz",
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
        assert_eq!(sniff("a.json", "{\"status\":\"BEGIN\",\"id\":\"1\",\"ts_ms\":1}"), None);
        assert_eq!(sniff("LOAD00000001.csv", "1,a,é"), Some(SourceFormat::DmsCsv));
        assert_eq!(sniff("20261120-084745494.parquet", ""), Some(SourceFormat::DmsParquet));
        assert_eq!(sniff("x.parquet", "PAR1"), Some(SourceFormat::DmsParquet));
        assert_eq!(sniff("x.txt", "hello"), None);
    }
}
