//! The log of another program's Delta table, as far as its change data feed needs it.
//!
//! Delta protocol, "Change Data Files" and "Add CDC File": of a commit with change files these are all its changes; of
//! one without, the rows of added files were inserted and those of removed ones deleted. A file that is removed and added
//! with another deletion vector keeps its other rows.

use crate::LakeError;
use crate::delta::deletion_vector::{decode_bitmap, vector_file};
use crate::delta::vectors::bitmap_in_file;
use crate::error::Cause;
use crate::store::objects::Objects;
use deltalake::kernel::{DeletionVectorDescriptor, StorageType};
use percent_encoding::percent_decode_str;
use roaring::RoaringTreemap;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Folder of a table with its log.
const LOG: &str = "_delta_log";
/// Digits of a version in the name of its commit.
const VERSION_DIGITS: usize = 20;

/// What a commit says of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FeedCommit {
    /// When it was made, milliseconds since 1970.
    pub timestamp_ms: Option<i64>,
    /// Whether the table has a change data feed, where the commit says it.
    pub has_feed: Option<bool>,
    /// What keeps its files from being read by themselves, in words.
    pub unreadable: Option<&'static str>,
    /// Its files with changed rows.
    pub files: Vec<FeedFile>,
}

/// A file with changed rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedFile {
    /// Path below the table's folder.
    pub path: String,
    /// What happened to all its rows; `None`: the file says it row by row.
    pub change: Option<&'static str>,
    /// Columns by which the table is partitioned, with their value in this file.
    pub columns: Vec<(String, Option<String>)>,
    /// Bytes.
    pub size: u64,
    rows: Rows,
}

/// Which rows of a file are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rows {
    All,
    /// Those that the vector does not mark.
    Without(DeletionVectorDescriptor),
    /// Those that the first vector marks and the second, if there is one, does not.
    Marked(DeletionVectorDescriptor, Option<DeletionVectorDescriptor>),
}

/// Rows of a file by their positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRows {
    /// First positions and those behind the last.
    pub ranges: Vec<(u64, u64)>,
    /// These rows are meant; else all others.
    pub are_meant: bool,
}

/// Folder with the log of the table in `folder`.
#[must_use]
pub fn feed_log(folder: &str) -> String {
    format!("{}/{LOG}", folder.trim_end_matches('/'))
}

/// Folder of the table and version of a commit, by the path of its file in the log; `None` for other files.
#[must_use]
pub fn feed_version(path: &str) -> Option<(&str, u64)> {
    let (log, name) = path.rsplit_once('/')?;
    let folder = if log == LOG { "" } else { log.strip_suffix(LOG)?.strip_suffix('/')? };
    let digits = name.strip_suffix(".json")?;
    let is_version = digits.len() == VERSION_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_version.then(|| digits.parse().ok().map(|version| (folder, version)))?
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    commit_info: Option<Info>,
    meta_data: Option<Metadata>,
    protocol: Option<serde::de::IgnoredAny>,
    txn: Option<serde::de::IgnoredAny>,
    domain_metadata: Option<serde::de::IgnoredAny>,
    add: Option<File>,
    remove: Option<File>,
    cdc: Option<File>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Info {
    timestamp: Option<i64>,
    in_commit_timestamp: Option<i64>,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    configuration: BTreeMap<String, Option<String>>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    path: String,
    #[serde(default)]
    partition_values: Option<BTreeMap<String, Option<String>>>,
    #[serde(default)]
    size: Option<u64>,
    data_change: Option<bool>,
    #[serde(default)]
    deletion_vector: Option<DeletionVectorDescriptor>,
}

impl FeedCommit {
    /// Reads a commit of the log.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn read(text: &[u8]) -> Result<Self, String> {
        let mut commit = Self::default();
        let (mut changes, mut added, mut removed) = (Vec::new(), Vec::new(), Vec::new());
        for line in text.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty()) {
            let line: Line = serde_json::from_slice(line).map_err(|error| error.to_string())?;
            let Line { commit_info, meta_data, protocol, txn, domain_metadata, add, remove, cdc } = line;
            if let Some(info) = commit_info {
                commit.timestamp_ms = info.in_commit_timestamp.or(info.timestamp);
            } else if let Some(Metadata { configuration }) = meta_data {
                let value = |key: &str| configuration.get(key).and_then(Option::as_deref);
                commit.has_feed =
                    Some(value("delta.enableChangeDataFeed").is_some_and(|on| on.eq_ignore_ascii_case("true")));
                if value("delta.columnMapping.mode").is_some_and(|mode| mode != "none") {
                    commit.unreadable =
                        Some("the columns of its files have other names than those of the table (column mapping)");
                }
            } else if let Some(file) = cdc {
                changes.push(file.with(None, Rows::All)?);
            } else if let Some(file) = add {
                added.extend(Some(file).filter(|file| file.data_change != Some(false)));
            } else if let Some(file) = remove {
                removed.extend(Some(file).filter(|file| file.data_change != Some(false)));
            } else if protocol.or(txn).or(domain_metadata).is_none() {
                return Err("an entry of a kind that is not known".to_owned());
            }
        }
        commit.files = if changes.is_empty() { of_files(added, removed)? } else { changes };
        Ok(commit)
    }

    /// Bytes of its files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

/// The changes of a commit without change files.
fn of_files(added: Vec<File>, mut removed: Vec<File>) -> Result<Vec<FeedFile>, String> {
    let mut files = Vec::new();
    let whole = |vector: &Option<DeletionVectorDescriptor>| vector.clone().map_or(Rows::All, Rows::Without);
    for file in added {
        match removed.iter().position(|other| other.path == file.path) {
            Some(at) => {
                let before = removed.swap_remove(at).deletion_vector;
                let after = file.deletion_vector.clone();
                if let Some(after) = after.clone() {
                    files.push(file.clone().with(Some("delete"), Rows::Marked(after, before.clone()))?);
                }
                if let Some(before) = before {
                    files.push(file.with(Some("insert"), Rows::Marked(before, after))?);
                }
            }
            None => {
                let rows = whole(&file.deletion_vector);
                files.push(file.with(Some("insert"), rows)?);
            }
        }
    }
    for file in removed {
        let rows = whole(&file.deletion_vector);
        files.push(file.with(Some("delete"), rows)?);
    }
    Ok(files)
}

impl FeedFile {
    /// Which of its rows are meant; `None` for all. `folder` is that of the table.
    ///
    /// # Errors
    /// If a deletion vector cannot be read, or is not what the protocol says.
    pub async fn rows(&self, objects: &Objects, folder: &str) -> Result<Option<FeedRows>, LakeError> {
        let (positions, are_meant) = match &self.rows {
            Rows::All => return Ok(None),
            Rows::Without(vector) => (marked(objects, folder, vector).await?, false),
            Rows::Marked(vector, None) => (marked(objects, folder, vector).await?, true),
            Rows::Marked(vector, Some(without)) => {
                (marked(objects, folder, vector).await? - marked(objects, folder, without).await?, true)
            }
        };
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for position in positions {
            match ranges.last_mut() {
                Some((_, end)) if *end == position => *end += 1,
                _ => ranges.push((position, position + 1)),
            }
        }
        Ok(Some(FeedRows { ranges, are_meant }))
    }
}

/// The rows that a vector marks.
async fn marked(
    objects: &Objects,
    folder: &str,
    vector: &DeletionVectorDescriptor,
) -> Result<RoaringTreemap, LakeError> {
    let failed = |source: Cause| LakeError::Decode { source, path: folder.to_owned() };
    let bitmap = match vector.storage_type {
        StorageType::Inline => z85::decode(&vector.path_or_inline_dv).map_err(|source| failed(Box::new(source)))?,
        StorageType::UuidRelativePath => {
            let name =
                vector_file(vector).ok_or_else(|| failed("the deletion vector's file has no valid name".into()))?;
            let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
            let file = objects.read(&path).await?;
            let offset = usize::try_from(vector.offset.unwrap_or(1)).map_err(|source| failed(Box::new(source)))?;
            let bytes = file.slice(offset.min(file.len())..);
            bitmap_in_file(&bytes, vector).map_err(failed)?.to_vec()
        }
        StorageType::AbsolutePath => return Err(LakeError::ForeignPath { path: folder.to_owned() }),
    };
    let decoded = decode_bitmap(&bitmap).map_err(failed)?;
    if decoded.len() != u64::try_from(vector.cardinality).unwrap_or(0) {
        return Err(failed("the deletion vector has another number of rows than the log says".into()));
    }
    Ok(decoded)
}

impl File {
    fn with(self, change: Option<&'static str>, rows: Rows) -> Result<FeedFile, String> {
        let path = percent_decode_str(&self.path).decode_utf8().map_err(|error| error.to_string())?.into_owned();
        if path.contains("://") || path.starts_with('/') || path.split('/').any(|part| part == "..") {
            return Err("a file that is not in the folder of the table, as a shallow clone has it".to_owned());
        }
        // An empty text is null, by the protocol.
        let columns = self.partition_values.unwrap_or_default().into_iter();
        let columns = columns.map(|(name, value)| (name, value.filter(|text| !text.is_empty()))).collect();
        Ok(FeedFile { path, change, columns, size: self.size.unwrap_or(0), rows })
    }
}

#[cfg(test)]
mod tests {
    use super::{FeedCommit, Rows, feed_log, feed_version};

    fn read(lines: &[&str]) -> FeedCommit {
        FeedCommit::read(lines.join("\n").as_bytes()).unwrap()
    }

    const ADD: &str = r#"{"add":{"path":"country=D%20E/part-0.parquet","partitionValues":{"country":"D E","day":""},"size":7,"dataChange":true}}"#;
    const REMOVE: &str = r#"{"remove":{"path":"part-1.parquet","dataChange":true,"size":5}}"#;

    #[test]
    fn change_files_are_all_changes_and_without_them_files_are() {
        let cdc = r#"{"cdc":{"path":"_change_data/cdc-0.parquet","partitionValues":{},"size":3,"dataChange":false}}"#;
        let commit = read(&[r#"{"commitInfo":{"timestamp":9}}"#, ADD, REMOVE, cdc]);
        assert_eq!((commit.timestamp_ms, commit.bytes(), commit.files.len()), (Some(9), 3, 1));
        assert_eq!(commit.files[0].change, None);
        let compaction = ADD.replace("true", "false");
        let commit = read(&[r#"{"commitInfo":{"timestamp":9,"inCommitTimestamp":8}}"#, ADD, REMOVE, &compaction]);
        let changes: Vec<_> = commit.files.iter().map(|file| (file.path.as_str(), file.change)).collect();
        assert_eq!(changes, [("country=D E/part-0.parquet", Some("insert")), ("part-1.parquet", Some("delete"))]);
        assert_eq!(commit.files[0].columns, [("country".to_owned(), Some("D E".to_owned())), ("day".to_owned(), None)]);
        assert_eq!(commit.timestamp_ms, Some(8));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        let of = |configuration: &str| {
            read(&[&format!(r#"{{"metaData":{{"id":"x","configuration":{{{configuration}}}}}}}"#)])
        };
        assert_eq!(of(r#""delta.enableChangeDataFeed":"true""#).has_feed, Some(true));
        assert_eq!(of("").has_feed, Some(false));
        assert_eq!(read(&[ADD]).has_feed, None);
        assert!(of(r#""delta.columnMapping.mode":"name""#).unreadable.is_some());
        for wrong in [
            "{",
            r#"{"newAction":{}}"#,
            r#"{"add":{"path":"s3://b/x","dataChange":true}}"#,
            r#"{"add":{"path":"../x"}}"#,
        ] {
            assert!(FeedCommit::read(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn of_a_file_with_another_vector_only_the_rows_between_change() {
        let vector = |text: &str| {
            format!(
                r#""deletionVector":{{"storageType":"i","pathOrInlineDv":"{text}","sizeInBytes":1,"cardinality":1}},"size""#
            )
        };
        let add = |of: &str| ADD.replace("\"size\"", &vector(of));
        let remove = |of: &str| add(of).replace("\"add\"", "\"remove\"");
        let changes = |lines: &[&str]| -> Vec<(Option<&'static str>, Rows)> {
            read(lines).files.into_iter().map(|file| (file.change, file.rows)).collect()
        };
        let marked = |change, found: &(Option<&'static str>, Rows), with_other| {
            found.0 == Some(change) && matches!(&found.1, Rows::Marked(_, other) if other.is_some() == with_other)
        };
        let first = changes(&[&add("a"), &ADD.replace("\"add\"", "\"remove\"")]);
        assert!(first.len() == 1 && marked("delete", &first[0], false), "{first:?}");
        let second = changes(&[&remove("a"), &add("b")]);
        assert!(
            second.len() == 2 && marked("delete", &second[0], true) && marked("insert", &second[1], true),
            "{second:?}"
        );
        let restored = changes(&[&remove("a"), ADD]);
        assert!(restored.len() == 1 && marked("insert", &restored[0], false), "{restored:?}");
        assert!(matches!(changes(&[&remove("a")])[0], (Some("delete"), Rows::Without(_))));
        assert!(matches!(changes(&[&add("a")])[0], (Some("insert"), Rows::Without(_))));
    }

    #[test]
    fn commits_are_known_by_their_names() {
        assert_eq!(feed_version("a/t/_delta_log/00000000000000000012.json"), Some(("a/t", 12)));
        assert_eq!(feed_version("_delta_log/00000000000000000000.json"), Some(("", 0)));
        assert_eq!(feed_log("a/t/"), "a/t/_delta_log");
        for other in [
            "a/_delta_log/00000000000000000010.checkpoint.parquet",
            "a/_delta_log/_last_checkpoint",
            "a/t/00000000000000000012.json",
            "a/_delta_log/12.json",
        ] {
            assert_eq!(feed_version(other), None, "{other}");
        }
    }
}
