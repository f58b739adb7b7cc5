//! What a sandbox wrote becomes the base's: files are linked or copied, not made again.

use crate::LakeError;
use crate::delta::snapshot::{DataFile, OfBase, Snapshot};
use crate::store::root::Root;
use futures::{StreamExt, TryStreamExt};
use object_store::{Error, ObjectStoreExt};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Files moved at once.
const AT_ONCE: usize = 8;

/// Puts the files that a sandbox wrote for a version of a table into the base, where no version names them yet; the
/// version's files as the base's log will name them. Files of one name have one content, so doing it again does no harm.
///
/// # Errors
/// [`LakeError::Read`], [`LakeError::Write`].
pub(crate) async fn take_over(
    own: &Root,
    folder: &str,
    version: &Snapshot,
    now_ms: i64,
) -> Result<Vec<DataFile>, LakeError> {
    let now = UNIX_EPOCH + Duration::from_millis(u64::try_from(now_ms).unwrap_or(0));
    let base = own.base.as_ref().ok_or_else(|| LakeError::BadPath { path: folder.to_owned() })?;
    let mut paths = BTreeSet::new();
    for file in version.files.iter() {
        if !file.of_base.file {
            paths.insert(format!("{folder}/{}", file.path));
        }
        if let Some(vector) = file.vector_file().filter(|_| !file.of_base.vector) {
            paths.insert(format!("{folder}/{vector}"));
        }
    }
    let moves: Vec<_> = paths.iter().map(|path| place(own, base, path, now)).collect();
    futures::stream::iter(moves).buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
    let own_to_base = |file: &DataFile| DataFile { of_base: OfBase::default(), ..file.clone() };
    Ok(version.files.iter().map(own_to_base).collect())
}

async fn place(own: &Root, base: &Arc<Root>, path: &str, now: SystemTime) -> Result<(), LakeError> {
    let (from, to) = (own.join(path)?, base.join(path)?);
    match (&own.local, &base.local) {
        (Some(own), Some(base)) if link(own.join(path), base.join(path), now).await => return Ok(()),
        (None, None) if bucket_of(&own.url) == bucket_of(&base.url) => {
            // The server copies; both paths are in one store.
            return base.store.copy(&from, &to).await.map_err(|source| failed(source, path));
        }
        _ => {}
    }
    let read = |source| LakeError::Read { source: Box::new(source), path: path.to_owned() };
    let content = own.store.get(&from).await.map_err(read)?.bytes().await.map_err(read)?;
    base.store.put(&to, content.into()).await.map_err(|source| failed(source, path))?;
    Ok(())
}

fn failed(source: Error, path: &str) -> LakeError {
    LakeError::Write { source: Box::new(source), path: path.to_owned() }
}

/// The bucket of an address.
fn bucket_of(url: &str) -> Option<&str> {
    url.split_once("://").and_then(|(_, rest)| rest.split('/').next())
}

/// Gives a file a second name and makes that durable; false where the disk cannot, for example across two of them.
async fn link(from: std::path::PathBuf, to: std::path::PathBuf, now: SystemTime) -> bool {
    let linked = tokio::task::spawn_blocking(move || {
        if let Some(folder) = to.parent() {
            std::fs::create_dir_all(folder)?;
        }
        match std::fs::hard_link(&from, &to) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            other => other?,
        }
        // A vacuum of the base leaves files that are as new as a commit under way.
        std::fs::File::options().append(true).open(&to)?.set_modified(now)?;
        std::fs::File::open(to.parent().unwrap_or_else(|| FilePath::new("/")))?.sync_all()
    });
    matches!(linked.await, Ok(Ok(())))
}

#[cfg(test)]
mod tests {
    use super::bucket_of;

    #[test]
    fn a_server_copies_within_its_bucket() {
        assert_eq!(bucket_of("s3://lakes/shop/_sluice/sandboxes/a"), bucket_of("s3://lakes/shop"));
        assert_ne!(bucket_of("s3://lakes/shop"), bucket_of("s3://other/shop"));
    }
}
