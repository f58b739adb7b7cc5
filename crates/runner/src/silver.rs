//! A silver table between two batches: its version, its tombstones, and how a merge becomes visible.

use crate::RunError;
use crate::contract_set::silver_hash;
use crate::late::forgotten_before;
use crate::maintain::tiers::compact_when_due;
use crate::newest_entry::newest_entry_with;
use crate::silver_merge::Candidate;
use arrow::array::RecordBatch;
use sluice_api::{Layer, TableRef};
use sluice_change::RowLedger;
use sluice_contract::{ApplyMode, Contract, Scd};
use sluice_engine::{HistoryChange, HistorySide, KeyEncoder, Tombstones, forget_before, merge_segments, silver_schema};
use sluice_lake::{
    AppId, CommitInfo, CommitOutcome, DeltaStore, Lake, Operation, Snapshot, TableLocation, TransactionId,
};
use std::sync::Arc;

/// Segments of tombstones from which on they are merged into one.
const SEGMENTS_MAX: usize = 16;

/// A silver table between two batches.
pub(crate) struct Silver {
    pub(crate) store: DeltaStore,
    pub(crate) snapshot: Option<Snapshot>,
    /// All deletes so far.
    pub(crate) tombstones: Arc<Tombstones>,
    /// With history: the events that no row shows.
    pub(crate) history: Arc<HistorySide>,
    /// Where they are in the lake.
    segments: Vec<String>,
    /// [`silver_hash`] of the contract that made it.
    pub(crate) contract_hash: Option<String>,
    pub(crate) app_id: AppId,
}

/// How a commit of silver names itself.
pub(crate) struct SilverCommit<'a> {
    pub(crate) app_id: &'a AppId,
    pub(crate) txn: u64,
    pub(crate) operation: Operation,
    pub(crate) info: CommitInfo,
}

impl Silver {
    /// The table as it is; it need not exist.
    pub(crate) async fn open(lake: &Lake, contract: &Contract) -> Result<Self, RunError> {
        let name = &contract.name;
        let store = lake.table(TableLocation::Silver(name.clone()));
        let snapshot = store.snapshot(None).await?;
        let mut silver = Self {
            store,
            snapshot,
            tombstones: Arc::default(),
            history: Arc::default(),
            segments: Vec::new(),
            contract_hash: None,
            app_id: AppId::silver(name),
        };
        if let Some(version) = silver.version() {
            silver.read_state(lake, contract, version).await?;
        }
        Ok(silver)
    }

    /// The same table without rows and deletes, for making it anew.
    pub(crate) fn emptied(&self) -> Self {
        Self {
            store: self.store.clone(),
            snapshot: None,
            tombstones: Arc::default(),
            history: Arc::default(),
            segments: Vec::new(),
            contract_hash: None,
            app_id: self.app_id.clone(),
        }
    }

    /// Reads tombstones and contract hash of the newest commit up to the snapshot's version that tells
    /// them. Deletes that are older or newer than the rows would let a late event bring a row back.
    async fn read_state(&mut self, lake: &Lake, contract: &Contract, version: u64) -> Result<(), RunError> {
        let Some(entry) = newest_entry_with(&self.store, version, |info| info.contract.is_some()).await? else {
            return Ok(());
        };
        self.contract_hash = entry.info.contract;
        if self.contract_hash.as_deref() != Some(&silver_hash(contract)) {
            return Ok(());
        }
        self.segments = entry.info.tombstones.unwrap_or_default();
        let encoder = KeyEncoder::new(contract)?;
        let (mut tombstones, mut history) = (Tombstones::default(), HistorySide::default());
        for path in &self.segments {
            let segment = lake.ledger().get_state(path).await?;
            match contract.apply.scd {
                Scd::Type2 => history.add_segment(&encoder, &segment)?,
                Scd::Type1 | Scd::Append => tombstones.add_segment(&encoder, &segment)?,
            }
        }
        self.tombstones = Arc::new(tombstones);
        self.history = Arc::new(history);
        Ok(())
    }

    /// Last batch in the table.
    pub(crate) fn batch(&self) -> u64 {
        let txn = self.snapshot.as_ref().and_then(|snapshot| snapshot.txn(&self.app_id));
        txn.and_then(|version| u64::try_from(version).ok()).unwrap_or(0)
    }

    /// Version now.
    pub(crate) fn version(&self) -> Option<u64> {
        self.snapshot.as_ref().map(|snapshot| snapshot.version)
    }

    /// Rows in the table.
    pub(crate) fn rows(&self) -> u64 {
        self.snapshot.as_ref().map_or(0, Snapshot::rows)
    }

    /// Whether another contract made it, so that it has to be rebuilt.
    pub(crate) fn is_of_other_contract(&self, contract: &Contract) -> bool {
        self.snapshot.is_some() && self.contract_hash.as_deref() != Some(&silver_hash(contract))
    }

    /// Creates the table unless it is there.
    pub(crate) async fn ensure_exists(&mut self, contract: &Contract) -> Result<(), RunError> {
        if self.snapshot.is_none() {
            self.snapshot = Some(self.store.writer().create(&silver_schema(contract), &[]).await?);
        }
        Ok(())
    }

    /// Makes a candidate visible: tombstones first, then the commit, which names them.
    pub(crate) async fn publish(
        &mut self,
        lake: &Lake,
        contract: &Contract,
        candidate: Candidate,
        commit: SilverCommit<'_>,
    ) -> Result<RowLedger, RunError> {
        let replaces_all = commit.operation == Operation::Rebuild;
        let segments = match &candidate.history {
            Some(change) => self.write_history(lake, contract, change, replaces_all).await?,
            None => {
                let forget = forgotten_before(contract, commit.info.watermark);
                self.write_tombstones(lake, contract, &candidate, replaces_all, forget).await?
            }
        };
        let info = CommitInfo {
            contract: Some(silver_hash(contract)),
            ledger: Some(candidate.ledger),
            tombstones: Some(segments.clone()).filter(|segments| !segments.is_empty()),
            ..commit.info
        };
        let id = TransactionId {
            app: commit.app_id.clone(),
            number: i64::try_from(commit.txn).unwrap_or(i64::MAX),
            content_hash: content_hash(&candidate, &info),
        };
        let base = self.snapshot.as_ref().ok_or_else(|| RunError::Internal("silver was not created".to_owned()))?;
        let outcome = self
            .store
            .transaction(base, id, commit.operation)
            .add(candidate.add)
            .remove(candidate.remove)
            .update(candidate.update)
            .schema(replaces_all.then(|| Arc::new(silver_schema(contract))))
            .info(info)
            .commit()
            .await?;
        match outcome {
            CommitOutcome::Committed(_) | CommitOutcome::AlreadyApplied(_) => {}
            CommitOutcome::Conflict(_) => return Err(RunError::Conflict(contract.name.to_string())),
        }
        self.snapshot = self.store.snapshot(None).await?;
        if replaces_all {
            self.tombstones = Arc::default();
            self.history = Arc::default();
        }
        Arc::make_mut(&mut self.tombstones).add(&candidate.tombstones);
        if let ([merged], Some(_)) = (segments.as_slice(), contract.apply.tombstone_retention) {
            let mut kept = Tombstones::default();
            kept.add_segment(&KeyEncoder::new(contract)?, &lake.ledger().get_state(merged).await?)?;
            self.tombstones = Arc::new(kept);
        }
        if let Some(change) = &candidate.history {
            Arc::make_mut(&mut self.history).apply(&KeyEncoder::new(contract)?, change)?;
        }
        self.segments = segments;
        self.contract_hash = Some(silver_hash(contract));
        Ok(candidate.ledger)
    }

    /// Compacts the table if merges have left it with a full tier of small files or a file that is mostly
    /// dead. A table in copy-on-write mode folds its files in its merges.
    pub(crate) async fn compact_when_due(&mut self, contract: &Arc<Contract>) -> Result<(), RunError> {
        let Some(snapshot) = &self.snapshot else { return Ok(()) };
        if contract.apply.mode == ApplyMode::CopyOnWrite {
            return Ok(());
        }
        let table = TableRef { layer: Layer::Silver, name: contract.name.clone() };
        let compacted = compact_when_due(&self.store, &table, contract, snapshot).await;
        if !matches!(compacted, Ok(false)) {
            self.snapshot = self.store.snapshot(None).await?;
        }
        compacted.map(|_| ())
    }

    /// Writes what the plan deleted; the paths of all segments. When they are merged, deletes from before
    /// `forget` (event time, milliseconds since 1970) are left out.
    async fn write_tombstones(
        &self,
        lake: &Lake,
        contract: &Contract,
        candidate: &Candidate,
        replaces_all: bool,
        forget: Option<i64>,
    ) -> Result<Vec<String>, RunError> {
        let mut segments = if replaces_all { Vec::new() } else { self.segments.clone() };
        if candidate.tombstones.is_empty() {
            return Ok(segments);
        }
        let encoder = KeyEncoder::new(contract)?;
        let times = contract.apply.tombstone_retention.is_some();
        let mut segment = candidate.tombstones.segment(&encoder, &candidate.changes, times)?;
        if segments.len() + 1 >= SEGMENTS_MAX {
            let mut all: Vec<RecordBatch> = Vec::with_capacity(SEGMENTS_MAX);
            for path in &segments {
                all.push(lake.ledger().get_state(path).await?);
            }
            all.push(segment);
            segment = merge_segments(&encoder, &all)?;
            if let Some(before) = forget {
                segment = forget_before(&segment, before)?;
            }
            segments.clear();
        }
        segments.push(lake.ledger().put_state(&contract.name, &segment).await?);
        Ok(segments)
    }

    /// Writes what the plan does to the side state of a table with history; the paths of all segments.
    async fn write_history(
        &self,
        lake: &Lake,
        contract: &Contract,
        change: &HistoryChange,
        replaces_all: bool,
    ) -> Result<Vec<String>, RunError> {
        let mut segments = if replaces_all { Vec::new() } else { self.segments.clone() };
        if change.is_empty() {
            return Ok(segments);
        }
        let none = HistorySide::default();
        let before = if replaces_all { &none } else { self.history.as_ref() };
        let segment = if segments.len() + 1 >= SEGMENTS_MAX {
            let encoder = KeyEncoder::new(contract)?;
            let mut after = before.clone();
            after.apply(&encoder, change)?;
            segments.clear();
            after.to_batch(&encoder)?
        } else {
            change.segment(before)?
        };
        segments.push(lake.ledger().put_state(&contract.name, &segment).await?);
        Ok(segments)
    }

    /// Removes the files of a candidate that will not be published.
    pub(crate) async fn discard(&self, candidate: &Candidate) {
        self.store.writer().discard(&candidate.add).await;
        self.store.writer().discard_deletion_vectors(&candidate.update).await;
    }
}

fn content_hash(candidate: &Candidate, info: &CommitInfo) -> String {
    let mut hasher = blake3::Hasher::new();
    let updated = candidate.update.iter().map(|file| &file.after.path);
    let removed = candidate.remove.iter().map(|file| &file.path);
    // Names of new files are never the same twice; their content is, when two writers merge one batch.
    for path in candidate.add.iter().map(|file| &file.blake3).chain(removed).chain(updated) {
        hasher.update(path.as_bytes()).update(b"\0");
    }
    // The span has the time that the batch took.
    let decisive = CommitInfo { span: None, ..info.clone() };
    for (key, value) in &decisive.to_entries() {
        hasher.update(key.as_bytes()).update(value.to_string().as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Runs CPU work off the async threads.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, RunError> + Send + 'static,
) -> Result<T, RunError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| RunError::Internal(format!("a worker ended early: {error}")))?
}
