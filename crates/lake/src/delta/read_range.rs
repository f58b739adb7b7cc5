//! Rows of a table by position.

use crate::LakeError;
use crate::delta::projection::{conform, project_file};
use crate::delta::snapshot::{DataFile, Snapshot};
use crate::delta::table::DeltaStore;
use crate::delta::table_files::TableFiles;
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use futures::TryStreamExt;
use parquet::arrow::arrow_reader::{RowSelection, RowSelector};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::errors::ParquetError;

impl DeltaStore {
    /// Rows `first_row` to `first_row + rows`, counted through [`Snapshot::files`]; fewer at the end.
    ///
    /// Decodes only the pages that hold them, so any position of a large table costs the same.
    ///
    /// # Errors
    /// [`LakeError::Decode`].
    pub async fn read_range(&self, snapshot: &Snapshot, first_row: u64, rows: usize) -> Result<RecordBatch, LakeError> {
        let (mut skip, mut left) = (first_row, rows as u64);
        let mut batches = Vec::new();
        for file in snapshot.files.iter() {
            if left == 0 {
                break;
            }
            if skip >= file.rows {
                skip -= file.rows;
                continue;
            }
            let take = left.min(file.rows - skip);
            read_part(&self.files, snapshot, file, skip, take, &mut batches).await?;
            left -= take;
            skip = 0;
        }
        let failed = |source: arrow::error::ArrowError| self.files.cannot_decode("", source.into());
        concat_batches(&snapshot.schema, &batches).map_err(failed)
    }
}

async fn read_part(
    files: &TableFiles,
    snapshot: &Snapshot,
    file: &DataFile,
    skip: u64,
    take: u64,
    batches: &mut Vec<RecordBatch>,
) -> Result<(), LakeError> {
    let length = |rows: u64| usize::try_from(rows).unwrap_or(usize::MAX);
    let metadata = files.footer(file).await?;
    let groups: Vec<u64> =
        metadata.metadata().row_groups().iter().map(|group| u64::try_from(group.num_rows()).unwrap_or(0)).collect();
    let reader = files.reader(&file.path, file.size)?;
    let builder = ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata);
    let builder = project_file(builder, &snapshot.schema).with_batch_size(length(take));
    let builder = match files.live_rows(file, groups.iter().copied().fold(0, u64::saturating_add)).await? {
        Some(live) => builder.with_row_selection(live).with_offset(length(skip)).with_limit(length(take)),
        None => {
            let (first, wanted) = overlapping(&groups, skip, take);
            let within =
                RowSelection::from(vec![RowSelector::skip(length(skip - first)), RowSelector::select(length(take))]);
            builder.with_row_groups(wanted).with_row_selection(within)
        }
    };
    let failed = |source: ParquetError| files.cannot_decode(&file.path, source);
    let mut read = builder.build().map_err(failed)?;
    while let Some(batch) = read.try_next().await.map_err(failed)? {
        batches.push(conform(&batch, &snapshot.schema).map_err(|source| failed(source.into()))?);
    }
    Ok(())
}

/// Row groups that hold a range of rows, and the first row of the first of them.
fn overlapping(groups: &[u64], skip: u64, take: u64) -> (u64, Vec<usize>) {
    let (mut start, mut first, mut wanted) = (0_u64, 0, Vec::new());
    for (number, rows) in groups.iter().enumerate() {
        let end = start.saturating_add(*rows);
        if end > skip && start < skip.saturating_add(take) {
            if wanted.is_empty() {
                first = start;
            }
            wanted.push(number);
        }
        start = end;
    }
    (first, wanted)
}

#[cfg(test)]
mod tests {
    use super::overlapping;

    #[test]
    fn only_row_groups_with_wanted_rows_are_read() {
        assert_eq!(overlapping(&[10, 10, 5], 10, 10), (10, vec![1]));
        assert_eq!(overlapping(&[10, 10, 5], 9, 2), (0, vec![0, 1]));
        assert_eq!(overlapping(&[10, 10, 5], 24, 1), (20, vec![2]));
        assert_eq!(overlapping(&[10, 10, 5], 0, 25), (0, vec![0, 1, 2]));
    }
}
