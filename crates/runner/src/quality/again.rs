//! Foreign keys, evaluated again when the table that they point to has changed.

use super::parents::{parent_tables, parent_version};
use super::record::{read_records, write_later_records};
use crate::support::blocking::blocking;
use crate::support::local_tables::readable;
use crate::{ContractSet, Job, RunError};
use sluice_contract::{CheckRecord, Contract, Verdict};
use sluice_lake::{AppId, Lake, TableLocation};
use sluice_query::{CheckInput, QueryEngine, foreign_keys, parents_of};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Evaluates the foreign keys of every table again for which another table has a newer version than the one
/// they were evaluated against, and keeps the outcomes. A change of the parent can break or heal a table
/// that gets no batch of its own. What is published stays published.
///
/// An error concerns one table and is logged: the next run tries again.
pub(crate) async fn evaluate_foreign_keys_again(lake: &Lake, engine: &QueryEngine, set: &ContractSet, job: &Job) {
    for contract in set.contracts.values().filter(|contract| !parents_of(contract).is_empty()) {
        if let Err(error) = again(lake, engine, contract, job).await {
            job.log(format!("{}: its foreign keys were not evaluated again: {}", contract.name, error.to_api()));
        }
    }
}

async fn again(lake: &Lake, engine: &QueryEngine, contract: &Arc<Contract>, job: &Job) -> Result<(), RunError> {
    let name = &contract.name;
    let store = lake.table(TableLocation::Silver(name.clone()));
    let Some(snapshot) = store.snapshot(None).await? else { return Ok(()) };
    let batch = snapshot.txn(&AppId::silver(name)).and_then(|batch| u64::try_from(batch).ok());
    let Some(batch) = batch else { return Ok(()) };
    let before = read_records(lake, name, batch).await?;
    if !is_outdated(lake, contract, &before).await? {
        return Ok(());
    }
    let parents = parent_tables(lake, contract).await?;
    let files = readable(&store, &snapshot.files).await?;
    let (engine, of) = (engine.clone(), Arc::clone(contract));
    let records = blocking(move || {
        let input = CheckInput { contract: &of, files: &files, parents: &parents };
        let records = engine.check_chosen(&input, &foreign_keys(&of))?;
        Ok(records.into_iter().flatten().filter(|record| record.parent.is_some()).collect::<Vec<_>>())
    })
    .await?;
    write_later_records(lake, name, batch, &records).await?;
    for record in &records {
        let known = before.iter().find(|old| old.check == record.check).map(|old| &old.outcome.verdict);
        if known != Some(&record.outcome.verdict) {
            job.log(format!("{name}: {} {}", record.check, words(&record.outcome.verdict)));
        }
    }
    Ok(())
}

/// Whether a foreign key was not yet evaluated against the version that the other table has now.
async fn is_outdated(lake: &Lake, contract: &Contract, before: &[CheckRecord]) -> Result<bool, RunError> {
    let mut now = BTreeMap::new();
    for table in parents_of(contract) {
        let version = match parent_version(lake, &table).await {
            // As for the evaluation: a table that cannot be read is none.
            Err(RunError::Lake(error)) if !error.is_retryable() => None,
            other => other?,
        };
        now.insert(table.to_string(), version);
    }
    let known = |table: &str, version: Option<u64>| {
        let of = |record: &&CheckRecord| record.parent.as_ref().is_some_and(|parent| parent.table == table);
        let mut records = before.iter().filter(of).peekable();
        records.peek().is_some()
            && records.all(|record| record.parent.as_ref().and_then(|parent| parent.version) == version)
    };
    Ok(now.iter().any(|(table, version)| !known(table, *version)))
}

fn words(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Passed => "passes now".to_owned(),
        Verdict::Failed => "now fails, the published version stays; see `sluice quality`".to_owned(),
        Verdict::NotEvaluated { reason } => format!("cannot be evaluated: {reason}"),
    }
}
