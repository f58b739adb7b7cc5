//! Single rows of a data file.

use crate::LakeError;
use crate::delta::projection::{conform, project, project_file};
use crate::delta::snapshot::{DataFile, Snapshot};
use crate::delta::table::DeltaStore;
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use futures::TryStreamExt;
use parquet::arrow::arrow_reader::{RowSelection, RowSelectionPolicy, RowSelector};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::errors::ParquetError;

/// Rows of one decoded batch.
const BATCH_ROWS: usize = 32_768;

/// Of a file less than one row in so many is sparse: to skip the others costs less than to decode them.
const SPARSE_ONE_IN: u64 = 8;

impl DeltaStore {
    /// Rows of a file by their position in it, which have to ascend, cast to the snapshot's schema.
    /// Decodes the pages that hold them. Deleted rows are read like all others.
    ///
    /// # Errors
    /// [`LakeError::Decode`]; [`LakeError::Schema`] for a column that the table does not have.
    pub async fn read_positions(
        &self,
        snapshot: &Snapshot,
        file: &DataFile,
        positions: &[u32],
        columns: Option<&[&str]>,
    ) -> Result<RecordBatch, LakeError> {
        let goal = project(self.folder(), snapshot, columns)?;
        let metadata = self.files.footer(file).await?;
        let mut first = 0_u64;
        let mut groups = Vec::new();
        let mut selectors = Vec::new();
        let mut rest = positions;
        for (number, group) in metadata.metadata().row_groups().iter().enumerate() {
            let end = first + u64::try_from(group.num_rows()).unwrap_or(0);
            let inside = rest.partition_point(|position| u64::from(*position) < end);
            let (now, later) = rest.split_at(inside);
            if !now.is_empty() {
                groups.push(number);
                select(now, first, end, &mut selectors);
            }
            rest = later;
            first = end;
        }
        // By itself the library decodes all rows around a selection of short runs, however far they are from each other.
        let is_sparse = (positions.len() as u64).saturating_mul(SPARSE_ONE_IN) < first;
        let policy = if is_sparse { RowSelectionPolicy::Selectors } else { RowSelectionPolicy::default() };
        let reader = self.files.reader(&file.path, file.size)?;
        let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata);
        let builder = project_file(builder, &goal)
            .with_row_groups(groups)
            .with_row_selection(RowSelection::from(selectors))
            .with_row_selection_policy(policy)
            .with_batch_size(BATCH_ROWS);
        let failed = |source: ParquetError| self.files.cannot_decode(&file.path, source);
        let mut stream = builder.build().map_err(failed)?;
        let mut batches = Vec::new();
        while let Some(batch) = stream.try_next().await.map_err(failed)? {
            batches.push(conform(&batch, &goal).map_err(|source| failed(source.into()))?);
        }
        let rows = concat_batches(&goal, &batches).map_err(|source| failed(source.into()))?;
        if rows.num_rows() == positions.len() {
            Ok(rows)
        } else {
            Err(failed(ParquetError::General("the file has fewer rows than the log says".to_owned())))
        }
    }
}

/// Selects positions of one row group, which begins at `first` and ends before `end`.
fn select(positions: &[u32], first: u64, end: u64, selectors: &mut Vec<RowSelector>) {
    let length = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
    let mut next = first;
    let mut run = 0;
    for position in positions.iter().map(|position| u64::from(*position)) {
        if position > next {
            if run > 0 {
                selectors.push(RowSelector::select(run));
            }
            selectors.push(RowSelector::skip(length(position - next)));
            run = 0;
        }
        run += 1;
        next = position + 1;
    }
    if run > 0 {
        selectors.push(RowSelector::select(run));
    }
    if next < end {
        selectors.push(RowSelector::skip(length(end - next)));
    }
}

#[cfg(test)]
mod tests {
    use super::select;
    use parquet::arrow::arrow_reader::RowSelector;

    #[test]
    fn positions_of_a_row_group_are_selected() {
        let mut selectors = Vec::new();
        select(&[10, 11, 14, 19], 10, 20, &mut selectors);
        let (skip, take) = (RowSelector::skip, RowSelector::select);
        assert_eq!(selectors, [take(2), skip(2), take(1), skip(4), take(1)]);
        selectors.clear();
        select(&[3], 0, 5, &mut selectors);
        assert_eq!(selectors, [skip(3), take(1), skip(1)]);
    }
}
