//! Bytes that do not fit into memory: a file without a name, gone with the process that writes it.

use crate::LakeError;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// A file on this machine that only this value reaches. The system takes it back with the process, however that ends.
#[derive(Debug)]
pub struct SpillFile {
    file: Mutex<File>,
    folder: PathBuf,
}

/// Where something is in a [`SpillFile`].
#[derive(Clone, Copy, Debug)]
pub struct SpillPart {
    offset: u64,
    bytes: u64,
}

impl SpillFile {
    /// A file in a folder, which is made if it is missing.
    pub(crate) fn create(folder: &Path) -> Result<Self, LakeError> {
        let failed = |source: std::io::Error| LakeError::Write { source: Box::new(source), path: shown(folder) };
        std::fs::create_dir_all(folder).map_err(failed)?;
        let file = tempfile::tempfile_in(folder).map_err(failed)?;
        Ok(Self { file: Mutex::new(file), folder: folder.to_path_buf() })
    }

    /// Adds bytes at the end.
    ///
    /// # Errors
    /// [`LakeError::Write`], for example when the disk is full.
    pub fn append(&self, bytes: &[u8]) -> Result<SpillPart, LakeError> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let written = file.seek(SeekFrom::End(0)).and_then(|offset| file.write_all(bytes).map(|()| offset));
        match written {
            Ok(offset) => Ok(SpillPart { offset, bytes: bytes.len() as u64 }),
            Err(source) => Err(LakeError::Write { source: Box::new(source), path: shown(&self.folder) }),
        }
    }

    /// Reads what was added.
    ///
    /// # Errors
    /// [`LakeError::Read`].
    pub fn read(&self, part: SpillPart) -> Result<Vec<u8>, LakeError> {
        let failed = |source: std::io::Error| LakeError::Read { source: Box::new(source), path: shown(&self.folder) };
        let mut bytes = vec![0; usize::try_from(part.bytes).unwrap_or(usize::MAX)];
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(part.offset)).and_then(|_| file.read_exact(&mut bytes)).map_err(failed)?;
        Ok(bytes)
    }
}

fn shown(folder: &Path) -> String {
    folder.join("a temporary file").display().to_string()
}

#[cfg(test)]
mod tests {
    use super::SpillFile;

    #[test]
    fn what_was_added_is_read_and_nothing_stays() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("spill");
        let file = SpillFile::create(&inside).unwrap();
        let parts: Vec<_> = [b"one".as_slice(), b"", b"three"].map(|bytes| file.append(bytes).unwrap()).to_vec();
        assert_eq!(file.read(parts[2]).unwrap(), b"three");
        assert_eq!(file.read(parts[0]).unwrap(), b"one");
        assert!(file.read(parts[1]).unwrap().is_empty());
        drop(file);
        assert_eq!(std::fs::read_dir(&inside).unwrap().count(), 0);
    }
}
