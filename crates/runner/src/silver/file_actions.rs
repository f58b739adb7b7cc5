//! Which data files a merge removes, rewrites or marks with a deletion vector.

use super::data_files::file_at;
use crate::RunError;
use roaring::RoaringTreemap;
use sluice_contract::{ApplyMode, Contract};
use sluice_engine::{MergePlan, RowAt};
use sluice_lake::{DataFile, DeltaStore};
use std::collections::BTreeMap;

/// Copy on write: from this many files on, a merge also rewrites the small ones.
const SMALL_FILES_MERGED_FROM: usize = 8;
/// Copy on write: a file with fewer rows is small.
const SMALL_FILE_ROWS: u64 = 100_000;
/// A file is written again when more than this percentage of its rows are deleted ...
const DEAD_PERCENT_MAX: u64 = 50;
/// ... and not more rows are left than this many times those that the batch writes anyway.
const REWRITE_TIMES_BATCH: u64 = 4;

/// What a merge does to the files of the version it is planned on, by their number. A file in none of the
/// lists stays.
#[derive(Default)]
pub(super) struct FileActions {
    /// Removed: no row is left.
    pub(super) remove: Vec<u32>,
    /// Written again; the positions of the rows that are left.
    pub(super) rewrite: BTreeMap<u32, Vec<u32>>,
    /// Given a deletion vector with these positions: all deleted rows, also those of earlier merges.
    pub(super) update: Vec<(DataFile, RoaringTreemap)>,
}

impl FileActions {
    /// Decides by how many rows of each file are left, and by the contract's mode.
    pub(super) async fn of(
        contract: &Contract,
        files: &[DataFile],
        plan: &MergePlan,
        store: &DeltaStore,
    ) -> Result<Self, RunError> {
        Self::of_rows(contract, files, &plan.replaced, plan.upserts.num_rows() as u64, store).await
    }

    /// The same for rows that are replaced, where so many are written.
    pub(super) async fn of_rows(
        contract: &Contract,
        files: &[DataFile],
        rows: &[RowAt],
        writes: u64,
        store: &DeltaStore,
    ) -> Result<Self, RunError> {
        let mut actions = Self::default();
        let mut replaced: BTreeMap<u32, RoaringTreemap> = BTreeMap::new();
        for at in rows {
            replaced.entry(at.file).or_default().insert(u64::from(at.row));
        }
        let copies = contract.apply.mode == ApplyMode::CopyOnWrite;
        if copies && files.len() >= SMALL_FILES_MERGED_FROM && (writes > 0 || !replaced.is_empty()) {
            for (number, _) in (0_u32..).zip(files).filter(|(_, file)| file.rows < SMALL_FILE_ROWS) {
                replaced.entry(number).or_default();
            }
        }
        for (number, mut deleted) in replaced {
            let file = file_at(files, number)?;
            if let Some(before) = store.deleted_positions(file).await? {
                deleted |= before.as_ref();
            }
            let left = file.physical_rows().saturating_sub(deleted.len());
            let mostly_dead = deleted.len() * 100 > file.physical_rows() * DEAD_PERCENT_MAX;
            if left == 0 {
                actions.remove.push(number);
            } else if copies || (mostly_dead && left <= writes.saturating_mul(REWRITE_TIMES_BATCH)) {
                let all = 0..u32::try_from(file.physical_rows()).unwrap_or(u32::MAX);
                actions.rewrite.insert(number, all.filter(|row| !deleted.contains(u64::from(*row))).collect());
            } else {
                actions.update.push((file.clone(), deleted));
            }
        }
        Ok(actions)
    }
}
