//! Lists of files and folders.

use crate::store::objects::{Objects, Place};
use crate::{LakeError, SourceFile};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_store::{Error, ObjectMeta, ObjectStoreExt};

impl Objects {
    /// Files below a folder, recursive, sorted by path; one file if the path is a file's.
    ///
    /// `prefix` is relative to the lake, an absolute path, `file://` or `s3://`; the paths come back
    /// in the same style. The etag is the store's, on a local disk `<mtime microseconds>-<size>`.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::BadPath`], [`LakeError::Outside`]. A folder that is not there is empty.
    pub async fn list(&self, prefix: &str) -> Result<Vec<SourceFile>, LakeError> {
        let place = self.place_to_read(prefix).await?;
        let failed = |source| LakeError::List { source: Box::new(source), path: folder_shown(prefix) };
        let mut found = collected(place.root.store.list(Some(&place.path))).await.map_err(failed)?;
        if found.is_empty() && !place.path.as_ref().is_empty() {
            match place.root.store.head(&place.path).await {
                Ok(file) => found.push(file),
                Err(Error::NotFound { .. }) => {}
                // A folder's own name is not readable as a file.
                Err(_) if place.root.local.is_some() => {}
                Err(source) => return Err(failed(source)),
            }
        }
        self.follow_listed(prefix, &place, &found).await?;
        Ok(source_files(&place, &found))
    }

    /// The same, of the files whose path comes after that of the file `after` alone. A store is asked for no others, so
    /// this costs what it finds and not what is there.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::BadPath`], [`LakeError::Outside`]. A folder that is not there is empty.
    pub async fn list_after(&self, prefix: &str, after: &str) -> Result<Vec<SourceFile>, LakeError> {
        let place = self.place_to_read(prefix).await?;
        let after = self.place(after).await?.path;
        let listed = collected(place.root.store.list_with_offset(Some(&place.path), &after)).await;
        let found =
            listed.map_err(|source| LakeError::List { source: Box::new(source), path: folder_shown(prefix) })?;
        self.follow_listed(prefix, &place, &found).await?;
        Ok(source_files(&place, &found))
    }

    /// The first files that a listing names, at most `count`; a store that is asked page by page is not asked for more.
    ///
    /// # Errors
    /// As [`Self::list`].
    pub(crate) async fn list_up_to(&self, prefix: &str, count: usize) -> Result<Vec<SourceFile>, LakeError> {
        let place = self.place_to_read(prefix).await?;
        let listed = collected(place.root.store.list(Some(&place.path)).take(count).boxed()).await;
        let found =
            listed.map_err(|source| LakeError::List { source: Box::new(source), path: folder_shown(prefix) })?;
        self.follow_listed(prefix, &place, &found).await?;
        Ok(source_files(&place, &found))
    }

    /// Whether the files below a folder are on this machine.
    ///
    /// # Errors
    /// [`LakeError::BadPath`], [`LakeError::Open`].
    pub async fn is_local(&self, prefix: &str) -> Result<bool, LakeError> {
        Ok(self.place(prefix).await?.root.source_folder().is_some())
    }

    /// Names of the folders directly in a folder, sorted.
    ///
    /// # Errors
    /// [`LakeError::List`]. A folder that is not there is empty.
    pub async fn list_folders(&self, prefix: &str) -> Result<Vec<String>, LakeError> {
        let place = self.place_to_read(prefix).await?;
        let listed = match place.root.store.list_with_delimiter(Some(&place.path)).await {
            Ok(listed) => listed.common_prefixes,
            Err(Error::NotFound { .. }) => Vec::new(),
            Err(source) => return Err(LakeError::List { source: Box::new(source), path: folder_shown(prefix) }),
        };
        let mut names: Vec<String> = listed.iter().filter_map(|folder| folder.filename().map(str::to_owned)).collect();
        names.sort();
        Ok(names)
    }
}

/// What a listing finds; nothing where there is no such folder.
async fn collected(listing: BoxStream<'static, Result<ObjectMeta, Error>>) -> Result<Vec<ObjectMeta>, Error> {
    match listing.try_collect().await {
        Err(Error::NotFound { .. }) => Ok(Vec::new()),
        listed => listed,
    }
}

fn source_files(place: &Place, found: &[ObjectMeta]) -> Vec<SourceFile> {
    let mut files: Vec<SourceFile> = found.iter().map(|file| source_file(place, file)).collect();
    files.sort();
    files
}

fn source_file(place: &Place, file: &ObjectMeta) -> SourceFile {
    let stamp = || format!("{}-{}", file.last_modified.timestamp_micros(), file.size);
    let etag = if place.root.source_folder().is_some() { None } else { file.e_tag.clone() };
    SourceFile {
        path: place.style.show(&place.root, &file.location),
        size: file.size,
        etag: etag.unwrap_or_else(stamp),
        modified_ms: Some(file.last_modified.timestamp_millis()),
        snapshot: None,
    }
}

/// A folder in an error; the lake's own has no path of its own.
fn folder_shown(prefix: &str) -> String {
    if prefix.is_empty() { "the lake".to_owned() } else { prefix.to_owned() }
}
