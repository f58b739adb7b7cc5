//! What a lake has to do on every store: one list of cases, run over memory, a folder of this machine and S3.
//!
//! A case gets a [`Backend`], of which every [`Backend::open`] is a lake as another process would have it. A new
//! case is a function and a line in [`for_all_cases`].

pub(crate) mod files;
pub(crate) mod leases;
pub(crate) mod ledger;
pub(crate) mod rows;
pub(crate) mod tables;

use object_store::memory::InMemory;
use sluice_lake::{Lake, LakeEnvironment, LeaseTimes};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Calls a macro with all cases.
macro_rules! for_all_cases {
    ($run:ident) => {
        $run! {
            files::a_file_is_read_as_it_was_written,
            files::a_missing_file_is_not_found,
            files::a_file_is_created_once,
            files::of_sixteen_writers_one_creates,
            files::a_file_is_removed_once_and_again,
            files::files_are_listed_below_a_folder,
            files::folders_are_listed,
            files::a_listing_begins_after_a_name,
            files::paths_stay_inside_of_the_lake,
            ledger::batches_are_claimed_once,
            ledger::folded_manifests_say_the_same_as_each_by_itself,
            ledger::a_damaged_manifest_is_refused,
            ledger::schema_documents_are_numbered,
            ledger::state_is_named_by_its_content,
            ledger::contracts_and_models_are_found,
            leases::a_table_has_one_writer,
            leases::a_writer_without_heartbeats_loses_its_table,
            leases::a_late_writer_is_refused,
            tables::a_commit_is_read_back,
            tables::a_table_is_created_once,
            tables::of_two_commits_on_one_version_one_is_made,
            tables::a_batch_is_applied_once,
            tables::a_number_is_used_for_one_content,
            tables::old_versions_and_checkpoints_are_read,
            tables::vacuum_removes_what_no_version_needs,
            rows::any_range_is_read,
            rows::deleted_rows_are_left_out,
            rows::changes_are_found_by_the_log,
            rows::files_are_read_through_the_cache,
        }
    };
}
pub(crate) use for_all_cases;

/// A store that is empty at first.
pub(crate) struct Backend {
    store: Store,
    /// Of this machine: cached files, and the lake itself if it is in a folder.
    folder: tempfile::TempDir,
}

enum Store {
    Memory(Arc<InMemory>),
    Folder,
    Url(String),
}

impl Backend {
    /// `memory`, `folder` (a new one of this machine), or the address of a bucket.
    pub(crate) fn at(place: &str) -> Self {
        let store = match place {
            "memory" => Store::Memory(Arc::default()),
            "folder" => Store::Folder,
            url => Store::Url(url.to_owned()),
        };
        Self { store, folder: tempfile::tempdir().unwrap() }
    }

    /// A lake of another process.
    pub(crate) async fn open(&self) -> Lake {
        let lease =
            LeaseTimes { heartbeat_interval: Duration::from_secs(3_600), lease_timeout: Duration::from_millis(40) };
        let cache_folder: Option<PathBuf> = Some(self.folder.path().join("cache/files"));
        let environment = LakeEnvironment { lease, cache_folder, ..LakeEnvironment::default() };
        match &self.store {
            Store::Memory(store) => {
                let (store, url) = (Arc::clone(store) as _, Url::parse("memory:///some/lake").unwrap());
                Lake::with_environment(store, &url, environment).unwrap()
            }
            Store::Folder => {
                Lake::open_in(self.folder.path().join("lake").to_str().unwrap(), environment).await.unwrap()
            }
            Store::Url(url) => Lake::open_in(url, environment).await.unwrap(),
        }
    }
}
