//! Deletion vectors of other writers: rows of a data file that are no rows of the table.

use crate::error::Cause;
use crate::{DataFile, DeltaStore, LakeError};
use buoyant_kernel::actions::deletion_vector::{DeletionVectorDescriptor, DeletionVectorStorageType};
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};

impl DeltaStore {
    /// The rows of a file that count; `None` for all.
    pub(crate) async fn live_rows(
        &self,
        file: &DataFile,
        rows_in_file: u64,
    ) -> Result<Option<RowSelection>, LakeError> {
        let Some(vector) = file.deletion_vector.clone() else { return Ok(None) };
        let path = self.shown(&file.path);
        let failed = |source: Cause| LakeError::Decode { source, path: path.clone() };
        let descriptor = DeletionVectorDescriptor::try_from(vector).map_err(|source| failed(Box::new(source)))?;
        if descriptor.storage_type == DeletionVectorStorageType::PersistedAbsolute {
            return Err(LakeError::ForeignPath { path });
        }
        let (engine, url) = (self.log_store()?.engine(None), self.table_url()?);
        let deleted = tokio::task::spawn_blocking(move || descriptor.row_indexes(engine.storage_handler(), &url)).await;
        let deleted = deleted.map_err(|_| LakeError::Stopped { path: path.clone() })?;
        let deleted = deleted.map_err(|source| failed(Box::new(source)))?;
        Ok(Some(selection(&deleted, rows_in_file)))
    }
}

/// Selects what is not in an ascending list.
fn selection(deleted: &[u64], rows: u64) -> RowSelection {
    let length = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
    let mut selectors = Vec::new();
    let mut next = 0;
    for &row in deleted.iter().filter(|row| **row < rows) {
        if row > next {
            selectors.push(RowSelector::select(length(row - next)));
        }
        selectors.push(RowSelector::skip(1));
        next = row + 1;
    }
    if next < rows {
        selectors.push(RowSelector::select(length(rows - next)));
    }
    // Neighbours of one kind are joined.
    RowSelection::from_iter(selectors)
}

#[cfg(test)]
mod tests {
    use super::selection;
    use parquet::arrow::arrow_reader::RowSelector;

    #[test]
    fn deleted_rows_are_skipped() {
        let found: Vec<RowSelector> = selection(&[0, 3, 4, 9, 12], 10).into();
        let (skip, select) = (RowSelector::skip, RowSelector::select);
        assert_eq!(found, [skip(1), select(2), skip(2), select(4), skip(1)]);
    }
}
