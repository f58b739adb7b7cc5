//! The lake on temporary folders and on stores that fail.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly, its helpers too")]

mod column_types;
mod commits;
mod faults;
mod files;
mod fixtures;
mod local_files;
mod ranges;
mod scattered;

use sluice_lake::Lake;

/// A lake in a new folder; the folder goes with the first value.
pub(crate) async fn new_lake() -> (tempfile::TempDir, Lake) {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().join("lake").to_str().unwrap()).await.unwrap();
    (folder, lake)
}
