//! The checks of a contract on a version that is not visible yet.
//!
//! The first version of a table is looked at as a whole, and so is one of another contract or after what another
//! program wrote. Of the next ones most checks only look at the rows that are new: what held for the others holds still,
//! because a merge removes rows and adds rows and changes none in place. So the cost of a batch does not grow with its
//! table, in the process that made the version before and in any other: a version names the outcomes of its checks.
//! Foreign keys look at all rows each time, and at the latest version of the table that they point to.

use super::context::TableContext;
use super::hold_rules::HoldReason;
use super::merge::Merged;
use crate::RunError;
use crate::quality::{parent_tables, read_records_of, write_records};
use crate::silver::{Candidate, Silver};
use crate::support::blocking::blocking;
use crate::support::local_tables::readable;
use sluice_contract::{CheckRecord, Contract, DeleteMode, Scd};
use sluice_lake::{DataFile, Lake, NewFile};
use sluice_query::{CheckInput, ParentTables, QueryEngine, checks_of_row_count, drop_undecided, incremental_checks};
use std::sync::Arc;

/// The outcome for the version that a table has.
#[derive(Clone, Debug)]
pub(crate) struct Audited {
    /// That version.
    pub(crate) version: u64,
    pub(crate) checks: Vec<CheckRecord>,
}

impl Audited {
    /// What the commit of the version that silver has says of its checks. `None` if it does not, or was made by another
    /// contract than `made_by`.
    pub(crate) async fn of_version(lake: &Lake, silver: &Silver, made_by: &Contract) -> Option<Self> {
        let of_version = silver.audited.as_deref().filter(|_| !silver.is_of_other_contract(made_by))?;
        let checks = read_records_of(lake, &made_by.name, silver.batch(), of_version).await?;
        Some(Self { version: silver.version()?, checks })
    }
}

/// Runs the checks on a candidate. `before`: the outcome for the version that it replaces, if its rows are
/// those of that version and what the candidate changes.
///
/// # Errors
/// If the files cannot be read.
async fn audit(
    lake: &Lake,
    engine: &QueryEngine,
    contract: &Arc<Contract>,
    silver: &Silver,
    candidate: &Candidate,
    before: Option<&Audited>,
) -> Result<Vec<CheckRecord>, RunError> {
    let before = before.filter(|before| Some(before.version) == silver.version());
    let incremental = before.map_or_else(Vec::new, |before| incremental_checks(contract, &before.checks));
    let mut outcomes: Vec<Option<CheckRecord>> = vec![None; incremental.len()];
    if incremental.contains(&true) {
        let new: Vec<DataFile> = candidate.add.iter().map(NewFile::as_data_file).collect();
        let new = readable(&silver.store, &new).await?;
        let (engine, contract) = (engine.clone(), Arc::clone(contract));
        outcomes = blocking(move || {
            // No check that looks at another table is decided by new rows.
            let input = CheckInput { contract: &contract, files: &new, parents: &ParentTables::new() };
            let mut outcomes = engine.check_chosen(&input, &incremental)?;
            drop_undecided(&contract, &mut outcomes);
            Ok(outcomes)
        })
        .await?;
    }
    // With history and soft deletes not every row counts as one.
    let every_row_counts = contract.apply.scd != Scd::Type2 && contract.apply.delete_mode == DeleteMode::Hard;
    if before.is_some() && every_row_counts {
        let counted = checks_of_row_count(contract, candidate.files.iter().map(|file| file.rows).sum());
        for (outcome, counted) in outcomes.iter_mut().zip(counted) {
            *outcome = outcome.take().or(counted);
        }
    }
    let missing: Vec<bool> = outcomes.iter().map(Option::is_none).collect();
    if !outcomes.is_empty() && !missing.contains(&true) {
        return Ok(outcomes.into_iter().flatten().collect());
    }
    let files = readable(&silver.store, &candidate.files).await?;
    let parents = parent_tables(lake, contract).await?;
    let (engine, contract) = (engine.clone(), Arc::clone(contract));
    blocking(move || {
        let input = CheckInput { contract: &contract, files: &files, parents: &parents };
        if outcomes.is_empty() {
            return Ok(engine.check(&input)?);
        }
        let measured = engine.check_chosen(&input, &missing)?;
        Ok(outcomes.into_iter().zip(measured).filter_map(|(known, measured)| known.or(measured)).collect())
    })
    .await
}

/// Step 5, audit: runs the checks on a merged batch and keeps their results beside the table.
///
/// # Errors
/// [`RunError::Refused`] if the batch is held, or a check of severity `fail` does not hold; errors of the store.
pub(crate) async fn audit_merged(
    context: &TableContext,
    silver: &Silver,
    merged: &Merged,
    before: Option<&Audited>,
) -> Result<Vec<CheckRecord>, RunError> {
    let (batch, counters) = (merged.summary.batch, Some(merged.candidate.ledger));
    if let Some(reason) = &merged.candidate.hold_reason {
        let reason = HoldReason::contract(reason.clone()).counted(counters);
        return Err(context.refused(silver, batch, reason));
    }
    let checks = audit(&context.lake, &context.engine, &context.contract, silver, &merged.candidate, before).await?;
    write_records(&context.lake, &context.contract.name, batch, &checks).await?;
    let failed: Vec<&CheckRecord> = checks.iter().filter(|check| check.blocks()).collect();
    if let Some(first) = failed.first() {
        let reason = format!("{} of {} checks did not hold, the first is {}", failed.len(), checks.len(), first.check);
        return Err(context.refused(silver, batch, HoldReason::checks(reason).counted(counters)));
    }
    Ok(checks)
}
