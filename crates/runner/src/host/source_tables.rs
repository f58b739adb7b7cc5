//! Which files of a source are one table: those of a folder, or of a folder those with a name.

use crate::RunError;
use bytes::Bytes;
use sluice_cdc::{column_names_of, sniff};
use sluice_change::SourceFile;
use sluice_contract::{FilePattern, Source, SourceFormat, limits};
use sluice_lake::Lake;
use std::collections::{BTreeMap, BTreeSet};

/// Bytes read for an inference.
pub(super) const SAMPLE_BYTES_MAX: u64 = 64 << 20;
/// Bytes that tell whether a file is text.
const SNIFF_BYTES: usize = 4 << 10;

/// Whether a source is the folder, or the files of it, that onboarding proposes.
pub(super) fn covers(source: &Source, found: &str) -> bool {
    let wanted = place_of(found);
    source.path.trim_end_matches('/') == wanted.folder.trim_end_matches('/')
        && source.files.as_ref().map(ToString::to_string) == wanted.pattern
}

/// A folder, and which files of it: `landing/crm/orders_*` is the folder `landing/crm` and the files `orders_*`.
pub(super) struct Place {
    pub(super) folder: String,
    pub(super) pattern: Option<String>,
}

impl Place {
    /// Whether the file at `path` is one of the place.
    pub(super) fn has(&self, path: &str) -> bool {
        let Some(pattern) = &self.pattern else { return true };
        let below = path.strip_prefix(self.folder.trim_end_matches('/')).unwrap_or(path).trim_start_matches('/');
        FilePattern::parse(pattern).is_ok_and(|pattern| pattern.has(below))
    }
}

pub(super) fn place_of(path: &str) -> Place {
    let Some(star) = path.find('*') else { return Place { folder: path.to_owned(), pattern: None } };
    let (folder, pattern) = path
        .get(..star)
        .and_then(|front| front.rfind('/'))
        .map_or(("", path), |slash| (path.get(..slash).unwrap_or_default(), path.get(slash + 1..).unwrap_or_default()));
    Place { folder: folder.to_owned(), pattern: Some(pattern.to_owned()) }
}

/// Files of which the names tell tables apart, at most.
const STEMS_MAX: usize = 32;

/// The tables of a folder: one, unless the names of its files begin with different words and their columns differ.
pub(super) async fn split_by_name(
    lake: &Lake,
    folder: String,
    files: Vec<SourceFile>,
) -> Result<Vec<(String, Vec<SourceFile>)>, RunError> {
    let mut stems: BTreeMap<String, Vec<SourceFile>> = BTreeMap::new();
    for file in &files {
        stems.entry(stem_of(&file.path).to_owned()).or_default().push(file.clone());
    }
    let is_flat = files.iter().all(|file| folder_of(&file.path) == folder.trim_end_matches('/'));
    if !is_flat || !(2..=STEMS_MAX).contains(&stems.len()) || stems.keys().any(String::is_empty) {
        return Ok(vec![(folder, files)]);
    }
    let mut columns: Vec<BTreeSet<String>> = Vec::new();
    for of_stem in stems.values() {
        let Some(first) = of_stem.first() else { continue };
        let bytes = sample_of(lake, first).await?;
        let format = sniff(std::slice::from_ref(&first.path), &bytes);
        if format.is_none_or(SourceFormat::carries_operations) {
            return Ok(vec![(folder, files)]);
        }
        columns.push(column_names_of(&first.path, &bytes).into_iter().collect());
    }
    let are_alike = columns.iter().enumerate().all(|(at, a)| columns.iter().skip(at + 1).all(|b| is_one_table(a, b)));
    if are_alike || columns.iter().any(BTreeSet::is_empty) {
        return Ok(vec![(folder, files)]);
    }
    let folder = folder.trim_end_matches('/');
    Ok(stems.into_iter().map(|(stem, files)| (format!("{folder}/{stem}*"), files)).collect())
}

/// Whether files with these columns may be of one table: one has all columns of the other, as where columns were added, or
/// they share more than three of four.
fn is_one_table(a: &BTreeSet<String>, b: &BTreeSet<String>) -> bool {
    a.is_subset(b) || b.is_subset(a) || a.intersection(b).count() * 4 > a.len().max(b.len()) * 3
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The words that the name of a file begins with, before its number, date or extension: `orders_` of
/// `orders_2026-11-20.csv`.
pub(super) fn stem_of(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    let end = name.find(|letter: char| letter.is_ascii_digit() || letter == '.').unwrap_or(name.len());
    name.get(..end).unwrap_or_default()
}

/// A file for a sample: all of it, or the front of a large one.
pub(super) async fn sample_of(lake: &Lake, file: &SourceFile) -> Result<Bytes, RunError> {
    if file.size <= SAMPLE_BYTES_MAX {
        return Ok(lake.objects().read(&file.path).await?);
    }
    let front = lake.objects().read_front(&file.path, SAMPLE_BYTES_MAX).await?;
    // Parquet and workbooks have at their end what is in them.
    let is_whole_only = front.starts_with(b"PAR1") || front.starts_with(b"PK");
    if is_whole_only && file.size <= limits::DECODE_HERE_BYTES_MAX {
        return Ok(lake.objects().read(&file.path).await?);
    }
    // Without the record that the cut went through, where its end can be seen.
    let end = front.iter().rposition(|byte| *byte == b'\n').map_or(front.len(), |at| at + 1);
    let is_text = std::str::from_utf8(front.get(..SNIFF_BYTES).unwrap_or(&front)).is_ok();
    Ok(if is_text { front.slice(..end) } else { front })
}

#[cfg(test)]
mod tests {
    use super::{is_one_table, place_of, stem_of};
    use std::collections::BTreeSet;

    #[test]
    fn tables_with_few_columns_differ_by_one_that_the_other_lacks() {
        let one = |a: &[&str], b: &[&str]| {
            let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
            is_one_table(&names(a), &names(b))
        };
        assert!(!one(&["id", "amount", "updated_at"], &["id", "name", "updated_at"]));
        assert!(one(&["id", "name"], &["id", "name", "city"]), "a column was added");
        assert!(one(&["a", "b", "c", "d", "old"], &["a", "b", "c", "d", "new"]), "a column was renamed");
    }

    #[test]
    fn files_of_several_tables_differ_by_the_front_of_their_names() {
        assert_eq!(stem_of("landing/crm/orders_2026-11-20.csv"), "orders_");
        assert_eq!((stem_of("customers.csv.gz"), stem_of("20261120.csv")), ("customers", ""));
        let place = place_of("landing/crm/orders_*");
        assert_eq!((place.folder.as_str(), place.pattern.as_deref()), ("landing/crm", Some("orders_*")));
        assert_eq!(place_of("landing/crm").pattern, None);
    }
}
