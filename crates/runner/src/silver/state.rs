//! A silver table between two batches: its version, and what it remembers besides its rows.

use crate::RunError;
use crate::silver_hash::is_hash_of;
use crate::support::foreign::ensure_own;
use crate::support::newest_entry::newest_entry_with;
use sluice_api::Layer;
use sluice_contract::{Contract, Scd, TableName};
use sluice_engine::{KeyEncoder, LateArrivalState, Tombstones, silver_schema};
use sluice_lake::{
    AppId, DeltaStore, ForeignChange, ForeignCommits, HistoryEntry, Lake, LakeError, Snapshot, SourceMark,
    TableLocation,
};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A silver table between two batches.
pub(crate) struct Silver {
    pub(crate) store: DeltaStore,
    pub(crate) snapshot: Option<Snapshot>,
    /// All deletes so far.
    pub(crate) tombstones: Arc<Tombstones>,
    /// With history: the events that no row shows.
    pub(crate) history: Arc<LateArrivalState>,
    /// Where they are in the lake.
    pub(super) segments: Vec<String>,
    /// [`crate::silver_hash::silver_hash`] of the contract that made it.
    pub(crate) contract_hash: Option<String>,
    /// What its records say of their source.
    pub(crate) source: SourceMark,
    /// Batches whose events it is made without.
    pub(crate) skipped: BTreeSet<u64>,
    /// Number of the last decision on single records that it is made by, 0 for none.
    pub(crate) decided: u64,
    /// Digest of what its checks said of its rows, where they were evaluated.
    pub(crate) audited: Option<String>,
    pub(crate) app_id: AppId,
    /// What other programs committed; as long as there is something, only a rebuild may be published.
    pub(crate) foreign: ForeignCommits,
    /// Version up to which their commits were looked for.
    pub(crate) checked: Option<u64>,
    /// What it remembers besides its rows is gone from the lake, so it has to be rebuilt.
    pub(crate) lost_state: bool,
}

impl Silver {
    /// The table as it is; it need not exist.
    pub(crate) async fn open(lake: &Lake, contract: &Contract) -> Result<Self, RunError> {
        let (mut silver, made_by) = Self::open_at(lake, &contract.name).await?;
        silver.look_for_foreign_commits(None).await?;
        if let Some(entry) = made_by.filter(|_| !silver.is_of_other_contract(contract)) {
            silver.read_state(lake, contract, &entry).await?;
        }
        Ok(silver)
    }

    /// The table and the contract that made it, without its deletes: for looking, not for merging.
    pub(crate) async fn open_without_state(lake: &Lake, name: &TableName) -> Result<Self, RunError> {
        Ok(Self::open_at(lake, name).await?.0)
    }

    /// The table without its deletes, and what other programs committed: for reading what made it.
    pub(crate) async fn open_to_look(lake: &Lake, name: &TableName) -> Result<Self, RunError> {
        let mut silver = Self::open_at(lake, name).await?.0;
        silver.look_for_foreign_commits(None).await?;
        Ok(silver)
    }

    /// The table without its deletes, and the latest commit up to its version that names them. Deletes that are older
    /// or newer than the rows would let a late event bring a row back.
    async fn open_at(lake: &Lake, name: &TableName) -> Result<(Self, Option<HistoryEntry>), RunError> {
        let store = lake.table(TableLocation::Silver(name.clone()));
        let snapshot = store.snapshot(None).await?;
        let mut silver = Self {
            store,
            snapshot,
            tombstones: Arc::default(),
            history: Arc::default(),
            segments: Vec::new(),
            contract_hash: None,
            source: SourceMark::default(),
            skipped: BTreeSet::new(),
            decided: 0,
            audited: None,
            app_id: AppId::silver(name),
            foreign: ForeignCommits::default(),
            checked: None,
            lost_state: false,
        };
        let Some(version) = silver.version() else { return Ok((silver, None)) };
        let entry = newest_entry_with(&silver.store, version, |info| info.contract.is_some()).await?;
        silver.source = entry.as_ref().and_then(|entry| entry.info.source.clone()).unwrap_or_default();
        silver.skipped = entry.as_ref().and_then(|entry| entry.info.skipped.clone()).unwrap_or_default();
        silver.decided = entry.as_ref().and_then(|entry| entry.info.decided).unwrap_or(0);
        silver.audited = entry.as_ref().and_then(|entry| entry.info.audited.clone());
        silver.contract_hash = entry.as_ref().and_then(|entry| entry.info.contract.clone());
        Ok((silver, entry))
    }

    /// The same table without rows and deletes, for a rebuild.
    pub(crate) fn emptied(&self) -> Self {
        Self {
            store: self.store.clone(),
            snapshot: None,
            tombstones: Arc::default(),
            history: Arc::default(),
            segments: Vec::new(),
            contract_hash: None,
            source: SourceMark::default(),
            skipped: BTreeSet::new(),
            decided: 0,
            audited: None,
            app_id: self.app_id.clone(),
            foreign: ForeignCommits::default(),
            checked: None,
            lost_state: false,
        }
    }

    /// Reads the deletes that a commit names.
    async fn read_state(&mut self, lake: &Lake, contract: &Contract, entry: &HistoryEntry) -> Result<(), RunError> {
        self.segments = entry.info.tombstones.clone().unwrap_or_default();
        let encoder = KeyEncoder::new(contract)?;
        let (mut tombstones, mut history) = (Tombstones::default(), LateArrivalState::default());
        for path in &self.segments {
            let segment = match lake.ledger().get_state(path).await {
                Ok(segment) => segment,
                // Bronze has every delete, too.
                Err(LakeError::NotFound { .. } | LakeError::Corrupt { .. } | LakeError::Decode { .. }) => {
                    self.lost_state = true;
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            };
            match contract.apply.scd {
                Scd::Type2 => history.add_segment(&encoder, &segment)?,
                Scd::Type1 | Scd::Append => tombstones.add_segment(&encoder, &segment)?,
            }
        }
        self.tombstones = Arc::new(tombstones);
        self.history = Arc::new(history);
        Ok(())
    }

    /// Looks for commits of other programs since the last look. `own`: the version that this process just made.
    ///
    /// # Errors
    /// If the log cannot be read.
    pub(crate) async fn look_for_foreign_commits(&mut self, own: Option<u64>) -> Result<(), RunError> {
        let Some(version) = self.version() else { return Ok(()) };
        let known = own.filter(|own| own.checked_sub(1) == self.checked).or(self.checked);
        if known != Some(version) {
            let found = self.store.foreign_commits(version, known).await?;
            self.foreign.commits.extend(found.commits);
            for (app, number) in found.own_numbers {
                self.foreign.own_numbers.entry(app).or_insert(number);
            }
        }
        self.checked = Some(version);
        Ok(())
    }

    /// Of a table of another lake nothing says which batches of this one it stands for: all that bronze has, so that a full
    /// refresh makes it anew in one commit.
    pub(crate) fn counts_as_of_lake(&mut self, in_bronze: u64) {
        if self.foreign.commits.iter().any(|commit| commit.change == ForeignChange::Lake) {
            let number = i64::try_from(in_bronze).unwrap_or(i64::MAX);
            self.foreign.own_numbers.insert(self.app_id.to_string(), number);
            self.skipped.clear();
            self.decided = 0;
            self.audited = None;
        }
    }

    /// Refuses a table in which another program changed what Sluice counts on.
    ///
    /// # Errors
    /// [`RunError::Foreign`].
    pub(crate) fn ensure_own(&self, name: &TableName) -> Result<(), RunError> {
        ensure_own(Layer::Silver, name, &self.foreign)
    }

    /// Last batch in the table.
    pub(crate) fn batch(&self) -> u64 {
        // What another program wrote is no batch of anybody's.
        if let Some(own) = self.foreign.own_number(&self.app_id) {
            return u64::try_from(own).unwrap_or(0);
        }
        let txn = self.snapshot.as_ref().and_then(|snapshot| snapshot.txn(&self.app_id));
        txn.and_then(|version| u64::try_from(version).ok()).unwrap_or(0)
    }

    /// Whether it has the events of a batch.
    pub(crate) fn is_made_of(&self, batch: u64) -> bool {
        batch <= self.batch() && !self.skipped.contains(&batch)
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
        self.snapshot.is_some() && !self.contract_hash.as_deref().is_some_and(|hash| is_hash_of(hash, contract))
    }

    /// Creates the table unless it is there.
    pub(crate) async fn ensure_exists(&mut self, contract: &Contract) -> Result<(), RunError> {
        if self.snapshot.is_none() {
            self.snapshot = Some(self.store.writer().create(&silver_schema(contract), &[]).await?);
            self.look_for_foreign_commits(None).await?;
        }
        Ok(())
    }

    /// Reads the latest version, after a commit that changes no row.
    pub(crate) async fn refresh(&mut self) -> Result<(), RunError> {
        self.snapshot = self.store.snapshot(None).await?;
        self.look_for_foreign_commits(None).await
    }
}
