//! A local folder whose writes survive a power cut.
//!
//! `object_store` 0.13 never syncs local files, so "committed" could be lost or, worse, half there
//! (its option for it comes with 0.14). Every write here goes through: content into a hidden file
//! beside its goal, sync, put in place in one step, sync of the folder. So a log entry cannot be on
//! disk before the data files that were written before it.

use crate::store::walk::files_below;
use futures::stream::BoxStream;
use futures::{StreamExt, TryFutureExt};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta, ObjectStore, PutMode,
    PutMultipartOptions, PutOptions, PutPayload, PutResult, RenameOptions, Result, UploadPart,
};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write};
use std::ops::Range;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

const NAME: &str = "DurableStore";

/// The local file system from its root, with durable writes.
#[derive(Debug, Default)]
pub(crate) struct DurableStore {
    inner: Arc<LocalFileSystem>,
}

impl std::fmt::Display for DurableStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{NAME}({})", self.inner)
    }
}

#[async_trait::async_trait]
impl ObjectStore for DurableStore {
    async fn put_opts(&self, location: &Path, payload: PutPayload, options: PutOptions) -> Result<PutResult> {
        let create = match options.mode {
            PutMode::Create => true,
            PutMode::Overwrite => false,
            PutMode::Update(_) => {
                return Err(Error::NotImplemented { operation: "put with Update".into(), implementer: NAME.into() });
            }
        };
        let path = self.inner.path_to_filesystem(location)?;
        blocking(move || put(&path, &payload, create, &mut |_| {})).await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn put_multipart_opts(
        &self,
        location: &Path,
        _options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        let path = self.inner.path_to_filesystem(location)?;
        Ok(Box::new(DurableUpload { parts: Vec::new(), path }))
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    async fn get_ranges(&self, location: &Path, ranges: &[Range<u64>]) -> Result<Vec<bytes::Bytes>> {
        self.inner.get_ranges(location, ranges).await
    }

    fn delete_stream(&self, locations: BoxStream<'static, Result<Path>>) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.walk(prefix, None)
    }

    fn list_with_offset(&self, prefix: Option<&Path>, offset: &Path) -> BoxStream<'static, Result<ObjectMeta>> {
        self.walk(prefix, Some(offset.clone()))
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await?;
        self.sync_location(to).await
    }

    async fn rename_opts(&self, from: &Path, to: &Path, options: RenameOptions) -> Result<()> {
        self.inner.rename_opts(from, to, options).await?;
        self.sync_location(to).await
    }
}

impl DurableStore {
    fn walk(&self, prefix: Option<&Path>, after: Option<Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        let Some(prefix) = prefix.filter(|prefix| !prefix.as_ref().is_empty()).cloned() else {
            return self.inner.list(None);
        };
        let folder = self.inner.path_to_filesystem(&prefix);
        let found = async move {
            let folder = folder?;
            let walked = tokio::task::spawn_blocking(move || files_below(&folder, &prefix, after.as_ref())).await;
            let files = walked.map_err(|source| Error::JoinError { source })??;
            Ok::<_, Error>(futures::stream::iter(files.into_iter().map(Ok)))
        };
        found.try_flatten_stream().boxed()
    }

    async fn sync_location(&self, location: &Path) -> Result<()> {
        let path = self.inner.path_to_filesystem(location)?;
        blocking(move || sync_file_and_folder(&path)).await
    }
}

/// An upload in parts, for example of a checkpoint. `object_store` puts its own in place before they
/// are synced, so a power cut could leave half a file under the goal's name; here the parts wait in
/// memory and are put like any other file.
#[derive(Debug)]
struct DurableUpload {
    parts: Vec<bytes::Bytes>,
    path: PathBuf,
}

#[async_trait::async_trait]
impl MultipartUpload for DurableUpload {
    fn put_part(&mut self, data: PutPayload) -> UploadPart {
        self.parts.extend(data);
        Box::pin(std::future::ready(Ok(())))
    }

    async fn complete(&mut self) -> Result<PutResult> {
        let (path, payload) = (self.path.clone(), PutPayload::from_iter(std::mem::take(&mut self.parts)));
        blocking(move || put(&path, &payload, false, &mut |_| {})).await?;
        Ok(PutResult { e_tag: None, version: None })
    }

    async fn abort(&mut self) -> Result<()> {
        self.parts.clear();
        Ok(())
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> std::io::Result<T> + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await.map_err(|source| Error::JoinError { source })?;
    done.map_err(|source| {
        let path = String::new();
        match source.kind() {
            ErrorKind::AlreadyExists => Error::AlreadyExists { path, source: Box::new(source) },
            ErrorKind::NotFound => Error::NotFound { path, source: Box::new(source) },
            ErrorKind::PermissionDenied => Error::PermissionDenied { path, source: Box::new(source) },
            _ => Error::Generic { store: NAME, source: Box::new(source) },
        }
    })
}

/// A step of writing a file, once it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The content is in the hidden file, perhaps only in memory.
    Written,
    /// The content of the hidden file is on the disk.
    ContentSynced,
    /// The goal's name leads to it, perhaps only in memory.
    Placed,
    /// The name is on the disk.
    NameSynced,
}

/// Writes a file; `done` hears of every step.
fn put(path: &FilePath, payload: &PutPayload, create: bool, done: &mut dyn FnMut(Step)) -> std::io::Result<()> {
    let folder = path.parent().ok_or_else(|| std::io::Error::from(ErrorKind::InvalidInput))?;
    // A loser of a race does not have to write first.
    if create && path.exists() {
        return Err(ErrorKind::AlreadyExists.into());
    }
    let (staging, mut file) = stage(path, folder)?;
    let placed = (|| {
        for part in payload {
            file.write_all(part)?;
        }
        done(Step::Written);
        file.sync_all()?;
        done(Step::ContentSynced);
        drop(file);
        if create { std::fs::hard_link(&staging, path) } else { std::fs::rename(&staging, path) }
    })();
    if create || placed.is_err() {
        // What stays after a failure here is hidden from listings by its name.
        let _ = std::fs::remove_file(&staging);
    }
    placed?;
    done(Step::Placed);
    sync_folder(folder)?;
    done(Step::NameSynced);
    Ok(())
}

/// A new file beside the goal. `name#digits` is the name that `object_store` uses for its own
/// uploads and leaves out of listings, so a file of a killed process is never taken for content.
fn stage(path: &FilePath, folder: &FilePath) -> std::io::Result<(PathBuf, File)> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    loop {
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let mut name = path.as_os_str().to_owned();
        name.push(format!("#{}{number:06}", std::process::id()));
        let staging = PathBuf::from(name);
        match OpenOptions::new().write(true).create_new(true).open(&staging) {
            Ok(file) => return Ok((staging, file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) if error.kind() == ErrorKind::NotFound => create_folder(folder)?,
            Err(error) => return Err(error),
        }
    }
}

/// Creates a folder and its parents, each synced into its parent.
pub(crate) fn create_folder(folder: &FilePath) -> std::io::Result<()> {
    let missing: Vec<&FilePath> = folder.ancestors().take_while(|ancestor| !ancestor.exists()).collect();
    std::fs::create_dir_all(folder)?;
    for created in missing {
        if let Some(parent) = created.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_folder(parent)?;
        }
    }
    Ok(())
}

fn sync_file_and_folder(path: &FilePath) -> std::io::Result<()> {
    File::open(path)?.sync_all()?;
    path.parent().map_or(Ok(()), sync_folder)
}

#[cfg(unix)]
fn sync_folder(folder: &FilePath) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Other systems cannot sync a folder; their file systems journal names.
#[cfg(not(unix))]
fn sync_folder(_folder: &FilePath) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{DurableStore, Step, put};
    use futures::TryStreamExt;
    use object_store::path::Path;
    use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions};

    #[tokio::test]
    async fn a_file_is_created_once_and_replaced_whole() {
        let folder = tempfile::tempdir().unwrap();
        let store = DurableStore::default();
        let goal = Path::from_absolute_path(folder.path().join("a/b/c.json")).unwrap();
        let create = || PutOptions::from(PutMode::Create);
        store.put_opts(&goal, "one".into(), create()).await.unwrap();
        let again = store.put_opts(&goal, "two".into(), create()).await;
        assert!(matches!(again, Err(Error::AlreadyExists { .. })));
        assert_eq!(store.get(&goal).await.unwrap().bytes().await.unwrap(), "one");
        store.put(&goal, "three".into()).await.unwrap();
        assert_eq!(store.get(&goal).await.unwrap().bytes().await.unwrap(), "three");
        let mut upload =
            store.put_multipart(&Path::from_absolute_path(folder.path().join("m")).unwrap()).await.unwrap();
        upload.put_part("x".into()).await.unwrap();
        upload.complete().await.unwrap();

        let root = Path::from_absolute_path(folder.path()).unwrap();
        std::fs::write(folder.path().join("a/left#17"), "of a killed process").unwrap();
        let found: Vec<_> = store.list(Some(&root)).try_collect().await.unwrap();
        assert_eq!(found.len(), 2, "only the goals are listed");
    }

    /// A power cut loses what was not synced, and may keep any of it. So before the last step the goal is
    /// absent (or the old file) or whole, and after it the goal is there.
    #[test]
    fn no_power_cut_leaves_a_part_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        for create in [true, false] {
            let goal = folder.path().join(format!("new/{create}.json"));
            let mut steps = Vec::new();
            put(&goal, &"whole".into(), create, &mut |step| {
                let there = std::fs::read(&goal).ok();
                let placed = matches!(step, Step::Placed | Step::NameSynced);
                assert_eq!(there.as_deref(), placed.then_some(b"whole".as_slice()), "{step:?}");
                steps.push(step);
            })
            .unwrap();
            // A name on the disk leads to content on the disk, whichever step the cut comes after.
            assert_eq!(steps, [Step::Written, Step::ContentSynced, Step::Placed, Step::NameSynced]);
        }
    }
}
