//! Rows of data files that are found by what somebody noted of them.

use crate::LakeError;
use crate::cache::mark_run::MarkRun;
use crate::delta::cached_table::CachedTable;
use crate::delta::snapshot::DataFile;
use std::collections::BTreeSet;
use std::io::{Error, ErrorKind};

/// What made the marks of a data file, for example the hash of a contract: marks of another maker count as missing.
pub type MadeBy = [u8; 32];

impl CachedTable {
    /// Positions of the rows of a file that are under one of the marks, ascending; `None` if its marks are not kept on
    /// this machine, are damaged, or were made by something else.
    ///
    /// # Errors
    /// [`LakeError::Stopped`].
    pub async fn marked_rows(
        &self,
        file: &DataFile,
        made_by: MadeBy,
        marks: &[u64],
    ) -> Result<Option<Vec<u32>>, LakeError> {
        let shown = self.files.shown(&file.path);
        let paths = &self.files.tables.cache.paths;
        let paths = [paths.mark_run(&shown), paths.mark_run_of_base(&shown)];
        let marks = marks.to_vec();
        let look = move || {
            let run = paths.iter().flatten().find_map(|path| MarkRun::open(path, &made_by).ok())?;
            let mut rows = BTreeSet::new();
            for mark in marks {
                rows.extend(run.rows(mark).ok()?);
            }
            Some(rows.into_iter().collect())
        };
        tokio::task::spawn_blocking(look).await.map_err(|_| LakeError::Stopped { path: self.files.shown(&file.path) })
    }

    /// Keeps marks of the rows of a file, each with the position of its row, in the local cache. Whether they could be
    /// written; the lake is the same without them.
    pub async fn mark_rows(&self, file: &DataFile, made_by: MadeBy, entries: Vec<(u64, u32)>) -> bool {
        let shown = self.files.shown(&file.path);
        let path = self.files.tables.cache.paths.mark_run(&shown);
        let write = move || MarkRun::write(&path.ok_or(ErrorKind::NotFound)?, &made_by, entries);
        let written = tokio::task::spawn_blocking(write).await.unwrap_or_else(|error| Err(Error::other(error)));
        if let Err(error) = &written {
            tracing::info!(file = %shown, %error, "the marks of its rows are not kept");
        }
        written.is_ok()
    }
}
