//! Keys of records that a sink wrote into a file beside them: line n has the key of record n.
//!
//! Confluent's sinks write `orders+0+0000000042.keys.json` beside `orders+0+0000000042.json` with `store.kafka.keys=true`
//! ("Kafka Connect Amazon S3 Sink", `store.kafka.keys`, `keys.format.class`).

use crate::text::records::{RecordDelimiter, Records};
use crate::text::unpack::StreamEnd;
use crate::text::unpack::packing::without_ending;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What stands before the extension of a file of keys.
const KEYS: &str = "keys";

/// What is known of the keys of a file's records.
#[derive(Clone, Debug, Default)]
pub enum RecordKeys {
    /// There is no file of keys, or nobody looked for one.
    #[default]
    Absent,
    /// A key in each line.
    Lines(KeyLines),
    /// There is a file of keys, and why none of it is used.
    Refused(Arc<str>),
}

/// Lines of a file of keys.
#[derive(Clone, Debug)]
pub struct KeyLines {
    /// Path of the file.
    pub path: Arc<str>,
    /// Lines, plain or compressed.
    pub bytes: Bytes,
    /// Lines of the file before them.
    pub lines_before: u64,
}

/// How many records of a file say their key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCounts {
    /// Records that alone do not say which row they are of, where no file of keys was used.
    pub lacking: u64,
    /// Records whose key was taken from the file of keys.
    pub taken: u64,
    /// Number of the last record that is not blank, from 1; 0 without one.
    pub records: u64,
}

impl KeyCounts {
    /// Adds those of another part of the file.
    pub(crate) fn add(&mut self, other: Self) {
        self.lacking += other.lacking;
        self.taken += other.taken;
        self.records = self.records.max(other.records);
    }

    /// Whether what the file becomes depends on a file of keys.
    #[must_use]
    pub fn matter(&self) -> bool {
        self.lacking > 0 || self.taken > 0
    }
}

/// Paths that the file of keys of a file may have, the likeliest first.
///
/// ```
/// let paths = sluice_cdc::key_file_paths("landing/t+0+0000000000.json.gz");
/// assert_eq!(paths[0], "landing/t+0+0000000000.keys.json.gz");
/// assert_eq!(paths[1], "landing/t+0+0000000000.keys.json");
/// ```
#[must_use]
pub fn key_file_paths(path: &str) -> Vec<String> {
    let plain = without_ending(path).unwrap_or(path);
    let packed = path.get(plain.len()..).unwrap_or_default();
    let name_at = plain.rfind('/').map_or(0, |slash| slash + 1);
    let (stem, extension) = match plain.rfind('.').filter(|point| *point > name_at) {
        Some(point) => plain.split_at(point),
        None => (plain, ""),
    };
    let own = match extension {
        ".avro" => ".avro".to_owned(),
        ".parquet" => ".parquet".to_owned(),
        _ => format!(".json{packed}"),
    };
    let mut paths: Vec<String> = Vec::new();
    for ending in [own.as_str(), ".json", ".json.gz", ".avro"] {
        let path = format!("{stem}.{KEYS}{ending}");
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    paths
}

/// Why the keys of a file are not used that has not a key for each record; `None` if it has.
#[must_use]
pub fn why_not_these_keys(path: &str, keys: u64, records: u64) -> Option<String> {
    let what = match keys.cmp(&records) {
        std::cmp::Ordering::Equal => return None,
        std::cmp::Ordering::Less => format!("ends with line {keys}"),
        std::cmp::Ordering::Greater => format!("has a line {}", records + 1),
    };
    Some(format!("{path} {what} and its file has {records} records, so none of its keys is used; deliver both again"))
}

impl KeyLines {
    /// How many keys there are, blank lines at the end not counted.
    ///
    /// # Errors
    /// Why they cannot be read.
    pub(crate) fn count(&self) -> Result<u64, String> {
        let mut records = self.records();
        let mut count = 0;
        while let Some(record) = records.next() {
            if !record.bytes.trim_ascii().is_empty() {
                count = record.number + 1;
            }
        }
        match records.end() {
            StreamEnd::Whole => Ok(self.lines_before + count),
            _ => Err(format!("{} is damaged, so none of its keys is used; deliver it again", self.path)),
        }
    }

    fn records(&self) -> Records {
        Records::new(self.bytes.clone(), RecordDelimiter::Lines, u64::MAX)
    }
}

/// Reads keys in the order of their records.
pub(crate) struct KeyReader {
    records: Records,
    lines_before: u64,
}

impl KeyReader {
    pub(crate) fn of(lines: &KeyLines) -> Self {
        Self { records: lines.records(), lines_before: lines.lines_before }
    }

    /// The key of a record behind the last one that was asked for; `None` if there is none, or it is no text.
    pub(crate) fn key(&mut self, row: u64) -> Option<String> {
        loop {
            let record = self.records.next()?;
            let number = self.lines_before + record.number;
            if number >= row {
                let key = std::str::from_utf8(record.bytes).ok().filter(|_| number == row && !record.too_large)?;
                return Some(key.trim_start_matches('\u{feff}').trim().to_owned());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KeyLines, KeyReader, key_file_paths, why_not_these_keys};
    use bytes::Bytes;

    #[test]
    fn the_file_of_keys_is_named_after_its_file() {
        assert_eq!(key_file_paths("l/t+0+1.json"), ["l/t+0+1.keys.json", "l/t+0+1.keys.json.gz", "l/t+0+1.keys.avro"]);
        assert_eq!(key_file_paths("l/t+0+1.avro"), ["l/t+0+1.keys.avro", "l/t+0+1.keys.json", "l/t+0+1.keys.json.gz"]);
        assert_eq!(key_file_paths("l.d/t.json.zst")[..2], ["l.d/t.keys.json.zst", "l.d/t.keys.json"]);
        assert_eq!(key_file_paths("l.d/t")[0], "l.d/t.keys.json");
    }

    #[test]
    fn a_key_is_that_of_its_line() {
        let lines =
            KeyLines { path: "k".into(), bytes: Bytes::from_static(b"{\"a\":1}\r\n\n{}\nx\n\n"), lines_before: 10 };
        assert_eq!(lines.count(), Ok(14));
        let mut reader = KeyReader::of(&lines);
        assert_eq!(reader.key(10).as_deref(), Some("{\"a\":1}"));
        assert_eq!(reader.key(12).as_deref(), Some("{}"));
        assert_eq!((reader.key(20), reader.key(21)), (None, None));
    }

    #[test]
    fn keys_that_are_not_as_many_as_records_are_not_used() {
        assert_eq!(why_not_these_keys("k", 3, 3), None);
        assert!(why_not_these_keys("k", 2, 3).is_some_and(|why| why.contains("ends with line 2")));
        assert!(why_not_these_keys("k", 5, 3).is_some_and(|why| why.contains("has a line 4")));
    }
}
