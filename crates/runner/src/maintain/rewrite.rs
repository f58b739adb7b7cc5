//! Rewrites a group of files: without deleted rows, in order, in files of the target size.

use super::zorder::z_order;
use crate::RunError;
use crate::silver::row_file::RowFile;
use crate::support::blocking::blocking;
use crate::support::personal::personal_columns;
use arrow::array::RecordBatch;
use arrow::compute::{concat_batches, interleave_record_batch};
use arrow::datatypes::SchemaRef;
use roaring::RoaringTreemap;
use sluice_change::EventSeq;
use sluice_contract::Contract;
use sluice_engine::{KeyEncoder, newest_seq};
use sluice_lake::{DataFile, DeltaStore, NewFile, Snapshot};
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

/// Tag of a data file: the columns it is clustered by.
pub(crate) const TAG_CLUSTERED: &str = "sluice.clustered";

/// In which order rows are written.
#[derive(Clone, Debug)]
pub(super) struct RowOrder {
    /// Columns of the Z-curve; without them rows are sorted by the key.
    pub(super) cluster_by: Vec<String>,
    /// The contract of a silver table, for its key; without one rows stay in their order.
    pub(super) contract: Option<Arc<Contract>>,
}

/// A group of files that is rewritten but not visible.
pub(super) struct Rewritten {
    /// Columns of the table when they were read.
    schema: SchemaRef,
    /// Files that it stands for, as they were read.
    pub(super) inputs: Vec<DataFile>,
    /// Positions of the rows that were deleted when they were read, per input.
    dead: Vec<Arc<RoaringTreemap>>,
    /// The new files.
    pub(super) outputs: Vec<Output>,
}

/// A new file.
pub(super) struct Output {
    pub(super) file: NewFile,
    /// Where each of its rows was: number of the input and position in it.
    origins: Vec<(u32, u32)>,
}

/// Columns without a smallest and largest value in the log: personal ones by the contract, and those that no input has
/// them of, whoever left them out.
fn hidden_columns(snapshot: &Snapshot, inputs: &[DataFile], contract: Option<&Contract>) -> BTreeSet<String> {
    let shown: BTreeSet<String> = inputs.iter().flat_map(DataFile::columns_with_bounds).collect();
    let unknown = snapshot.schema.fields().iter().map(|field| field.name()).filter(|name| !shown.contains(*name));
    contract.map(personal_columns).unwrap_or_default().into_iter().chain(unknown.cloned()).collect()
}

/// Reads a group of files and rewrites it.
pub(super) async fn rewrite(
    store: &DeltaStore,
    snapshot: &Snapshot,
    inputs: Vec<DataFile>,
    order: &RowOrder,
    target_bytes: u64,
) -> Result<Rewritten, RunError> {
    let (mut dead, mut origins) = (Vec::new(), Vec::new());
    for (number, file) in (0_u32..).zip(&inputs) {
        let gone = store.deleted_positions(file).await?.unwrap_or_default();
        let rows = 0..u32::try_from(file.physical_rows()).unwrap_or(u32::MAX);
        origins.extend(rows.filter(|row| !gone.contains(u64::from(*row))).map(|row| (number, row)));
        dead.push(gone);
    }
    let batches = store.read_files(snapshot, &inputs, None).await?;
    let read: usize = batches.iter().map(RecordBatch::num_rows).sum();
    if read != origins.len() {
        return Err(RunError::Internal("the files have another number of rows than the log says".into()));
    }
    let rows = Arc::new(SortedRows::new(batches));
    let (of_rows, of_order) = (Arc::clone(&rows), order.clone());
    let sorted = Arc::new(blocking(move || of_rows.order(&of_order)).await?);
    let bytes: u64 = inputs.iter().map(live_bytes).sum();
    let files = usize::try_from(bytes.div_ceil(target_bytes.max(1))).unwrap_or(1).max(1);
    let rows_each = read.div_ceil(files).max(1);
    let hidden = hidden_columns(snapshot, &inputs, order.contract.as_deref());
    let mut outputs = Vec::new();
    for first in (0..read).step_by(rows_each) {
        let range = first..read.min(first + rows_each);
        let of_file = sorted.get(range.clone()).unwrap_or_default();
        let origins = of_file.iter().filter_map(|row| origins.get(*row as usize).copied()).collect();
        let file = RowFile {
            schema: Arc::clone(&snapshot.schema),
            newest: rows.newest,
            hidden: hidden.clone(),
            index: order.contract.as_ref().map(|contract| KeyEncoder::new(contract)).transpose()?,
        };
        let (rows, sorted) = (Arc::clone(&rows), Arc::clone(&sorted));
        let build = move |range: Range<usize>| rows.take(sorted.get(range).unwrap_or_default());
        let mut file = file.write(store, range, build).await?;
        if !order.cluster_by.is_empty() {
            file.tags.insert(TAG_CLUSTERED.to_owned(), order.cluster_by.join(","));
        }
        outputs.push(Output { file, origins });
    }
    Ok(Rewritten { schema: Arc::clone(&snapshot.schema), inputs, dead, outputs })
}

/// The rows of a group, numbered from 0.
struct SortedRows {
    batches: Vec<RecordBatch>,
    /// Batch and row of each.
    places: Vec<(u32, u32)>,
    newest: Option<EventSeq>,
}

impl SortedRows {
    fn new(batches: Vec<RecordBatch>) -> Self {
        let rows = |batch: &RecordBatch| 0..u32::try_from(batch.num_rows()).unwrap_or(u32::MAX);
        let of_batch = |(number, batch)| rows(batch).map(move |row| (number, row));
        let places = (0_u32..).zip(&batches).flat_map(of_batch).collect();
        let newest = batches.iter().filter_map(newest_seq).max();
        Self { batches, places, newest }
    }

    /// The rows in the order in which they are written.
    fn order(&self, order: &RowOrder) -> Result<Vec<u32>, RunError> {
        let names: Vec<&str> = match &order.contract {
            _ if !order.cluster_by.is_empty() => order.cluster_by.iter().map(String::as_str).collect(),
            Some(contract) => contract.apply.key.iter().map(String::as_str).collect(),
            None => Vec::new(),
        };
        let (Some(first), false) = (self.batches.first(), names.is_empty()) else {
            return Ok((0..u32::try_from(self.places.len()).unwrap_or(u32::MAX)).collect());
        };
        let positions = names.iter().map(|name| first.schema().index_of(name)).collect::<Result<Vec<_>, _>>()?;
        let columns = self.batches.iter().map(|batch| batch.project(&positions)).collect::<Result<Vec<_>, _>>()?;
        let schema = Arc::new(first.schema().project(&positions)?);
        let keys = concat_batches(&schema, &columns)?;
        match &order.contract {
            Some(contract) if order.cluster_by.is_empty() => Ok(KeyEncoder::new(contract)?.order(&keys)?),
            _ => Ok(z_order(keys.columns())?.values().to_vec()),
        }
    }

    fn take(&self, rows: &[u32]) -> Result<RecordBatch, RunError> {
        let place = |row: &u32| self.places.get(*row as usize).map(|(batch, row)| (*batch as usize, *row as usize));
        let places: Vec<(usize, usize)> = rows.iter().filter_map(place).collect();
        let batches: Vec<&RecordBatch> = self.batches.iter().collect();
        Ok(interleave_record_batch(&batches, &places)?)
    }
}

/// Bytes of a file without its dead rows, about.
pub(super) fn live_bytes(file: &DataFile) -> u64 {
    let rows = u128::from(file.physical_rows()).max(1);
    u64::try_from(u128::from(file.size) * u128::from(file.rows) / rows).unwrap_or(file.size)
}

impl Rewritten {
    /// What has to be done so that the group can stand for its files in a later version: `None` if it
    /// cannot, because a file went, rows came back, or the columns are others; else per output the positions of the rows that
    /// were deleted meanwhile.
    pub(super) async fn carried(
        &self,
        store: &DeltaStore,
        latest: &Snapshot,
    ) -> Result<Option<Vec<RoaringTreemap>>, RunError> {
        if latest.schema != self.schema {
            return Ok(None);
        }
        let mut newly = Vec::with_capacity(self.inputs.len());
        for (input, dead) in self.inputs.iter().zip(&self.dead) {
            let Some(now) = latest.files.iter().find(|file| file.path == input.path) else { return Ok(None) };
            let dead_now = store.deleted_positions(now).await?.unwrap_or_default();
            if !dead.is_subset(&dead_now) {
                return Ok(None);
            }
            newly.push(dead_now.as_ref() - dead.as_ref());
        }
        let died =
            |(input, row): &(u32, u32)| newly.get(*input as usize).is_some_and(|newly| newly.contains(u64::from(*row)));
        let none = newly.iter().all(RoaringTreemap::is_empty);
        let of_output = |output: &Output| {
            let rows = (0_u64..).zip(&output.origins);
            if none { RoaringTreemap::new() } else { rows.filter(|(_, at)| died(at)).map(|(row, _)| row).collect() }
        };
        Ok(Some(self.outputs.iter().map(of_output).collect()))
    }

    /// The inputs as a later version has them.
    pub(super) fn inputs_in(&self, latest: &Snapshot) -> Vec<DataFile> {
        let is_input = |file: &&DataFile| self.inputs.iter().any(|input| input.path == file.path);
        latest.files.iter().filter(is_input).cloned().collect()
    }
}
