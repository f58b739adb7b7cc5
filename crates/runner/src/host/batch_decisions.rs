//! Decisions on batches: what holds now, and a new one.

use super::Host;
use super::publish::author;
use crate::RunError;
use crate::contract_set::ContractSet;
use crate::quality::read_refusal;
use crate::silver::Silver;
use crate::support::lease::{LEASE_WAIT_DEFAULT, LeaseTerms, take_lease};
use sluice_api::{Answer, BatchAction, BatchDecisionView, Refusal, RefusalCause, ReplayView, TableName, ask};
use sluice_contract::Contract;
use sluice_lake::{BatchDecision, BatchDecisions, Lake};
use std::collections::BTreeSet;

/// Characters of a reason.
const REASON_CHARACTERS_MAX: usize = 500;

/// What holds for the batches of a table.
pub(super) struct Decided {
    decisions: BatchDecisions,
    skipped: BTreeSet<u64>,
    /// Limits of the contract's guards.
    limits: String,
}

impl Decided {
    /// Reads it.
    ///
    /// # Errors
    /// If the lake cannot be read.
    pub(super) async fn of(lake: &Lake, contract: &Contract) -> Result<Self, RunError> {
        let decisions = lake.ledger().batch_decisions(&contract.name).await?;
        let silver = Silver::open_without_state(lake, &contract.name).await?;
        let skipped = decisions.skipped(&silver.skipped);
        Ok(Self { decisions, skipped, limits: contract.guards.text() })
    }

    /// Whether silver is to be made without the batch.
    pub(super) fn is_skipped(&self, batch: u64) -> bool {
        self.skipped.contains(&batch)
    }

    /// Why a batch is not in silver: what holds it, else what refused it when it was tried.
    ///
    /// # Errors
    /// If the lake cannot be read.
    pub(super) async fn refusal(
        &self,
        lake: &Lake,
        table: &TableName,
        batch: u64,
    ) -> Result<Option<Refusal>, RunError> {
        let kept = read_refusal(lake, table, batch).await?;
        let Some(decision) = self.decisions.holding(batch, &self.limits) else {
            // One that was released is tried by the next run.
            return Ok(kept.filter(|refusal| !refusal.is_held()));
        };
        let (cause, reason) = match &decision.guards {
            Some(_) => (RefusalCause::Guard, decision.because.clone()),
            None => (RefusalCause::Hold, format!("{} holds it: {}", decision.by, decision.because)),
        };
        let kept = kept.filter(|refusal| refusal.cause == cause);
        Ok(Some(kept.unwrap_or(Refusal { batch, first_batch: batch, reason, cause, counters: None, keys: Vec::new() })))
    }

    /// Every decision on a batch.
    pub(super) fn views(&self, batch: u64) -> Vec<BatchDecisionView> {
        let view = |decision: &BatchDecision| BatchDecisionView {
            action: decision.action,
            because: decision.because.clone(),
            by: decision.by.clone(),
            by_guard: decision.guards.is_some(),
            at_ms: decision.at_ms,
        };
        self.decisions.of(batch).map(view).collect()
    }
}

impl Answer<ask::DecideBatch> for Host {
    async fn answer(&self, request: ask::DecideBatch) -> Result<ReplayView, RunError> {
        let ask::DecideBatch { table, batch, action, because, author: named } = request;
        let open = self.opened().await?;
        let by = author(named.as_deref()).await?;
        let because = because.trim().to_owned();
        if because.is_empty() || because.chars().count() > REASON_CHARACTERS_MAX {
            let next = "Write one sentence with --because; do not copy values of rows into it";
            let message = format!("A decision on a batch has a reason of at most {REASON_CHARACTERS_MAX} characters");
            return Err(RunError::input(message, next));
        }
        let contract = ContractSet::draft(&open.lake).await?.contract(&table)?;
        // A batch is not decided on while a run takes it to silver.
        let terms = LeaseTerms { wait: LEASE_WAIT_DEFAULT, waiting: &|_| {}, unreleased: &|error| Err(error.into()) };
        let lease = take_lease(&open.lake, &table, &terms).await?;
        let decided = decide(&open.lake, &contract, batch, action, because, by.to_string()).await;
        let released = lease.release().await;
        decided?;
        released?;
        open.replay_view(&table, None, self.jobs.working_on(&table.to_string())).await
    }
}

async fn decide(
    lake: &Lake,
    contract: &Contract,
    batch: u64,
    action: BatchAction,
    because: String,
    by: String,
) -> Result<(), RunError> {
    let table = &contract.name;
    let claimed = lake.ledger().batches(table).await?;
    if !claimed.iter().any(|manifest| manifest.batch == batch) {
        let next = format!("`sluice batches {table}` lists the batches");
        return Err(RunError::not_found(format!("{table} has no batch {batch}"), next));
    }
    let silver = Silver::open_without_state(lake, table).await?;
    let decided = Decided::of(lake, contract).await?;
    let in_silver = batch <= silver.batch();
    let is_held = !in_silver && decided.decisions.holding(batch, &decided.limits).is_some();
    let refused = match action {
        BatchAction::Hold if in_silver => Some((
            format!("Silver of {table} has batch {batch} already"),
            format!("`sluice batch skip {table} {batch} --because \"…\"` makes silver without it"),
        )),
        BatchAction::Skip if decided.is_skipped(batch) => {
            Some((format!("Batch {batch} of {table} is skipped already"), "Nothing is to be done".to_owned()))
        }
        BatchAction::Release if in_silver && !decided.is_skipped(batch) => {
            Some((format!("Batch {batch} of {table} is in silver and not skipped"), "Nothing is to be done".to_owned()))
        }
        BatchAction::Release if !in_silver && !is_held && !decided.is_skipped(batch) => {
            let refusal = read_refusal(lake, table, batch).await?;
            // A limit on the rows that a snapshot may lack is no guard, and a release passes it all the same.
            refusal.is_none().then(|| {
                let next = format!("`sluice replay --table {table}` takes it to silver");
                (format!("Nothing holds batch {batch} of {table}"), next)
            })
        }
        _ => None,
    };
    if let Some((message, next)) = refused {
        return Err(RunError::input(message, next));
    }
    let at_ms = lake.ledger().now_ms();
    let decision = BatchDecision { number: 0, batch, action, because, by, at_ms, guards: None };
    lake.ledger().put_batch_decision(table, decision).await?;
    Ok(())
}
