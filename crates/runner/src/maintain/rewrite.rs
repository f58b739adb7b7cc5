//! Writes a group of files again: without the rows that count no more, in order, in files of the
//! target size.

use super::zorder::z_order;
use crate::RunError;
use crate::silver::blocking;
use crate::silver_merge::{TAG_NEWEST, newest_of};
use arrow::array::{RecordBatch, UInt32Array};
use arrow::compute::{concat_batches, take_record_batch};
use arrow::datatypes::SchemaRef;
use roaring::RoaringTreemap;
use sluice_contract::Contract;
use sluice_engine::KeyEncoder;
use sluice_lake::{DataFile, DeltaStore, NewFile, Snapshot};
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

/// A group that is written again but not visible.
pub(super) struct Rewritten {
    /// Columns of the table when they were read.
    schema: SchemaRef,
    /// Files that it stands for, as they were read.
    pub(super) inputs: Vec<DataFile>,
    /// Positions that did not count when they were read, per input.
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

/// Reads a group and writes it again.
pub(super) async fn rewrite(
    store: &DeltaStore,
    snapshot: &Snapshot,
    inputs: Vec<DataFile>,
    order: &RowOrder,
    target_bytes: u64,
) -> Result<Rewritten, RunError> {
    let (mut dead, mut batches, mut origins) = (Vec::new(), Vec::new(), Vec::new());
    for (number, file) in (0_u32..).zip(&inputs) {
        let gone = store.deleted_positions(file).await?.unwrap_or_default();
        let rows = 0..u32::try_from(file.physical_rows()).unwrap_or(u32::MAX);
        origins.extend(rows.filter(|row| !gone.contains(u64::from(*row))).map(|row| (number, row)));
        batches.extend(store.read_files(snapshot, std::slice::from_ref(file), None).await?);
        dead.push(gone);
    }
    let read: usize = batches.iter().map(RecordBatch::num_rows).sum();
    if read != origins.len() {
        return Err(RunError::Internal("the files have another number of rows than the log says".into()));
    }
    let (schema, of_order) = (Arc::clone(&snapshot.schema), order.clone());
    let (all, sorted) = blocking(move || {
        let all = concat_batches(&schema, &batches)?;
        let sorted = sort(&all, &of_order)?;
        Ok((all, sorted))
    })
    .await?;
    let bytes: u64 = inputs.iter().map(live_bytes).sum();
    let files = usize::try_from(bytes.div_ceil(target_bytes.max(1))).unwrap_or(1).max(1);
    let rows_each = all.num_rows().div_ceil(files).max(1);
    let mut outputs = Vec::new();
    let all = Arc::new(all);
    for first in (0..all.num_rows()).step_by(rows_each) {
        let rows = sorted.slice(first, rows_each.min(all.num_rows() - first));
        let origins = rows.values().iter().filter_map(|row| origins.get(*row as usize).copied()).collect();
        let whole = Arc::clone(&all);
        let part = blocking(move || Ok(take_record_batch(&whole, &rows)?)).await?;
        outputs.push(Output { file: write(store, part, order).await?, origins });
    }
    Ok(Rewritten { schema: Arc::clone(&snapshot.schema), inputs, dead, outputs })
}

async fn write(store: &DeltaStore, part: RecordBatch, order: &RowOrder) -> Result<NewFile, RunError> {
    let mut file = store.write_file(std::slice::from_ref(&part)).await?;
    if let Some(newest) = newest_of(&part) {
        file.tags.insert(TAG_NEWEST.to_owned(), newest.to_string());
    }
    if !order.cluster_by.is_empty() {
        file.tags.insert(TAG_CLUSTERED.to_owned(), order.cluster_by.join(","));
    }
    if let Some(contract) = order.contract.clone() {
        let hashes = blocking(move || Ok(KeyEncoder::new(&contract)?.hashes(&part)?)).await?;
        store.index_new_file(&file, hashes).await?;
    }
    Ok(file)
}

fn sort(rows: &RecordBatch, order: &RowOrder) -> Result<UInt32Array, RunError> {
    if !order.cluster_by.is_empty() {
        let columns: Vec<_> = order.cluster_by.iter().filter_map(|name| rows.column_by_name(name).cloned()).collect();
        return z_order(&columns);
    }
    let mut sorted: Vec<u32> = (0..u32::try_from(rows.num_rows()).unwrap_or(u32::MAX)).collect();
    if let Some(contract) = &order.contract {
        let keys = KeyEncoder::new(contract)?.encode(rows)?;
        sorted.sort_by(|a, b| keys.row(*a as usize).cmp(&keys.row(*b as usize)));
    }
    Ok(sorted.into())
}

/// Bytes of a file without its dead rows, about.
pub(super) fn live_bytes(file: &DataFile) -> u64 {
    let rows = u128::from(file.physical_rows()).max(1);
    u64::try_from(u128::from(file.size) * u128::from(file.rows) / rows).unwrap_or(file.size)
}

impl Rewritten {
    /// What has to be done so that the group can stand for its files in a later version: `None` if it
    /// can not, because a file went, rows came back, or the columns are others; else per output the positions of the rows that
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
