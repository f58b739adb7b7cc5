//! How far a table is: its claimed batches, and what bronze and silver have of them.

use super::context::TableContext;
use super::decided_records::DecidedRecords;
use super::land::Bronze;
use super::lost_manifests::lost_manifests;
use crate::RunError;
use crate::silver::Silver;
use sluice_cdc::DecodedFile;
use sluice_contract::{Contract, Guards};
use sluice_lake::{BatchDecisions, BatchManifest, Lease, PutNew, RecordDecisions};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// How far a table is.
pub(crate) struct TableState {
    /// Manifests of all claimed batches, ascending.
    pub(crate) claimed: Vec<Arc<BatchManifest>>,
    pub(crate) bronze: Bronze,
    pub(crate) silver: Silver,
    /// What was decided of batches.
    pub(crate) decisions: BatchDecisions,
    /// Batches without whose events silver is to be made.
    pub(crate) skipped: BTreeSet<u64>,
    /// What was decided of single records.
    pub(crate) records: RecordDecisions,
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
        let decisions = lake.ledger().batch_decisions(&contract.name).await?;
        let skipped = decisions.skipped(&silver.skipped);
        let records = lake.ledger().record_decisions(&contract.name).await?;
        Ok(Self { claimed, bronze, silver, decisions, skipped, records, lost })
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

    /// All manifests but those of batches that are skipped.
    pub(crate) fn included(&self) -> Vec<Arc<BatchManifest>> {
        self.claimed.iter().filter(|manifest| !self.skipped.contains(&manifest.batch)).cloned().collect()
    }

    /// The manifests of a range of batches, but those of batches that are skipped.
    pub(crate) fn included_in(&self, batches: RangeInclusive<u64>) -> impl Iterator<Item = &BatchManifest> {
        self.manifests(batches).filter(|manifest| !self.skipped.contains(&manifest.batch))
    }

    /// Those of the batches up to one that are skipped.
    pub(crate) fn skipped_up_to(&self, batch: u64) -> BTreeSet<u64> {
        self.skipped.range(..=batch).copied().collect()
    }

    /// Whether silver is made of other events than was decided.
    pub(crate) fn has_other_decisions(&self) -> bool {
        let skips_others = self.skipped_up_to(self.silver.batch()) != self.silver.skipped;
        self.silver.batch() > 0 && (skips_others || self.has_other_records())
    }

    /// Whether silver is made by other decisions on single records.
    pub(super) fn has_other_records(&self) -> bool {
        !self.records.up_to(self.silver.decided).says_the_same(&self.records)
    }

    /// Whether decisions on single records by which silver is made are gone from the lake.
    pub(super) fn has_lost_records(&self) -> bool {
        self.silver.decided > self.records.last()
    }

    /// Leaves out events of records that come to the table, if they were dropped when they came before.
    ///
    /// # Errors
    /// See [`DecidedRecords::of`].
    pub(super) fn leave_out_dropped(
        &self,
        contract: &Arc<Contract>,
        records: &mut [DecodedFile],
    ) -> Result<(), RunError> {
        let decided = DecidedRecords::of(contract, &self.records, &self.claimed)?;
        records.iter_mut().for_each(|file| decided.leave_out(&mut file.changes));
        Ok(())
    }

    /// Whether something is decided of single records of a batch.
    pub(super) fn has_decided_records(&self, batch: u64) -> bool {
        self.records.in_force().keys().any(|place| place.batch == batch)
    }

    /// The first of these batches that a decision holds.
    pub(crate) fn first_held(&self, batches: RangeInclusive<u64>, guards: &Guards) -> Option<u64> {
        let limits = guards.text();
        let mut held = self.manifests(batches).filter(|of| self.decisions.holding(of.batch, &limits).is_some());
        held.next().map(|manifest| manifest.batch)
    }

    /// The manifests of a range of batches.
    pub(crate) fn manifests(&self, batches: RangeInclusive<u64>) -> impl Iterator<Item = &BatchManifest> {
        self.claimed
            .iter()
            .map(AsRef::as_ref)
            .filter(move |manifest: &&BatchManifest| batches.contains(&manifest.batch))
    }
}
