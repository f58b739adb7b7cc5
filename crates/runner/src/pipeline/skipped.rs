//! Silver made without the batches that are skipped and the records that are dropped, and with those that no longer are.
//!
//! Which batches silver is made without is in its commits, so what was decided and what is done can be compared whenever a
//! run begins. A batch that is skipped is taken out by a rebuild. One that is released again is merged as late events
//! where these make the same table as a rebuild (invariant 1), else by a rebuild, too. Decisions on records are carried out
//! by the keys that they concern (`recomputed_keys.rs`).

use super::decode::decode_bronze;
use super::hold_rules::hold_reason;
use super::merge::Merged;
use super::silver_commit::of_released;
use super::snapshot_changes::Changes;
use super::table_run::TableRun;
use crate::RunError;
use crate::previewed::inputs::cut_matters;
use crate::silver::merge::prepare;
use crate::silver::watermark::watermark;
use sluice_contract::MissingBase;
use std::sync::Arc;
use std::time::Instant;

impl TableRun {
    /// Brings silver to what was decided of the batches that it has.
    ///
    /// # Errors
    /// [`RunError::Refused`] if a check of severity `fail` does not hold of it; errors of the store and the engine.
    pub(super) async fn adapt_to_decisions(&mut self) -> Result<(), RunError> {
        if !self.table.has_other_decisions() {
            return Ok(());
        }
        if self.table.has_other_records() {
            return match Box::pin(self.recompute_keys()).await? {
                true => Ok(()),
                false => self.rebuild(true).await,
            };
        }
        let wanted = self.table.skipped_up_to(self.table.silver.batch());
        let skipped: Vec<u64> = wanted.difference(&self.table.silver.skipped).copied().collect();
        let released: Vec<u64> = self.table.silver.skipped.difference(&wanted).copied().collect();
        if !skipped.is_empty() || !self.is_order_enough() {
            return self.rebuild(true).await;
        }
        for batch in released {
            if !self.merge_released(batch).await? {
                return self.rebuild(true).await;
            }
        }
        Ok(())
    }

    /// Whether silver is the same whatever the order in which batches are merged.
    fn is_order_enough(&self) -> bool {
        let contract = &self.context.contract;
        cut_matters(contract).is_none() && contract.apply.missing_base == MissingBase::InsertPartial
    }

    /// Merges a batch that silver was made without; false if its records bring columns, so that all are decoded again.
    async fn merge_released(&mut self, batch: u64) -> Result<bool, RunError> {
        let (started, contract) = (Instant::now(), Arc::clone(&self.context.contract));
        let decoded = decode_bronze(&mut self.context, &self.table, batch..=batch).await?;
        if !Arc::ptr_eq(&contract, &self.context.contract) {
            return Ok(false);
        }
        let mut decoded = decoded.without_late(&contract, watermark(&contract, &self.table.silver.store).await?)?;
        decoded.summary.started = started;
        let silver = &self.table.silver;
        if let Some(reason) = hold_reason(&contract, batch, &silver.source, &decoded)? {
            return Err(self.context.refused(silver, batch, reason));
        }
        self.context.log(format_args!("batch {batch} is released, its events are merged"));
        let (changes, ledger) = Changes::as_delivered(decoded.records)?.into_parts();
        let mut candidate = prepare(silver, &contract, changes, decoded.summary.quarantined).await?;
        candidate.ledger = ledger.of(candidate.ledger)?;
        let commit = of_released(&self.context, silver, &decoded.summary).await?;
        self.audit_and_publish(Merged { summary: decoded.summary, candidate, commit }).await?;
        Ok(true)
    }
}
