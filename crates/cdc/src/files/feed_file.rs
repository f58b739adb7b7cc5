//! The data files of one commit of a Delta table, as one change file.
//!
//! Which files a commit has is said by the log of the table, and what their rows are (inserted, deleted) by the commit.
//! Both stand in front of the files, so that decoding needs nothing but these bytes: a line that says what it is, the
//! length of a header in JSON, the header, the files.

use bytes::{BufMut, Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use sluice_change::format_timestamp_micros;

const MAGIC: &[u8] = b"delta change feed 1\n";
const LENGTH_BYTES: usize = 8;

/// A data file of a commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPart {
    /// What happened to its rows (`insert`, `delete`); `None` where the file says it itself.
    pub change: Option<&'static str>,
    /// Columns that are not in the file because all its rows have one value: those by which the table is partitioned.
    pub columns: Vec<(String, Option<String>)>,
    /// Which rows are meant; `None`: all.
    pub rows: Option<PartRows>,
    /// The Parquet file.
    pub bytes: Bytes,
}

/// Rows of a file by their positions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartRows {
    /// First positions and those behind the last, in order and apart from each other.
    pub ranges: Vec<(u64, u64)>,
    /// These rows are meant; else all others.
    pub are_meant: bool,
}

impl PartRows {
    /// Whether the row at a position is meant.
    pub(crate) fn has(&self, position: u64) -> bool {
        let before = self.ranges.partition_point(|(_, end)| *end <= position);
        let is_in = self.ranges.get(before).is_some_and(|(first, _)| *first <= position);
        is_in == self.are_meant
    }
}

#[derive(Serialize, Deserialize)]
struct Header {
    parts: Vec<HeaderPart>,
}

#[derive(Serialize, Deserialize)]
struct HeaderPart {
    columns: Vec<(String, Option<String>)>,
    rows: Option<PartRows>,
    length: u64,
}

/// The change file of a commit of a Delta table, for [`crate::decode_file`] and [`crate::infer`] in the format
/// `delta_feed_parquet`.
///
/// # Errors
/// What the JSON library says, which would be a bug.
pub fn feed_file(version: u64, timestamp_ms: Option<i64>, parts: &[FeedPart]) -> Result<Bytes, serde_json::Error> {
    let of_part = |part: &FeedPart| {
        let mut columns = part.columns.clone();
        columns.extend(part.change.map(|change| ("_change_type".to_owned(), Some(change.to_owned()))));
        columns.push(("_commit_version".to_owned(), Some(version.to_string())));
        let time = timestamp_ms.and_then(|millis| format_timestamp_micros(millis.checked_mul(1_000)?));
        columns.extend(time.map(|time| ("_commit_timestamp".to_owned(), Some(time))));
        HeaderPart { columns, rows: part.rows.clone(), length: part.bytes.len() as u64 }
    };
    let header = serde_json::to_vec(&Header { parts: parts.iter().map(of_part).collect() })?;
    let content: usize = parts.iter().map(|part| part.bytes.len()).sum();
    let mut file = BytesMut::with_capacity(MAGIC.len() + LENGTH_BYTES + header.len() + content);
    file.put_slice(MAGIC);
    file.put_u64_le(header.len() as u64);
    file.put_slice(&header);
    parts.iter().for_each(|part| file.put_slice(&part.bytes));
    Ok(file.freeze())
}

/// A Parquet file with the columns that all its rows share.
pub(crate) struct ReadPart {
    pub(crate) columns: Vec<(String, Option<String>)>,
    pub(crate) rows: Option<PartRows>,
    pub(crate) bytes: Bytes,
}

/// Whether bytes are such a change file, or the front of one.
pub(crate) fn is_feed_file(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

/// The parts of a change file; `None` if it is none, or is damaged.
pub(crate) fn parts(bytes: &Bytes) -> Option<Vec<ReadPart>> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (length, rest) = rest.split_first_chunk::<LENGTH_BYTES>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let header: Header = serde_json::from_slice(rest.get(..length)?).ok()?;
    let mut at = MAGIC.len() + LENGTH_BYTES + length;
    let mut parts = Vec::with_capacity(header.parts.len().min(1_024));
    for HeaderPart { columns, rows, length } in header.parts {
        let end = at.checked_add(usize::try_from(length).ok()?).filter(|end| *end <= bytes.len())?;
        parts.push(ReadPart { columns, rows, bytes: bytes.slice(at..end) });
        at = end;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::{FeedPart, PartRows, feed_file, parts};
    use bytes::Bytes;

    #[test]
    fn rows_are_meant_by_their_positions() {
        let rows = |are_meant| PartRows { ranges: vec![(1, 3), (7, 8)], are_meant };
        let meant = |are_meant| (0..10).filter(|at| rows(are_meant).has(*at)).collect::<Vec<_>>();
        assert_eq!(meant(true), [1, 2, 7]);
        assert_eq!(meant(false), [0, 3, 4, 5, 6, 8, 9]);
    }

    #[test]
    fn files_come_out_as_they_went_in_and_damage_is_seen() {
        let part = |change, text: &'static str| FeedPart {
            change,
            columns: vec![("country".to_owned(), None)],
            rows: None,
            bytes: Bytes::from_static(text.as_bytes()),
        };
        let file = feed_file(7, Some(0), &[part(Some("insert"), "one"), part(None, "three")]).unwrap();
        let read = parts(&file).unwrap();
        assert_eq!(read.iter().map(|part| part.bytes.as_ref()).collect::<Vec<_>>(), [&b"one"[..], b"three"]);
        let names = |at: usize| read[at].columns.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>();
        assert_eq!(names(0), ["country", "_change_type", "_commit_version", "_commit_timestamp"]);
        assert_eq!(names(1), ["country", "_commit_version", "_commit_timestamp"]);
        assert_eq!(read[0].columns[2].1.as_deref(), Some("7"));
        for end in 0..file.len() {
            assert!(parts(&file.slice(..end)).is_none(), "{end}");
        }
    }
}
