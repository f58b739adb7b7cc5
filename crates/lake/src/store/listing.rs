//! Lists of files and folders.

use crate::store::objects::{Objects, Place};
use crate::{LakeError, SourceFile};
use futures::TryStreamExt;
use object_store::{Error, ObjectMeta, ObjectStoreExt};

impl Objects {
    /// Files below a folder, recursive, sorted by path; one file if the path is a file's.
    ///
    /// `prefix` is relative to the lake, an absolute path, `file://` or `s3://`; the paths come back
    /// in the same style. The etag is the store's, on a local disk `<mtime microseconds>-<size>`.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::BadPath`]. A folder that is not there is empty.
    pub async fn list(&self, prefix: &str) -> Result<Vec<SourceFile>, LakeError> {
        let place = self.place(prefix).await?;
        let failed = |source| LakeError::List { source: Box::new(source), path: prefix.to_owned() };
        let listed: Result<Vec<ObjectMeta>, Error> = place.root.store.list(Some(&place.path)).try_collect().await;
        let mut found = match listed {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => Vec::new(),
            Err(source) => return Err(failed(source)),
        };
        if found.is_empty() && !place.path.as_ref().is_empty() {
            match place.root.store.head(&place.path).await {
                Ok(file) => found.push(file),
                Err(Error::NotFound { .. }) => {}
                // A folder's own name is not readable as a file.
                Err(_) if place.root.local.is_some() => {}
                Err(source) => return Err(failed(source)),
            }
        }
        let mut files: Vec<SourceFile> = found.iter().map(|file| source_file(&place, file)).collect();
        files.sort();
        Ok(files)
    }

    /// Names of the folders directly in a folder, sorted.
    ///
    /// # Errors
    /// [`LakeError::List`]. A folder that is not there is empty.
    pub async fn list_folders(&self, prefix: &str) -> Result<Vec<String>, LakeError> {
        let place = self.place(prefix).await?;
        let listed = match place.root.store.list_with_delimiter(Some(&place.path)).await {
            Ok(listed) => listed.common_prefixes,
            Err(Error::NotFound { .. }) => Vec::new(),
            Err(source) => return Err(LakeError::List { source: Box::new(source), path: prefix.to_owned() }),
        };
        let mut names: Vec<String> = listed.iter().filter_map(|folder| folder.filename().map(str::to_owned)).collect();
        names.sort();
        Ok(names)
    }
}

fn source_file(place: &Place, file: &ObjectMeta) -> SourceFile {
    let stamp = || format!("{}-{}", file.last_modified.timestamp_micros(), file.size);
    let etag = if place.root.local.is_some() { None } else { file.e_tag.clone() };
    SourceFile {
        path: place.style.show(&place.root, &file.location),
        size: file.size,
        etag: etag.unwrap_or_else(stamp),
        modified_ms: Some(file.last_modified.timestamp_millis()),
    }
}
