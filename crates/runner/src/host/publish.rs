//! Contracts into the draft, the draft into a release.

use super::fingerprint::table_fingerprint;
use super::{Host, OpenLake};
use crate::contract_set::ContractSet;
use crate::silver::Silver;
use crate::silver::schema_change::{SchemaChange, effective, schema_change};
use crate::support::blocking::blocking;
use crate::{Clock, RunError};
use sluice_api::{Answer, ContractCheck, Effect, LakeView, PublishPlan, PublishedView, TableEffect, ask};
use sluice_contract::{Contract, TableName};
use sluice_lake::TableLocation;
use std::sync::Arc;

impl OpenLake {
    /// Saves a valid contract into the draft.
    pub(crate) async fn save_contract(&self, yaml: &str) -> Result<(), RunError> {
        let contract = Contract::parse(yaml, "contract").map_err(RunError::Contract)?;
        self.lake.ledger().put_contract(&contract.name, yaml).await?;
        Ok(())
    }

    /// Saves a gold model into the draft, if it can be planned over the tables as they are.
    pub(crate) async fn save_model(&self, name: &TableName, sql: &str) -> Result<(), RunError> {
        self.define_tables(sql).await?;
        let (engine, text) = (self.engine.clone(), sql.to_owned());
        blocking(move || Ok(engine.check_model(&text)?)).await?;
        self.lake.ledger().put_model(name, sql).await?;
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
                    // A check of the whole table fails in no single row.
                    let rows = check.outcome.failed.filter(|rows| *rows > 0);
                    let rows = rows.map(|rows| format!(" in {rows} rows")).unwrap_or_default();
                    plan.blockers.push(format!("{name}: {} does not hold{rows}", check.check));
                }
            }
            if let (_, Some(batch)) = self.last_checks(contract).await? {
                plan.blockers.push(format!("{name}: batch {batch} was not published, the last good version stays"));
            }
            let listed = plan.tables.iter().position(|table| table.table == *name).map(|at| plan.tables.remove(at));
            plan.tables.extend(self.table_effect(contract, listed).await?);
        }
        plan.tables.sort_by(|a, b| a.table.cmp(&b.table));
        Ok(plan)
    }

    /// What the next replay by a contract does to its table, after a look at bronze and silver. `listed` is the
    /// most that the changed entries do.
    async fn table_effect(
        &self,
        contract: &Arc<Contract>,
        listed: Option<TableEffect>,
    ) -> Result<Option<TableEffect>, RunError> {
        let contract = effective(&self.lake, contract).await?;
        let silver = Silver::open_without_state(&self.lake, &contract.name).await?;
        let bronze = self.lake.table(TableLocation::Bronze(contract.name.clone()));
        let (effect, note) = match (schema_change(&self.lake, &bronze, &silver, &contract).await?, listed) {
            (SchemaChange::Rebuild, _) => (Effect::Rebuild, Effect::Rebuild.sentence()),
            (SchemaChange::Columns, _) => (Effect::ColumnsOnly, Effect::ColumnsOnly.sentence()),
            (SchemaChange::Same, None) => return Ok(None),
            (SchemaChange::Same, Some(listed)) => match listed.effect {
                Effect::Metadata | Effect::ChecksOnly => return Ok(Some(listed)),
                _ if silver.batch() == 0 => (Effect::NewBatchesOnly, "There is no batch in silver yet"),
                Effect::NewBatchesOnly => return Ok(Some(listed)),
                Effect::ColumnsOnly | Effect::Rebuild => {
                    (Effect::NewBatchesOnly, "Silver is as the draft says already")
                }
            },
        };
        Ok(Some(TableEffect { table: contract.name.clone(), effect, note: note.to_owned() }))
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
        self.lake.objects().ensure_writable().await?;
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

impl Answer<ask::CheckContract> for Host {
    async fn answer(&self, request: ask::CheckContract) -> Result<ContractCheck, RunError> {
        Ok(check_contract(&request.yaml))
    }
}

impl Answer<ask::SaveContract> for Host {
    async fn answer(&self, request: ask::SaveContract) -> Result<LakeView, RunError> {
        let open = self.opened().await?;
        open.save_contract(&request.yaml).await?;
        open.lake_view(&self.options.clock).await
    }
}

impl Answer<ask::SaveModel> for Host {
    async fn answer(&self, request: ask::SaveModel) -> Result<LakeView, RunError> {
        let open = self.opened().await?;
        open.save_model(&request.name, &request.sql).await?;
        open.lake_view(&self.options.clock).await
    }
}

impl Answer<ask::PublishPlan> for Host {
    async fn answer(&self, _request: ask::PublishPlan) -> Result<PublishPlan, RunError> {
        self.opened().await?.publish_plan().await
    }
}

impl Answer<ask::Publish> for Host {
    async fn answer(&self, request: ask::Publish) -> Result<PublishedView, RunError> {
        let ask::Publish { release, base, note } = request;
        self.opened().await?.publish(release, base, &note, &self.options.clock).await
    }
}
