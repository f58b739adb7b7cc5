//! When a table began that begins with its first run (`source.from: now`).

use crate::RunError;
use sluice_contract::{Contract, Start};
use sluice_lake::Lake;
use std::sync::Arc;

fn begins_now(contract: &Contract) -> bool {
    contract.source.as_ref().is_some_and(|source| source.from == Start::Now)
}

/// The contract with the time at which its table began; where it has not yet, as if it did now.
///
/// # Errors
/// When the lake cannot be read.
pub(crate) async fn with_start(lake: &Lake, contract: Arc<Contract>) -> Result<Arc<Contract>, RunError> {
    if !begins_now(&contract) {
        return Ok(contract);
    }
    let began = lake.ledger().started_ms(&contract.name).await?;
    let began = began.unwrap_or_else(|| lake.ledger().now_ms());
    Ok(Arc::new(Arc::unwrap_or_clone(contract).started_at(began)))
}

/// Notes in the lake when the table began. Under its lease nobody else does.
///
/// # Errors
/// When the lake cannot be written.
pub(crate) async fn remember_start(lake: &Lake, contract: &Contract) -> Result<(), RunError> {
    match contract.started_ms {
        Some(began) if begins_now(contract) => Ok(lake.ledger().put_started(&contract.name, began).await?),
        _ => Ok(()),
    }
}
