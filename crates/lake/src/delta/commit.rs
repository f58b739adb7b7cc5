//! Commits: atomic, conditional, idempotent, and with a known outcome.

use crate::LakeError;
use crate::delta::actions::actions;
use crate::delta::checkpoint::checkpoint_when_due;
use crate::delta::commit_info::CommitInfo;
use crate::delta::log::{self, HistoryEntry, LogEntry, READS_AT_ONCE, entry_path};
use crate::delta::protocol::lines;
use crate::delta::snapshot::Snapshot;
use crate::delta::table_files::TableFiles;
use crate::delta::transaction::Transaction;
use crate::store::objects::CONFLICTS_MAX;
use futures::{StreamExt, TryStreamExt};
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode};
use std::collections::BTreeSet;

/// Entries of a table that are looked at for the identity of its lake.
const LOOKED_AT: usize = 8;

/// How a commit ended.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// It is this version.
    Committed(u64),
    /// This batch with this content was committed before (or its reply was lost), as this version. The
    /// files of this attempt may be unused: [`crate::TableWriter::discard`] keeps those that are not.
    AlreadyApplied(u64),
    /// Someone else committed since the base; this is the latest version. Nothing was changed: read the
    /// table again and plan anew.
    Conflict(u64),
}

impl Transaction {
    /// Makes the commit, once. There is no automatic repetition on a newer version: a plan holds for the
    /// version it was made on.
    ///
    /// Any error of the write means "unknown", so the log is read again: the own number with the same
    /// content is [`CommitOutcome::AlreadyApplied`], with other content [`LakeError::BatchIdReused`],
    /// another's commit is [`CommitOutcome::Conflict`].
    ///
    /// # Errors
    /// [`LakeError::Fenced`], [`LakeError::FilesGone`], [`LakeError::NoTable`], [`LakeError::TransactionRetention`],
    /// [`LakeError::NotWritable`], [`LakeError::ForeignFeature`], [`LakeError::Schema`], [`LakeError::BatchIdReused`]; [`LakeError::Commit`] if it was not made and
    /// [`LakeError::CommitUnknown`] if nobody knows; the same commit may be tried again after these two.
    pub async fn commit(self) -> Result<CommitOutcome, LakeError> {
        self.table().tables.objects.ensure_writable().await?;
        if self.base.configuration("delta.setTransactionRetentionDuration").is_some() {
            return Err(LakeError::TransactionRetention { path: self.table().folder.clone() });
        }
        if let Some(outcome) = self.applied_before(&self.base).await? {
            return Ok(outcome);
        }
        if let Some(latest) = self.moved_on().await? {
            return self.resolve(latest).await;
        }
        let now_ms = self.table().tables.clock.now_ms();
        let lake = self.lake().await?;
        let actions = actions(&self, now_ms, lake)?;
        let entry =
            lines(&actions).map_err(|source| LakeError::Commit { source, path: self.table().folder.clone() })?;
        let version = self.base.version + 1;
        let log_store = self.table().log_store()?;
        let store = log_store.object_store(None);
        let mut refusals = 0;
        loop {
            if let Some(fence) = &self.store.fence {
                fence.check().await?;
            }
            self.ensure_files().await?;
            match store.put_opts(&entry_path(version), entry.clone().into(), PutMode::Create.into()).await {
                Ok(_) => {
                    let (operation, info) = (self.operation.clone(), CommitInfo::default());
                    let history = HistoryEntry { version, timestamp_ms: now_ms, operation, engine: None, info };
                    if let Ok(Some(next)) = self.base.after(&self.table().log_paths()?, &LogEntry { history, actions })
                    {
                        self.store.remember(next);
                    }
                    self.after_commit(version).await;
                    return Ok(CommitOutcome::Committed(version));
                }
                Err(source) => {
                    let refused = matches!(source, Error::AlreadyExists { .. }) && refusals < CONFLICTS_MAX;
                    match self.resolve_unknown(source).await {
                        // 409: two conditional writes met and neither was done. S3 says: try again.
                        Err(LakeError::Commit { .. }) if refused => refusals += 1,
                        outcome => return outcome,
                    }
                }
            }
        }
    }

    /// The identity of the lake; of one that lost it the one that the table's own commits carry.
    async fn lake(&self) -> Result<Option<String>, LakeError> {
        let identity = &self.table().tables.identity;
        if let Some(known) = identity.known().await? {
            return Ok(Some(known));
        }
        let history = self.store.history_until(self.base.version, LOOKED_AT).await?;
        identity.ensure(history.into_iter().find_map(|entry| entry.info.lake)).await
    }

    fn table(&self) -> &TableFiles {
        &self.store.files
    }

    /// Makes sure that the files are there that the commit makes visible. A writer that was stopped for days may find
    /// that a vacuum took them for unused, and a version with a missing file cannot be read.
    async fn ensure_files(&self) -> Result<(), LakeError> {
        let data = self.add.iter().map(|file| file.path.clone());
        let vectors = self.update.iter().filter_map(|file| file.after.vector_file());
        let mut paths: BTreeSet<String> = data.chain(vectors).collect();
        for file in self.becomes.iter().flatten().filter(|file| !self.base.files.contains(file)) {
            paths.insert(file.path.clone());
            paths.extend(file.vector_file());
        }
        let looks: Vec<_> = paths.iter().map(|path| self.ensure_file(path)).collect();
        futures::stream::iter(looks).buffer_unordered(READS_AT_ONCE).try_collect().await
    }

    async fn ensure_file(&self, path: &str) -> Result<(), LakeError> {
        let table = self.table();
        match table.store().head(&table.location_of(path)?).await {
            Ok(_) => Ok(()),
            Err(Error::NotFound { .. }) => Err(LakeError::FilesGone { path: table.shown(path) }),
            Err(source) => Err(LakeError::Commit { source: Box::new(source), path: table.folder.clone() }),
        }
    }

    /// The outcome if a version knows this number or a later one.
    async fn applied_before(&self, version: &Snapshot) -> Result<Option<CommitOutcome>, LakeError> {
        if version.txn(&self.id.app).is_none_or(|last| last < self.id.number) {
            return Ok(None);
        }
        match self.find_number(version.version).await? {
            Some((version, hash)) if hash.as_deref().is_some_and(|hash| hash != self.id.content_hash) => {
                // The writer that took the table over may have cut its batches otherwise.
                if let Some(fence) = &self.store.fence {
                    fence.check().await?;
                }
                Err(LakeError::BatchIdReused {
                    app_id: self.id.app.to_string(),
                    batch: self.id.number,
                    version,
                    path: self.table().folder.clone(),
                })
            }
            Some((version, _)) => Ok(Some(CommitOutcome::AlreadyApplied(version))),
            // Its entry was cleaned up, or a later batch stands for it.
            None => Ok(Some(CommitOutcome::AlreadyApplied(version.version))),
        }
    }

    /// Version and content hash of the commit that holds the number, looked up from a version down.
    async fn find_number(&self, from: u64) -> Result<Option<(u64, Option<String>)>, LakeError> {
        let log_store = self.table().log_store()?;
        let store = log_store.object_store(None);
        for version in (0..=from).rev() {
            let entry = log::read_entry(store.as_ref(), version).await;
            let unknown = |source| LakeError::CommitUnknown { source, path: self.table().folder.clone() };
            let Some(entry) = entry.map_err(unknown)? else { return Ok(None) };
            match entry.transactions.iter().find(|txn| txn.app_id == self.id.app.as_str()) {
                Some(txn) if txn.version == self.id.number => {
                    return Ok(Some((version, entry.history.info.content_hash)));
                }
                Some(txn) if txn.version < self.id.number => return Ok(None),
                _ => {}
            }
        }
        Ok(None)
    }

    /// The latest version if it is not the base. The base's own entry has to be in the log: a log that
    /// was cleaned beyond it would take an entry of an old number.
    async fn moved_on(&self) -> Result<Option<Snapshot>, LakeError> {
        let log_store = self.table().log_store()?;
        match log_store.object_store(None).head(&entry_path(self.base.version)).await {
            Ok(_) => Ok(None),
            Err(Error::NotFound { .. }) => {
                let latest = self.store.snapshot(None).await?;
                let latest = latest.ok_or_else(|| LakeError::NoTable { path: self.table().folder.clone() })?;
                Ok((latest.version != self.base.version).then_some(latest))
            }
            Err(source) => Err(LakeError::Commit { source: Box::new(source), path: self.table().folder.clone() }),
        }
    }

    async fn resolve_unknown(&self, source: Error) -> Result<CommitOutcome, LakeError> {
        let path = || self.table().folder.clone();
        let unknown = |source: LakeError| LakeError::CommitUnknown { source: Box::new(source), path: path() };
        match self.store.snapshot(None).await.map_err(unknown)? {
            Some(latest) if latest.version != self.base.version => self.resolve(latest).await,
            _ => Err(LakeError::Commit { source: Box::new(source), path: path() }),
        }
    }

    /// The outcome when the table moved on from the base.
    async fn resolve(&self, latest: Snapshot) -> Result<CommitOutcome, LakeError> {
        let next = self.base.version + 1;
        match self.applied_before(&latest).await? {
            Some(outcome) => {
                if outcome == CommitOutcome::AlreadyApplied(next) {
                    checkpoint_when_due(self.table(), next).await;
                }
                Ok(outcome)
            }
            None => Ok(CommitOutcome::Conflict(latest.version)),
        }
    }

    /// Steps that a reader can do without.
    async fn after_commit(&self, version: u64) {
        let table = self.table();
        checkpoint_when_due(table, version).await;
        for file in &self.remove {
            table.tables.cache.rows.forget(&table.shown(&file.path), file.physical_rows()).await;
        }
    }
}
