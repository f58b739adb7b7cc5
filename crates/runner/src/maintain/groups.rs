//! The groups of files of a version that are rewritten together.

use super::options::MaintainOptions;
use super::plan::{self, FileFacts, PlanBounds};
use super::rewrite::TAG_CLUSTERED;
use sluice_lake::{DataFile, Snapshot};

/// The groups of files to rewrite.
pub(super) fn planned(snapshot: &Snapshot, options: &MaintainOptions) -> Vec<Vec<DataFile>> {
    let wanted = options.cluster_by.join(",");
    let clustered = |file: &DataFile| wanted.is_empty() || file.tags.get(TAG_CLUSTERED) == Some(&wanted);
    let facts: Vec<FileFacts> = snapshot
        .files
        .iter()
        .enumerate()
        .map(|(at, file)| FileFacts {
            at,
            bytes: file.size,
            live_rows: file.rows,
            dead_rows: file.deleted_rows(),
            clustered: clustered(file),
        })
        .collect();
    let bounds = PlanBounds {
        target_bytes: options.target_bytes.max(1),
        group_rows: options.group_rows,
        dead_share: options.dead_share,
        dead_rows: options.dead_rows,
    };
    let files = |group: Vec<usize>| group.iter().filter_map(|at| snapshot.files.get(*at).cloned()).collect();
    plan::groups(&facts, bounds).into_iter().map(files).collect()
}
