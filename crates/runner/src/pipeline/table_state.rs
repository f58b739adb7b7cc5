//! How far a table is: its claimed batches, and what bronze and silver have of them.

use super::context::TableContext;
use super::land::Bronze;
use crate::RunError;
use crate::silver::Silver;
use sluice_lake::{BatchManifest, Lease};
use std::ops::RangeInclusive;

/// How far a table is.
pub(crate) struct TableState {
    /// Manifests of all claimed batches, ascending.
    pub(crate) claimed: Vec<BatchManifest>,
    pub(crate) bronze: Bronze,
    pub(crate) silver: Silver,
}

impl TableState {
    /// Reads it.
    ///
    /// # Errors
    /// If the lake cannot be read.
    pub(crate) async fn open(context: &TableContext) -> Result<Self, RunError> {
        let TableContext { lake, contract, .. } = context;
        Ok(Self {
            bronze: Bronze::open(lake, &contract.name).await?,
            silver: Silver::open(lake, contract).await?,
            claimed: lake.ledger().batches(&contract.name).await?,
        })
    }

    /// Makes every commit from now on carry the number of a lease.
    pub(crate) fn fence(&mut self, lease: &Lease) {
        self.bronze.fence(lease);
        self.silver.store = lease.fence(&self.silver.store);
    }

    /// The last batch that is claimed, 0 for none.
    pub(crate) fn last_claimed(&self) -> u64 {
        self.claimed.last().map_or(0, |manifest| manifest.batch)
    }

    /// The manifest of a batch.
    pub(crate) fn manifest(&self, batch: u64) -> Option<&BatchManifest> {
        self.claimed.iter().find(|manifest| manifest.batch == batch)
    }

    /// The manifests of a range of batches.
    pub(crate) fn manifests(&self, batches: RangeInclusive<u64>) -> impl Iterator<Item = &BatchManifest> {
        self.claimed.iter().filter(move |manifest| batches.contains(&manifest.batch))
    }
}
