//! The contract by which the records of a batch are read.

use crate::RunError;
use sluice_contract::{Backfill, Contract};
use sluice_lake::BatchManifest;
use std::sync::Arc;

/// The contract for files of a batch: of one of several sources, of a backfill, or of changes in an epoch of their source.
///
/// # Errors
/// If the contract does not name the source that the batch is of.
pub(super) fn for_batch(
    contract: &Arc<Contract>,
    batch: u64,
    backfill: Option<&Backfill>,
    source: Option<&str>,
) -> Result<Arc<Contract>, RunError> {
    let is_of = |name: &str| contract.source.as_ref().is_some_and(|of| of.name.as_deref() == Some(name));
    let contract = match source.filter(|name| !is_of(name)) {
        None => Arc::clone(contract),
        Some(name) => Arc::new(contract.for_source(name).ok_or_else(|| {
            let message =
                format!("Batch {batch} of {} is of source {name}, which the contract does not name", contract.name);
            RunError::input(message, format!("Keep {name} in sources; its folder may be empty, and its rows stay"))
        })?),
    };
    let contract = match contract.epoch_of(batch) {
        epoch if epoch == contract.epoch => contract,
        epoch => Arc::new(contract.in_epoch(epoch)),
    };
    Ok(backfill.map_or_else(|| Arc::clone(&contract), |backfill| Arc::new(contract.for_backfill(backfill))))
}

/// The contract by which the files of a batch are read.
///
/// # Errors
/// If the contract does not name the source that the batch is of.
pub(crate) fn contract_of_batch(contract: &Arc<Contract>, manifest: &BatchManifest) -> Result<Arc<Contract>, RunError> {
    for_batch(contract, manifest.batch, manifest.backfill.as_ref(), manifest.source.as_deref())
}

/// The same where the manifest of the batch may be gone.
///
/// # Errors
/// If the contract does not name the source that the batch is of.
pub(crate) fn contract_of(
    contract: &Arc<Contract>,
    manifest: Option<&BatchManifest>,
    batch: u64,
) -> Result<Arc<Contract>, RunError> {
    let backfill = manifest.and_then(|manifest| manifest.backfill.as_ref());
    let source = manifest.and_then(|manifest| manifest.source.as_deref());
    for_batch(contract, batch, backfill, source)
}
