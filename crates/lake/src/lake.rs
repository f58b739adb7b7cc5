//! The lake: files by path, conditional writes.

use crate::cache::key_index::KeyRunCache;
use crate::cache::local_files::KnownPositions;
use crate::cache::snapshot_cache::SnapshotCache;
use crate::delta::deletion_vector::VectorCache;
use crate::delta::delta_store::{DeltaStore, TableLocation};
use crate::delta::read_range::FooterCache;
use crate::store::root::{Root, Style, root_over, style_of};
use crate::{BatchManifest, LakeError, SourceFile, Surroundings};
use bytes::Bytes;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;
use url::Url;

/// How often a conditional write is repeated that the store refused although nothing is there (S3: 409
/// `ConditionalRequestConflict`).
pub(crate) const CONFLICTS_MAX: u32 = 3;

/// What a conditional write found.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutNew {
    /// The file is ours.
    Created,
    /// Someone else's file is there; nothing was written.
    Exists,
}

/// An open lake. Cheap to clone; clones share caches.
#[derive(Clone, Debug)]
pub struct Lake {
    pub(crate) shared: Arc<Shared>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) root: Arc<Root>,
    /// Stores of sources outside of the lake, by bucket; `""` is the file system.
    others: Mutex<BTreeMap<String, Arc<Root>>>,
    writable: OnceCell<()>,
    pub(crate) snapshots: SnapshotCache,
    pub(crate) footers: FooterCache,
    pub(crate) vectors: VectorCache,
    pub(crate) key_runs: KeyRunCache,
    pub(crate) manifests: Mutex<BTreeMap<String, BatchManifest>>,
    pub(crate) positions: KnownPositions,
    /// Hashes of the content of change files.
    pub(crate) contents: Mutex<BTreeMap<SourceFile, String>>,
    pub(crate) cache_folder: Option<PathBuf>,
    pub(crate) surroundings: Surroundings,
}

/// A path in a store.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) root: Arc<Root>,
    pub(crate) style: Style,
    pub(crate) path: Path,
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
        Self::open_in(url, Surroundings::default()).await
    }

    /// The same with surroundings of one's own, for example a shorter patience with a store.
    ///
    /// # Errors
    /// As [`Lake::open`].
    pub async fn open_in(url: &str, surroundings: Surroundings) -> Result<Self, LakeError> {
        Ok(Self::over(Root::open(url, surroundings.store).await?, surroundings))
    }

    /// A lake over an open store, for example one that injects faults. `url` is the lake's address in
    /// the store: `memory:///lake`, or `file:///folder` for a store over the whole file system.
    ///
    /// # Errors
    /// [`LakeError::BadUrl`].
    pub fn with_store(store: Arc<dyn ObjectStore>, url: &Url) -> Result<Self, LakeError> {
        Self::with_surroundings(store, url, Surroundings::default())
    }

    /// The same with a clock, random numbers and a cache folder of one's own.
    ///
    /// # Errors
    /// [`LakeError::BadUrl`].
    pub fn with_surroundings(
        store: Arc<dyn ObjectStore>,
        url: &Url,
        surroundings: Surroundings,
    ) -> Result<Self, LakeError> {
        Ok(Self::over(root_over(store, url)?, surroundings))
    }

    fn over(root: Root, surroundings: Surroundings) -> Self {
        let cache_folder = if root.local.is_some() { None } else { surroundings.cache_folder.clone() };
        Self {
            shared: Arc::new(Shared {
                root: Arc::new(root),
                others: Mutex::default(),
                writable: OnceCell::new(),
                snapshots: SnapshotCache::default(),
                footers: FooterCache::default(),
                vectors: VectorCache::default(),
                key_runs: KeyRunCache::default(),
                manifests: Mutex::default(),
                positions: KnownPositions::default(),
                contents: Mutex::default(),
                cache_folder,
                surroundings,
            }),
        }
    }

    /// Makes sure that the store honours conditional writes. Asks the store once; every write of a
    /// table and every [`Lake::put_new`] does it too.
    ///
    /// # Errors
    /// [`LakeError::NoConditionalPut`], [`LakeError::Write`].
    pub async fn ensure_writable(&self) -> Result<(), LakeError> {
        self.shared.writable.get_or_try_init(|| self.probe()).await.copied()
    }

    async fn probe(&self) -> Result<(), LakeError> {
        let root = &self.shared.root;
        if root.local.is_some() {
            // The file system's own link() refuses an existing name.
            return Ok(());
        }
        let name = "_sluice/probe";
        let path = root.join(name)?;
        let create = || root.store.put_opts(&path, Bytes::from_static(b"sluice").into(), PutMode::Create.into());
        let refused = || LakeError::NoConditionalPut { url: root.url.clone() };
        let failed = |source| LakeError::Write { source: Box::new(source), path: name.to_owned() };
        for attempt in 0..2 {
            match create().await {
                Ok(_) if attempt == 0 => {}
                Ok(_) | Err(Error::NotImplemented { .. } | Error::NotSupported { .. }) => return Err(refused()),
                Err(Error::AlreadyExists { .. }) => {}
                Err(source) => return Err(failed(source)),
            }
        }
        Ok(())
    }

    /// Address without secrets: the folder, or `s3://bucket/prefix`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.shared.root.url
    }

    /// Where data files of a remote lake are kept on this machine.
    #[must_use]
    pub fn cache_folder(&self) -> PathBuf {
        let folder = self.shared.cache_folder.clone();
        folder.unwrap_or_else(|| std::env::temp_dir().join("sluice").join("files"))
    }

    /// The time of day, for labels.
    pub(crate) fn now_ms(&self) -> i64 {
        self.shared.surroundings.clock.now_ms()
    }

    /// Last part of the address, for titles.
    #[must_use]
    pub fn name(&self) -> String {
        let url = self.url().trim_end_matches(['/', '\\']);
        url.rsplit(['/', '\\']).next().unwrap_or(url).to_owned()
    }

    /// Bytes that this process may still write in the folder of a local lake; `None` for a lake elsewhere,
    /// or where the system does not tell.
    #[must_use]
    pub fn free_bytes(&self) -> Option<u64> {
        let folder = self.local_root()?;
        fs4::available_space(folder)
            .inspect_err(|error| tracing::warn!(folder = %folder.display(), %error, "the free space is unknown"))
            .ok()
    }

    /// Folder of a lake on this machine.
    #[must_use]
    pub fn local_root(&self) -> Option<&FilePath> {
        self.shared.root.local.as_deref()
    }

    /// Bytes of a file; the path is relative to the lake, or a full address of another store.
    ///
    /// # Errors
    /// [`LakeError::NotFound`], [`LakeError::Read`].
    pub async fn read(&self, path: &str) -> Result<Bytes, LakeError> {
        let place = self.place(path).await?;
        let failed = |source| match source {
            Error::NotFound { .. } => LakeError::NotFound { path: path.to_owned() },
            source => LakeError::Read { source: Box::new(source), path: path.to_owned() },
        };
        let result = place.root.store.get(&place.path).await.map_err(failed)?;
        result.bytes().await.map_err(failed)
    }

    /// Writes a file unless one is there. Durable on return. When the reply is lost, the file is read
    /// back: the same bytes count as created.
    ///
    /// # Errors
    /// [`LakeError::Write`]: whether the file was written is unknown.
    pub async fn put_new(&self, path: &str, bytes: Bytes) -> Result<PutNew, LakeError> {
        self.ensure_writable().await?;
        let root = &self.shared.root;
        let location = root.join(path)?;
        let mut refusals = 0;
        loop {
            let options = PutOptions::from(PutMode::Create);
            let Err(source) = root.store.put_opts(&location, bytes.clone().into(), options).await else {
                return Ok(PutNew::Created);
            };
            let exists = matches!(source, Error::AlreadyExists { .. });
            // A local folder answers the truth. A remote store may answer so to its client's own
            // repetition of a write whose first reply was lost.
            if exists && root.local.is_some() {
                return Ok(PutNew::Exists);
            }
            match self.read(path).await {
                Ok(found) if found == bytes => return Ok(PutNew::Created),
                Ok(_) => return Ok(PutNew::Exists),
                // 409: two conditional writes met and neither was done. S3 says: try again.
                Err(LakeError::NotFound { .. }) if exists && refusals < CONFLICTS_MAX => refusals += 1,
                Err(_) if exists => return Ok(PutNew::Exists),
                Err(_) => return Err(LakeError::Write { source: Box::new(source), path: path.to_owned() }),
            }
        }
    }

    /// Writes a file, replacing one that is there. Durable on return.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub async fn put(&self, path: &str, bytes: Bytes) -> Result<(), LakeError> {
        let location = self.shared.root.join(path)?;
        let failed = |source| LakeError::Write { source: Box::new(source), path: path.to_owned() };
        self.shared.root.store.put(&location, bytes.into()).await.map_err(failed)?;
        Ok(())
    }

    /// Removes a file; one that is not there is fine.
    ///
    /// # Errors
    /// [`LakeError::Delete`].
    pub async fn delete(&self, path: &str) -> Result<(), LakeError> {
        let location = self.shared.root.join(path)?;
        match self.shared.root.store.delete(&location).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(LakeError::Delete { source: Box::new(source), path: path.to_owned() }),
        }
    }

    /// Whether a file is there.
    ///
    /// # Errors
    /// [`LakeError::Read`].
    pub async fn exists(&self, path: &str) -> Result<bool, LakeError> {
        Ok(self.size(path).await?.is_some())
    }

    /// Bytes of a file; `None` if it is not there.
    pub(crate) async fn size(&self, path: &str) -> Result<Option<u64>, LakeError> {
        let place = self.place(path).await?;
        match place.root.store.head(&place.path).await {
            Ok(found) => Ok(Some(found.size)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(source) => Err(LakeError::Read { source: Box::new(source), path: path.to_owned() }),
        }
    }

    /// A table, whether it exists or not.
    #[must_use]
    pub fn table(&self, location: TableLocation) -> DeltaStore {
        DeltaStore::new(self.clone(), location)
    }

    /// Store and path of an address; other stores are opened on demand and kept.
    pub(crate) async fn place(&self, path: &str) -> Result<Place, LakeError> {
        let style = style_of(path)?;
        let address = match &style {
            Style::Relative => {
                let root = Arc::clone(&self.shared.root);
                let path = if path.is_empty() { root.prefix.clone() } else { root.join(path)? };
                return Ok(Place { root, style, path });
            }
            Style::FilePath | Style::FileUrl => "/".to_owned(),
            Style::Bucket(bucket) => format!("s3://{bucket}"),
        };
        let inside = style.parse(path)?;
        let known = self.others().get(&address).cloned();
        let root = match known {
            Some(root) => root,
            None => {
                let opened = Arc::new(Root::open(&address, self.shared.surroundings.store).await?);
                self.others().entry(address).or_insert(opened).clone()
            }
        };
        Ok(Place { root, style, path: inside })
    }

    fn others(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Root>>> {
        self.shared.others.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
