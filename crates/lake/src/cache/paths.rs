//! Where on this machine something is kept of a file of the lake.

use crate::store::objects::Objects;
use std::path::PathBuf;

/// The folders of the local cache. A lake in a folder has its cache inside, a remote one in the user's.
#[derive(Clone, Debug)]
pub(crate) struct CachePaths {
    local_root: Option<PathBuf>,
    url: String,
    user_folder: Option<PathBuf>,
}

impl CachePaths {
    pub(crate) fn new(objects: &Objects, user_folder: Option<PathBuf>) -> Self {
        Self { local_root: objects.local_root().map(Into::into), url: objects.url().to_owned(), user_folder }
    }

    /// Folder of the copies of remote data files.
    pub(crate) fn copies(&self) -> PathBuf {
        let folder = self.user_folder.clone().filter(|_| self.local_root.is_none());
        folder.unwrap_or_else(|| std::env::temp_dir().join("sluice").join("files"))
    }

    /// The key run of a data file, which is named by its path in the lake.
    pub(crate) fn key_run(&self, data_file: &str) -> Option<PathBuf> {
        self.run(data_file, "keys")
    }

    /// The cached rows of a data file.
    pub(crate) fn row_run(&self, data_file: &str) -> Option<PathBuf> {
        self.run(data_file, "rows")
    }

    /// A positions or scratch file of a table. It is inside the folders that readers may open: the lake's own,
    /// or that of the copies.
    pub(crate) fn positions(&self, table: &str, name: &str) -> PathBuf {
        let folder = match &self.local_root {
            Some(root) => root.join("_sluice").join("cache").join("dead"),
            None => self.copies().join("dead"),
        };
        folder.join(table).join(format!("{name}.parquet"))
    }

    /// Removes what is kept of a data file that is gone.
    pub(crate) async fn forget(&self, data_file: &str) {
        for run in [self.key_run(data_file), self.row_run(data_file)].into_iter().flatten() {
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
