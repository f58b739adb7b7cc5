//! What folders `key=value` say, as Hive, Spark, DuckDB and Polars write them.

use percent_encoding::percent_decode_str;
use sluice_change::{SourceFile, hash_head};
use sluice_contract::{Contract, folded_name};
use std::borrow::Cow;

/// The value of the folder of nulls, by which Hive and those who write like it name it (Hive's setting
/// `hive.exec.default.partition.name`).
const NULL: &str = "__HIVE_DEFAULT_PARTITION__";

/// What the folders of a file say under one key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FolderValue {
    /// There is no such folder.
    Missing,
    /// That of nulls.
    Null,
    /// This text.
    Text(String),
    /// Nothing that can be taken, with the reason.
    Unclear(&'static str),
}

/// Keys and values of the folders of a path, as they are written, from the outermost on.
pub(crate) fn folders_of(path: &str) -> impl Iterator<Item = (&str, &str)> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    folder.split('/').filter_map(|part| part.split_once('=')).filter(|(key, _)| !key.is_empty())
}

/// A key or value without the `%3A` of letters that names of folders cannot have; `None` if its bytes are no text.
pub(crate) fn unescaped(written: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(written).decode_utf8().ok()
}

/// What the folders of a file say under a key, whatever its upper and lower case: Hive writes keys in small letters.
pub(crate) fn folder_value(path: &str, key: &str) -> FolderValue {
    let wanted = folded_name(key);
    let is_key = |written: &str| unescaped(written).is_some_and(|key| folded_name(&key) == wanted);
    let mut found = folders_of(path).filter(|(key, _)| is_key(key)).map(|(_, value)| value);
    let Some(value) = found.next() else { return FolderValue::Missing };
    if found.any(|other| other != value) {
        return FolderValue::Unclear("the path of the file has two folders of this key, with different values");
    }
    match unescaped(value) {
        Some(text) if text == NULL => FolderValue::Null,
        Some(text) => FolderValue::Text(text.into_owned()),
        None => FolderValue::Unclear("the bytes of the folder's value are no UTF-8"),
    }
}

/// The folder of a partition of a topic.
const PARTITION: &str = "partition";

/// Whether folders of a key are those of the partitions of a topic.
pub(crate) fn is_partition(key: &str) -> bool {
    key.eq_ignore_ascii_case(PARTITION)
}

/// Per file a hash of what its folders say of columns of the contract, 0 if they say nothing; nothing at all where no
/// column is taken from folders.
pub(crate) fn folder_hashes(contract: &Contract, files: &[SourceFile]) -> Vec<u64> {
    let mut keys: Vec<&str> = contract.columns.iter().filter_map(|column| column.from_folder.as_deref()).collect();
    keys.sort_unstable();
    keys.dedup();
    if keys.is_empty() {
        return Vec::new();
    }
    files.iter().map(|file| hash_of(&file.path, &keys)).collect()
}

fn hash_of(path: &str, keys: &[&str]) -> u64 {
    let mut hasher = blake3::Hasher::new();
    let mut says_something = false;
    for key in keys {
        let value = match folder_value(path, key) {
            FolderValue::Missing | FolderValue::Unclear(_) => continue,
            FolderValue::Null => NULL.to_owned(),
            FolderValue::Text(text) => text,
        };
        says_something = true;
        for part in [*key, value.as_str()] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    if says_something { hash_head(&hasher.finalize()) } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::{FolderValue, folder_value, hash_of};

    #[test]
    fn values_are_read_as_hive_writes_them() {
        let text = |text: &str| FolderValue::Text(text.to_owned());
        for (path, found) in [
            ("landing/sales/region=eu/part-1.parquet", text("eu")),
            ("s3://b/sales/Region=eu/day=3/1.csv", text("eu")),
            ("region=a=b/1.csv", text("a=b")),
            ("region=12%3A30%2F%25/1.csv", text("12:30/%")),
            ("re%67ion=New York/1.csv", text("New York")),
            ("region=100%/1.csv", text("100%")),
            ("region=/1.csv", text("")),
            ("region=eu/region=eu/1.csv", text("eu")),
            ("region=__HIVE_DEFAULT_PARTITION__/1.csv", FolderValue::Null),
            ("sales/eu/region=eu.csv", FolderValue::Missing),
            ("regions=eu/1.csv", FolderValue::Missing),
        ] {
            assert_eq!(folder_value(path, "region"), found, "{path}");
        }
        for unclear in ["region=eu/region=us/1.csv", "region=%FF/1.csv"] {
            assert!(matches!(folder_value(unclear, "region"), FolderValue::Unclear(_)), "{unclear}");
        }
    }

    #[test]
    fn equal_folders_have_equal_hashes_wherever_they_lie() {
        let of = |path: &str| hash_of(path, &["country", "region"]);
        assert_eq!(of("a/region=eu/country=AT/1.csv"), of("b/country=AT/region=eu/2.csv"));
        assert_ne!(of("a/region=eu/1.csv"), of("a/country=eu/1.csv"));
        assert_eq!(of("a/1.csv"), 0);
    }
}
