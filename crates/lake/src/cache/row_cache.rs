//! Rows that are read again and again: those of tables whose merges need the rows they replace.
//!
//! Where single rows are spread over a file, reading them decodes nearly all of it, batch after batch.
//! From the first such read on a [row run](crate::cache::row_run) answers instead.

use crate::cache::cached_file::{StagedFile, drop_old};
use crate::cache::paths::CachePaths;
use crate::cache::row_run::{RowRunWriter, read_rows};
use crate::store::encode::PAGE_ROWS;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::path::PathBuf;
use std::time::Duration;

/// Files of fewer rows are decoded each time; that costs no more.
const FILE_ROWS_MIN: u64 = 65_536;
/// Of so many rows at least one is asked for: decoding costs no more.
const DENSE: u64 = 8;
/// Of so many pages at least one is touched: a run is made.
const PAGES_PER_TOUCHED: u64 = 4;
/// A run is made where so many of its size are free.
const FREE_TIMES: u64 = 10;

/// Cached rows by path of the data file in the lake.
#[derive(Debug)]
pub(crate) struct RowCache {
    paths: CachePaths,
}

impl RowCache {
    pub(crate) fn new(paths: CachePaths) -> Self {
        Self { paths }
    }

    /// Where the rows of a data file are kept, if reading so many of its `rows` from there may be cheaper than
    /// decoding the file.
    pub(crate) fn path_for(&self, data_file: &str, rows: u64, wanted: usize) -> Option<PathBuf> {
        let path = self.paths.row_run(data_file)?;
        (rows >= FILE_ROWS_MIN && wanted as u64 * DENSE <= rows).then_some(path)
    }

    /// Whether rows at these ascending positions are spread so far over a file that its rows are worth keeping.
    pub(crate) fn is_worth_keeping(positions: &[u32], rows: u64) -> bool {
        touched_pages(positions) * PAGES_PER_TOUCHED >= rows.div_ceil(PAGE_ROWS as u64)
    }

    /// Rows by position, from a file of cached rows.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`] if nothing is kept; [`ErrorKind::InvalidData`] if it is damaged or of other columns.
    pub(crate) async fn read(path: PathBuf, schema: SchemaRef, rows: u64, positions: Vec<u32>) -> Result<RecordBatch> {
        let read = tokio::task::spawn_blocking(move || read_rows(&File::open(path)?, &schema, rows, &positions));
        read.await.map_err(Error::other)?
    }

    /// The place for `rows` rows of so many encoded bytes.
    ///
    /// # Errors
    /// [`ErrorKind::StorageFull`] if little more than that is free.
    pub(crate) fn stage(path: &std::path::Path, bytes: u64) -> Result<StagedFile> {
        let staged = StagedFile::new(path)?;
        if fs4::available_space(path.parent().unwrap_or(path))? / FREE_TIMES < bytes {
            return Err(ErrorKind::StorageFull.into());
        }
        Ok(staged)
    }

    /// Writes all rows of a data file and puts them in place.
    ///
    /// # Errors
    /// [`ErrorKind::Unsupported`] for columns that have no row format.
    pub(crate) async fn write(
        staged: StagedFile,
        schema: SchemaRef,
        rows: u64,
        batches: Vec<RecordBatch>,
    ) -> Result<()> {
        let written = tokio::task::spawn_blocking(move || {
            let mut writer = RowRunWriter::new(File::create(staged.path())?, &schema, rows)?;
            batches.iter().try_for_each(|batch| writer.append(batch))?;
            writer.finish()?;
            staged.place()
        });
        written.await.map_err(Error::other)?
    }

    /// Removes cached rows that were made `age` ago and are of none of these data files of a table.
    pub(crate) async fn drop_unused(&self, needed: impl Iterator<Item = String>, any_file: &str, age: Duration) {
        let folder = self.paths.row_run(any_file).and_then(|path| Some(path.parent()?.to_path_buf()));
        let Some(folder) = folder else { return };
        let needed: BTreeSet<PathBuf> = needed.filter_map(|file| self.paths.row_run(&file)).collect();
        drop_old(folder, age, move |path| needed.contains(path)).await;
    }

    /// Removes the cached rows of a data file of so many rows that the table does not have any more.
    pub(crate) async fn forget(&self, data_file: &str, rows: u64) {
        if let Some(path) = self.paths.row_run(data_file).filter(|_| rows >= FILE_ROWS_MIN) {
            // A cache; most files have none.
            let _ = tokio::fs::remove_file(path).await;
        }
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
    use crate::store::encode::PAGE_ROWS;

    #[test]
    fn pages_are_counted_once() {
        let page = u32::try_from(PAGE_ROWS).unwrap();
        assert_eq!(touched_pages(&[]), 0);
        assert_eq!(touched_pages(&[5]), 1);
        assert_eq!(touched_pages(&[0, page - 1, page, page * 7, page * 7 + 1]), 3);
    }
}
