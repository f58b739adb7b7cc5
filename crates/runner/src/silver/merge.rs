//! A merge into silver: find the rows of the batch's keys, plan, write what is new.
//!
//! Rows are found by the key runs of the data files. Their content is read only where the plan needs
//! it: where an event may be older than the row, or leaves columns out. Replaced rows are marked in
//! deletion vectors, or their files are written again, as the contract says.

use super::candidate::{Candidate, NewDeletes};
use super::data_files::file_at;
use super::file_actions::FileActions;
use super::locate::{Located, find_rows};
use super::missing_base::missing_base;
use super::new_files::{RowSource, RowSources, write_new_files};
use super::state::Silver;
use crate::RunError;
use crate::support::blocking::blocking;
use sluice_change::ChangeBatch;
use sluice_contract::{Contract, MissingBase};
use sluice_engine::{
    EngineError, Existing, ExistingRows, KeyEncoder, KeyedChanges, MergePlan, Remembered, RowAt, SilverPlan,
    plan_silver,
};
use sluice_lake::{DataFile, NewFile, UpdatedFile};
use std::sync::Arc;

/// A plan, and the files it was made on.
pub(crate) struct Planned {
    pub(crate) plan: SilverPlan,
    pub(super) changes: Arc<Vec<ChangeBatch>>,
    /// The rows that were read for it.
    pub(super) existing: Vec<ExistingRows>,
    pub(super) files: Arc<[DataFile]>,
}

/// Plans a merge into the table, without writing. `quarantined`: records of the batch that are in quarantine.
///
/// # Errors
/// If the table cannot be read, or is damaged.
pub(crate) async fn plan(
    silver: &Silver,
    contract: &Arc<Contract>,
    changes: Vec<ChangeBatch>,
    quarantined: u64,
) -> Result<Planned, RunError> {
    let changes = Arc::new(changes);
    let (of_contract, of_changes) = (Arc::clone(contract), Arc::clone(&changes));
    let keyed = blocking(move || Ok(KeyedChanges::new(&KeyEncoder::new(&of_contract)?, &of_changes)?)).await?;
    let located = match &silver.snapshot {
        Some(snapshot) if !snapshot.files.is_empty() => {
            find_rows(&silver.store, contract, snapshot, &changes, &keyed).await?
        }
        _ => Located::default(),
    };
    let rows = silver.rows();
    let (of_contract, of_changes) = (Arc::clone(contract), Arc::clone(&changes));
    let (tombstones, history) = (Arc::clone(&silver.tombstones), Arc::clone(&silver.history));
    let planned = blocking(move || {
        let existing = Existing { read: &located.read, unread: &located.unread, rows };
        let remembered = Remembered { tombstones: &tombstones, history: &history };
        let plan = plan_silver(&of_contract, existing, remembered, &of_changes, &keyed, quarantined)?;
        Ok((plan, located.read))
    });
    let (plan, existing) = planned.await?;
    let files = silver.snapshot.as_ref().map_or_else(|| Arc::from([]), |snapshot| Arc::clone(&snapshot.files));
    Ok(Planned { plan, changes, existing, files })
}

/// Plans a merge and writes its files, not yet visible.
///
/// # Errors
/// As [`plan`], and if the store cannot be written.
pub(crate) async fn prepare(
    silver: &Silver,
    contract: &Arc<Contract>,
    changes: Vec<ChangeBatch>,
    quarantined: u64,
) -> Result<Candidate, RunError> {
    let planned = plan(silver, contract, changes, quarantined).await?;
    write_planned(silver, contract, planned).await
}

/// The same where rows of the table leave it besides, because the contract no longer keeps them.
///
/// # Errors
/// As [`prepare`].
pub(crate) async fn prepare_with_leaving(
    silver: &Silver,
    contract: &Arc<Contract>,
    changes: Vec<ChangeBatch>,
    leaving: Vec<RowAt>,
) -> Result<Candidate, RunError> {
    let mut planned = plan(silver, contract, changes, 0).await?;
    let merge = &mut planned.plan.merge;
    let rows = leaving.len() as u64;
    merge.replaced.extend(leaving);
    merge.replaced.sort_unstable();
    merge.lost_rows += rows;
    // Each leaves by its newest event.
    let ledger = &mut merge.ledger;
    for counter in [&mut ledger.rows_in, &mut ledger.filtered, &mut ledger.filtered_rows, &mut ledger.deleted] {
        *counter += rows;
    }
    ledger.silver_after -= rows;
    ledger.check().map_err(EngineError::from)?;
    write_planned(silver, contract, planned).await
}

/// Writes the files of a plan, not yet visible.
///
/// # Errors
/// If the store cannot be read or written.
pub(super) async fn write_planned(
    silver: &Silver,
    contract: &Arc<Contract>,
    planned: Planned,
) -> Result<Candidate, RunError> {
    let Planned { plan, changes, existing, files } = planned;
    let SilverPlan { merge: plan, history } = plan;
    let store = &silver.store;
    let actions = FileActions::of(contract, &files, &plan, store).await?;
    let mut kept = Vec::new();
    for (number, positions) in &actions.rewrite {
        if let Some(snapshot) = &silver.snapshot {
            let file = file_at(&files, *number)?;
            kept.push(store.read_positions(snapshot, file, positions, None).await?);
        }
    }
    kept.retain(|rows| rows.num_rows() > 0);
    let MergePlan { upserts, newest, replaced, tombstones, lost_rows, ledger, conflicts: _ } = plan;
    let sources = Arc::new(RowSources { contract: Arc::clone(contract), existing, changes: Arc::clone(&changes) });
    let hold_reason = match contract.apply.missing_base {
        MissingBase::Hold => {
            missing_base(contract, &upserts.build(sources.as_plan_sources(), 0..upserts.num_rows())?).hold_reason()
        }
        MissingBase::InsertPartial => None,
    };
    let rows = upserts.num_rows();
    let source = if kept.is_empty() {
        blocking(move || {
            let rows = upserts.arranged(sources.as_plan_sources())?;
            Ok(RowSource { newest, rows, sources })
        })
        .await?
    } else {
        blocking(move || sources.merged(&upserts, &kept)).await?
    };
    let add = write_new_files(store, Arc::new(source), !files.is_empty()).await?;
    let update = store.writer().write_deletion_vectors(actions.update).await?;
    let mut remove = Vec::new();
    for number in actions.remove.iter().chain(actions.rewrite.keys()) {
        remove.push(file_at(&files, *number)?.clone());
    }
    let files = files_after(&files, &add, &remove, &update);
    let writes_nothing = rows == 0 && replaced.is_empty();
    let deletes = NewDeletes::Planned(tombstones, changes);
    Ok(Candidate { writes_nothing, hold_reason, deletes, lost_rows, ledger, history, add, remove, update, files })
}

/// The files of the table once a merge is visible.
pub(super) fn files_after(
    before: &[DataFile],
    add: &[NewFile],
    remove: &[DataFile],
    update: &[UpdatedFile],
) -> Vec<DataFile> {
    let mut after: Vec<DataFile> = add.iter().map(NewFile::as_data_file).collect();
    for file in before.iter().filter(|file| !remove.iter().any(|gone| gone.path == file.path)) {
        let updated = update.iter().find(|updated| updated.before.path == file.path);
        after.push(updated.map_or_else(|| file.clone(), |updated| updated.after.clone()));
    }
    after
}
