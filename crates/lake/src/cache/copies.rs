//! Copies of remote data files, for readers that need a local path.

use crate::LakeError;
use crate::cache::cached_file::place;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use std::path::PathBuf;
use std::sync::Arc;

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
