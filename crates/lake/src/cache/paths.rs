//! Where on this machine something is kept of a file of the lake.

use crate::cache::cached_file::place;
use crate::store::objects::Objects;
use crate::store::root::Root;
use sluice_contract::TableName;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The folders of the local cache. A lake in a folder has its cache inside, a remote one in the user's.
///
/// A lake in a folder that may only be read has the files that readers need in the user's cache as well: reading never
/// needs to write to the lake.
#[derive(Clone, Debug)]
pub(crate) struct CachePaths {
    local_root: Option<PathBuf>,
    url: String,
    user_folder: Option<PathBuf>,
    /// Of a sandbox: the paths of its base.
    base: Option<Arc<CachePaths>>,
    /// Where positions files are kept, found out when the first one is needed.
    positions: Arc<OnceLock<PathBuf>>,
}

impl CachePaths {
    pub(crate) fn new(objects: &Objects, user_folder: Option<PathBuf>) -> Self {
        Self::of_root(objects.root(), user_folder)
    }

    fn of_root(root: &Root, user_folder: Option<PathBuf>) -> Self {
        let base = root.base.as_ref().map(|base| Arc::new(Self::of_root(base, user_folder.clone())));
        Self { local_root: root.local.clone(), url: root.url.clone(), user_folder, base, positions: Arc::default() }
    }

    /// Whether all data files are on this machine already.
    fn is_local(&self) -> bool {
        self.local_root.is_some() && self.base.as_ref().is_none_or(|base| base.is_local())
    }

    /// Folder of the copies of remote data files.
    pub(crate) fn copies(&self) -> PathBuf {
        let folder = self.user_folder.clone().filter(|_| !self.is_local());
        folder.unwrap_or_else(|| std::env::temp_dir().join("sluice").join("files"))
    }

    /// The key run of a data file, which is named by its path in the lake.
    pub(crate) fn key_run(&self, data_file: &str) -> Option<PathBuf> {
        self.run(data_file, "keys")
    }

    /// The key run of a data file in the base of a sandbox, for reading.
    pub(crate) fn key_run_of_base(&self, data_file: &str) -> Option<PathBuf> {
        self.base.as_ref()?.key_run(data_file)
    }

    /// The marks of the rows of a data file.
    pub(crate) fn mark_run(&self, data_file: &str) -> Option<PathBuf> {
        self.run(data_file, "marks")
    }

    /// The marks of a data file in the base of a sandbox, for reading.
    pub(crate) fn mark_run_of_base(&self, data_file: &str) -> Option<PathBuf> {
        self.base.as_ref()?.mark_run(data_file)
    }

    /// What is known of a version of a table, by a name that says what it has.
    pub(crate) fn note(&self, table: &str, name: &str) -> Option<PathBuf> {
        self.run(&format!("{table}/{name}"), "notes")
    }

    /// The cached rows of a data file.
    pub(crate) fn row_run(&self, data_file: &str) -> Option<PathBuf> {
        self.run(data_file, "rows")
    }

    /// A positions or scratch file of a table. It is inside the folders that readers may open: the lake's own,
    /// or that of the copies.
    pub(crate) fn positions(&self, table: &str, name: &str) -> PathBuf {
        self.positions.get_or_init(|| self.positions_folder()).join(table).join(format!("{name}.parquet"))
    }

    /// Folder of the positions of a lake in a folder that may only be read; inside the user's cache, and of this lake
    /// alone, so that whoever may read it sees nothing of another one.
    pub(crate) fn positions_elsewhere(&self) -> PathBuf {
        let name = blake3::hash(self.url.as_bytes()).to_hex();
        let folder = self.user_folder.clone().unwrap_or_else(|| std::env::temp_dir().join("sluice").join("files"));
        folder.with_file_name("positions").join(name.get(..32).unwrap_or_default())
    }

    fn positions_folder(&self) -> PathBuf {
        let Some(root) = &self.local_root else { return self.copies().join("dead") };
        let inside = root.join("_sluice").join("cache").join("dead");
        if is_writable(&inside) { inside } else { self.positions_elsewhere() }
    }

    /// What is known of the last listing of everything for a table; `None` without a cache of the user's.
    pub(crate) fn full_listing(&self, table: &TableName) -> Option<PathBuf> {
        let name = format!("{table}.json");
        if let Some(root) = &self.local_root {
            return Some(root.join("_sluice/cache/listings").join(name));
        }
        let lake = blake3::hash(self.url.as_bytes()).to_hex();
        let folder = self.user_folder.as_ref()?.with_file_name("listings");
        Some(folder.join(lake.get(..32).unwrap_or_default()).join(name))
    }

    /// Folder of files that are gone with the process that makes them.
    pub(crate) fn spill(&self) -> PathBuf {
        if let Some(root) = &self.local_root {
            return root.join("_sluice/cache/spill");
        }
        let folder = self.user_folder.as_ref().map(|folder| folder.with_file_name("spill"));
        folder.unwrap_or_else(|| std::env::temp_dir().join("sluice").join("spill"))
    }

    /// Removes what is kept of a data file that is gone.
    pub(crate) async fn forget(&self, data_file: &str) {
        for run in [self.key_run(data_file), self.row_run(data_file), self.mark_run(data_file)].into_iter().flatten() {
            // A cache; most files have none.
            let _ = tokio::fs::remove_file(run).await;
        }
    }

    fn run(&self, data_file: &str, kind: &str) -> Option<PathBuf> {
        if let Some(root) = &self.local_root {
            return Some(root.join("_sluice/cache").join(kind).join(format!("{data_file}.{kind}")));
        }
        let name = blake3::hash(format!("{}/{data_file}", self.url).as_bytes()).to_hex();
        let folder = self.user_folder.as_ref();
        folder.map(|folder| folder.with_file_name(kind).join(format!("{name}.{kind}")))
    }
}

/// Whether a file can be made in a folder, which is made if it is missing.
fn is_writable(folder: &Path) -> bool {
    let probe = folder.join(format!("probe-{}", std::process::id()));
    let written = place(&probe, b"").is_ok();
    // Nothing depends on it.
    let _ = std::fs::remove_file(probe);
    written
}

#[cfg(test)]
mod tests {
    use super::CachePaths;
    use std::sync::Arc;

    #[test]
    fn a_lake_that_can_only_be_read_has_its_cache_elsewhere() {
        let folder = tempfile::tempdir().unwrap();
        let paths = |root: &str| CachePaths {
            local_root: Some(folder.path().join(root)),
            url: root.to_owned(),
            user_folder: Some(folder.path().join("user/files")),
            base: None,
            positions: Arc::default(),
        };
        std::fs::create_dir(folder.path().join("lake")).unwrap();
        assert!(paths("lake").positions("silver/a/b", "x").starts_with(folder.path().join("lake")));
        // No folder can be made below a file, whoever asks.
        std::fs::write(folder.path().join("read-only"), "").unwrap();
        let elsewhere = paths("read-only").positions("silver/a/b", "x");
        assert!(elsewhere.starts_with(folder.path().join("user/positions")), "{}", elsewhere.display());
        assert!(elsewhere.starts_with(paths("read-only").positions_elsewhere()));
    }
}
