//! Whether a folder of this machine may have changed, seen without looking at a single file.
//!
//! A file that comes, goes or is renamed changes the time of its folder. One that is written again in its place does
//! not, so whoever relies on this has to list the folder now and then all the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// Time without a change after which a folder is still: longer than the steps in which any file system counts times, so
/// that a second change has another time than the first.
const STILL: Duration = Duration::from_millis(250);

/// Folders as they were at the last look.
#[derive(Debug, Default)]
pub(super) struct FolderWatch {
    folders: BTreeMap<PathBuf, Folder>,
    changed: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Folder {
    /// `None` for a folder that is not there.
    modified: Option<SystemTime>,
    below: Vec<PathBuf>,
}

impl FolderWatch {
    /// Looks at folders and all below them. True if nothing has changed for a moment that is long enough to be sure.
    pub(super) fn is_still(&mut self, roots: &[PathBuf]) -> bool {
        let now = Instant::now();
        let mut found = BTreeMap::new();
        let mut open: Vec<PathBuf> = roots.to_vec();
        while let Some(path) = open.pop() {
            let modified = path.metadata().and_then(|found| found.modified()).ok();
            let folder = match self.folders.get(&path) {
                Some(known) if known.modified == modified => known.clone(),
                _ => Folder { modified, below: folders_in(&path) },
            };
            open.extend(folder.below.iter().cloned());
            found.insert(path, folder);
        }
        if self.changed.is_none() || found != self.folders {
            self.folders = found;
            self.changed = Some(now);
        }
        self.changed.is_some_and(|changed| now.saturating_duration_since(changed) >= STILL)
    }
}

fn folders_in(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = path.read_dir() else { return Vec::new() };
    let is_folder = |entry: &std::fs::DirEntry| match entry.file_type() {
        // A link may lead to a folder.
        Ok(kind) if kind.is_symlink() => entry.path().is_dir(),
        Ok(kind) => kind.is_dir(),
        Err(_) => false,
    };
    entries.flatten().filter(is_folder).map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use super::{FolderWatch, STILL};

    #[test]
    fn what_comes_and_goes_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let roots = [folder.path().join("a"), folder.path().join("missing")];
        std::fs::create_dir_all(roots[0].join("deep/er")).unwrap();
        let mut watch = FolderWatch::default();
        let mut settle = |what: &str| {
            assert!(!watch.is_still(&roots), "{what} was not seen");
            std::thread::sleep(STILL * 2);
            assert!(watch.is_still(&roots) && watch.is_still(&roots), "still after {what}");
        };
        settle("the first look");
        std::fs::write(roots[0].join("deep/er/1.json"), "x").unwrap();
        settle("a file");
        std::fs::rename(roots[0].join("deep/er/1.json"), roots[0].join("deep/er/2.json")).unwrap();
        settle("another name");
        std::fs::create_dir(roots[0].join("deep/new")).unwrap();
        settle("a folder");
        std::fs::write(roots[0].join("deep/new/3.json"), "x").unwrap();
        settle("a file in it");
        std::fs::create_dir(&roots[1]).unwrap();
        settle("a root");
        std::fs::remove_dir_all(roots[0].join("deep")).unwrap();
        settle("a removal");
    }
}
