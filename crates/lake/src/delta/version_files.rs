//! What every readable version did to the files, for the history of a row.

use crate::LakeError;
use crate::delta::file_commit::FileCommit;
use crate::delta::log::{HistoryEntry, READS_AT_ONCE, read_actions};
use crate::delta::maintenance::Maintenance;
use crate::delta::snapshot::{DataFile, Snapshot};
use futures::{StreamExt, TryStreamExt};
use std::collections::{BTreeMap, BTreeSet};

/// One commit, and what it did to the files.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionFiles {
    /// The commit.
    pub entry: HistoryEntry,
    /// Whether it changed rows, and did not only move them.
    pub changes_rows: bool,
    /// Files as the version before has them. One with a new deletion vector is here and in `added`.
    pub removed: Vec<DataFile>,
    /// Files as this version has them.
    pub added: Vec<DataFile>,
}

impl Maintenance {
    /// The oldest version of which all files are there, and the commits after it. `None` if the table
    /// does not exist.
    ///
    /// # Errors
    /// [`LakeError::OpenTable`], [`LakeError::List`], [`LakeError::ForeignPath`].
    pub async fn readable_versions(&self) -> Result<Option<(Snapshot, Vec<VersionFiles>)>, LakeError> {
        let Some(latest) = self.store.snapshot(None).await? else { return Ok(None) };
        let Some(oldest) = self.last_version_before(&latest, i64::MIN).await? else {
            return Ok(Some((latest, Vec::new())));
        };
        let (log_store, paths) = (self.files.log_store()?, self.files.log_paths()?);
        let store = log_store.object_store(None);
        let read = (oldest.version + 1..=latest.version).map(|version| read_actions(store.as_ref(), version));
        let mut entries = futures::stream::iter(read).buffered(READS_AT_ONCE);
        let there: BTreeSet<String> = self.table_files().await?.into_iter().map(|(path, _)| path).collect();
        let mut files: BTreeMap<String, DataFile> =
            oldest.files.iter().map(|file| (file.path.clone(), file.clone())).collect();
        let mut first = is_whole(&files, &there).then(|| oldest.clone());
        let mut versions = Vec::new();
        while let Some(entry) = entries.try_next().await.map_err(|source| self.files.cannot_open(source))? {
            // An entry that does not name its files: only the latest version is certain.
            let Some(entry) = entry else { return Ok(Some((latest, Vec::new()))) };
            let Some(commit) = FileCommit::of(&entry, &paths)? else { return Ok(Some((latest, Vec::new()))) };
            let removed = commit.apply(&mut files);
            let version = entry.history.version;
            if first.is_some() {
                versions.push(VersionFiles {
                    changes_rows: commit.changes_rows(),
                    added: commit.added().to_vec(),
                    removed,
                    entry: entry.history,
                });
            } else if is_whole(&files, &there) {
                first = self.store.snapshot(Some(version)).await?;
            }
        }
        Ok(Some((first.unwrap_or(latest), versions)))
    }
}

fn is_whole(files: &BTreeMap<String, DataFile>, there: &BTreeSet<String>) -> bool {
    // What a sandbox has of its base is not in its own folder, and the base keeps it.
    let is_there = |file: &DataFile| file.of_base.file || there.contains(&file.path);
    let has_vector =
        |file: &DataFile| file.vector_file().is_none_or(|path| file.of_base.vector || there.contains(&path));
    files.values().all(|file| is_there(file) && has_vector(file))
}
