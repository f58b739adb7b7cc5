//! The commit that makes a candidate the visible version of silver.

use super::candidate::Candidate;
use super::state::Silver;
use super::tombstones::{write_history, write_tombstones};
use super::watermark::forgotten_before;
use crate::RunError;
use crate::silver_hash::silver_hash;
use sluice_change::RowLedger;
use sluice_contract::Contract;
use sluice_engine::{KeyEncoder, Tombstones, silver_schema};
use sluice_lake::{AppId, CommitInfo, CommitOutcome, ForeignCommits, Lake, Operation, TransactionId};
use std::sync::Arc;

/// How a commit of silver names itself.
pub(crate) struct SilverCommit {
    pub(crate) app_id: AppId,
    pub(crate) txn: u64,
    pub(crate) operation: Operation,
    pub(crate) info: CommitInfo,
}

/// Makes a candidate visible: tombstones first, then the commit, which names them.
pub(crate) async fn publish(
    silver: &mut Silver,
    lake: &Lake,
    contract: &Contract,
    candidate: Candidate,
    commit: SilverCommit,
) -> Result<RowLedger, RunError> {
    let replaces_all = commit.operation == Operation::Rebuild;
    if !replaces_all {
        silver.ensure_own(&contract.name)?;
    }
    let segments = match &candidate.history {
        Some(change) => write_history(silver, lake, contract, change, replaces_all).await?,
        None => {
            let forget = forgotten_before(contract, commit.info.watermark);
            write_tombstones(silver, lake, contract, &candidate, replaces_all, forget).await?
        }
    };
    let source = commit.info.source.clone().unwrap_or_default();
    let skipped = commit.info.skipped.clone().unwrap_or_default();
    let decided = commit.info.decided.unwrap_or(0);
    let audited = commit.info.audited.clone();
    let info = CommitInfo {
        contract: Some(silver_hash(contract)),
        ledger: Some(candidate.ledger),
        tombstones: Some(segments.clone()).filter(|segments| !segments.is_empty()),
        // What other programs did before is looked at, and gone if this replaces it.
        checked: silver.checked,
        ..commit.info
    };
    let id = TransactionId {
        app: commit.app_id,
        number: i64::try_from(commit.txn)
            .map_err(|_| RunError::Internal(format!("{} has no number left", contract.name)))?,
        content_hash: content_hash(&candidate, &info),
    };
    let base = silver.snapshot.as_ref().ok_or_else(|| RunError::Internal("silver was not created".to_owned()))?;
    // A rebuild puts the numbers right that another program wrote; those of its own it knows.
    let mut numbers = silver.foreign.own_numbers.clone();
    numbers.remove(id.app.as_str());
    let numbers = numbers.into_iter().map(|(app, number)| (AppId::named(&app), number));
    let outcome = silver
        .store
        .transaction(base, id, commit.operation)
        .add(candidate.add)
        .remove(candidate.remove)
        .update(candidate.update)
        .schema(replaces_all.then(|| Arc::new(silver_schema(contract))))
        .info(info)
        .numbers(numbers)
        .commit()
        .await?;
    let version = match outcome {
        CommitOutcome::Committed(version) | CommitOutcome::AlreadyApplied(version) => version,
        CommitOutcome::Conflict(_) => return Err(RunError::Conflict(contract.name.to_string())),
    };
    silver.snapshot = silver.store.snapshot(None).await?;
    if replaces_all {
        silver.tombstones = Arc::default();
        silver.history = Arc::default();
        silver.foreign = ForeignCommits::default();
        silver.lost_state = false;
    }
    silver.look_for_foreign_commits(Some(version)).await?;
    candidate.deletes.add_to(&mut silver.tombstones);
    if let ([merged], Some(_)) = (segments.as_slice(), contract.apply.tombstone_retention) {
        let mut kept = Tombstones::default();
        kept.add_segment(&KeyEncoder::new(contract)?, &lake.ledger().get_state(merged).await?)?;
        silver.tombstones = Arc::new(kept);
    }
    if let Some(change) = &candidate.history {
        Arc::make_mut(&mut silver.history).apply(&KeyEncoder::new(contract)?, change)?;
    }
    silver.segments = segments;
    silver.source = source;
    silver.skipped = skipped;
    silver.decided = decided;
    silver.audited = audited;
    silver.contract_hash = Some(silver_hash(contract));
    Ok(candidate.ledger)
}

fn content_hash(candidate: &Candidate, info: &CommitInfo) -> String {
    let mut hasher = blake3::Hasher::new();
    let updated = candidate.update.iter().map(|file| &file.after.path);
    let removed = candidate.remove.iter().map(|file| &file.path);
    // Names of new files are never the same twice; their content is, when two writers merge one batch.
    for path in candidate.add.iter().map(|file| &file.blake3).chain(removed).chain(updated) {
        hasher.update(path.as_bytes()).update(b"\0");
    }
    // The span has the time that the batch took; how far the log was looked through and what the checks counted is no content.
    let decisive = CommitInfo { span: None, checked: None, audited: None, ..info.clone() };
    for (key, value) in &decisive.to_entries() {
        hasher.update(key.as_bytes()).update(value.to_string().as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}
