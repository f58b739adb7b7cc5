//! A silver table by itself: changes in, commits out, without files, bronze and checks.

use crate::RunError;
use crate::maintain::tiers::compact_when_due;
use crate::silver::merge::prepare;
use crate::silver::publish::publish;
use crate::silver::{Silver, SilverCommit};
use futures::future::LocalBoxFuture;
use sluice_change::{ChangeBatch, RowLedger};
use sluice_contract::Contract;
use sluice_lake::{CommitInfo, Lake, Operation, Snapshot};
use std::sync::Arc;

/// A silver table that is fed with decoded changes. [`crate::replay`] does the same between decoding
/// and gold; this is for hosts that have the changes in memory, and for measuring.
pub struct SilverTable {
    lake: Lake,
    contract: Arc<Contract>,
    silver: Silver,
    compacts: bool,
}

impl SilverTable {
    /// Opens the table; it need not exist.
    ///
    /// # Errors
    /// If it cannot be read, another contract made it, or another program wrote to it.
    pub async fn open(lake: &Lake, contract: &Arc<Contract>) -> Result<Self, RunError> {
        let silver = Silver::open(lake, contract).await?;
        if silver.is_of_other_contract(contract) {
            return Err(RunError::input(
                format!("Silver of {} was made with another contract", contract.name),
                "Replay it with --full-refresh",
            ));
        }
        silver.ensure_own(&contract.name)?;
        Ok(Self { lake: lake.clone(), contract: Arc::clone(contract), silver, compacts: true })
    }

    /// The same table whose files are merged by [`crate::maintain`] only.
    #[must_use]
    pub fn without_compaction(self) -> Self {
        Self { compacts: false, ..self }
    }

    /// Applies changes as one commit, durable and visible on return, and compacts the table when that is
    /// due.
    ///
    /// # Errors
    /// If the store fails or another writer was faster; the table is then as before, or the next call with the
    /// same changes finds the commit.
    ///
    /// Boxed, so that its code is compiled here once and not in every program that waits for it.
    pub fn apply(&mut self, changes: Vec<ChangeBatch>) -> LocalBoxFuture<'_, Result<RowLedger, RunError>> {
        Box::pin(self.apply_changes(changes))
    }

    async fn apply_changes(&mut self, changes: Vec<ChangeBatch>) -> Result<RowLedger, RunError> {
        self.silver.ensure_exists(&self.contract).await?;
        let batch = self.silver.batch() + 1;
        let candidate = prepare(&self.silver, &self.contract, changes, 0).await?;
        let info = CommitInfo { batch: Some(batch), ..CommitInfo::default() };
        let commit = SilverCommit { app_id: self.silver.app_id.clone(), txn: batch, operation: Operation::Merge, info };
        let ledger = publish(&mut self.silver, &self.lake, &self.contract, candidate, commit).await?;
        if self.compacts {
            compact_when_due(&mut self.silver, &self.contract).await?;
        }
        Ok(ledger)
    }

    /// The version that readers see; `None` before the first batch.
    #[must_use]
    pub fn snapshot(&self) -> Option<&Snapshot> {
        self.silver.snapshot.as_ref()
    }
}
