//! What one commit did to the files of a table, and what a run of commits did.

use crate::LakeError;
use crate::delta::commit_info::CommitInfo;
use crate::delta::log::{LogEntry, READS_AT_ONCE, read_actions};
use crate::delta::log_paths::LogPaths;
use crate::delta::snapshot::DataFile;
use crate::delta::table_files::TableFiles;
use deltalake::kernel::Action;
use futures::{StreamExt, TryStreamExt};
use std::collections::BTreeMap;

/// What one commit did to the files of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileCommit {
    /// Whether it changed rows, and did not only move them.
    changes_rows: bool,
    removed: Vec<String>,
    added: Vec<DataFile>,
    info: CommitInfo,
}

/// The files of a version, by path.
pub(crate) type Files = BTreeMap<String, DataFile>;

/// What a step did to the files.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct FileStep {
    pub(crate) removed: Vec<DataFile>,
    pub(crate) added: Vec<DataFile>,
    /// Files of both ends with another deletion vector.
    pub(crate) changed: Vec<(DataFile, DataFile)>,
}

impl FileStep {
    pub(crate) fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty() && self.changed.is_empty()
    }

    pub(crate) fn turned(self) -> Self {
        let changed = self.changed.into_iter().map(|(before, after)| (after, before)).collect();
        Self { removed: self.added, added: self.removed, changed }
    }

    /// Rows added and removed, without reading a deletion vector. One that both grew and shrank, as a
    /// restore may make it, counts with its difference.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let rows = |files: &[DataFile]| files.iter().map(|file| file.rows).sum::<u64>();
        let (mut added, mut removed) = (rows(&self.added), rows(&self.removed));
        for (before, after) in &self.changed {
            added += after.rows.saturating_sub(before.rows);
            removed += before.rows.saturating_sub(after.rows);
        }
        (added, removed)
    }
}

impl FileCommit {
    /// The files of a log entry; `None` if it does not count its rows, which only the files know.
    pub(crate) fn of(entry: &LogEntry, paths: &LogPaths) -> Result<Option<Self>, LakeError> {
        let info = entry.history.info.clone();
        let mut commit = Self { changes_rows: false, removed: Vec::new(), added: Vec::new(), info };
        for action in &entry.actions {
            match action {
                Action::Add(add) => {
                    commit.changes_rows |= add.data_change;
                    match DataFile::of_add(add.clone(), paths)? {
                        Some(file) => commit.added.push(file),
                        None => return Ok(None),
                    }
                }
                Action::Remove(remove) => {
                    commit.changes_rows |= remove.data_change;
                    commit.removed.push(paths.read(&remove.path)?.path);
                }
                _ => {}
            }
        }
        Ok(Some(commit))
    }

    /// Files that it added, those with another deletion vector included.
    pub(crate) fn added(&self) -> &[DataFile] {
        &self.added
    }

    /// What the commit says of itself.
    pub(crate) fn into_info(self) -> CommitInfo {
        self.info
    }

    /// Whether it changed rows, and did not only move them.
    pub(crate) fn changes_rows(&self) -> bool {
        self.changes_rows
    }

    /// Makes files those after it; returns the files that went, those that it added again included.
    pub(crate) fn apply(&self, files: &mut Files) -> Vec<DataFile> {
        let mut gone: Vec<DataFile> = self.removed.iter().filter_map(|path| files.remove(path)).collect();
        for file in &self.added {
            gone.extend(files.insert(file.path.clone(), file.clone()));
        }
        gone
    }
}

pub(crate) fn by_path(files: &[DataFile]) -> Files {
    files.iter().map(|file| (file.path.clone(), file.clone())).collect()
}

/// What is different between two sets of files.
pub(crate) fn difference(before: &Files, after: &Files) -> FileStep {
    let mut step = FileStep::default();
    for (path, file) in before {
        match after.get(path) {
            None => step.removed.push(file.clone()),
            Some(other) if other.deletion_vector != file.deletion_vector => {
                step.changed.push((file.clone(), other.clone()));
            }
            Some(_) => {}
        }
    }
    step.added.extend(after.iter().filter(|(path, _)| !before.contains_key(*path)).map(|(_, file)| file.clone()));
    step
}

/// The steps from some files on, and the files at the end.
pub(crate) fn file_steps(before: &[DataFile], commits: &[FileCommit]) -> (Vec<FileStep>, Files) {
    let mut start = by_path(before);
    let mut now = start.clone();
    let mut steps = Vec::new();
    for commit in commits {
        if !commit.changes_rows {
            steps.push(difference(&start, &now));
            commit.apply(&mut now);
            start.clone_from(&now);
        } else {
            commit.apply(&mut now);
        }
    }
    steps.push(difference(&start, &now));
    steps.retain(|step| !step.is_empty());
    (steps, now)
}

/// The commits after one version up to another; `None` if an entry is gone or does not count its
/// rows.
pub(crate) async fn file_commits(
    table: &TableFiles,
    after: u64,
    until: u64,
) -> Result<Option<Vec<FileCommit>>, LakeError> {
    let (log_store, paths) = (table.log_store()?, table.log_paths()?);
    let store = log_store.object_store(None);
    let read = (after + 1..=until).map(|version| read_actions(store.as_ref(), version));
    let mut entries = futures::stream::iter(read).buffered(READS_AT_ONCE);
    let mut commits = Vec::new();
    while let Some(entry) = entries.try_next().await.map_err(|source| table.cannot_open(source))? {
        let Some(entry) = entry else { return Ok(None) };
        let Some(commit) = FileCommit::of(&entry, &paths)? else { return Ok(None) };
        commits.push(commit);
    }
    Ok(Some(commits))
}
