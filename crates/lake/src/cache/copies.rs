//! Copies of remote data files, for readers that need a local path.
//!
//! A disk of a laptop damages files as any other does, and a copy would be believed for ever. So a copy that an earlier
//! process made is compared with the hash in the log before it is read, once per process, and fetched again if it is not
//! what was written.

use crate::LakeError;
use crate::cache::cached_file::place;
use bytes::Bytes;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// Copies that this process fetched or looked through.
#[derive(Debug, Default)]
pub(crate) struct Copies {
    known: Mutex<BTreeSet<PathBuf>>,
}

/// A data file in a store, and what the log says of it.
#[derive(Debug)]
pub(crate) struct Original<'a> {
    pub(crate) store: &'a Arc<dyn ObjectStore>,
    pub(crate) location: Path,
    /// Full address.
    pub(crate) address: String,
    /// Bytes.
    pub(crate) size: u64,
    /// BLAKE3, hex; `None` for files of other programs.
    pub(crate) hash: Option<&'a str>,
}

impl Copies {
    /// Most that are remembered; beyond, copies are looked through again.
    const MAX: usize = 100_000;

    /// The local copy of a data file, downloaded unless a sound one is there. Data files never change, so address and
    /// size name the content.
    ///
    /// # Errors
    /// [`LakeError::Read`], [`LakeError::Corrupt`], [`LakeError::Damaged`] if the original itself is damaged,
    /// [`LakeError::Write`].
    pub(crate) async fn fetch(&self, folder: PathBuf, original: &Original<'_>) -> Result<PathBuf, LakeError> {
        let Original { store, location, address, size, hash } = original;
        let key = blake3::hash(format!("{address}\n{size}").as_bytes()).to_hex();
        let goal = folder.join(format!("{key}.parquet"));
        if self.is_sound(&goal, original).await {
            return Ok(goal);
        }
        let failed = |source| LakeError::Read { source: Box::new(source), path: address.clone() };
        let result = store.get(location).await.map_err(failed)?;
        let bytes = result.bytes().await.map_err(failed)?;
        if bytes.len() as u64 != *size {
            let reason = format!("it has {} bytes instead of {size}", bytes.len());
            return Err(LakeError::Corrupt { reason, path: address.clone() });
        }
        let (place_at, shown, expected) = (goal.clone(), goal.display().to_string(), hash.map(str::to_owned));
        let placed = tokio::task::spawn_blocking(move || {
            let sound = expected.is_none_or(|expected| is_of_hash(&bytes, &expected));
            sound.then(|| place(&place_at, &bytes))
        });
        match placed.await {
            Ok(Some(Ok(()))) => {}
            Ok(Some(Err(source))) => return Err(LakeError::Write { source: Box::new(source), path: shown }),
            Ok(None) => return Err(LakeError::Damaged { path: address.clone() }),
            Err(_) => return Err(LakeError::Stopped { path: shown }),
        }
        self.remember(goal.clone());
        Ok(goal)
    }

    /// Whether a copy is there and what was written.
    async fn is_sound(&self, copy: &PathBuf, original: &Original<'_>) -> bool {
        if !tokio::fs::metadata(copy).await.is_ok_and(|found| found.len() == original.size) {
            return false;
        }
        let Some(hash) = original.hash.map(str::to_owned).filter(|_| !self.is_known(copy)) else { return true };
        let path = copy.clone();
        let looked = tokio::task::spawn_blocking(move || {
            std::fs::read(path).is_ok_and(|bytes| is_of_hash(&Bytes::from(bytes), &hash))
        });
        let sound = looked.await.unwrap_or(false);
        if sound {
            self.remember(copy.clone());
        } else {
            tracing::warn!(copy = %copy.display(), "a cached copy is damaged and is fetched again");
        }
        sound
    }

    fn is_known(&self, copy: &PathBuf) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(copy)
    }

    fn remember(&self, copy: PathBuf) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= Self::MAX {
            known.clear();
        }
        known.insert(copy);
    }
}

fn is_of_hash(bytes: &Bytes, hash: &str) -> bool {
    blake3::hash(bytes).to_hex().as_str() == hash
}

#[cfg(test)]
mod tests {
    use super::{Copies, Original};
    use crate::LakeError;
    use object_store::memory::InMemory;
    use object_store::path::Path;
    use object_store::{ObjectStore, ObjectStoreExt};
    use std::sync::Arc;

    #[tokio::test]
    async fn a_damaged_copy_is_fetched_again() {
        let folder = tempfile::tempdir().unwrap();
        let store: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
        let location = Path::from("a.parquet");
        store.put(&location, "content".into()).await.unwrap();
        let hash = blake3::hash(b"content").to_hex().to_string();
        let original = |hash| Original {
            store: &store,
            location: location.clone(),
            address: "s3://bucket/a.parquet".to_owned(),
            size: 7,
            hash,
        };
        let fetch = async |copies: &Copies| copies.fetch(folder.path().into(), &original(Some(&hash))).await;
        let copy = fetch(&Copies::default()).await.unwrap();
        // The same length, one bit is another.
        std::fs::write(&copy, "contenT").unwrap();
        let next_process = Copies::default();
        assert_eq!(fetch(&next_process).await.unwrap(), copy);
        assert_eq!(std::fs::read(&copy).unwrap(), b"content");
        // Looked through once per process: the store is not asked again.
        store.delete(&location).await.unwrap();
        assert_eq!(fetch(&next_process).await.unwrap(), copy);
        // Where the original is damaged too, nobody gets it.
        store.put(&location, "contenT".into()).await.unwrap();
        std::fs::remove_file(&copy).unwrap();
        assert!(matches!(fetch(&next_process).await, Err(LakeError::Damaged { .. })));
    }
}
