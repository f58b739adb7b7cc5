//! Accepts what other programs committed to a table.
//!
//! What that means. Bronze: its records are the events from now on. Silver: its rows are what later events are merged
//! into, by the sequence that each row carries; where a row was deleted there is no tombstone, so a later event of its
//! key makes one again. Which batches silver has is what Sluice's own commits say. Silver is then no longer what the
//! events alone make of it: the next rebuild, asked for or because the contract changed, does away with what was
//! accepted. So a table that must stay equal to its events is rebuilt, not adopted.
//!
//! The acceptance is a commit of its own, `ADOPT`, which names the accepted ones.

use super::bronze::bronze_schema;
use crate::RunError;
use crate::contract_set::ContractSet;
use crate::silver::Silver;
use crate::silver::schema_change::effective;
use crate::support::blocking::blocking;
use crate::support::lease::{LEASE_WAIT_DEFAULT, LeaseTerms, with_lease};
use crate::support::newest_entry::newest_entry_with;
use crate::support::places::location;
use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, Schema};
use sluice_api::{Adopted, AdoptedCommit, Layer, TableRef};
use sluice_contract::{Contract, Scd};
use sluice_engine::{KeyEncoder, SEQ, current_rows, silver_schema};
use sluice_lake::{
    AppId, CommitInfo, CommitOutcome, DeltaStore, ForeignCommit, ForeignCommits, Lake, Operation, Snapshot,
    TransactionId,
};
use std::collections::HashSet;
use std::ops::ControlFlow;

/// Accepts the commits of other programs to a table. Nothing is written if there are none.
///
/// # Errors
/// [`RunError::NotFound`] if the table does not exist; [`RunError::Input`] if its rows are not such that later events
/// could be merged into them; errors of the store.
pub(crate) async fn adopt(lake: &Lake, table: &TableRef) -> Result<Adopted, RunError> {
    if table.layer == Layer::Gold {
        let message = format!("{table} is made by its model, so there is nothing to accept");
        return Err(RunError::input(message, "The next replay makes it again"));
    }
    let store = lake.table(location(table));
    let terms =
        LeaseTerms { wait: LEASE_WAIT_DEFAULT, waiting: &|_| {}, unreleased: &|error| Err(RunError::from(error)) };
    let read = async || {
        let Some(snapshot) = store.snapshot(None).await? else {
            return Err(RunError::not_found(format!("{table} does not exist yet"), "Replay it first"));
        };
        let found = store.foreign_commits(snapshot.version, None).await?;
        if found.commits.is_empty() {
            return Ok(ControlFlow::Break(adopted(table, &snapshot, &[], snapshot.version)));
        }
        Ok(ControlFlow::Continue((snapshot, found)))
    };
    with_lease(lake, &table.name, &terms, read, async |(snapshot, found), lease| {
        accept(lake, table, &lease.fence(&store), snapshot, found).await
    })
    .await
}

async fn accept(
    lake: &Lake,
    table: &TableRef,
    store: &DeltaStore,
    snapshot: Snapshot,
    found: ForeignCommits,
) -> Result<Adopted, RunError> {
    let info = match table.layer {
        Layer::Silver => {
            ensure_mergeable(lake, table, store, &snapshot).await?;
            let entry = newest_entry_with(store, snapshot.version, |info| info.contract.is_some()).await?;
            entry.map(|entry| entry.info.carried()).unwrap_or_default()
        }
        Layer::Bronze | Layer::Gold => {
            ensure_columns(table, &snapshot, &bronze_schema(), "restore the version before")?;
            CommitInfo::default()
        }
    };
    let app = AppId::adoption(table);
    let versions: Vec<u64> = found.commits.iter().map(|commit| commit.version).collect();
    let id = TransactionId {
        number: snapshot.next_number(&app)?,
        content_hash: blake3::hash(format!("{versions:?}").as_bytes()).to_hex().to_string(),
        app,
    };
    let numbers = found.own_numbers.iter().map(|(app, number)| (AppId::named(app), *number));
    // No check has seen the rows of the other program.
    let info =
        CommitInfo { checked: Some(snapshot.version), adopted: Some(found.commits.clone()), audited: None, ..info };
    let commit =
        store.transaction(&snapshot, id, Operation::Adopt).info(info).numbers(numbers.collect::<Vec<_>>()).keeps_rows();
    match commit.commit().await? {
        CommitOutcome::Committed(version) | CommitOutcome::AlreadyApplied(version) => {
            Ok(adopted(table, &snapshot, &found.commits, version))
        }
        CommitOutcome::Conflict(_) => Err(RunError::Conflict(table.to_string())),
    }
}

fn adopted(table: &TableRef, snapshot: &Snapshot, commits: &[ForeignCommit], version: u64) -> Adopted {
    let commits = commits.iter().map(|commit| AdoptedCommit {
        version: commit.version,
        operation: commit.operation.clone(),
        program: commit.program.clone(),
        change: commit.change.to_string(),
    });
    Adopted { table: table.clone(), version, rows: snapshot.rows(), commits: commits.collect() }
}

/// Refuses rows of silver that no event could be merged into.
async fn ensure_mergeable(
    lake: &Lake,
    table: &TableRef,
    store: &DeltaStore,
    snapshot: &Snapshot,
) -> Result<(), RunError> {
    let rebuild = format!("`sluice replay --table {} --full-refresh` makes it anew from bronze", table.name);
    let declared = match ContractSet::draft(lake).await?.contract(&table.name) {
        Ok(contract) => contract,
        Err(_) => ContractSet::published(lake).await?.1.contract(&table.name)?,
    };
    let contract = effective(lake, &declared).await?;
    if Silver::open(lake, &contract).await?.is_of_other_contract(&contract) {
        let message = format!("{table} is of another contract, so it has to be made anew in any case");
        return Err(RunError::input(message, rebuild));
    }
    ensure_columns(table, snapshot, &silver_schema(&contract), &rebuild)?;
    let rows = store.read_files(snapshot, &snapshot.files, None).await?;
    let refused = blocking(move || unmergeable(&contract, &rows)).await?;
    match refused {
        None => Ok(()),
        Some(reason) => Err(RunError::input(format!("{table} cannot be adopted: {reason}"), rebuild)),
    }
}

/// Why no event could be merged into the rows, if it is so.
fn unmergeable(contract: &Contract, batches: &[RecordBatch]) -> Result<Option<String>, RunError> {
    let encoder = KeyEncoder::new(contract)?;
    let mut keys: HashSet<u128> = HashSet::new();
    for batch in batches {
        let nulls = |name: &str| batch.column_by_name(name).map_or(0, |column| column.null_count());
        if nulls(SEQ) > 0 {
            return Ok(Some(format!("{} rows have no `{SEQ}`, so nothing says which event is newer", nulls(SEQ))));
        }
        if contract.apply.scd == Scd::Append {
            continue;
        }
        if let Some(name) = contract.apply.key.iter().find(|name| nulls(name) > 0) {
            return Ok(Some(format!("{} rows have no `{name}`, which is part of the key", nulls(name))));
        }
        let of_key = match contract.apply.scd {
            Scd::Type2 => current_rows(contract, batch)?,
            Scd::Type1 | Scd::Append => batch.clone(),
        };
        for hash in encoder.hashes(&of_key)? {
            if !keys.insert(hash) {
                return Ok(Some("a key has more than one row".to_owned()));
            }
        }
    }
    Ok(None)
}

fn ensure_columns(table: &TableRef, snapshot: &Snapshot, expected: &Schema, next: &str) -> Result<(), RunError> {
    let shape = |schema: &Schema| -> Vec<(String, DataType)> {
        schema.fields().iter().map(|field| (field.name().clone(), field.data_type().clone())).collect()
    };
    if shape(&snapshot.schema) == shape(expected) {
        return Ok(());
    }
    let message = format!("{table} cannot be adopted: its columns are not those that Sluice writes");
    Err(RunError::input(message, next))
}
