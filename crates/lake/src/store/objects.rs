//! Files by path: conditional and plain writes, reads, deletes.

use crate::LakeError;
use crate::environment::StoreTimes;
use crate::store::root::{Root, Style, style_of};
use bytes::Bytes;
use object_store::path::Path;
use object_store::{Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt, PutMode, PutOptions};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path as FilePath;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

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

/// The files of a lake, and those of other stores by their full address. Cheap to clone.
///
/// ```
/// # use sluice_lake::{Lake, LakeError, PutNew};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let store = std::sync::Arc::new(object_store::memory::InMemory::new());
/// # let lake = Lake::with_store(store, &url::Url::parse("memory:///lake")?)?;
/// let objects = lake.objects();
/// assert_eq!(objects.put_new("_sluice/a.json", "ours".into()).await?, PutNew::Created);
/// assert_eq!(objects.put_new("_sluice/a.json", "theirs".into()).await?, PutNew::Exists);
/// assert_eq!(objects.read("_sluice/a.json").await?, "ours");
/// assert!(matches!(objects.read("_sluice/b.json").await, Err(LakeError::NotFound { .. })));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Objects {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    root: Arc<Root>,
    /// Stores of sources outside of the lake, by bucket; `""` is the file system.
    others: Mutex<BTreeMap<String, Arc<Root>>>,
    writable: OnceCell<()>,
    times: StoreTimes,
    /// What the lake's settings allowed when they were last read.
    allowed_sources: Mutex<Arc<[String]>>,
}

/// A path in a store.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) root: Arc<Root>,
    pub(crate) style: Style,
    pub(crate) path: Path,
}

impl Objects {
    pub(crate) fn new(root: Root, times: StoreTimes) -> Self {
        let allowed_sources = Mutex::new(Arc::from([]));
        let (root, others) = (Arc::new(root), Mutex::default());
        let shared = Shared { root, others, writable: OnceCell::new(), times, allowed_sources };
        Self { shared: Arc::new(shared) }
    }

    /// Makes sure that the store honours conditional writes. Asks the store once; every write of a
    /// table and every [`Objects::put_new`] does it too.
    ///
    /// # Errors
    /// [`LakeError::NoConditionalPut`], [`LakeError::Write`].
    pub async fn ensure_writable(&self) -> Result<(), LakeError> {
        self.shared.writable.get_or_try_init(|| self.probe()).await.copied()
    }

    /// How long it is waited for.
    pub(crate) fn times(&self) -> StoreTimes {
        self.shared.times
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

    /// Address with which it is opened again: with region, endpoint and profile, where it was opened with them.
    pub(crate) fn address(&self) -> String {
        format!("{}{}", self.url(), self.shared.root.settings.query())
    }

    /// Last part of the address, for titles.
    #[must_use]
    pub fn name(&self) -> String {
        let url = self.url().trim_end_matches(['/', '\\']);
        url.rsplit(['/', '\\']).next().unwrap_or(url).to_owned()
    }

    /// Folder of a lake on this machine.
    #[must_use]
    pub fn local_root(&self) -> Option<&FilePath> {
        self.shared.root.local.as_deref()
    }

    /// Whether change files inside the lake are on this machine; those of a sandbox are in its base.
    pub(crate) fn has_local_sources(&self) -> bool {
        self.source_root().is_some()
    }

    /// Folder on this machine that relative paths of change files begin in; of a sandbox the base's.
    #[must_use]
    pub fn source_root(&self) -> Option<&FilePath> {
        self.root().source_folder()
    }

    /// The open store and the lake's folder in it.
    pub(crate) fn root(&self) -> &Root {
        &self.shared.root
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

    /// Bytes of a file; the path is relative to the lake, or a full address of another store.
    ///
    /// # Errors
    /// [`LakeError::NotFound`], [`LakeError::Read`]; [`LakeError::Outside`] if it is outside of the lake and not allowed.
    pub async fn read(&self, path: &str) -> Result<Bytes, LakeError> {
        self.read_with(path, GetOptions::default()).await
    }

    /// The first bytes of a file, at most `count`; the path as in [`Self::read`].
    ///
    /// # Errors
    /// [`LakeError::NotFound`], [`LakeError::Read`].
    pub async fn read_front(&self, path: &str, count: u64) -> Result<Bytes, LakeError> {
        self.read_range(path, 0..count).await
    }

    /// Bytes of a part of a file; the path as in [`Self::read`].
    ///
    /// # Errors
    /// [`LakeError::NotFound`], [`LakeError::Read`], also where the file ends before the part.
    pub async fn read_range(&self, path: &str, range: Range<u64>) -> Result<Bytes, LakeError> {
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        self.read_with(path, options).await
    }

    /// The last bytes of a file, at most `count`; the path as in [`Self::read`].
    ///
    /// # Errors
    /// [`LakeError::NotFound`], [`LakeError::Read`].
    pub async fn read_end(&self, path: &str, count: u64) -> Result<Bytes, LakeError> {
        let options = GetOptions { range: Some(GetRange::Suffix(count)), ..GetOptions::default() };
        self.read_with(path, options).await
    }

    async fn read_with(&self, path: &str, options: GetOptions) -> Result<Bytes, LakeError> {
        let place = self.place_to_read(path).await?;
        read_place(&place, path, options).await
    }

    /// Bytes of a file whose place is known.
    pub(crate) async fn read_at(&self, place: &Place, path: &str) -> Result<Bytes, LakeError> {
        read_place(place, path, GetOptions::default()).await
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
                let settings = self.shared.root.settings.clone();
                let opened = Arc::new(Root::open_with(&address, settings, self.shared.times).await?);
                self.others().entry(address).or_insert(opened).clone()
            }
        };
        Ok(Place { root, style, path: inside })
    }

    pub(crate) fn allowed_sources(&self) -> &Mutex<Arc<[String]>> {
        &self.shared.allowed_sources
    }

    fn others(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Root>>> {
        self.shared.others.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn read_place(place: &Place, path: &str, options: GetOptions) -> Result<Bytes, LakeError> {
    let failed = |source| match source {
        Error::NotFound { .. } => LakeError::NotFound { path: path.to_owned() },
        source => LakeError::Read { source: Box::new(source), path: path.to_owned() },
    };
    let result = place.root.store.get_opts(&place.path, options).await.map_err(failed)?;
    result.bytes().await.map_err(failed)
}
