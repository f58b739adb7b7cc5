//! The lake on temporary folders and on stores that fail.

#![expect(clippy::unwrap_used, reason = "a test may fail loudly, its helpers too")]

mod cached_rows;
mod column_types;
mod commits;
#[path = "../conformance/mod.rs"]
mod conformance;
mod faults;
mod files;
mod fixtures;
mod local_files;
mod page_checksums;
mod ranges;
mod sandbox;

use sluice_lake::Lake;

/// A lake in a new folder; the folder goes with the first value.
pub(crate) async fn new_lake() -> (tempfile::TempDir, Lake) {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path().join("lake").to_str().unwrap()).await.unwrap();
    (folder, lake)
}

/// The cases of [`conformance`], each as a test of its own.
macro_rules! run_cases {
    ($($group:ident::$case:ident,)*) => {
        mod memory {
            use crate::conformance::{self, Backend};
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                conformance::$group::$case(Backend::at("memory")).await;
            })*
        }
        mod folder {
            use crate::conformance::{self, Backend};
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $case() {
                conformance::$group::$case(Backend::at("folder")).await;
            })*
        }
    };
}
conformance::for_all_cases!(run_cases);
