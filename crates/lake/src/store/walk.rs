//! Lists the files below a folder of this machine, with one look at each.
//!
//! `object_store` asks the system three times for every file and builds an address for each, which is most of what a
//! replay costs that finds a hundred thousand files and nothing new.

use chrono::{DateTime, Utc};
use object_store::path::Path;
use object_store::{Error, ObjectMeta, Result};
use std::fs::{DirEntry, Metadata};
use std::io::ErrorKind;
use std::path::{Path as FilePath, PathBuf};

const NAME: &str = "DurableStore";

/// An entry of a folder that no store can name, or that cannot be followed.
#[derive(Debug, thiserror::Error)]
#[error("{reason}: {place}")]
pub(crate) struct UnusableEntry {
    reason: &'static str,
    /// Control characters and what is not Unicode are escaped.
    place: String,
}

/// Files below `folder`, whose path in the store is `prefix`, in no order. Only those after the path `after` are looked
/// at. What a link leads to has its real path as version. A file that goes while it is looked at is left out, as is a link that leads nowhere.
///
/// # Errors
/// If a folder cannot be read, a name is not Unicode, or links lead in a circle. A folder that is not there is empty.
pub(super) fn files_below(folder: &FilePath, prefix: &Path, after: Option<&Path>) -> Result<Vec<ObjectMeta>> {
    let mut found = Vec::new();
    let mut open = vec![(folder.to_path_buf(), prefix.as_ref().to_owned(), false)];
    while let Some((folder, prefix, is_linked)) = open.pop() {
        let entries = match folder.read_dir() {
            Ok(entries) => entries,
            // It went, or the prefix is a file's.
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => continue,
            Err(error) => return Err(failed(&folder, error)),
        };
        for entry in entries {
            let entry = entry.map_err(|error| failed(&folder, error))?;
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else {
                return Err(unusable(&entry.path(), "the name is not Unicode"));
            };
            let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}/{name}") };
            let is_after = |path: &str| after.is_none_or(|after| path > after.as_ref());
            let kind = entry.file_type().map_err(|error| failed(&entry.path(), error))?;
            if kind.is_file() {
                if is_after(&path) && !is_staged(&name) {
                    let file = file(&entry, &path)?;
                    found.extend(if is_linked { file.map(|file| goal_noted(file, &entry.path())) } else { file });
                }
                continue;
            }
            let Some((place, target)) = followed(&entry, kind.is_symlink())? else { continue };
            if target.is_dir() {
                // The greatest name of a file below it.
                if is_after(&format!("{path}/\u{10ffff}")) {
                    open.push((place, path, is_linked || kind.is_symlink()));
                }
            } else if target.is_file() && is_after(&path) && !is_staged(&name) {
                found.push(goal_noted(described(&target, &path)?, &place));
            }
        }
    }
    Ok(found)
}

/// A file that a link leads to: its real path is its version, as no file of a disk has another.
fn goal_noted(file: ObjectMeta, place: &FilePath) -> ObjectMeta {
    let version = std::fs::canonicalize(place).ok().map(|goal| goal.display().to_string());
    ObjectMeta { version, ..file }
}

/// Where an entry that is no plain file leads, and what is there.
fn followed(entry: &DirEntry, is_link: bool) -> Result<Option<(PathBuf, Metadata)>> {
    let place = entry.path();
    let Some(target) = there(std::fs::metadata(&place), &place)? else { return Ok(None) };
    if is_link && target.is_dir() {
        let goal = std::fs::canonicalize(&place).map_err(|error| failed(&place, error))?;
        let from = place.parent().map(std::fs::canonicalize).transpose().map_err(|error| failed(&place, error))?;
        if from.is_some_and(|from| from.starts_with(&goal)) {
            return Err(unusable(&place, "the link leads to a folder that it is in"));
        }
    }
    Ok(Some((place, target)))
}

fn file(entry: &DirEntry, path: &str) -> Result<Option<ObjectMeta>> {
    there(entry.metadata(), &entry.path())?.map(|metadata| described(&metadata, path)).transpose()
}

fn there(found: std::io::Result<Metadata>, place: &FilePath) -> Result<Option<Metadata>> {
    match found {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed(place, error)),
    }
}

fn described(metadata: &Metadata, path: &str) -> Result<ObjectMeta> {
    let modified = metadata.modified().map_err(|error| failed(FilePath::new(path), error))?;
    Ok(ObjectMeta {
        location: Path::parse(path).map_err(|_| unusable(FilePath::new(path), "the name has control characters"))?,
        last_modified: DateTime::<Utc>::from(modified),
        size: metadata.len(),
        e_tag: None,
        version: None,
    })
}

/// Whether a name is that of a file that is still being written: `name#digits`.
pub(super) fn is_staged(name: &str) -> bool {
    let digits = name.split_once('#').map(|(_, rest)| rest);
    digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn unusable(place: &FilePath, reason: &'static str) -> Error {
    let place = place.to_string_lossy().escape_debug().to_string();
    Error::Generic { store: NAME, source: Box::new(UnusableEntry { reason, place }) }
}

fn failed(place: &FilePath, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    tracing::debug!(place = %place.display(), "a folder cannot be listed");
    Error::Generic { store: NAME, source: cause.into() }
}

#[cfg(test)]
mod tests {
    use super::files_below;
    use crate::LakeError;
    use crate::refusal::{Refusal, refusal};
    use object_store::path::Path;

    fn names(found: &[object_store::ObjectMeta]) -> Vec<&str> {
        let mut names: Vec<&str> = found.iter().map(|file| file.location.as_ref()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn files_below_a_folder_are_found_whatever_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["a b%20#x ä.json", "day=1/2.json", "day=1/deep/3.json", "4.json#77", "5#6a"] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "12345").unwrap();
        }
        let found = files_below(folder.path(), &Path::from("lake"), None).unwrap();
        let all = ["lake/5#6a", "lake/a b%20#x ä.json", "lake/day=1/2.json", "lake/day=1/deep/3.json"];
        assert_eq!(names(&found), all, "what is still being written is none");
        assert!(found.iter().all(|file| file.size == 5));
        let after = Path::from("lake/day=1/2.json");
        assert_eq!(names(&files_below(folder.path(), &Path::from("lake"), Some(&after)).unwrap()), all[3..]);
        assert!(files_below(&folder.path().join("missing"), &Path::from("lake"), None).unwrap().is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_and_circles_are_named() {
        use std::os::unix::fs::symlink;
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        std::fs::write(other.path().join("1.json"), "x").unwrap();
        symlink(other.path(), folder.path().join("linked")).unwrap();
        symlink(other.path().join("1.json"), folder.path().join("2.json")).unwrap();
        symlink(folder.path().join("nowhere"), folder.path().join("3.json")).unwrap();
        let list = || files_below(folder.path(), &Path::from(""), None);
        let found = list().unwrap();
        assert_eq!(names(&found), ["2.json", "linked/1.json"]);
        let goal = other.path().canonicalize().unwrap().join("1.json").display().to_string();
        assert!(found.iter().all(|file| file.version.as_ref() == Some(&goal)), "{found:?}");
        symlink(folder.path(), folder.path().join("circle")).unwrap();
        assert!(list().unwrap_err().to_string().contains("a folder that it is in"));
    }

    #[cfg(unix)]
    #[test]
    fn a_name_that_no_store_can_have_is_named_with_the_way_out() {
        use std::ffi::OsStr;
        use std::os::unix::ffi::OsStrExt;
        for (name, says) in [
            (b"new\nline.json".as_slice(), "new\\nline.json"),
            (b"tab\t.json".as_slice(), "tab\\t.json"),
            (b"bad\xff.json".as_slice(), "bad"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(OsStr::from_bytes(name)), "x").unwrap();
            let source = files_below(folder.path(), &Path::from("lake"), None).unwrap_err();
            let error = LakeError::List { source: Box::new(source), path: "lake".to_owned() };
            let refused = refusal(&error).unwrap();
            assert!(matches!(refused, Refusal::UnusableEntry { .. }), "{refused:?}");
            assert!(refused.to_string().contains(says), "{refused}");
            assert!(refused.next().starts_with("Rename it"), "{refused}");
        }
    }
}
