//! What is in a source, and whether silver holds what it holds.

use super::Host;
use super::onboard::{self, Wanted};
use crate::contract_set::ContractSet;
use crate::{RunError, compare_with_source};
use sluice_api::{Answer, OnboardDraft, OnboardSource, TableComparison, ask};
use std::path::Path;

impl Answer<ask::InspectSource> for Host {
    async fn answer(&self, request: ask::InspectSource) -> Result<OnboardSource, RunError> {
        let open = self.opened().await?;
        let set = ContractSet::draft(&open.lake).await?;
        onboard::inspect(&open.lake, &request.source, &set.contracts).await
    }
}

impl Answer<ask::InferContract> for Host {
    async fn answer(&self, request: ask::InferContract) -> Result<OnboardDraft, RunError> {
        let open = self.opened().await?;
        let ask::InferContract { path, name, table, mut answers } = request;
        answers.definitions.extend(open.definitions.of(&open.lake).await?.iter().cloned());
        let wanted = Wanted { path, name, table, answers };
        let mut draft = onboard::draft(&open.lake, &open.engine, wanted).await?;
        let set = ContractSet::draft(&open.lake).await?;
        draft.existing = set.contracts.keys().find(|name| name.looks_like(&draft.name)).cloned();
        Ok(draft)
    }
}

impl Answer<ask::CompareWithSource> for Host {
    async fn answer(&self, request: ask::CompareWithSource) -> Result<Vec<TableComparison>, RunError> {
        let open = self.opened().await?;
        let set = ContractSet::draft(&open.lake).await?;
        compare_with_source(&open.lake, &set, Path::new(&request.folder)).await
    }
}
