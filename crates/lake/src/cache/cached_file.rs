//! Files of the local cache: put in place in one step, read in parts, swept by age.
//!
//! None of them is synced or missed: what is lost is rebuilt.

use std::fs::File;
use std::io::Result;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A file that is written beside its place, so that a reader sees all of it or nothing. Unless it is put
/// in place, nothing stays.
#[derive(Debug)]
pub(crate) struct StagedFile {
    staging: PathBuf,
    goal: PathBuf,
}

impl StagedFile {
    /// Makes the folder; the file is the caller's to create, at [`StagedFile::path`].
    pub(crate) fn new(goal: &Path) -> Result<Self> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        if let Some(folder) = goal.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let staging = goal.with_extension(format!("{}-{number}.part", std::process::id()));
        Ok(Self { staging, goal: goal.to_path_buf() })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.staging
    }

    /// Puts it in place.
    pub(crate) fn place(self) -> Result<()> {
        std::fs::rename(&self.staging, &self.goal)
    }
}

impl Drop for StagedFile {
    fn drop(&mut self) {
        // Once it is in place there is none.
        let _ = std::fs::remove_file(&self.staging);
    }
}

/// Puts bytes in place.
pub(crate) fn place(goal: &Path, bytes: &[u8]) -> Result<()> {
    let file = StagedFile::new(goal)?;
    std::fs::write(file.path(), bytes)?;
    file.place()
}

/// Removes files of a folder that were written at least `age` ago and of which `needed` does not hold.
/// What cannot be removed stays.
pub(crate) async fn drop_old(folder: PathBuf, age: Duration, needed: impl Fn(&Path) -> bool + Send + 'static) {
    let dropped = tokio::task::spawn_blocking(move || {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        for entry in entries.filter(|entry| !needed(&entry.path())) {
            let written = entry.metadata().and_then(|metadata| metadata.modified()).ok();
            if written.and_then(|written| written.elapsed().ok()).is_some_and(|old| old >= age) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    });
    let _ = dropped.await;
}

#[cfg(unix)]
pub(crate) fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(windows)]
pub(crate) fn read_exact_at(file: &File, mut buffer: &mut [u8], mut offset: u64) -> Result<()> {
    while !buffer.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, buffer, offset)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        buffer = &mut buffer[read..];
        offset += read as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{StagedFile, drop_old, place};
    use std::time::Duration;

    #[tokio::test]
    async fn a_file_is_there_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let goal = folder.path().join("keys/a.keys");
        let given_up = StagedFile::new(&goal).unwrap();
        std::fs::write(given_up.path(), "half").unwrap();
        drop(given_up);
        let names = || std::fs::read_dir(folder.path().join("keys")).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(names().count(), 0, "nothing stays");
        place(&goal, b"whole").unwrap();
        place(&goal, b"again").unwrap();
        assert_eq!(std::fs::read(&goal).unwrap(), b"again");
        assert_eq!(names().collect::<Vec<_>>(), ["a.keys"]);
        place(&folder.path().join("keys/b.keys"), b"needed").unwrap();
        let keys = folder.path().join("keys");
        drop_old(keys.clone(), Duration::from_secs(3600), |_| false).await;
        assert_eq!(names().count(), 2, "both are young");
        drop_old(keys, Duration::ZERO, |path| path.ends_with("b.keys")).await;
        assert_eq!(names().collect::<Vec<_>>(), ["b.keys"]);
    }
}
