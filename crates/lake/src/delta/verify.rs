//! Compares the files of a version with what the log says of them.
//!
//! The log has the length of every data file, and for those that Sluice wrote the hash of its content. Deletion vectors
//! have a checksum of their own.

use crate::LakeError;
use crate::delta::maintenance::Maintenance;
use crate::delta::snapshot::{DataFile, Snapshot};
use futures::{StreamExt, TryStreamExt};
use object_store::{Error, ObjectStoreExt};
use std::fmt;

/// Files read at once; each is read in parts, so memory does not grow with their size.
const FILES_AT_ONCE: usize = 4;

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileFault {
    /// It is gone.
    Missing,
    /// It has another length.
    Length {
        /// Bytes that it has.
        found: u64,
        /// Bytes that the log says.
        expected: u64,
    },
    /// Its content has another hash than the log says.
    Content,
    /// Its deletion vector is missing or damaged.
    DeletionVector,
}

impl fmt::Display for FileFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("it is gone"),
            Self::Length { found, expected } => write!(f, "it has {found} bytes, the log says {expected}"),
            Self::Content => f.write_str("its content is not what was written"),
            Self::DeletionVector => f.write_str("its deletion vector is missing or damaged"),
        }
    }
}

/// A file of a version that is not what the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrokenFile {
    /// Path in the lake.
    pub path: String,
    /// Rows that it holds, by the log.
    pub rows: u64,
    /// What is wrong with it.
    pub fault: FileFault,
}

/// What a look at all files of a version found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VerifiedFiles {
    /// Files of the version.
    pub files: u64,
    /// Bytes that were read.
    pub bytes: u64,
    /// Files of which the log has no hash, because another program wrote them: only their length was compared.
    pub without_hash: u64,
    /// Files that are not what the log says, by path.
    pub broken: Vec<BrokenFile>,
}

impl Maintenance {
    /// Compares every file of a version with the log: whether it is there, its length, the hash of its content, and its
    /// deletion vector. `read` hears of every file.
    ///
    /// # Errors
    /// [`LakeError::Read`] where the store does not answer; what is wrong with a file is in the result.
    pub async fn verify(&self, version: &Snapshot, read: impl Fn()) -> Result<VerifiedFiles, LakeError> {
        let mut found = VerifiedFiles::default();
        let looks: Vec<_> = version.files.iter().map(|file| self.verify_file(file)).collect();
        let mut looks = futures::stream::iter(looks).buffered(FILES_AT_ONCE);
        while let Some((bytes, has_hash, broken)) = looks.try_next().await? {
            found.files += 1;
            found.bytes = found.bytes.saturating_add(bytes);
            found.without_hash += u64::from(!has_hash);
            found.broken.extend(broken);
            read();
        }
        found.broken.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(found)
    }

    /// Bytes that were read of a file, whether the log has its hash, and what is wrong with it.
    async fn verify_file(&self, file: &DataFile) -> Result<(u64, bool, Option<BrokenFile>), LakeError> {
        let path = self.files.shown(&file.path);
        let (bytes, mut fault) = self.compare(file, &path).await?;
        if fault.is_none() && file.deletion_vector.is_some() {
            fault = match self.files.read_deleted_positions(file).await {
                Ok(_) => None,
                Err(error) if error.is_retryable() => return Err(error),
                Err(_) => Some(FileFault::DeletionVector),
            };
        }
        let broken = fault.map(|fault| BrokenFile { path, rows: file.rows, fault });
        Ok((bytes, file.content_hash().is_some(), broken))
    }

    async fn compare(&self, file: &DataFile, path: &str) -> Result<(u64, Option<FileFault>), LakeError> {
        let failed = |source| LakeError::Read { source: Box::new(source), path: path.to_owned() };
        let store = self.files.store();
        let location = self.files.location_of(&file.path)?;
        let size = match store.head(&location).await {
            Ok(found) => found.size,
            Err(Error::NotFound { .. }) => return Ok((0, Some(FileFault::Missing))),
            Err(source) => return Err(failed(source)),
        };
        if size != file.size {
            return Ok((0, Some(FileFault::Length { found: size, expected: file.size })));
        }
        let Some(expected) = file.content_hash() else { return Ok((0, None)) };
        let mut hasher = blake3::Hasher::new();
        let mut parts = store.get(&location).await.map_err(failed)?.into_stream();
        while let Some(part) = parts.try_next().await.map_err(failed)? {
            hasher.update(&part);
        }
        let same = hasher.finalize().to_hex().as_str() == expected;
        Ok((size, (!same).then_some(FileFault::Content)))
    }
}
