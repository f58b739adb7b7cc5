//! The commit that makes a candidate the visible version of silver.

use super::candidate::Candidate;
use super::state::{INFO_CONTRACT, INFO_LEDGER, INFO_SPAN, INFO_TOMBSTONES, Silver};
use super::tombstones::{write_history, write_tombstones};
use super::watermark::{INFO_WATERMARK, forgotten_before};
use crate::RunError;
use crate::silver_hash::silver_hash;
use serde_json::{Map, Value, json};
use sluice_change::RowLedger;
use sluice_contract::Contract;
use sluice_engine::{KeyEncoder, Tombstones, silver_schema};
use sluice_lake::{Commit, CommitOutcome, Lake};
use std::sync::Arc;

/// How a commit of silver names itself.
pub(crate) struct SilverCommit {
    pub(crate) app_id: String,
    pub(crate) txn: u64,
    /// `MERGE`, `REBUILD` or `REPLAY`.
    pub(crate) operation: &'static str,
    pub(crate) info: Map<String, Value>,
}

/// Makes a candidate visible: tombstones first, then the commit, which names them.
pub(crate) async fn publish(
    silver: &mut Silver,
    lake: &Lake,
    contract: &Contract,
    candidate: Candidate,
    commit: SilverCommit,
) -> Result<RowLedger, RunError> {
    let replaces_all = commit.operation == "REBUILD";
    let segments = match &candidate.history {
        Some(change) => write_history(silver, lake, contract, change, replaces_all).await?,
        None => {
            let watermark = commit.info.get(INFO_WATERMARK).and_then(Value::as_i64);
            let forget = forgotten_before(contract, watermark);
            write_tombstones(silver, lake, contract, &candidate, replaces_all, forget).await?
        }
    };
    let mut info = commit.info;
    info.insert(INFO_CONTRACT.to_owned(), json!(silver_hash(contract)));
    info.insert(INFO_LEDGER.to_owned(), json!(candidate.ledger));
    if !segments.is_empty() {
        info.insert(INFO_TOMBSTONES.to_owned(), json!(segments));
    }
    let content_hash = content_hash(&candidate, &info);
    let outcome = silver
        .store
        .commit(Commit {
            base: silver.snapshot.clone(),
            add: candidate.add,
            remove: candidate.remove,
            update: candidate.update,
            schema: replaces_all.then(|| Arc::new(silver_schema(contract))),
            app_id: commit.app_id,
            batch: i64::try_from(commit.txn).unwrap_or(i64::MAX),
            content_hash,
            operation: commit.operation,
            info,
            data_change: true,
        })
        .await?;
    match outcome {
        CommitOutcome::Committed(_) | CommitOutcome::AlreadyApplied(_) => {}
        CommitOutcome::Conflict(_) => return Err(RunError::Conflict(contract.name.to_string())),
    }
    silver.snapshot = silver.store.snapshot(None).await?;
    if replaces_all {
        silver.tombstones = Arc::default();
        silver.history = Arc::default();
    }
    Arc::make_mut(&mut silver.tombstones).add(&candidate.tombstones);
    if let ([merged], Some(_)) = (segments.as_slice(), contract.apply.tombstone_retention) {
        let mut kept = Tombstones::default();
        kept.add_segment(&KeyEncoder::new(contract)?, &lake.get_state(merged).await?)?;
        silver.tombstones = Arc::new(kept);
    }
    if let Some(change) = &candidate.history {
        Arc::make_mut(&mut silver.history).apply(&KeyEncoder::new(contract)?, change)?;
    }
    silver.segments = segments;
    silver.contract_hash = Some(silver_hash(contract));
    Ok(candidate.ledger)
}

fn content_hash(candidate: &Candidate, info: &Map<String, Value>) -> String {
    let mut hasher = blake3::Hasher::new();
    let updated = candidate.update.iter().map(|file| &file.after.path);
    let removed = candidate.remove.iter().map(|file| &file.path);
    // Names of new files are never the same twice; their content is, when two writers merge one batch.
    for path in candidate.add.iter().map(|file| &file.blake3).chain(removed).chain(updated) {
        hasher.update(path.as_bytes()).update(b"\0");
    }
    for (key, value) in info.iter().filter(|(key, _)| *key != INFO_SPAN) {
        hasher.update(key.as_bytes()).update(value.to_string().as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}
