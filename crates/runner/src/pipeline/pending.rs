//! Batches that bronze has and silver lacks: which of them are merged together, and which wait.
//!
//! They are merged one after the other, in their order. One that the contract or a check refuses is merged together with the
//! next ones, which may be what it lacked; one that a guard or a person holds lets none pass.

use super::batch::BatchDone;
use super::hold_rules::HoldReason;
use super::table_run::TableRun;
use crate::RunError;
use crate::quality::read_refusal;
use sluice_api::RefusalCause;
use std::ops::RangeInclusive;

impl TableRun {
    /// Everything in bronze that silver lacks, up to the first batch that is held.
    ///
    /// # Errors
    /// [`RunError::Refused`] of the batch that stops it; those before it are in silver then.
    pub(super) async fn merge_pending(&mut self) -> Result<BatchDone, RunError> {
        let mut done = BatchDone { silver_version: self.silver_version(), ..BatchDone::default() };
        loop {
            let (first, last) = (self.table.silver.batch() + 1, self.table.bronze.batch);
            if first > last {
                return Ok(done);
            }
            let held = self.table.first_held(first..=last, &self.context.contract.guards);
            if held == Some(first) {
                return Err(self.held(first).await?);
            }
            let last = held.map_or(last, |held| held - 1);
            done.add(self.merge_some(first..=last).await?);
        }
    }

    /// The first of these batches, with as many after it as it takes.
    async fn merge_some(&mut self, batches: RangeInclusive<u64>) -> Result<BatchDone, RunError> {
        let (first, last) = (*batches.start(), *batches.end());
        let alone = self.refused_up_to.saturating_add(1).clamp(first, last);
        let mut end = if self.in_one_commit { last } else { alone };
        loop {
            self.context.job.check()?;
            match self.merge_together(first..=end).await {
                Err(error @ RunError::Refused { .. }) if end == last || is_held(&error) => {
                    self.refused_up_to = end;
                    return Err(error);
                }
                Err(RunError::Refused { .. }) => {
                    self.refused_up_to = end;
                    end += 1;
                }
                other => return other,
            }
        }
    }

    /// The error of a batch that a decision holds.
    async fn held(&self, batch: u64) -> Result<RunError, RunError> {
        let kept = read_refusal(&self.context.lake, &self.context.contract.name, batch).await?;
        let kept = kept.filter(|refusal| refusal.cause == RefusalCause::Guard);
        let decision = self.table.decisions.newest(batch);
        let reason = match (decision, kept) {
            (Some(decision), Some(kept)) if decision.guards.is_some() => {
                HoldReason { text: kept.reason, cause: kept.cause, counters: kept.counters, keys: kept.keys }
            }
            (Some(decision), _) if decision.guards.is_some() => {
                HoldReason::because(RefusalCause::Guard, decision.because.clone())
            }
            (Some(decision), _) => {
                let text = format!("{} holds it: {}", decision.by, decision.because);
                HoldReason::because(RefusalCause::Hold, text)
            }
            (None, _) => return Ok(RunError::Internal(format!("nothing holds batch {batch}"))),
        };
        Ok(self.context.refused(&self.table.silver, batch, reason))
    }
}

/// Whether an error is that of a batch which waits for a person.
pub(super) fn is_held(error: &RunError) -> bool {
    matches!(error, RunError::Refused { refusal, .. }
        if matches!(refusal.cause, RefusalCause::Guard | RefusalCause::Hold))
}
