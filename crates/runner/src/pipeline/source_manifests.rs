//! Manifests beside the files of a source, which name those that are whole.

use crate::RunError;
use serde::Deserialize;
use sluice_change::SourceFile;
use sluice_contract::Source;
use sluice_lake::Lake;
use std::collections::BTreeSet;

/// Bytes of a manifest.
const MANIFEST_BYTES_MAX: u64 = 64 << 20;

/// What Redshift's `UNLOAD` writes and its `COPY` reads.
#[derive(Deserialize)]
struct Manifest {
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    url: String,
}

/// The path of a file below the source's folder.
pub(super) fn below<'p>(source: &Source, path: &'p str) -> Option<&'p str> {
    path.strip_prefix(source.path.trim_end_matches('/')).map(|below| below.trim_start_matches('/'))
}

/// Whether the file at `path` is a manifest of the source.
pub(super) fn is_manifest(source: &Source, path: &str) -> bool {
    let Some(pattern) = &source.manifest else { return false };
    below(source, path).is_some_and(|below| pattern.has(below))
}

/// Of new files those that a manifest names; all where the source has no manifests.
///
/// # Errors
/// If a manifest cannot be read, or is none.
pub(super) async fn only_named(
    lake: &Lake,
    source: &Source,
    manifests: &[SourceFile],
    mut files: Vec<SourceFile>,
) -> Result<Vec<SourceFile>, RunError> {
    if source.manifest.is_none() || files.is_empty() {
        return Ok(files);
    }
    let mut named: BTreeSet<String> = BTreeSet::new();
    for manifest in manifests {
        let is_none = |why: String| {
            let fix = "Correct source.manifest, or move the file away; a manifest is {\"entries\": [{\"url\": …}]}";
            RunError::input(format!("{} is no manifest: {why}", manifest.path), fix)
        };
        if manifest.size > MANIFEST_BYTES_MAX {
            return Err(is_none("it is over 64 MiB".to_owned()));
        }
        let bytes = lake.objects().read(&manifest.path).await?;
        let read: Manifest = serde_json::from_slice(&bytes)
            .map_err(|error| is_none(format!("line {}, column {}", error.line(), error.column())))?;
        named.extend(read.entries.into_iter().map(|entry| entry.url));
    }
    let ends: BTreeSet<&str> = named.iter().flat_map(|url| suffixes(url)).collect();
    files.retain(|file| below(source, &file.path).is_some_and(|below| ends.contains(below)));
    Ok(files)
}

/// An address, and what is behind each of its slashes: a manifest has whole addresses, which the same files need not
/// have here.
fn suffixes(url: &str) -> impl Iterator<Item = &str> {
    let behind = url.match_indices('/').filter_map(|(at, _)| url.get(at + 1..));
    std::iter::once(url).chain(behind)
}

#[cfg(test)]
mod tests {
    use super::suffixes;

    #[test]
    fn an_address_ends_with_the_path_below_the_folder() {
        let found: Vec<&str> = suffixes("s3://bucket/unload/orders/0000_part_00").collect();
        assert!(found.contains(&"orders/0000_part_00") && found.contains(&"0000_part_00"));
    }
}
