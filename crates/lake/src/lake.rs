//! The lake: its files, its ledger, its leases and its tables.

use crate::LakeError;
use crate::cache::local_cache::LocalCache;
use crate::delta::snapshot::{DataFile, Snapshot};
use crate::delta::table::DeltaStore;
use crate::delta::table_files::{TableFiles, TableLocation};
use crate::delta::tables::Tables;
use crate::environment::{LakeEnvironment, Secrets, StoreTimes};
use crate::ledger::leases::Leases;
use crate::ledger::registry::Ledger;
use crate::ledger::sandbox_entry::SandboxEntry;
use crate::ledger::sandboxes as registry;
use crate::sandbox::create::{Base, NewSandbox, create};
use crate::sandbox::open::{Sandbox, of_base, over_base};
use crate::sandbox::place::open_place;
use crate::sandbox::remove::{RemovedSandbox, remove};
use crate::sandbox::take_over::take_over;
use crate::store::lake_folders;
use crate::store::objects::Objects;
use crate::store::root::{Root, root_over};
use crate::store::staged::remove_staged;
use object_store::ObjectStore;
use object_store::memory::InMemory;
use sluice_contract::limits;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};
use url::Url;

/// What a lake is a sandbox of.
#[derive(Debug)]
struct OpenSandbox {
    sandbox: Sandbox,
    base: Lake,
}

/// An open lake. Cheap to clone; clones share caches.
#[derive(Clone, Debug)]
pub struct Lake {
    objects: Objects,
    ledger: Ledger,
    leases: Leases,
    tables: Arc<Tables>,
    sandbox: Option<Arc<OpenSandbox>>,
    environment: LakeEnvironment,
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
        Self::open_root(Root::open(url, environment.store).await?, environment).await
    }

    /// Opens a lake that exists: a folder or prefix with `contracts/`, `landing/`, `_sluice/` or a layer.
    ///
    /// # Errors
    /// [`LakeError::NoLake`], and nothing is created then; else as [`Lake::open`].
    pub async fn open_existing(url: &str, environment: LakeEnvironment) -> Result<Self, LakeError> {
        Self::open_root(lake_folders::open_existing(url, environment.store).await?, environment).await
    }

    async fn open_root(root: Root, environment: LakeEnvironment) -> Result<Self, LakeError> {
        let (root, sandbox) = over_base(root, environment.store, environment.clock.now_ms()).await?;
        let sandbox = match (sandbox, &root.base) {
            (Some(sandbox), Some(base)) => {
                let base = Self::over(base.as_ref().clone(), environment.clone());
                Some(Arc::new(OpenSandbox { sandbox, base }))
            }
            _ => None,
        };
        Ok(Self { sandbox, ..Self::over(root, environment) })
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

    /// An empty lake in the memory of this process, gone with its last clone.
    ///
    /// # Errors
    /// [`LakeError::BadUrl`], which would be a bug.
    pub fn in_memory(environment: LakeEnvironment) -> Result<Self, LakeError> {
        let address = "memory:///lake";
        let url =
            Url::parse(address).map_err(|_| LakeError::BadUrl { url: address.to_owned(), reason: "it is no URL" })?;
        Self::with_environment(Arc::new(InMemory::new()), &url, environment)
    }

    fn over(root: Root, environment: LakeEnvironment) -> Self {
        let LakeEnvironment { clock, ids, cache_folder, lease, store, .. } = environment.clone();
        let objects = Objects::new(root, store);
        let cache = LocalCache::new(&objects, cache_folder);
        Self {
            ledger: Ledger::new(objects.clone(), cache.paths.clone(), clock.clone()),
            leases: Leases::new(objects.clone(), ids.clone(), lease),
            tables: Arc::new(Tables::new(objects.clone(), clock, ids, cache)),
            objects,
            sandbox: None,
            environment,
        }
    }

    /// Its files by path.
    #[must_use]
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// Where the keys of keyed hashes are.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.environment.secrets
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
            Some(root) => {
                let mut folders = vec![root.to_path_buf(), self.tables.cache.paths.positions_elsewhere()];
                if let Some(base) = &self.objects.root().base {
                    folders.push(base.local.clone().unwrap_or_else(|| self.cache_folder()));
                }
                folders
            }
            None => vec![self.cache_folder()],
        }
    }

    /// Where data files of a remote lake are kept on this machine.
    #[must_use]
    pub fn cache_folder(&self) -> PathBuf {
        self.tables.cache.paths.copies()
    }

    /// What it is a sandbox of; `None` for any other lake.
    #[must_use]
    pub fn sandbox(&self) -> Option<&Sandbox> {
        self.sandbox.as_ref().map(|open| &open.sandbox)
    }

    /// The lake that it is a sandbox of; `None` for any other lake.
    #[must_use]
    pub fn base(&self) -> Option<&Self> {
        self.sandbox.as_ref().map(|open| &open.base)
    }

    /// The sandboxes of this lake, by name.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`], [`LakeError::Corrupt`].
    pub async fn sandboxes(&self) -> Result<Vec<SandboxEntry>, LakeError> {
        registry::entries(&self.objects).await
    }

    /// A sandbox of this lake by its name.
    ///
    /// # Errors
    /// [`LakeError::NoSandbox`], [`LakeError::SandboxName`], [`LakeError::Read`], [`LakeError::Corrupt`].
    pub async fn sandbox_named(&self, name: &str) -> Result<SandboxEntry, LakeError> {
        let entry = registry::entry(&self.objects, name).await?;
        entry.ok_or_else(|| LakeError::NoSandbox { path: name.to_owned() })
    }

    /// Opens a sandbox of this lake, in the same environment.
    ///
    /// # Errors
    /// As [`Lake::sandbox_named`] and [`Lake::open`]; [`LakeError::SandboxUnfinished`], [`LakeError::SandboxClosed`].
    pub async fn open_sandbox(&self, name: &str) -> Result<Self, LakeError> {
        let base = self.base().unwrap_or(self);
        let entry = base.sandbox_named(name).await?;
        let times = base.environment.store;
        let root = open_place(&base.objects, name, &entry.place, times).await?;
        let now_ms = base.environment.clock.now_ms();
        let (root, sandbox) = of_base(root, base.objects.root().clone(), times, now_ms).await?;
        let sandbox = Some(Arc::new(OpenSandbox { sandbox, base: base.clone() }));
        Ok(Self { sandbox, ..Self::over(root, base.environment.clone()) })
    }

    /// Makes a sandbox of this lake as it is now: its drafts are copied, of its tables only the logs are written.
    ///
    /// # Errors
    /// [`LakeError::SandboxName`], [`LakeError::SandboxExists`], [`LakeError::SandboxPlace`],
    /// [`LakeError::NestedSandbox`]; what reading the lake and writing the sandbox say.
    pub async fn create_sandbox(&self, new: NewSandbox) -> Result<SandboxEntry, LakeError> {
        let now_ms = self.tables.clock.now_ms();
        if let Some(sandbox) = self.sandbox() {
            return Err(LakeError::NestedSandbox { name: sandbox.entry.name.clone(), url: sandbox.base.clone() });
        }
        let base = Base { objects: &self.objects, ledger: &self.ledger, tables: &self.tables };
        create(&base, new, self.environment.ids.next_text(), self.environment.store, now_ms).await
    }

    /// Keeps what an open sandbox needs for so many milliseconds from now on.
    ///
    /// # Errors
    /// [`LakeError::NoSandbox`]; [`LakeError::SandboxClosed`] if what it needs may be gone already.
    pub async fn keep_sandbox(&self, name: &str, keep_ms: u64) -> Result<SandboxEntry, LakeError> {
        let entry = self.sandbox_named(name).await?;
        let now_ms = self.tables.clock.now_ms();
        if !entry.is_open(now_ms) {
            return Err(LakeError::SandboxClosed { name: entry.name, url: self.url().to_owned() });
        }
        let expires_ms = now_ms.saturating_add(i64::try_from(keep_ms).unwrap_or(i64::MAX)).max(entry.expires_ms);
        let entry = SandboxEntry { expires_ms, ..entry };
        registry::update(&self.objects, &entry).await?;
        Ok(entry)
    }

    /// Puts the files that this sandbox wrote for a version of a table into its base, where no version names them yet;
    /// the version's files as the base knows them, for [`crate::Transaction::becomes`]. Nothing is made again: on one disk
    /// a file gets a second name, in one bucket the server copies.
    ///
    /// # Errors
    /// [`LakeError::BadPath`] for a lake that is no sandbox; [`LakeError::Read`], [`LakeError::Write`].
    pub async fn take_over(&self, table: &DeltaStore, version: &Snapshot) -> Result<Vec<DataFile>, LakeError> {
        take_over(self.objects.root(), table.folder(), version, self.tables.clock.now_ms()).await
    }

    /// Removes what killed writers left of files that they never put in their place, below these folders of a lake on this
    /// machine; how many files. What is younger than an hour may be written still.
    pub async fn remove_unfinished(&self, folders: &[String]) -> u64 {
        let Some(root) = self.local_root() else { return 0 };
        let folders: Vec<PathBuf> = folders.iter().map(|folder| root.join(folder)).collect();
        let now = Duration::from_millis(u64::try_from(self.tables.clock.now_ms()).unwrap_or(0));
        let since = UNIX_EPOCH + now.saturating_sub(Duration::from_secs(limits::UNFINISHED_FILE_SECONDS));
        let removed = tokio::task::spawn_blocking(move || folders.iter().map(|of| remove_staged(of, since)).sum());
        removed.await.unwrap_or(0)
    }

    /// Removes a sandbox: its files, where its folder can be reached from here, and its entry.
    ///
    /// # Errors
    /// [`LakeError::NoSandbox`], [`LakeError::List`], [`LakeError::Delete`].
    pub async fn remove_sandbox(&self, name: &str) -> Result<RemovedSandbox, LakeError> {
        remove(&self.objects, name, self.environment.store).await
    }
}
