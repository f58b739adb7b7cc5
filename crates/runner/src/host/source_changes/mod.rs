//! The inbox of changes of sources: what batches showed, what bronze says of it, and decisions.

mod decide;
mod evidence;
mod inbox;
mod look;
mod policy;
mod readers;
mod state;

use super::Host;
use super::publish::author;
use crate::RunError;
use sluice_api::{Answer, ChosenChange, SourceChanges, ask};

impl Answer<ask::SourceChanges> for Host {
    async fn answer(&self, request: ask::SourceChanges) -> Result<SourceChanges, RunError> {
        self.opened().await?.source_changes(&request.tables, request.all).await
    }
}

impl Answer<ask::DecideSourceChanges> for Host {
    async fn answer(&self, request: ask::DecideSourceChanges) -> Result<Vec<ChosenChange>, RunError> {
        let by = author(request.author.as_deref()).await?;
        self.opened().await?.decide_source_changes(&request.choices, &by).await
    }
}
