//! What a sandbox made of a silver table becomes production: its files are taken over instead of made again.
//!
//! Silver is a function of the events and the contract (invariant 1). So where the sandbox and its lake have ingested the
//! same files, and the sandbox's silver is by the contract that is published now and the lake's is not, the sandbox's
//! version is what a rebuild would make. Where one of the two moved on, both are first brought to the same files
//! ([`super::same_files`]): that costs what arrived since, not the table. In every other case the reason is named and the
//! next run rebuilds.

use super::quarantine_listing::list_of_other;
use super::same_files::{Standing, catch_up, land_missing, other_records};
use super::sides::Sides;
use crate::quality::{read_records, write_records};
use crate::silver::Silver;
use crate::silver::schema_change::effective;
use crate::support::lease::{LEASE_WAIT_DEFAULT, LeaseTerms, take_lease, with_lease};
use crate::support::newest_entry::newest_entry_with;
use crate::{Job, RunError};
use sluice_contract::{Contract, TableName};
use sluice_lake::{
    AppId, CommitInfo, CommitOutcome, ENGINE, HistoryEntry, LakeError, Lease, Operation, PutNew, RecordDecision,
    SchemaDocument, TableLocation, TransactionId,
};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

/// How long a release waits for the writer of a table before it is published; that table is taken over later.
const HOLD_WAIT: Duration = Duration::from_secs(10);

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

impl TakenOver {
    pub(super) fn because(reason: impl Into<String>) -> Self {
        Self::Rebuilt(reason.into())
    }
}

/// Decisions on single records that the lake does not have yet when a table is prepared, and then does.
pub(crate) type Coming = [RecordDecision];

/// Prepares a table to be taken over: brings the sandbox to the files of production, then takes the table's lease, so
/// that no run begins to rebuild what is taken over in a moment. `None` if there is nothing to take over.
///
/// # Errors
/// If a store fails, or another writer holds the table for long.
pub(crate) async fn hold(
    sides: &Sides<'_>,
    contract: &Arc<Contract>,
    coming: &Coming,
) -> Result<Option<Lease>, RunError> {
    if Box::pin(Plan::of(sides, contract, coming)).await?.is_err()
        || Box::pin(catch_up(sides, contract)).await?.is_some()
    {
        return Ok(None);
    }
    let (name, job) = (&contract.name, sides.job);
    let terms = LeaseTerms {
        wait: HOLD_WAIT,
        waiting: &|holder| job.log(format!("{name}: waits for {holder}")),
        unreleased: &|error| Err(error.into()),
    };
    Ok(Some(take_lease(sides.base, name, &terms).await?))
}

/// Makes a table of the lake what its sandbox made of it, by the contract that is published now. `held`: the lease of the
/// table, if [`hold`] took it; it is released.
///
/// # Errors
/// If a store fails, or another writer holds the table for long.
pub(crate) async fn take_over(
    sides: &Sides<'_>,
    contract: &Arc<Contract>,
    held: Option<Lease>,
) -> Result<TakenOver, RunError> {
    let (name, job) = (&contract.name, sides.job);
    if let Some(lease) = held {
        let done = Box::pin(under_lease(sides, contract, &lease)).await;
        release(lease, name, job).await;
        return done;
    }
    if let Err(done) = Box::pin(Plan::of(sides, contract, &[])).await? {
        return Ok(done);
    }
    // While production goes on; what arrives meanwhile is little.
    if let Some(reason) = Box::pin(catch_up(sides, contract)).await? {
        return Ok(TakenOver::Rebuilt(reason));
    }
    let terms = LeaseTerms {
        wait: LEASE_WAIT_DEFAULT,
        waiting: &|holder| job.log(format!("{name}: waits for {holder}")),
        unreleased: &|error| {
            unreleased(name, job, &error);
            Ok(())
        },
    };
    let read = async || Ok(ControlFlow::Continue(()));
    with_lease(sides.base, name, &terms, read, async |(), lease| Box::pin(under_lease(sides, contract, lease)).await)
        .await
}

/// Lets others write a table again.
pub(crate) async fn release(lease: Lease, name: &TableName, job: &Job) {
    if let Err(error) = lease.release().await {
        unreleased(name, job, &error);
    }
}

fn unreleased(name: &TableName, job: &Job, error: &LakeError) {
    job.log(format!("{name}: the lease was not released, so others wait a moment for it: {error}"));
}

/// Nobody else writes production.
async fn under_lease(sides: &Sides<'_>, contract: &Arc<Contract>, lease: &Lease) -> Result<TakenOver, RunError> {
    // Before anything is landed, so that nothing is written where nothing is taken over.
    if let Err(done) = Box::pin(Plan::of(sides, contract, &[])).await? {
        return Ok(done);
    }
    if let Some(reason) = Box::pin(catch_up(sides, contract)).await? {
        return Ok(TakenOver::Rebuilt(reason));
    }
    Box::pin(land_missing(sides, contract, lease)).await?;
    let mut plan = match Box::pin(Plan::of(sides, contract, &[])).await? {
        Ok(plan) => plan,
        Err(done) => return Ok(done),
    };
    if !plan.standing.is_even(contract) {
        return Ok(TakenOver::because("the sandbox and production have not ingested the same files"));
    }
    if let Some(reason) = other_records(sides, &contract.name).await? {
        return Ok(TakenOver::Rebuilt(reason));
    }
    plan.production.store = lease.fence(&plan.production.store);
    let quarantine = TableLocation::Quarantine(contract.name.clone());
    let (ours, theirs) = (sides.base.table(quarantine.clone()), sides.sandbox.table(quarantine));
    let batches = sides.base.ledger().batches(&contract.name).await?;
    list_of_other(&lease.fence(&ours), &theirs, &contract.name, &batches).await?;
    Box::pin(commit(sides, &contract.name, plan)).await
}

/// Both sides as they were read.
struct Plan {
    production: Silver,
    tried: Silver,
    standing: Standing,
    /// The commit of the sandbox that says by which contract it is, and where its deletes are.
    entry: HistoryEntry,
}

impl Plan {
    /// The plan; else why there is nothing to take over.
    async fn of(
        sides: &Sides<'_>,
        contract: &Arc<Contract>,
        coming: &Coming,
    ) -> Result<Result<Self, TakenOver>, RunError> {
        let (sandbox, base, name) = (sides.sandbox, sides.base, &contract.name);
        let because = |reason: &str| Ok(Err(TakenOver::because(reason)));
        let Some(of) = sandbox.sandbox() else { return because("it was not tried in a sandbox") };
        let (here, there) = (effective(base, contract).await?, effective(sandbox, contract).await?);
        let production = Silver::open(base, &here).await?;
        if production.version().is_none() {
            return because("production has no version yet");
        }
        let tried = Silver::open(sandbox, &there).await?;
        let (ours, theirs) =
            (base.ledger().record_decisions(name).await?.with(coming), sandbox.ledger().record_decisions(name).await?);
        let is_by_contract = !production.is_of_other_contract(&here) && here.columns == there.columns;
        let is_by_decisions = ours.up_to(production.decided).says_the_same(&ours);
        if is_by_contract && is_by_decisions && !production.lost_state {
            return Ok(Err(TakenOver::NotNeeded));
        }
        if !production.foreign.commits.is_empty() {
            return because("another program wrote to production");
        }
        let Some(now) = tried.version() else { return because("the sandbox did not replay it") };
        if tried.is_of_other_contract(&there) {
            return because("the sandbox has not replayed it by this contract");
        }
        if tried.lost_state || !tried.foreign.commits.is_empty() {
            return because("the sandbox's table is not what the events make of it");
        }
        if !ours.says_the_same(&theirs) || !theirs.up_to(tried.decided).says_the_same(&theirs) {
            return because("other records are dropped or edited in the sandbox than in production");
        }
        if let Some(reason) = decided_otherwise(sides, &here, &production, &tried).await? {
            return because(&reason);
        }
        let standing = Standing::of(sides, name, tried.batch()).await?;
        if let Some(reason) = standing.apart(contract) {
            return because(&reason);
        }
        let folder = TableLocation::Silver(name.clone()).folder();
        let began = of.base_version(&folder);
        let own = usize::try_from(now.saturating_sub(began.unwrap_or(0))).unwrap_or(usize::MAX);
        let history = tried.store.history_until(now, own.max(1)).await?;
        if let Some(other) = history
            .iter()
            .find(|entry| Some(entry.version) > began && entry.engine.as_deref().is_some_and(|engine| engine != ENGINE))
        {
            let other = other.engine.as_deref().unwrap_or_default();
            return because(&format!("the sandbox was replayed by {other}, and this is {ENGINE}"));
        }
        let entry = newest_entry_with(&tried.store, now, |info| info.contract.is_some()).await?;
        let Some(entry) = entry else { return because("the sandbox's log does not say what made it") };
        Ok(Ok(Self { production, tried, standing, entry }))
    }
}

/// Why what was decided of batches stands in the way: silver of the two is made of other events, or production would get
/// events that a decision keeps out of it.
async fn decided_otherwise(
    sides: &Sides<'_>,
    contract: &Contract,
    production: &Silver,
    tried: &Silver,
) -> Result<Option<String>, RunError> {
    let name = &contract.name;
    let (ours, theirs) =
        (sides.base.ledger().batch_decisions(name).await?, sides.sandbox.ledger().batch_decisions(name).await?);
    if ours != theirs || ours.skipped(&production.skipped) != tried.skipped {
        return Ok(Some("other batches are held or skipped in the sandbox than in production".to_owned()));
    }
    let limits = contract.guards.text();
    let claimed = sides.base.ledger().batches(name).await?;
    let waits = |batch: u64| batch > production.batch() && ours.holding(batch, &limits).is_some();
    let held = claimed.iter().map(|manifest| manifest.batch).find(|batch| waits(*batch));
    Ok(held.map(|batch| format!("batch {batch} is held in production")))
}

async fn commit(sides: &Sides<'_>, name: &TableName, plan: Plan) -> Result<TakenOver, RunError> {
    let (sandbox, base) = (sides.sandbox, sides.base);
    let Plan { production, tried, standing, entry } = plan;
    let (Some(before), Some(after)) = (&production.snapshot, &tried.snapshot) else {
        return Err(RunError::Internal(format!("{name} was not read")));
    };
    let batch = standing.last_of_base();
    // By which columns it was made, before what was made.
    let (ours, theirs) = (base.ledger().latest_schema(name).await?, sandbox.ledger().latest_schema(name).await?);
    if let Some(theirs) = theirs.filter(|theirs| {
        let same =
            |ours: &SchemaDocument| ours.contract_hash == theirs.contract_hash && ours.inferred == theirs.inferred;
        !ours.as_ref().is_some_and(same)
    }) {
        let number = ours.map_or(0, |ours| ours.number) + 1;
        match base.ledger().put_schema(name, &SchemaDocument { number, ..theirs }).await? {
            PutNew::Created => {}
            PutNew::Exists => return Ok(TakenOver::because("production has seen other columns meanwhile")),
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
    // The checks passed there, on these rows.
    let checks = read_records(sandbox, name, tried.batch()).await?;
    if !checks.is_empty() {
        write_records(base, name, batch, &checks).await?;
    }
    let files = sandbox.take_over(&tried.store, after).await?;
    let app = AppId::rebuild(name);
    let number = before.next_number(&app)?;
    let mut content = blake3::Hasher::new();
    for file in &files {
        content.update(file.path.as_bytes()).update(&file.rows.to_le_bytes());
    }
    let decided = base.ledger().record_decisions(name).await?.last();
    let info = CommitInfo {
        decided: Some(decided).filter(|last| *last > 0),
        span: entry.info.span.clone(),
        checked: production.checked,
        ..entry.info.carried()
    };
    let id = TransactionId { app, number, content_hash: content.finalize().to_hex()[..32].to_owned() };
    let last = i64::try_from(batch).unwrap_or(i64::MAX);
    let outcome = production
        .store
        .transaction(before, id, Operation::Rebuild)
        .becomes(files)
        .schema(Some(Arc::clone(&after.schema)))
        .info(info)
        .numbers([(AppId::silver(name), last)])
        .commit()
        .await?;
    match outcome {
        CommitOutcome::Committed(version) | CommitOutcome::AlreadyApplied(version) => Ok(TakenOver::Adopted(version)),
        CommitOutcome::Conflict(_) => Err(RunError::Conflict(name.to_string())),
    }
}
