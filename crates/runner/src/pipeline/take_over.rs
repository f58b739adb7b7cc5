//! What a sandbox made of a table becomes production: its files are taken over instead of made again.
//!
//! Silver is a function of the events and the contract (invariant 1). So where the sandbox and its lake have ingested the
//! same files, the sandbox's silver is by the contract that is published now, and the lake's is not, the sandbox's version is
//! what a rebuild would make. In every other case the reason is named and the next run rebuilds.

use crate::silver::Silver;
use crate::silver::schema_change::effective;
use crate::support::lease::{LEASE_WAIT_DEFAULT, LeaseTerms, with_lease};
use crate::support::newest_entry::newest_entry_with;
use crate::{Job, RunError};
use sluice_contract::{Contract, TableName};
use sluice_lake::{AppId, CommitInfo, CommitOutcome, HistoryEntry, Lake, LakeError, Operation, PutNew, TransactionId};
use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::Arc;

/// What became of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TakenOver {
    /// Production is the sandbox's version now, as this version.
    Adopted(u64),
    /// It is by this contract already.
    NotNeeded,
    /// The next run rebuilds it, because of this.
    Rebuilt(String),
}

/// Makes a table of the lake what its sandbox made of it, by the contract that is published now.
///
/// # Errors
/// If a store fails, or another writer holds the table for long.
pub(crate) async fn take_over(
    sandbox: &Lake,
    base: &Lake,
    contract: &Arc<Contract>,
    job: &Job,
) -> Result<TakenOver, RunError> {
    let name = &contract.name;
    let terms = LeaseTerms {
        wait: LEASE_WAIT_DEFAULT,
        waiting: &|holder| job.log(format!("{name}: waits for {holder}")),
        unreleased: &|error| {
            job.log(format!("{name}: the lease was not released, so others wait a moment for it: {error}"));
            Ok(())
        },
    };
    let read = async || match Plan::of(sandbox, base, contract).await? {
        Ok(plan) => Ok(ControlFlow::Continue(plan)),
        Err(other) => Ok(ControlFlow::Break(other)),
    };
    with_lease(base, name, &terms, read, async |mut plan: Plan, lease| {
        plan.production.store = lease.fence(&plan.production.store);
        commit(sandbox, base, name, plan).await
    })
    .await
}

/// Both sides as they were read.
struct Plan {
    production: Silver,
    tried: Silver,
    /// The commit of the sandbox that says by which contract it is, and where its deletes are.
    entry: HistoryEntry,
}

impl Plan {
    /// The plan; else why there is nothing to take over.
    async fn of(sandbox: &Lake, base: &Lake, contract: &Arc<Contract>) -> Result<Result<Self, TakenOver>, RunError> {
        let name = &contract.name;
        let because = |reason: &str| Ok(Err(TakenOver::Rebuilt(reason.to_owned())));
        let (here, there) = (effective(base, contract).await?, effective(sandbox, contract).await?);
        let production = Silver::open(base, &here).await?;
        if production.version().is_none() {
            return because("production has no version yet");
        }
        if !production.is_of_other_contract(&here) && here.columns == there.columns {
            return Ok(Err(TakenOver::NotNeeded));
        }
        if !production.foreign.commits.is_empty() {
            return because("another program wrote to production");
        }
        let tried = Silver::open(sandbox, &there).await?;
        let Some(now) = tried.version() else { return because("the sandbox did not replay it") };
        if tried.is_of_other_contract(&there) {
            return because("the sandbox has not replayed it by this contract");
        }
        if ingested(sandbox, name, tried.batch()).await? != ingested(base, name, production.batch()).await? {
            return because("the sandbox and production have not ingested the same files");
        }
        if sandbox.base().is_none() {
            return because("it was not tried in a sandbox");
        }
        let entry = newest_entry_with(&tried.store, now, |info| info.contract.is_some()).await?;
        let Some(entry) = entry else { return because("the sandbox's log does not say what made it") };
        Ok(Ok(Self { production, tried, entry }))
    }
}

/// The files of all batches up to one.
async fn ingested(lake: &Lake, name: &TableName, batch: u64) -> Result<BTreeSet<(String, u64, String)>, RunError> {
    let batches = lake.ledger().batches(name).await?;
    let files =
        batches.into_iter().filter(|manifest| manifest.batch <= batch).flat_map(|manifest| manifest.files.clone());
    Ok(files.map(|file| (file.path, file.size, file.etag)).collect())
}

async fn commit(sandbox: &Lake, base: &Lake, name: &TableName, plan: Plan) -> Result<TakenOver, RunError> {
    let Plan { production, tried, entry } = plan;
    let (Some(before), Some(after)) = (&production.snapshot, &tried.snapshot) else {
        return Err(RunError::Internal(format!("{name} was not read")));
    };
    let because = |reason: &str| Ok(TakenOver::Rebuilt(reason.to_owned()));
    // By which columns it was made, before what was made.
    let known = base.ledger().schemas(name).await?.last().map_or(0, |document| document.number);
    for document in sandbox.ledger().schemas(name).await?.into_iter().filter(|document| document.number > known) {
        match base.ledger().put_schema(name, &document).await? {
            PutNew::Created => {}
            PutNew::Exists => return because("production has seen other columns meanwhile"),
        }
    }
    for path in entry.info.tombstones.iter().flatten() {
        match base.ledger().get_state(path).await {
            Ok(_) => {}
            Err(LakeError::NotFound { .. }) => {
                let content = sandbox.objects().read(path).await?;
                base.objects().put(path, content).await?;
            }
            Err(error) => return Err(error.into()),
        }
    }
    let files = sandbox.take_over(&tried.store, after).await?;
    let app = AppId::rebuild(name);
    let number = before.next_number(&app)?;
    let mut content = blake3::Hasher::new();
    for file in &files {
        content.update(file.path.as_bytes()).update(&file.rows.to_le_bytes());
    }
    let info = CommitInfo {
        batch: Some(production.batch()),
        span: entry.info.span.clone(),
        checked: production.checked,
        ..entry.info.carried()
    };
    let id = TransactionId { app, number, content_hash: content.finalize().to_hex()[..32].to_owned() };
    let outcome = production
        .store
        .transaction(before, id, Operation::Rebuild)
        .becomes(files)
        .schema(Some(Arc::clone(&after.schema)))
        .info(info)
        .commit()
        .await?;
    match outcome {
        CommitOutcome::Committed(version) | CommitOutcome::AlreadyApplied(version) => Ok(TakenOver::Adopted(version)),
        CommitOutcome::Conflict(_) => Err(RunError::Conflict(name.to_string())),
    }
}
