//! Which files are which full snapshot of a source table, and which snapshots are complete.

use crate::RunError;
use sluice_cdc::DecodedFile;
use sluice_change::SourceFile;
use sluice_contract::Contract;
use sluice_lake::{BatchManifest, DeltaStore, Lake};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A file of a batch that could not be read.
pub(crate) type Failed = BTreeSet<(u64, String)>;

/// Version of the full snapshot that a file is part of; `None` also where deliveries are changes.
pub(crate) fn version_of(contract: &Contract, file: &SourceFile) -> Option<u64> {
    match contract.apply.from_snapshot.as_ref()?.column {
        Some(_) => file.snapshot,
        None => version_of_path(contract, &file.path),
    }
}

fn version_of_path(contract: &Contract, path: &str) -> Option<u64> {
    let files = contract.apply.from_snapshot.as_ref()?.files.as_ref()?;
    let folder = contract.source.as_ref()?.path.trim_end_matches('/');
    let below = path.strip_prefix(folder)?.trim_start_matches('/');
    files.version_of(below)
}

/// Whether a file is part of a full snapshot, as far as its path tells; no file is where deliveries are changes.
pub(crate) fn is_of_snapshot(contract: &Contract, path: &str) -> bool {
    let by_column = contract.apply.from_snapshot.as_ref().is_some_and(|rule| rule.column.is_some());
    by_column || version_of_path(contract, path).is_some()
}

/// Of new files those that are part of a snapshot all of whose files are there, as far as a mark says so.
pub(crate) async fn of_complete_snapshots(
    lake: &Lake,
    contract: &Contract,
    files: Vec<SourceFile>,
) -> Result<Vec<SourceFile>, RunError> {
    let (Some(rule), Some(source)) = (&contract.apply.from_snapshot, &contract.source) else { return Ok(files) };
    let mut kept: Vec<SourceFile> = files.into_iter().filter(|file| is_of_snapshot(contract, &file.path)).collect();
    if let (Some(mark), false) = (&rule.complete_when, kept.is_empty()) {
        let listed = lake.objects().list(&source.path).await?;
        let there: BTreeSet<&str> = listed.iter().map(|file| file.path.as_str()).collect();
        let marked = |path: &str| {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            there.contains(format!("{folder}/{mark}").as_str())
        };
        if rule.column.is_some() {
            kept.retain(|file| marked(&file.path));
            return Ok(kept);
        }
        let waiting: BTreeSet<Option<u64>> =
            kept.iter().filter(|file| !marked(&file.path)).map(|file| version_of(contract, file)).collect();
        kept.retain(|file| !waiting.contains(&version_of(contract, file)));
    }
    Ok(kept)
}

/// New files as batches, one per snapshot, the oldest first. Where a column has the version, every file is one.
pub(crate) fn one_batch_per_snapshot(contract: &Contract, files: Vec<SourceFile>) -> Vec<Vec<SourceFile>> {
    if contract.apply.from_snapshot.as_ref().is_some_and(|rule| rule.column.is_some()) {
        return files.into_iter().map(|file| vec![file]).collect();
    }
    let mut snapshots: BTreeMap<Option<u64>, Vec<SourceFile>> = BTreeMap::new();
    for file in files {
        snapshots.entry(version_of(contract, &file)).or_default().push(file);
    }
    snapshots.into_values().collect()
}

/// A file of snapshots: its path, and its version where a column says it, so that one path may have one after the other.
type Delivered = (String, Option<u64>);

/// The last of the batches up to `last` that has a file: one that is delivered again replaces the one
/// before, unless it could not be read.
fn newest_deliveries(manifests: &[Arc<BatchManifest>], last: u64, failed: &Failed) -> BTreeMap<Delivered, u64> {
    let mut newest = BTreeMap::new();
    for manifest in manifests.iter().filter(|manifest| manifest.batch <= last) {
        let read = manifest.files.iter().filter(|file| !failed.contains(&(manifest.batch, file.path.clone())));
        newest.extend(read.map(|file| ((file.path.clone(), file.snapshot), manifest.batch)));
    }
    newest
}

/// Batches and files whose records count, with the version where a column says it.
pub(crate) type Deliveries = BTreeMap<(u64, String), Option<u64>>;

/// The last delivery of each file in the batches up to `last`; `None` where deliveries are changes, so each counts.
///
/// # Errors
/// If the log of bronze cannot be read.
pub(crate) async fn newest_delivery_of_each_file(
    contract: &Contract,
    claimed: &[Arc<BatchManifest>],
    bronze: &DeltaStore,
    last: u64,
) -> Result<Option<Deliveries>, RunError> {
    if contract.apply.from_snapshot.is_none() {
        return Ok(None);
    }
    let newest = newest_deliveries(claimed, last, &failed_files(bronze).await?);
    Ok(Some(newest.into_iter().map(|((path, version), batch)| ((batch, path), version)).collect()))
}

/// Paths of decoded files that could not be read to their end.
pub(crate) fn unreadable_files(records: &[DecodedFile]) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    for file in records {
        for reject in file.rejects.iter().filter(|reject| reject.whole_file) {
            paths.extend(file.changes.files.get(reject.at.file as usize).map(|file| file.path.clone()));
        }
    }
    paths
}

/// Files of all batches that could not be read to their end.
pub(crate) async fn failed_files(bronze: &DeltaStore) -> Result<Failed, RunError> {
    let mut failed = Failed::new();
    let Some(snapshot) = bronze.snapshot(None).await? else { return Ok(failed) };
    for entry in bronze.history_until(snapshot.version, usize::MAX).await? {
        let Some(batch) = entry.info.batch else { continue };
        failed.extend(entry.info.failed_files.into_iter().flatten().map(|path| (batch, path)));
    }
    Ok(failed)
}

/// The full snapshots of a range of batches, by version.
#[derive(Debug, Default)]
pub(crate) struct FullSnapshots {
    /// Snapshots all of whose files could be read.
    pub(crate) complete: BTreeSet<u64>,
    /// The others, each with a file that could not.
    pub(crate) incomplete: BTreeMap<u64, String>,
}

impl FullSnapshots {
    /// Snapshots with a file in one of the batches `first..=last`, as all batches up to `last` have them.
    pub(crate) fn of(
        contract: &Contract,
        manifests: &[Arc<BatchManifest>],
        first: u64,
        last: u64,
        failed: &Failed,
    ) -> Self {
        let read = newest_deliveries(manifests, last, failed);
        let touched: BTreeSet<u64> = manifests
            .iter()
            .filter(|manifest| (first..=last).contains(&manifest.batch))
            .flat_map(|manifest| manifest.files.iter().filter_map(|file| version_of(contract, file)))
            .collect();
        let mut snapshots = Self { complete: touched, incomplete: BTreeMap::new() };
        for file in manifests.iter().filter(|manifest| manifest.batch <= last).flat_map(|manifest| &manifest.files) {
            if !read.contains_key(&(file.path.clone(), file.snapshot))
                && let Some(version) = version_of(contract, file).filter(|of| snapshots.complete.contains(of))
            {
                snapshots.incomplete.insert(version, file.path.clone());
            }
        }
        snapshots.complete.retain(|version| !snapshots.incomplete.contains_key(version));
        snapshots
    }
}

#[cfg(test)]
mod tests {
    use super::{Failed, FullSnapshots, one_batch_per_snapshot, version_of_path};
    use sluice_change::SourceFile;
    use sluice_contract::Contract;
    use sluice_lake::BatchManifest;
    use std::sync::Arc;

    fn contract() -> Contract {
        let text = "dataset: a.b\nsource: {path: landing/b, format: csv}\napply: {from_snapshot: {files: \"{version}/*\"}}\nschema:\n- {name: id, type: int, primary_key: true}\n";
        Contract::parse(text, "b.yaml").unwrap()
    }

    fn file(path: &str) -> SourceFile {
        SourceFile { path: format!("landing/b/{path}"), size: 1, etag: "e".to_owned(), ..SourceFile::default() }
    }

    fn batch(batch: u64, paths: &[&str]) -> Arc<BatchManifest> {
        let files = paths.iter().map(|path| file(path)).collect();
        let (contract_hash, contents) = (String::new(), Vec::new());
        Arc::new(BatchManifest { batch, files, contract_hash, contents, backfill: None, source: None })
    }

    #[test]
    fn every_snapshot_is_a_batch_of_its_own() {
        let files = ["10/a.csv", "9/a.csv", "10/b.csv"].map(file).to_vec();
        let paths: Vec<Vec<String>> = one_batch_per_snapshot(&contract(), files)
            .into_iter()
            .map(|files| files.into_iter().map(|file| file.path).collect())
            .collect();
        assert_eq!(paths, [vec!["landing/b/9/a.csv"], vec!["landing/b/10/a.csv", "landing/b/10/b.csv"]]);
        assert_eq!(version_of_path(&contract(), "elsewhere/9/a.csv"), None);
    }

    #[test]
    fn a_snapshot_is_complete_once_all_its_files_could_be_read() {
        let contract = contract();
        let manifests = [batch(1, &["1/a.csv"]), batch(2, &["2/a.csv", "2/b.csv"]), batch(3, &["2/b.csv"])];
        let failed: Failed = [(2, "landing/b/2/b.csv".to_owned())].into();
        let snapshots = FullSnapshots::of(&contract, &manifests, 1, 2, &failed);
        assert_eq!(snapshots.complete.into_iter().collect::<Vec<_>>(), [1]);
        assert_eq!(snapshots.incomplete[&2], "landing/b/2/b.csv");
        let snapshots = FullSnapshots::of(&contract, &manifests, 3, 3, &failed);
        assert_eq!(snapshots.complete.into_iter().collect::<Vec<_>>(), [2]);
        // A delivery that cannot be read does not replace one that could.
        let failed: Failed = [(3, "landing/b/2/b.csv".to_owned())].into();
        let snapshots = FullSnapshots::of(&contract, &manifests, 3, 3, &failed);
        assert_eq!(snapshots.complete.into_iter().collect::<Vec<_>>(), [2]);
        assert_eq!(super::newest_deliveries(&manifests, 3, &failed)[&("landing/b/2/b.csv".to_owned(), None)], 2);
    }
}
