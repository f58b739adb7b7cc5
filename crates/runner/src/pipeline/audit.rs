//! The checks of a contract on a version that is not visible yet.
//!
//! The first version that a process makes of a table is looked at as a whole. Of the next ones most checks
//! only look at the rows that are new: what held for the others holds still, because a merge removes rows
//! and adds rows and changes none in place. So the cost of a batch does not grow with its table.

use super::context::TableContext;
use super::merge::Merged;
use crate::RunError;
use crate::silver::{Candidate, Silver};
use crate::support::blocking::blocking;
use crate::support::local_tables::readable;
use crate::support::places::quality_path;
use sluice_api::{CheckView, Severity, Verdict};
use sluice_contract::{Contract, DeleteMode, Scd};
use sluice_lake::{DataFile, NewFile};
use sluice_query::{QueryEngine, checks_that_follow, judge_row_count, needs_all_rows};
use std::sync::Arc;

/// The outcome for the version that a table has.
#[derive(Clone, Debug)]
pub(crate) struct Audited {
    /// That version.
    pub(crate) version: u64,
    pub(crate) checks: Vec<CheckView>,
}

/// Runs the checks on a candidate. `before`: the outcome for the version that it replaces, if its rows are
/// those of that version and what the candidate changes.
///
/// # Errors
/// If the files cannot be read.
async fn audit(
    engine: &QueryEngine,
    contract: &Arc<Contract>,
    silver: &Silver,
    candidate: &Candidate,
    before: Option<&Audited>,
) -> Result<Vec<CheckView>, RunError> {
    let before = before.filter(|before| Some(before.version) == silver.version());
    let follows = before.map_or_else(Vec::new, |before| checks_that_follow(contract, &before.checks));
    let mut outcomes: Vec<Option<CheckView>> = vec![None; follows.len()];
    if follows.contains(&true) {
        let new: Vec<DataFile> = candidate.add.iter().map(NewFile::as_data_file).collect();
        let new = readable(&silver.store, &new).await?;
        let (engine, contract) = (engine.clone(), Arc::clone(contract));
        outcomes = blocking(move || Ok(engine.check_chosen(&contract, &new, &follows)?)).await?;
        for outcome in &mut outcomes {
            outcome.take_if(|view| needs_all_rows(view));
        }
    }
    // With history and soft deletes not every row counts as one.
    let every_row_counts = contract.apply.scd != Scd::Type2 && contract.apply.delete_mode == DeleteMode::Hard;
    if before.is_some() && every_row_counts {
        let counted = judge_row_count(contract, candidate.files.iter().map(|file| file.rows).sum());
        for (outcome, counted) in outcomes.iter_mut().zip(counted) {
            *outcome = outcome.take().or(counted);
        }
    }
    let missing: Vec<bool> = outcomes.iter().map(Option::is_none).collect();
    if !outcomes.is_empty() && !missing.contains(&true) {
        return Ok(outcomes.into_iter().flatten().collect());
    }
    let files = readable(&silver.store, &candidate.files).await?;
    let (engine, contract) = (engine.clone(), Arc::clone(contract));
    if outcomes.is_empty() {
        return blocking(move || Ok(engine.check(&contract, &files)?)).await;
    }
    let measured = blocking(move || Ok(engine.check_chosen(&contract, &files, &missing)?)).await?;
    Ok(outcomes.into_iter().zip(measured).filter_map(|(known, measured)| known.or(measured)).collect())
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
) -> Result<Vec<CheckView>, RunError> {
    let batch = merged.summary.batch;
    if let Some(reason) = &merged.candidate.hold_reason {
        return Err(context.refused(silver, batch, reason.clone()));
    }
    let checks = audit(&context.engine, &context.contract, silver, &merged.candidate, before).await?;
    let path = quality_path(&context.contract.name, batch);
    let text = serde_json::to_vec(&checks).map_err(|error| RunError::Internal(error.to_string()))?;
    context.lake.objects().put(&path, text.into()).await?;
    let failed: Vec<&CheckView> =
        checks.iter().filter(|check| check.verdict == Verdict::Fail && check.severity == Severity::Fail).collect();
    if let Some(first) = failed.first() {
        let reason = format!("{} of {} checks did not hold, the first is {}", failed.len(), checks.len(), first.check);
        return Err(context.refused(silver, batch, reason));
    }
    Ok(checks)
}
