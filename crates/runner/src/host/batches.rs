//! The file ledger of a table, and the plan of its next batch.

use super::Host;
use crate::contract_set::ContractSet;
use crate::{RunError, batch_ledger, plan_next_batch};
use sluice_api::{Answer, BatchLedger, PlannedBatch, ReplayLimits, ask};

impl Answer<ask::BatchLedger> for Host {
    async fn answer(&self, request: ask::BatchLedger) -> Result<BatchLedger, RunError> {
        let open = self.opened().await?;
        // Without a contract there is no ledger, which differs from an empty one.
        ContractSet::draft(&open.lake).await?.contract(&request.table)?;
        batch_ledger(&open.lake, &request.table).await
    }
}

impl Answer<ask::NextBatch> for Host {
    async fn answer(&self, request: ask::NextBatch) -> Result<PlannedBatch, RunError> {
        let ask::NextBatch { table, max_files, max_bytes } = request;
        let open = self.opened().await?;
        let contract = ContractSet::draft(&open.lake).await?.contract(&table)?;
        let limits = ReplayLimits { max_files, max_bytes, ..ReplayLimits::default() };
        plan_next_batch(&open.lake, &contract, &limits).await
    }
}
