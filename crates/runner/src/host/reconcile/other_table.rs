//! Another table as the source.

use super::super::diff_sides::Opened;
use crate::RunError;
use crate::contract_set::ContractSet;
use crate::reconcile::rows::SourceRows;
use arrow::compute::concat_batches;
use sluice_api::{DiffSide, Layer};
use sluice_contract::{Contract, SourceFormat};
use sluice_engine::current_rows;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The current rows of another table.
pub(super) async fn rows_of_table(side: &DiffSide, other: Opened) -> Result<SourceRows, RunError> {
    let VersionOfSide { store, snapshot, contract } = VersionOfSide::of(side, other).await?;
    let rows = store.read_files(&snapshot, &snapshot.files, None).await?;
    let rows = concat_batches(&snapshot.schema, &rows)?;
    let rows = match contract {
        Some(contract) => current_rows(&contract, &rows)?,
        None => rows,
    };
    Ok(SourceRows {
        records: vec![String::new(); rows.num_rows()],
        rows,
        format: SourceFormat::Json,
        absent: BTreeMap::new(),
        committed_ms: Vec::new(),
        left_out: BTreeMap::new(),
    })
}

/// A version of another table, with the contract where it is one of silver.
struct VersionOfSide {
    store: sluice_lake::DeltaStore,
    snapshot: sluice_lake::Snapshot,
    contract: Option<Arc<Contract>>,
}

impl VersionOfSide {
    async fn of(side: &DiffSide, other: Opened) -> Result<Self, RunError> {
        let contract = match side.table.layer {
            Layer::Silver => Some(ContractSet::draft(&other.lake).await?.contract(&side.table.name)?),
            Layer::Bronze | Layer::Gold => None,
        };
        Ok(Self { store: other.version.store, snapshot: other.version.snapshot, contract })
    }
}
