//! Dropped and edited records in silver, by the keys that they concern: these are computed again of all their events, the rows
//! of all other keys stay. What this does not decide is rebuilt.

use super::batch::BatchSummary;
use super::decided_keys::{Concerned, concerned_keys};
use super::key_events::{SoughtKeys, key_events};
use super::merge::Merged;
use super::silver_commit::of_recomputed;
use super::table_run::TableRun;
use super::tally::Tally;
use crate::RunError;
use crate::silver::recomputed_keys::{RecomputedKeys, prepare_recomputed};
use arrow::array::RecordBatch;
use sluice_api::SilverRemade;
use sluice_change::{ChangeBatch, contract_schema};
use std::sync::Arc;
use std::time::Instant;

impl TableRun {
    /// Brings silver to what was decided of single records by their keys; false where that takes a rebuild.
    ///
    /// # Errors
    /// [`RunError::Refused`] if a check of severity `fail` does not hold of it; errors of the store and the engine.
    pub(super) async fn recompute_keys(&mut self) -> Result<bool, RunError> {
        let started = Instant::now();
        let Some(Concerned { keys: hashes, source }) = self.keys_to_recompute().await? else { return Ok(false) };
        let (context, table) = (&self.context, &self.table);
        let sought = SoughtKeys::to_merge(hashes.iter().copied(), context.rebuild_bytes);
        let found = key_events(context, table, 1..=table.silver.batch(), sought).await?;
        if found.is_cut {
            context.log(format_args!(
                "the {} keys of the records have too many events, so silver is rebuilt",
                hashes.len()
            ));
            return Ok(false);
        }
        let (mut changes, mut left_out) = (Vec::with_capacity(found.changes.len() + 1), 0);
        for batch in found.changes {
            let (batch, without) = batch.without_left_out()?;
            changes.push(batch);
            left_out += without;
        }
        if changes.is_empty() {
            let none = RecordBatch::new_empty(Arc::new(contract_schema(&context.contract)));
            changes.push(ChangeBatch::without_events(Vec::new(), none));
        }
        let keys = hashes.len() as u64;
        let recomputed = RecomputedKeys { hashes, changes, left_out };
        let (candidate, rows) = prepare_recomputed(&context.lake, &table.silver, &context.contract, recomputed).await?;
        if candidate.hold_reason.is_some() {
            // The rebuild says of which rows.
            candidate.discard(&table.silver.store).await;
            return Ok(false);
        }
        let remade = SilverRemade::KeysRecomputed { keys, rows_before: rows.before, rows_after: rows.after };
        context.log(&remade);
        let summary = BatchSummary::of(Tally::default(), table.silver.batch(), 0, started);
        let commit = of_recomputed(context, table, &summary, &source);
        self.audit_and_publish(Merged { summary, candidate, commit }).await?;
        self.has_remade(remade);
        self.know_fingerprint().await?;
        Ok(true)
    }

    /// The keys that the next run recomputes because of what was decided of single records; `None` where nothing was, or where
    /// it rebuilds.
    ///
    /// # Errors
    /// If the lake cannot be read.
    pub(super) async fn keys_to_recompute(&self) -> Result<Option<Concerned>, RunError> {
        let (context, table) = (&self.context, &self.table);
        if table.silver.batch() == 0
            || !table.has_other_records()
            || table.has_lost_records()
            || table.silver.is_of_other_contract(&context.contract)
        {
            return Ok(None);
        }
        concerned_keys(context, table, &table.records.up_to(table.silver.decided), &table.records).await
    }
}
