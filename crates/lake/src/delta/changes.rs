//! What changed between two versions, by the log: no data is read.
//!
//! A commit with `dataChange=false` (compaction, clustering) moves rows without changing them. It ends
//! a step, and what it did to the files is in no step. A step is the difference of the files at its two
//! ends, so a row that came and went within a step is in neither list; a row that came in one step and
//! went in a later one is in both.

use crate::LakeError;
use crate::delta::commit_info::CommitInfo;
use crate::delta::file_commit::{FileStep, by_path, difference, file_commits, file_steps};
use crate::delta::snapshot::{DataFile, Snapshot};
use crate::delta::table::DeltaStore;
use roaring::RoaringTreemap;
use std::sync::Arc;

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

/// How much changed from one version to another, as the log has it.
#[derive(Clone, Debug, Default, PartialEq)]
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
    pub info: Option<CommitInfo>,
}

/// The log between two versions.
struct Walked {
    steps: Vec<FileStep>,
    /// Commits that only rearranged files.
    rearranging: u64,
    /// See [`ChangeCounts::info`].
    info: Option<CommitInfo>,
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

    /// Which rows of this version another table's version does not have, and the other way round: files that both have
    /// are not read, so the version of a clone costs what was written since. `before` is the side that is compared with.
    ///
    /// # Errors
    /// [`LakeError::Decode`] for a deletion vector.
    pub async fn changes_from(&self, other: &Self, before: &Snapshot, after: &Snapshot) -> Result<Changes, LakeError> {
        let (mut old, new) = (by_path(&before.files), by_path(&after.files));
        let mut step = FileStep::default();
        for (path, file) in new {
            match old.remove(&path) {
                Some(same) if same.size == file.size && same.content_hash() == file.content_hash() => {
                    if same.deletion_vector != file.deletion_vector {
                        step.changed.push((same, file));
                    }
                }
                // Another file that happens to have the name.
                Some(another) => {
                    step.removed.push(another);
                    step.added.push(file);
                }
                None => step.added.push(file),
            }
        }
        step.removed.extend(old.into_values());
        let step = self.rows_between(other, step).await?;
        let steps = if step.removed.is_empty() && step.added.is_empty() { Vec::new() } else { vec![step] };
        Ok(Changes { steps })
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
        self.rows_between(self, step).await
    }

    /// The rows of a step from a version of `other` to one of this table.
    async fn rows_between(&self, other: &Self, step: FileStep) -> Result<ChangeStep, LakeError> {
        let all = |file| ChangedRows { file, positions: None };
        let mut rows = ChangeStep {
            removed: step.removed.into_iter().filter(|file| file.rows > 0).map(all).collect(),
            added: step.added.into_iter().filter(|file| file.rows > 0).map(all).collect(),
        };
        for (before, after) in step.changed {
            let none = || Arc::new(RoaringTreemap::new());
            let dead_before = other.deleted_positions(&before).await?.unwrap_or_else(none);
            let dead_after = self.deleted_positions(&after).await?.unwrap_or_else(none);
            let died = dead_after.as_ref() - dead_before.as_ref();
            let restored = dead_before.as_ref() - dead_after.as_ref();
            if !died.is_empty() {
                rows.removed.push(ChangedRows { file: before, positions: Some(Arc::new(died)) });
            }
            if !restored.is_empty() {
                rows.added.push(ChangedRows { file: after, positions: Some(Arc::new(restored)) });
            }
        }
        Ok(rows)
    }

    /// The log between two versions, in the direction of the comparison.
    async fn steps_between(&self, from: &Snapshot, to: &Snapshot) -> Result<Walked, LakeError> {
        let turned = from.version > to.version;
        let (early, late) = if turned { (to, from) } else { (from, to) };
        let commits = file_commits(&self.files, early.version, late.version).await?;
        let walked = commits.map(|commits| (file_steps(&early.files, &commits), commits));
        let mut found = match walked {
            Some(((steps, end), commits)) if difference(&end, &by_path(&late.files)).is_empty() => {
                let rearranging = commits.iter().filter(|commit| !commit.changes_rows()).count() as u64;
                let mut changing = commits.into_iter().filter(|commit| commit.changes_rows());
                let info = match (changing.next(), changing.next()) {
                    (Some(only), None) if !turned => Some(only.into_info()),
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
}
