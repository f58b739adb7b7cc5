//! Rows that are read again and again: those of tables whose merges need the rows they replace.
//!
//! Where single rows are spread over a file, reading them decodes nearly all of it, batch after batch.
//! From the first such read on a [row run](crate::cache::row_run) answers instead.

use crate::cache::cached_file::{StagedFile, drop_old};
use crate::cache::row_run::{RowRunWriter, read_rows};
use crate::delta::encode::PAGE_ROWS;
use crate::{DataFile, DeltaStore, LakeError, Snapshot};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Files of fewer rows are decoded each time; that costs no more.
const FILE_ROWS_MIN: u64 = 65_536;
/// Of so many rows at least one is asked for: decoding costs no more.
const DENSE: u64 = 8;
/// Of so many pages at least one is touched: a run is made.
const PAGES_PER_TOUCHED: u64 = 4;
/// A run is made where so many of its size are free.
const FREE_TIMES: u64 = 10;

impl DeltaStore {
    /// Rows of a file by their position in it, which have to ascend, cast to the snapshot's schema, as
    /// [`DeltaStore::read_positions`] does. For a table of which every batch reads some: where they are
    /// spread, the file's rows are kept uncompressed in the local cache, and go from there with the file.
    ///
    /// # Errors
    /// [`LakeError::Decode`].
    pub async fn read_scattered(
        &self,
        snapshot: &Snapshot,
        file: &DataFile,
        positions: &[u32],
    ) -> Result<RecordBatch, LakeError> {
        let rows = file.physical_rows();
        let shown = self.shown(&file.path);
        let path = self.lake.row_run_path(&shown);
        let (Some(path), true) = (path, rows >= FILE_ROWS_MIN && positions.len() as u64 * DENSE <= rows) else {
            return self.read_positions(snapshot, file, positions, None).await;
        };
        let schema = &snapshot.schema;
        match read_run(&path, schema, rows, positions).await {
            Ok(read) => return Ok(read),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => tracing::info!(file = %shown, %error, "the cached rows are not used"),
        }
        if touched_pages(positions) * PAGES_PER_TOUCHED >= rows.div_ceil(PAGE_ROWS as u64) {
            let made = match self.make_row_run(snapshot, file, &path).await {
                Ok(()) => read_run(&path, schema, rows, positions).await,
                Err(Unmade::Lake(error)) => return Err(error),
                Err(Unmade::Cache(error)) => Err(error),
            };
            match made {
                Ok(read) => return Ok(read),
                Err(error) => tracing::info!(file = %shown, %error, "rows are not cached"),
            }
        }
        self.read_positions(snapshot, file, positions, None).await
    }

    async fn make_row_run(&self, snapshot: &Snapshot, file: &DataFile, path: &Path) -> Result<(), Unmade> {
        let metadata = self.footer(file).await?;
        let groups = metadata.metadata().row_groups().iter();
        let bytes: u64 = groups.map(|group| u64::try_from(group.total_byte_size()).unwrap_or(0)).sum();
        let staged = StagedFile::new(path)?;
        if fs4::available_space(path.parent().unwrap_or(path))? / FREE_TIMES < bytes {
            return Err(Error::from(ErrorKind::StorageFull).into());
        }
        self.write_row_run(snapshot, file, staged.path()).await?;
        Ok(staged.place()?)
    }

    async fn write_row_run(&self, snapshot: &Snapshot, file: &DataFile, staging: &Path) -> Result<(), Unmade> {
        let (rows, schema, staging) = (file.physical_rows(), snapshot.schema.clone(), staging.to_path_buf());
        let whole = DataFile { deletion_vector: None, rows, ..file.clone() };
        let batches = self.read_files(snapshot, &[whole], None).await?;
        let written = tokio::task::spawn_blocking(move || {
            let mut writer = RowRunWriter::new(File::create(staging)?, &schema, rows)?;
            batches.iter().try_for_each(|batch| writer.append(batch))?;
            writer.finish()
        });
        Ok(written.await.map_err(Error::other)??)
    }

    /// Removes cached rows that were made `age` ago and are of no file of the version: those of older
    /// versions, and what a crash left. In the cache of remote lakes those of other tables too; they are
    /// made anew. What can not be removed stays.
    pub async fn drop_unused_rows(&self, latest: &Snapshot, age: Duration) {
        let path_of = |file: &str| self.lake.row_run_path(&self.shown(file));
        let Some(folder) = path_of("x").and_then(|path| Some(path.parent()?.to_path_buf())) else { return };
        let needed: BTreeSet<PathBuf> = latest.files.iter().filter_map(|file| path_of(&file.path)).collect();
        drop_old(folder, age, move |path| needed.contains(path)).await;
    }

    /// Removes the cached rows of files that the table does not have any more.
    pub(crate) async fn forget_rows(&self, files: &[DataFile]) {
        for file in files.iter().filter(|file| file.physical_rows() >= FILE_ROWS_MIN) {
            if let Some(path) = self.lake.row_run_path(&self.shown(&file.path)) {
                // A cache; most files have none.
                let _ = tokio::fs::remove_file(path).await;
            }
        }
    }
}

async fn read_run(path: &Path, schema: &SchemaRef, rows: u64, positions: &[u32]) -> std::io::Result<RecordBatch> {
    let (path, schema, positions) = (path.to_path_buf(), SchemaRef::clone(schema), positions.to_vec());
    let read = tokio::task::spawn_blocking(move || read_rows(&File::open(path)?, &schema, rows, &positions));
    read.await.map_err(Error::other)?
}

/// Why there is no run.
enum Unmade {
    /// The file itself can not be read.
    Lake(LakeError),
    /// Its rows can not be kept.
    Cache(Error),
}

impl From<LakeError> for Unmade {
    fn from(error: LakeError) -> Self {
        Self::Lake(error)
    }
}

impl From<Error> for Unmade {
    fn from(error: Error) -> Self {
        Self::Cache(error)
    }
}

/// Pages that hold ascending positions.
fn touched_pages(positions: &[u32]) -> u64 {
    let page = |position: u32| position as usize / PAGE_ROWS;
    let changes = positions.windows(2).filter(|pair| page(pair[0]) != page(pair[1])).count();
    changes as u64 + u64::from(!positions.is_empty())
}

#[cfg(test)]
mod tests {
    use super::touched_pages;
    use crate::delta::encode::PAGE_ROWS;

    #[test]
    fn pages_are_counted_once() {
        let page = u32::try_from(PAGE_ROWS).unwrap();
        assert_eq!(touched_pages(&[]), 0);
        assert_eq!(touched_pages(&[5]), 1);
        assert_eq!(touched_pages(&[0, page - 1, page, page * 7, page * 7 + 1]), 3);
    }
}
