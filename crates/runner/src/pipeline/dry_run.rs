//! What files that are in no batch yet would do, without writing anything.

use super::batch::{BatchDone, DecodedBatch};
use super::decode::decode_unclaimed;
use super::guards::{Arrived, Effects, guarded};
use super::snapshot_changes::changes_of_files;
use super::table_run::TableRun;
use crate::RunError;
use crate::silver::merge::plan;
use sluice_change::SourceFile;
use sluice_lake::BatchManifest;

impl TableRun {
    /// Counts what `files` would do as one batch, without writing anything.
    pub(crate) async fn dry_run(&self, files: &[SourceFile]) -> Result<BatchDone, RunError> {
        self.ensure_own()?;
        let DecodedBatch { records, summary } = decode_unclaimed(&self.context, &self.table, files).await?;
        let (contract, silver) = (&self.context.contract, &self.table.silver);
        let planned = BatchManifest {
            batch: summary.batch,
            files: files.to_vec(),
            contract_hash: String::new(),
            contents: Vec::new(),
            backfill: None,
            source: None,
        };
        let arrived = Arrived::of(contract, &records, std::iter::once(&planned));
        let (changes, ledger) = changes_of_files(&self.context, &self.table, files, records).await?.into_parts();
        let planned = plan(silver, contract, changes, summary.quarantined).await?;
        let ledger = ledger.of(planned.plan.merge.ledger)?;
        let effects = Effects { lost_rows: planned.plan.merge.lost_rows, ledger };
        let waiting = self.table.first_held(silver.batch() + 1..=u64::MAX, &contract.guards);
        let would_hold = match waiting {
            Some(held) => Some(format!("Batch {held} is held, and every batch after it waits")),
            None => guarded(contract, silver, &arrived, &effects).await?.map(|reason| reason.text),
        };
        Ok(BatchDone { would_hold, ..summary.done(ledger, self.silver_version()) })
    }
}
