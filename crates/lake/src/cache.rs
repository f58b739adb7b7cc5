//! Copies of remote data files on this machine, for readers that need a local path.

use crate::LakeError;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The user's cache folder for Sluice, if the system has one.
pub(crate) fn folder() -> Option<PathBuf> {
    dirs::cache_dir().map(|folder| folder.join("sluice").join("files"))
}

/// The local copy of a data file, downloaded unless it is there. Data files never change, so address
/// and size name the content.
pub(crate) async fn fetch(
    folder: PathBuf,
    store: &Arc<dyn ObjectStore>,
    location: &Path,
    address: &str,
    size: u64,
) -> Result<PathBuf, LakeError> {
    let key = blake3::hash(format!("{address}\n{size}").as_bytes()).to_hex();
    let goal = folder.join(format!("{key}.parquet"));
    if tokio::fs::metadata(&goal).await.is_ok_and(|found| found.len() == size) {
        return Ok(goal);
    }
    let failed = |source| LakeError::Read { source: Box::new(source), path: address.to_owned() };
    let result = store.get(location).await.map_err(failed)?;
    let bytes = result.bytes().await.map_err(failed)?;
    if bytes.len() as u64 != size {
        let reason = format!("it has {} bytes instead of {size}", bytes.len());
        return Err(LakeError::Corrupt { reason, path: address.to_owned() });
    }
    let (place_at, shown) = (goal.clone(), goal.display().to_string());
    let placed = tokio::task::spawn_blocking(move || place(&place_at, &bytes)).await;
    placed
        .map_err(|_| LakeError::Stopped { path: shown.clone() })?
        .map_err(|source| LakeError::Write { source: Box::new(source), path: shown })?;
    Ok(goal)
}

/// Puts a file of the cache in place in one step, so that a reader sees all of it or nothing. It is
/// not synced: a cache can be made anew.
pub(crate) fn place(goal: &FilePath, bytes: &[u8]) -> std::io::Result<()> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let staging = goal.with_extension(format!("{}-{number}.part", std::process::id()));
    if let Some(folder) = goal.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&staging, bytes)?;
    std::fs::rename(&staging, goal)
}
