//! The lake: its files, its ledger, its leases and its tables.

use crate::LakeError;
use crate::cache::local_cache::LocalCache;
use crate::delta::table::DeltaStore;
use crate::delta::table_files::{TableFiles, TableLocation};
use crate::delta::tables::Tables;
use crate::environment::{LakeEnvironment, StoreTimes};
use crate::ledger::leases::Leases;
use crate::ledger::registry::Ledger;
use crate::store::lake_folders;
use crate::store::objects::Objects;
use crate::store::root::{Root, root_over};
use object_store::ObjectStore;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use url::Url;

/// An open lake. Cheap to clone; clones share caches.
#[derive(Clone, Debug)]
pub struct Lake {
    objects: Objects,
    ledger: Ledger,
    leases: Leases,
    tables: Arc<Tables>,
}

impl Lake {
    /// Opens a lake: a folder (created if missing), `file://` or `s3://bucket/prefix`.
    ///
    /// S3 takes its credentials from the standard AWS chain (environment, profile files, web
    /// identity, instance metadata) and honours `AWS_ENDPOINT_URL`, `AWS_ALLOW_HTTP` and
    /// `AWS_REGION`; nothing of it is stored.
    ///
    /// # Errors
    /// [`LakeError::BadUrl`], [`LakeError::Open`].
    pub async fn open(url: &str) -> Result<Self, LakeError> {
        Self::open_in(url, LakeEnvironment::default()).await
    }

    /// The same in another environment, for example with shorter timeouts of the store.
    ///
    /// # Errors
    /// As [`Lake::open`].
    pub async fn open_in(url: &str, environment: LakeEnvironment) -> Result<Self, LakeError> {
        Ok(Self::over(Root::open(url, environment.store).await?, environment))
    }

    /// Opens a lake that exists: a folder or prefix with `contracts/`, `landing/`, `_sluice/` or a layer.
    ///
    /// # Errors
    /// [`LakeError::NoLake`], and nothing is created then; else as [`Lake::open`].
    pub async fn open_existing(url: &str, environment: LakeEnvironment) -> Result<Self, LakeError> {
        Ok(Self::over(lake_folders::open_existing(url, environment.store).await?, environment))
    }

    /// Makes an empty lake at an address; one that is there stays as it is.
    ///
    /// # Errors
    /// As [`Lake::open`], and [`LakeError::Write`].
    pub async fn make(url: &str, times: StoreTimes) -> Result<(), LakeError> {
        lake_folders::make(url, times).await
    }

    /// A lake over an open store, for example one that injects faults. `url` is the lake's address in
    /// the store: `memory:///lake`, or `file:///folder` for a store over the whole file system.
    ///
    /// # Errors
    /// [`LakeError::BadUrl`].
    pub fn with_store(store: Arc<dyn ObjectStore>, url: &Url) -> Result<Self, LakeError> {
        Self::with_environment(store, url, LakeEnvironment::default())
    }

    /// The same in another environment.
    ///
    /// # Errors
    /// [`LakeError::BadUrl`].
    pub fn with_environment(
        store: Arc<dyn ObjectStore>,
        url: &Url,
        environment: LakeEnvironment,
    ) -> Result<Self, LakeError> {
        Ok(Self::over(root_over(store, url)?, environment))
    }

    fn over(root: Root, environment: LakeEnvironment) -> Self {
        let LakeEnvironment { clock, ids, cache_folder, lease, store } = environment;
        let objects = Objects::new(root, store);
        let cache = LocalCache::new(&objects, cache_folder);
        Self {
            ledger: Ledger::new(objects.clone(), cache.paths.clone(), clock.clone()),
            leases: Leases::new(objects.clone(), ids.clone(), lease),
            tables: Arc::new(Tables::new(objects.clone(), clock, ids, cache)),
            objects,
        }
    }

    /// Its files by path.
    #[must_use]
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Its numbered documents: batches, schemas, state, contracts.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Who writes which table.
    #[must_use]
    pub fn leases(&self) -> &Leases {
        &self.leases
    }

    /// A table, whether it exists or not.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "callers make the location for this call")]
    pub fn table(&self, location: TableLocation) -> DeltaStore {
        DeltaStore::new(TableFiles::new(Arc::clone(&self.tables), &location))
    }

    /// Address without secrets: the folder, or `s3://bucket/prefix`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.objects.url()
    }

    /// Last part of the address, for titles.
    #[must_use]
    pub fn name(&self) -> String {
        self.objects.name()
    }

    /// Folder of a lake on this machine.
    #[must_use]
    pub fn local_root(&self) -> Option<&Path> {
        self.objects.local_root()
    }

    /// Folders on this machine that hold everything which readers of this lake open: the lake's own and, where it may
    /// only be read, its part of the user's cache; for a remote lake the folder of the copies.
    #[must_use]
    pub fn readable_folders(&self) -> Vec<PathBuf> {
        match self.objects.local_root() {
            Some(root) => vec![root.to_path_buf(), self.tables.cache.paths.positions_elsewhere()],
            None => vec![self.cache_folder()],
        }
    }

    /// Where data files of a remote lake are kept on this machine.
    #[must_use]
    pub fn cache_folder(&self) -> PathBuf {
        self.tables.cache.paths.copies()
    }
}
