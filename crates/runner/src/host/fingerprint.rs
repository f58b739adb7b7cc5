//! The content of a table as one number.

use super::{Host, OpenLake};
use crate::RunError;
use crate::contract_set::ContractSet;
use crate::support::table_content::table_fingerprint;
use sluice_api::{Answer, Layer, TableFingerprint, ask};
use sluice_contract::TableName;

impl Answer<ask::Fingerprint> for Host {
    async fn answer(&self, request: ask::Fingerprint) -> Result<TableFingerprint, RunError> {
        let ask::Fingerprint { table, version } = request;
        let open = self.opened().await?;
        let (store, snapshot) = open.snapshot(&table, version).await?;
        let key = match table.layer {
            Layer::Silver => open.key_by_draft_or_release(&table.name).await?,
            Layer::Bronze | Layer::Gold => Vec::new(),
        };
        let fingerprint = table_fingerprint(&store, &snapshot, key).await?;
        Ok(TableFingerprint { table, version: snapshot.version, fingerprint })
    }
}

impl OpenLake {
    /// Key of a table: by the draft, or by the release where a lake has no draft.
    async fn key_by_draft_or_release(&self, name: &TableName) -> Result<Vec<String>, RunError> {
        let draft = ContractSet::draft(&self.lake).await?;
        if let Some(contract) = draft.contracts.get(name) {
            return Ok(contract.apply.key.clone());
        }
        match ContractSet::published(&self.lake).await {
            Ok((_, published)) => Ok(published.contract(name)?.apply.key.clone()),
            Err(_) => Ok(draft.contract(name)?.apply.key.clone()),
        }
    }
}
