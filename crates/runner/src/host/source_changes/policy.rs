//! New columns that nobody decided on in time: the policy of the lake does (`sluice.yaml`).

use super::state::state_of;
use crate::host::OpenLake;
use crate::{ContractSet, Job, RunError};
use sluice_api::{SourceChangeState, SourceChoice, SourceDecision};
use sluice_contract::{Contract, LakeSettings, NewColumns, TableName};
use sluice_publish::Author;
use std::time::Duration;

/// How often a run that goes on looks for columns whose time is over.
const LOOK_EVERY: Duration = Duration::from_secs(300);

impl OpenLake {
    /// Decides on new columns whose time is over, as a person would: the draft's contracts say it from then on, and a
    /// lake with a release publishes it like every other change. What fails is said and stops nothing.
    pub(crate) async fn decide_by_policy(&self, job: &Job) {
        match self.decided_by_policy().await {
            Ok(decided) => decided.into_iter().for_each(|line| job.log(line)),
            Err(error) => job.log(format!("The policy for new columns in {}: {error}", LakeSettings::PATH)),
        }
    }

    /// As [`OpenLake::decide_by_policy`], again and again; never ends.
    pub(crate) async fn keep_deciding_by_policy(&self, job: &Job) {
        loop {
            self.decide_by_policy(job).await;
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn decided_by_policy(&self) -> Result<Vec<String>, RunError> {
        // A sandbox tries what people decide.
        let is_own = self.lake.sandbox().is_none();
        let Some(policy) = sluice_publish::lake_settings(&self.lake).await?.new_columns.filter(|_| is_own) else {
            return Ok(Vec::new());
        };
        let set = ContractSet::draft(&self.lake).await?;
        let mut overdue: Vec<TableName> = Vec::new();
        for contract in set.contracts.values() {
            if self.is_overdue(contract, policy).await? {
                overdue.push(contract.name.clone());
            }
        }
        if overdue.is_empty() {
            return Ok(Vec::new());
        }
        let now_ms = self.lake.ledger().now_ms();
        let inbox = self.source_changes(&overdue, false).await?;
        let mut choices = Vec::new();
        for change in &inbox.changes {
            let SourceChangeState::Open { due_ms: Some(due_ms), then: Some(then) } = &change.state else { continue };
            // What proposes a rename is for a person.
            let proposed = change.proposal.as_ref().map(|proposal| proposal.decision);
            if *due_ms <= now_ms && proposed == Some(SourceDecision::Add) {
                choices.push(SourceChoice {
                    table: change.table.clone(),
                    column: change.column.clone(),
                    decision: Some(*then),
                    data_type: None,
                    from: None,
                    keep_name: None,
                });
            }
        }
        let author = Author::new(&format!("{} ({policy})", LakeSettings::PATH))?;
        let chosen = self.decide_source_changes(&choices, &author).await?;
        let says = chosen.into_iter().map(|one| {
            let what = one.says.or(one.refused).unwrap_or_default();
            format!("{}.{}: {what}, by {author}", one.table, one.column)
        });
        Ok(inbox.problems.into_iter().chain(says).collect())
    }

    /// Whether a column of the table waits no longer. Reads notes alone, no data.
    async fn is_overdue(&self, contract: &Contract, policy: NewColumns) -> Result<bool, RunError> {
        let is_asked =
            contract.source.as_ref().is_some_and(|source| !source.evolution.adds() && !source.says_evolution);
        if !is_asked {
            return Ok(false);
        }
        let (ledger, name) = (self.lake.ledger(), &contract.name);
        let notes = ledger.source_changes(name).await?;
        if notes.is_empty() {
            return Ok(false);
        }
        let decisions = ledger.source_decisions(name).await?;
        let inferred = ledger.latest_schema(name).await?.map(|document| document.inferred).unwrap_or_default();
        let now_ms = ledger.now_ms();
        Ok(notes.iter().any(|note| {
            note.changes.iter().any(|change| {
                let state = state_of(contract, &inferred, &decisions, note, change, Some(policy));
                matches!(state, SourceChangeState::Open { due_ms: Some(due_ms), .. } if due_ms <= now_ms)
            })
        }))
    }
}
