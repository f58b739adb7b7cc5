//! Contracts and models into the draft.

use super::{Host, OpenLake};
use crate::RunError;
use crate::support::blocking::blocking;
use sluice_api::{Answer, ContractCheck, LakeView, ask};
use sluice_contract::{Contract, TableName};

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
