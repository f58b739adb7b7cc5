//! The data files that a merge writes.

use super::row_file::RowFile;
use crate::RunError;
use crate::support::personal::personal_columns;
use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use futures::{StreamExt, TryStreamExt};
use sluice_change::{ChangeBatch, EventSeq};
use sluice_contract::Contract;
use sluice_engine::{ExistingRows, KeyEncoder, NewRows, PlanSources, newest_seq, silver_schema};
use sluice_lake::{DeltaStore, NewFile};
use std::ops::Range;
use std::sync::Arc;

/// Rows of one data file; a merge that writes more makes several.
const FILE_ROWS_MAX: usize = 1_000_000;
/// Files written at once.
const FILES_AT_ONCE: usize = 2;

/// What the rows of a plan are made of.
pub(super) struct RowSources {
    pub(super) contract: Arc<Contract>,
    pub(super) existing: Vec<ExistingRows>,
    pub(super) changes: Arc<Vec<ChangeBatch>>,
}

/// Rows for new files, in the order of their keys.
pub(super) struct RowSource {
    pub(super) rows: NewRows,
    /// No row is newer.
    pub(super) newest: Option<EventSeq>,
    pub(super) sources: Arc<RowSources>,
}

impl RowSource {
    fn build(&self, range: Range<usize>) -> Result<RecordBatch, RunError> {
        Ok(self.rows.build(self.sources.as_plan_sources(), range)?)
    }
}

impl RowSources {
    pub(super) fn as_plan_sources(&self) -> PlanSources<'_> {
        PlanSources { contract: &self.contract, existing: &self.existing, changes: &self.changes }
    }

    /// New rows, and rows that are written again.
    pub(super) fn merged(self: Arc<Self>, upserts: &NewRows, kept: &[RecordBatch]) -> Result<RowSource, RunError> {
        let new = upserts.build(self.as_plan_sources(), 0..upserts.num_rows())?;
        let schema = new.schema();
        let mut parts = vec![new];
        for rows in kept {
            parts.push(RecordBatch::try_new(Arc::clone(&schema), rows.columns().to_vec())?);
        }
        let all = concat_batches(&schema, &parts)?;
        drop(parts);
        let order = KeyEncoder::new(&self.contract)?.order(&all)?;
        let rows = take_record_batch(&all, &UInt32Array::from(order))?;
        Ok(RowSource { newest: newest_seq(&rows), rows: NewRows::from(rows), sources: self })
    }
}

/// Writes data files; `index`: their keys are known to be looked up soon.
pub(super) async fn write_new_files(
    store: &DeltaStore,
    source: Arc<RowSource>,
    index: bool,
) -> Result<Vec<NewFile>, RunError> {
    let rows = source.rows.num_rows();
    let ranges = (0..rows).step_by(FILE_ROWS_MAX).map(|first| first..rows.min(first + FILE_ROWS_MAX));
    let writes = ranges.map(|range| {
        let source = Arc::clone(&source);
        async move {
            let contract = Arc::clone(&source.sources.contract);
            let file = RowFile {
                schema: Arc::new(silver_schema(&contract)),
                newest: source.newest,
                hidden: personal_columns(&contract),
                index: if index { Some(KeyEncoder::new(&contract)?) } else { None },
            };
            file.write(store, range, move |range| source.build(range)).await
        }
    });
    futures::stream::iter(writes).buffered(FILES_AT_ONCE).try_collect().await
}
