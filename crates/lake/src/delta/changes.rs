//! What changed between two versions, by the log: no data is read.
//!
//! A commit with `dataChange=false` (compaction, clustering) moves rows without changing them. It ends
//! a step, and what it did to the files is in no step. A step is the difference of the files at its two
//! ends, so a row that came and went within a step is in neither list; a row that came in one step and
//! went in a later one is in both.

use crate::delta::commit_log::{LogEntry, READS_AT_ONCE, read_actions};
use crate::delta::snapshot::inside_table;
use crate::{DataFile, DeltaStore, LakeError, Snapshot};
use deltalake::kernel::Action;
use futures::{StreamExt, TryStreamExt};
use roaring::RoaringTreemap;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use url::Url;

/// Rows of a data file that came or went.
#[derive(Clone, Debug, PartialEq)]
pub struct ChangedRows {
    /// The file as one of the versions has it.
    pub file: DataFile,
    /// Positions of the rows; `None` for all rows that the file's deletion vector leaves.
    pub positions: Option<Arc<RoaringTreemap>>,
}

impl ChangedRows {
    /// How many rows.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.positions.as_ref().map_or(self.file.rows, |positions| positions.len())
    }
}

/// What a run of commits changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChangeStep {
    /// Rows that are no longer there.
    pub removed: Vec<ChangedRows>,
    /// Rows that are new.
    pub added: Vec<ChangedRows>,
}

/// What changed from one version to another.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Steps in the direction of the comparison, none of them empty.
    pub steps: Vec<ChangeStep>,
}

/// How much changed from one version to another, as the log tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeCounts {
    /// Rows that the later version has in a place where the earlier has none: inserted rows, and
    /// updated rows as they are after.
    pub added: u64,
    /// Rows that went: deleted rows, and updated rows as they were before.
    pub removed: u64,
    /// Commits between the two versions.
    pub commits: u64,
    /// Those of them that only rearranged files.
    pub rearranging: u64,
    /// What the commit says of itself ([`crate::HistoryEntry::info`]) where exactly one changed rows and the
    /// comparison goes forward.
    pub info: Option<Map<String, Value>>,
}

/// What one commit did to the files of a table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct FileCommit {
    /// Whether it changed rows, and did not only move them.
    changes_rows: bool,
    removed: Vec<String>,
    added: Vec<DataFile>,
    info: Map<String, Value>,
}

/// The files of a version, by path.
pub(crate) type Files = BTreeMap<String, DataFile>;

/// What a step did to the files.
#[derive(Debug, Default, PartialEq)]
struct FileStep {
    removed: Vec<DataFile>,
    added: Vec<DataFile>,
    /// Files of both ends with another deletion vector.
    changed: Vec<(DataFile, DataFile)>,
}

impl FileStep {
    fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.added.is_empty() && self.changed.is_empty()
    }

    fn turned(self) -> Self {
        let changed = self.changed.into_iter().map(|(before, after)| (after, before)).collect();
        Self { removed: self.added, added: self.removed, changed }
    }

    /// Rows added and removed, without reading a deletion vector. One that both grew and shrank, as a
    /// restore may make it, counts with its difference.
    fn counts(&self) -> (u64, u64) {
        let rows = |files: &[DataFile]| files.iter().map(|file| file.rows).sum::<u64>();
        let (mut added, mut removed) = (rows(&self.added), rows(&self.removed));
        for (before, after) in &self.changed {
            added += after.rows.saturating_sub(before.rows);
            removed += before.rows.saturating_sub(after.rows);
        }
        (added, removed)
    }
}

/// The log between two versions.
struct Walked {
    steps: Vec<FileStep>,
    /// Commits that only rearranged files.
    rearranging: u64,
    /// See [`ChangeCounts::info`].
    info: Option<Map<String, Value>>,
}

impl FileCommit {
    /// The files of a log entry; `None` if it does not count its rows, which only the files know.
    pub(crate) fn of(entry: &LogEntry, table_url: &Url) -> Result<Option<Self>, LakeError> {
        let info = entry.history.info.clone();
        let mut commit = Self { changes_rows: false, removed: Vec::new(), added: Vec::new(), info };
        for action in &entry.actions {
            match action {
                Action::Add(add) => {
                    commit.changes_rows |= add.data_change;
                    match DataFile::of_add(add.clone(), table_url)? {
                        Some(file) => commit.added.push(file),
                        None => return Ok(None),
                    }
                }
                Action::Remove(remove) => {
                    commit.changes_rows |= remove.data_change;
                    commit.removed.push(inside_table(&remove.path, table_url)?);
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

fn by_path(files: &[DataFile]) -> Files {
    files.iter().map(|file| (file.path.clone(), file.clone())).collect()
}

/// What is different between two sets of files.
fn difference(before: &Files, after: &Files) -> FileStep {
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
fn file_steps(before: &[DataFile], commits: &[FileCommit]) -> (Vec<FileStep>, Files) {
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

impl DeltaStore {
    /// How much changed, from the log alone.
    ///
    /// # Errors
    /// [`LakeError::OpenTable`], [`LakeError::ForeignPath`].
    pub async fn change_counts(&self, from: &Snapshot, to: &Snapshot) -> Result<ChangeCounts, LakeError> {
        let Walked { steps, rearranging, info } = self.steps_between(from, to).await?;
        let commits = from.version.abs_diff(to.version);
        let mut counts = ChangeCounts { commits, rearranging, info, ..ChangeCounts::default() };
        for step in &steps {
            let (added, removed) = step.counts();
            counts.added += added;
            counts.removed += removed;
        }
        Ok(counts)
    }

    /// Which rows changed, from the log and the deletion vectors. The versions may be in either order.
    ///
    /// # Errors
    /// [`LakeError::OpenTable`], [`LakeError::ForeignPath`]; [`LakeError::Decode`] for a deletion vector.
    pub async fn changes(&self, from: &Snapshot, to: &Snapshot) -> Result<Changes, LakeError> {
        let Walked { steps, .. } = self.steps_between(from, to).await?;
        let mut changes = Changes::default();
        for step in steps {
            let step = self.rows_of(step).await?;
            if !step.removed.is_empty() || !step.added.is_empty() {
                changes.steps.push(step);
            }
        }
        Ok(changes)
    }

    /// Positions of rows that changed, in their file.
    ///
    /// # Errors
    /// [`LakeError::Decode`] for a deletion vector.
    pub async fn changed_positions(&self, changed: &ChangedRows) -> Result<Arc<RoaringTreemap>, LakeError> {
        if let Some(positions) = &changed.positions {
            return Ok(Arc::clone(positions));
        }
        let mut all = RoaringTreemap::new();
        all.insert_range(0..changed.file.physical_rows());
        if let Some(dead) = self.deleted_positions(&changed.file).await? {
            all -= dead.as_ref();
        }
        Ok(Arc::new(all))
    }

    /// The rows of a step.
    async fn rows_of(&self, step: FileStep) -> Result<ChangeStep, LakeError> {
        let all = |file| ChangedRows { file, positions: None };
        let mut rows = ChangeStep {
            removed: step.removed.into_iter().filter(|file| file.rows > 0).map(all).collect(),
            added: step.added.into_iter().filter(|file| file.rows > 0).map(all).collect(),
        };
        for (before, after) in step.changed {
            let none = || Arc::new(RoaringTreemap::new());
            let dead_before = self.deleted_positions(&before).await?.unwrap_or_else(none);
            let dead_after = self.deleted_positions(&after).await?.unwrap_or_else(none);
            let died = dead_after.as_ref() - dead_before.as_ref();
            let revived = dead_before.as_ref() - dead_after.as_ref();
            if !died.is_empty() {
                rows.removed.push(ChangedRows { file: before, positions: Some(Arc::new(died)) });
            }
            if !revived.is_empty() {
                rows.added.push(ChangedRows { file: after, positions: Some(Arc::new(revived)) });
            }
        }
        Ok(rows)
    }

    /// The log between two versions, in the direction of the comparison.
    async fn steps_between(&self, from: &Snapshot, to: &Snapshot) -> Result<Walked, LakeError> {
        let turned = from.version > to.version;
        let (early, late) = if turned { (to, from) } else { (from, to) };
        let commits = self.file_commits(early.version, late.version).await?;
        let walked = commits.map(|commits| (file_steps(&early.files, &commits), commits));
        let mut found = match walked {
            Some(((steps, end), commits)) if difference(&end, &by_path(&late.files)).is_empty() => {
                let rearranging = commits.iter().filter(|commit| !commit.changes_rows).count() as u64;
                let mut changing = commits.into_iter().filter(|commit| commit.changes_rows);
                let info = match (changing.next(), changing.next()) {
                    (Some(only), None) if !turned => Some(only.info),
                    _ => None,
                };
                Walked { steps, rearranging, info }
            }
            // Entries were cleaned up, or are not what the versions say: the versions count, and moved
            // rows are taken for changed ones.
            _ => {
                let step = difference(&by_path(&early.files), &by_path(&late.files));
                let steps = if step.is_empty() { Vec::new() } else { vec![step] };
                Walked { steps, rearranging: 0, info: None }
            }
        };
        if turned {
            found.steps = found.steps.into_iter().rev().map(FileStep::turned).collect();
        }
        Ok(found)
    }

    /// The commits after one version up to another; `None` if an entry is gone or does not count its
    /// rows.
    pub(crate) async fn file_commits(&self, after: u64, until: u64) -> Result<Option<Vec<FileCommit>>, LakeError> {
        let (log_store, table_url) = (self.log_store()?, self.table_url()?);
        let store = log_store.object_store(None);
        let read = (after + 1..=until).map(|version| read_actions(store.as_ref(), version));
        let mut entries = futures::stream::iter(read).buffered(READS_AT_ONCE);
        let mut commits = Vec::new();
        while let Some(entry) = entries.try_next().await.map_err(|source| self.cannot_open(source))? {
            let Some(entry) = entry else { return Ok(None) };
            let Some(commit) = FileCommit::of(&entry, &table_url)? else { return Ok(None) };
            commits.push(commit);
        }
        Ok(Some(commits))
    }
}
