//! What the tables of a release are where it was tried.

use super::inputs::{gold_inputs, model_hash, silver_inputs_now};
use crate::contract_set::Model;
use crate::support::newest_entry::newest_entry_with;
use crate::support::places::location;
use crate::support::table_content::KnownFingerprints;
use crate::{ContractSet, RunError};
use sluice_api::{Layer, PreviewedTable, TableRef};
use sluice_contract::Contract;
use sluice_lake::Lake;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What those of the tables are that are as the set makes them. One that is not was not tried.
///
/// # Errors
/// If the lake cannot be read.
pub(crate) async fn previewed_tables(
    lake: &Lake,
    set: &ContractSet,
    tables: &BTreeSet<TableRef>,
    known: &KnownFingerprints,
) -> Result<Vec<PreviewedTable>, RunError> {
    let mut previewed = Vec::new();
    for table in tables {
        let found = match table.layer {
            Layer::Bronze => None,
            Layer::Silver => match set.contracts.get(&table.name) {
                Some(contract) => silver(lake, contract, table, known).await?,
                None => None,
            },
            Layer::Gold => match set.models.iter().find(|model| model.name == table.name) {
                Some(model) => gold(lake, set, model, table).await?,
                None => None,
            },
        };
        previewed.extend(found);
    }
    Ok(previewed)
}

async fn silver(
    lake: &Lake,
    contract: &Arc<Contract>,
    table: &TableRef,
    known: &KnownFingerprints,
) -> Result<Option<PreviewedTable>, RunError> {
    let Some((silver, inputs)) = silver_inputs_now(lake, contract).await? else { return Ok(None) };
    let Some(snapshot) = &silver.snapshot else { return Ok(None) };
    let fingerprint = known.of(&silver.store, snapshot).await?;
    Ok(Some(PreviewedTable {
        table: table.clone(),
        version: snapshot.version,
        rows: snapshot.rows(),
        inputs: inputs.count,
        inputs_hash: inputs.hash,
        fingerprint,
    }))
}

async fn gold(
    lake: &Lake,
    set: &ContractSet,
    model: &Model,
    table: &TableRef,
) -> Result<Option<PreviewedTable>, RunError> {
    let store = lake.table(location(table));
    let Some(snapshot) = store.snapshot(None).await? else { return Ok(None) };
    let Some(entry) = newest_entry_with(&store, snapshot.version, |info| info.fingerprint.is_some()).await? else {
        return Ok(None);
    };
    let (Some(from), Some(fingerprint)) = (entry.info.from, entry.info.fingerprint) else { return Ok(None) };
    if entry.info.inputs.as_ref() != Some(&model_hash(&model.sql, &from)) {
        return Ok(None);
    }
    let mut versions: BTreeMap<TableRef, u64> = BTreeMap::new();
    for (name, version) in from {
        let Ok(read) = name.parse::<TableRef>() else { return Ok(None) };
        versions.insert(read, version);
    }
    let Some(inputs) = gold_inputs(lake, set, &model.sql, &versions).await? else { return Ok(None) };
    Ok(Some(PreviewedTable {
        table: table.clone(),
        version: snapshot.version,
        rows: snapshot.rows(),
        inputs: inputs.count,
        inputs_hash: inputs.hash,
        fingerprint,
    }))
}
