//! How far a table is: its claimed batches, and what bronze and silver have of them.

use super::context::TableContext;
use super::land::Bronze;
use super::lost_manifests::lost_manifests;
use crate::RunError;
use crate::silver::Silver;
use sluice_lake::{BatchManifest, Lease, PutNew};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// How far a table is.
pub(crate) struct TableState {
    /// Manifests of all claimed batches, ascending.
    pub(crate) claimed: Vec<Arc<BatchManifest>>,
    pub(crate) bronze: Bronze,
    pub(crate) silver: Silver,
    /// Manifests that are gone from the lake and are made again; among `claimed` too.
    pub(super) lost: Vec<BatchManifest>,
}

impl TableState {
    /// Reads it.
    ///
    /// # Errors
    /// If the lake cannot be read.
    pub(crate) async fn open(context: &TableContext) -> Result<Self, RunError> {
        let TableContext { lake, contract, .. } = context;
        let bronze = Bronze::open(lake, &contract.name).await?;
        let mut silver = Silver::open(lake, contract).await?;
        silver.counts_as_of_lake(bronze.batch);
        Self::with(context, bronze, silver).await
    }

    async fn with(context: &TableContext, bronze: Bronze, silver: Silver) -> Result<Self, RunError> {
        let TableContext { lake, contract, .. } = context;
        let mut claimed = lake.ledger().batches(&contract.name).await?;
        let lost = lost_manifests(context, &bronze, &claimed).await?;
        claimed.extend(lost.iter().cloned().map(Arc::new));
        claimed.sort_by_key(|manifest| manifest.batch);
        Ok(Self { claimed, bronze, silver, lost })
    }

    /// Reads it without the deletes that silver remembers: for looking, not for merging.
    ///
    /// # Errors
    /// If the lake cannot be read.
    pub(crate) async fn open_to_look(context: &TableContext) -> Result<Self, RunError> {
        let TableContext { lake, contract, .. } = context;
        let bronze = Bronze::open(lake, &contract.name).await?;
        let mut silver = Silver::open_to_look(lake, &contract.name).await?;
        silver.counts_as_of_lake(bronze.batch);
        Self::with(context, bronze, silver).await
    }

    /// Writes down the manifests that were gone.
    ///
    /// # Errors
    /// If the store cannot be written.
    pub(super) async fn record_lost(&mut self, context: &TableContext) -> Result<(), RunError> {
        for manifest in std::mem::take(&mut self.lost) {
            // Whoever was faster made it of the same bronze.
            match context.lake.ledger().claim_batch(&context.contract.name, &manifest).await? {
                PutNew::Created | PutNew::Exists => {}
            }
        }
        Ok(())
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
        self.claimed.iter().map(AsRef::as_ref).find(|manifest| manifest.batch == batch)
    }

    /// The manifests of a range of batches.
    pub(crate) fn manifests(&self, batches: RangeInclusive<u64>) -> impl Iterator<Item = &BatchManifest> {
        self.claimed
            .iter()
            .map(AsRef::as_ref)
            .filter(move |manifest: &&BatchManifest| batches.contains(&manifest.batch))
    }
}
