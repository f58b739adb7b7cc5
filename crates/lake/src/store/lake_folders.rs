//! What makes a folder a lake, and making one.

use crate::LakeError;
use crate::environment::StoreTimes;
use crate::store::objects::Objects;
use crate::store::root::{Root, local_folder};
use std::io::ErrorKind;

/// A folder or prefix with any of these is a lake.
const FOLDERS: [&str; 7] = ["contracts", "landing", "models", "bronze", "silver", "gold", "_sluice"];
/// Written by [`make`], so that a new lake on a store without folders can be found again.
const MARK: &str = "_sluice/lake.json";

/// Opens the store of a lake that exists.
///
/// # Errors
/// [`LakeError::NoLake`] if the address has none of a lake's folders; nothing is created then. Else as
/// [`crate::Lake::open`].
pub(crate) async fn open_existing(url: &str, times: StoreTimes) -> Result<Root, LakeError> {
    let missing = |shown: String| LakeError::NoLake { url: shown };
    if let Some(folder) = local_folder(url)? {
        let shown = folder.display().to_string();
        let found = FOLDERS.iter().map(|name| folder.join(name).metadata()).find_map(|found| match found {
            Ok(found) => found.is_dir().then_some(Ok(())),
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(error) => Some(Err(error)),
        });
        match found {
            Some(Ok(())) => return Root::open(url, times).await,
            Some(Err(source)) => return Err(LakeError::Open { source: Box::new(source), url: shown }),
            None => return Err(missing(shown)),
        }
    }
    let root = Root::open(url, times).await?;
    let shown = root.url.clone();
    let folders = Objects::new(root.clone(), times).list_folders("").await?;
    if folders.iter().any(|found| FOLDERS.contains(&found.as_str())) { Ok(root) } else { Err(missing(shown)) }
}

/// Makes an empty lake; one that is there stays as it is.
///
/// # Errors
/// As [`crate::Lake::open`], and [`LakeError::Write`].
pub(crate) async fn make(url: &str, times: StoreTimes) -> Result<(), LakeError> {
    let root = Root::open(url, times).await?;
    if let Some(folder) = &root.local {
        let open = |source| LakeError::Open { source: Box::new(source), url: root.url.clone() };
        for name in ["contracts", "landing"] {
            std::fs::create_dir_all(folder.join(name)).map_err(open)?;
        }
    }
    // Created or there already: both are a lake.
    let _either = Objects::new(root, times).put_new(MARK, "{}\n".into()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{FOLDERS, make, open_existing};
    use crate::{LakeError, StoreTimes};

    #[tokio::test]
    async fn a_mistyped_address_is_no_new_lake() {
        let folder = tempfile::tempdir().unwrap();
        let times = StoreTimes::default();
        let missing = folder.path().join("lkae");
        let open = async |path: &std::path::Path| open_existing(path.to_str().unwrap(), times).await.map(|_| ());
        assert!(matches!(open(&missing).await, Err(LakeError::NoLake { .. })));
        assert!(!missing.exists(), "looking created the folder");
        // A folder that is something else.
        std::fs::write(folder.path().join("notes.txt"), "no lake").unwrap();
        assert!(matches!(open(folder.path()).await, Err(LakeError::NoLake { .. })));
        for name in FOLDERS {
            let lake = folder.path().join(format!("with-{name}"));
            std::fs::create_dir_all(lake.join(name)).unwrap();
            open(&lake).await.unwrap();
        }
        make(missing.to_str().unwrap(), times).await.unwrap();
        make(missing.to_str().unwrap(), times).await.unwrap();
        open(&missing).await.unwrap();
        let file = folder.path().join("notes.txt/lake");
        assert!(matches!(open(&file).await, Err(LakeError::Open { .. })), "a file is no folder");
    }
}
