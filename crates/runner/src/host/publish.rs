//! Contracts into the draft, the draft into a release.

use super::OpenLake;
use crate::contract_set::ContractSet;
use crate::silver::blocking;
use crate::{Clock, RunError};
use sluice_api::{ContractCheck, PublishPlan, PublishedView};
use sluice_contract::{Contract, TableName};
use sluice_engine::fingerprint;
use sluice_lake::{DeltaStore, Snapshot, TableLocation};

impl OpenLake {
    /// Saves a valid contract into the draft.
    pub(crate) async fn save_contract(&self, yaml: &str) -> Result<(), RunError> {
        let contract = Contract::parse(yaml, "contract").map_err(RunError::Contract)?;
        self.lake.put_contract(&contract.name, yaml).await?;
        Ok(())
    }

    /// What publishing would do, with the fingerprints that the runner has to reach.
    pub(crate) async fn publish_plan(&self) -> Result<PublishPlan, RunError> {
        let mut plan = sluice_publish::plan(&self.lake).await?;
        let set = ContractSet::draft(&self.lake).await?;
        for (name, contract) in &set.contracts {
            let store = self.lake.table(TableLocation::Silver(name.clone()));
            if let Some(snapshot) = store.snapshot(None).await? {
                let hash = table_fingerprint(&store, &snapshot, contract.apply.key.clone()).await?;
                plan.fingerprints.push((name.clone(), snapshot.version, hash));
            }
            // The draft's checks on the rows as they are, not only what the last batch recorded.
            if let Some((_, files)) = self.silver_files(name).await? {
                let checks = self.run_checks(contract, files).await?;
                for check in checks.iter().filter(|check| check.blocks()) {
                    let rows = check.outcome.failed.unwrap_or(0);
                    plan.blockers.push(format!("{name}: {} does not hold in {rows} rows", check.check));
                }
            }
            if let (_, Some(batch)) = self.last_checks(contract).await? {
                plan.blockers.push(format!("{name}: batch {batch} was not published, the last good version stays"));
            }
        }
        Ok(plan)
    }

    /// Publishes the draft.
    pub(crate) async fn publish(
        &self,
        release: u64,
        base: Option<u64>,
        note: &str,
        clock: &Clock,
    ) -> Result<PublishedView, RunError> {
        let set = ContractSet::draft(&self.lake).await?;
        if !set.problems.is_empty() {
            return Err(RunError::Contract(set.problems));
        }
        self.lake.ensure_writable().await?;
        let author = std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned());
        Ok(sluice_publish::publish(&self.lake, release, base, note, &author, clock.now_ms()).await?)
    }
}

/// Checks a contract text.
pub(crate) fn check_contract(yaml: &str) -> ContractCheck {
    match Contract::parse(yaml, "contract") {
        Ok(contract) => ContractCheck { name: Some(contract.name), problems: Vec::new() },
        Err(problems) => ContractCheck { name: None, problems },
    }
}

/// Canonical content hash of a version.
pub(crate) async fn table_fingerprint(
    store: &DeltaStore,
    snapshot: &Snapshot,
    key: Vec<String>,
) -> Result<String, RunError> {
    let mut batches = store.read_files(snapshot, &snapshot.files, None).await?;
    if batches.is_empty() {
        batches.push(arrow::array::RecordBatch::new_empty(snapshot.schema.clone()));
    }
    blocking(move || Ok(fingerprint(&batches, &key)?)).await
}

impl super::Host {
    /// Canonical content hash of a table version, with the version; see `sluice_engine::fingerprint`.
    ///
    /// # Errors
    /// When the table or version does not exist.
    pub async fn fingerprint(
        &self,
        table: &sluice_api::TableRef,
        version: Option<u64>,
    ) -> Result<(u64, String), RunError> {
        let open = self.opened().await?;
        let (store, snapshot) = open.snapshot(table, version).await?;
        let key = match table.layer {
            sluice_api::Layer::Silver => key_of(&open, &table.name).await?,
            sluice_api::Layer::Bronze | sluice_api::Layer::Gold => Vec::new(),
        };
        let hash = table_fingerprint(&store, &snapshot, key).await?;
        Ok((snapshot.version, hash))
    }
}

/// Key of a table: by the draft, or by the release where a lake has no draft.
async fn key_of(open: &OpenLake, name: &TableName) -> Result<Vec<String>, RunError> {
    let draft = ContractSet::draft(&open.lake).await?;
    if let Some(contract) = draft.contracts.get(name) {
        return Ok(contract.apply.key.clone());
    }
    match ContractSet::published(&open.lake).await {
        Ok((_, published)) => Ok(published.contract(name)?.apply.key.clone()),
        Err(_) => Ok(draft.contract(name)?.apply.key.clone()),
    }
}
