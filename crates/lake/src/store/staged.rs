//! What a writer that was killed leaves on a local disk: files that were never put in their place, `name#number`. No list
//! shows them, so nothing else removes them.

use crate::store::walk::is_staged;
use std::path::Path;
use std::time::SystemTime;

/// Removes staged files below a folder that nobody has written to since a time; how many. What cannot be removed stays.
pub(crate) fn remove_staged(folder: &Path, since: SystemTime) -> u64 {
    let mut removed = 0;
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in folder.read_dir().into_iter().flatten().flatten() {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() && entry.file_name().to_str().is_some_and(is_staged) && is_older(&entry, since) {
                removed += u64::from(std::fs::remove_file(entry.path()).is_ok());
            }
        }
    }
    removed
}

fn is_older(entry: &std::fs::DirEntry, since: SystemTime) -> bool {
    entry.metadata().and_then(|found| found.modified()).is_ok_and(|modified| modified < since)
}

#[cfg(test)]
mod tests {
    use super::remove_staged;
    use std::fs::File;
    use std::time::{Duration, UNIX_EPOCH};

    #[test]
    fn only_what_nobody_writes_any_more_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("shop")).unwrap();
        for (name, hours) in [("a.json#12", 2), ("shop/b.parquet#7", 2), ("c.json#1", 4), ("d.json", 2), ("e#x", 2)] {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(UNIX_EPOCH + Duration::from_secs(hours * 3_600)).unwrap();
        }
        let since = UNIX_EPOCH + Duration::from_secs(3 * 3_600);
        assert_eq!(remove_staged(folder.path(), since), 2);
        for (name, stays) in [("a.json#12", false), ("shop/b.parquet#7", false), ("c.json#1", true), ("d.json", true)] {
            assert_eq!(folder.path().join(name).exists(), stays, "{name}");
        }
        assert_eq!(remove_staged(&folder.path().join("missing"), since), 0);
    }
}
