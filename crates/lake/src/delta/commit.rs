//! Commits: atomic, conditional, idempotent, and with a known outcome.

use crate::delta::commit_log::{self, HistoryEntry, LogEntry, RESERVED, entry_path};
use crate::delta::create::{ENABLE_DELETION_VECTORS, ENGINE, Needs, lines, upgraded_protocol};
use crate::error::Cause;
use crate::lake::CONFLICTS_MAX;
use crate::{DataFile, DeltaStore, LakeError, NewFile, Snapshot, UpdatedFile};
use arrow::datatypes::SchemaRef;
use deltalake::DeltaTable;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::{Action, Add, CommitInfo, MetadataExt, StructType, Transaction};
use deltalake::logstore::LogStore;
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode};
use serde_json::{Map, Value, json};

/// A checkpoint is written at every version divisible by this, so that opening reads few entries.
const CHECKPOINT_EVERY: u64 = 10;

/// What one commit does to a table.
#[derive(Clone, Debug)]
pub struct Commit {
    /// The version that was read; the commit is made on exactly this one or not at all. `None`: the
    /// latest, for blind appends.
    pub base: Option<Snapshot>,
    /// Files that become visible.
    pub add: Vec<NewFile>,
    /// Files that disappear.
    pub remove: Vec<DataFile>,
    /// Files whose deletion vector grows, by [`DeltaStore::write_deletion_vectors`]. A file of `add` may
    /// be among them; it becomes visible with the vector.
    pub update: Vec<UpdatedFile>,
    /// New columns of the table, if they change. Rewrite the files if a column's type changes: readers
    /// may refuse to widen.
    pub schema: Option<SchemaRef>,
    /// Who commits: table and stage, for example `silver.shop.orders`.
    pub app_id: String,
    /// Number of the batch, growing per `app_id`.
    pub batch: i64,
    /// Hash of everything that decides the content, so that a batch number is never used for two contents.
    pub content_hash: String,
    /// `WRITE`, `MERGE`, `REBUILD` …
    pub operation: &'static str,
    /// Further entries of the commit info. A key that the protocol reserves gets the prefix `sluice.`.
    pub info: Map<String, Value>,
    /// Whether rows change; false for a mere rearrangement of files.
    pub data_change: bool,
}

/// How a commit ended.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// It is this version.
    Committed(u64),
    /// This batch with this content was committed before (or its reply was lost), as this version. The
    /// files of this attempt may be unused: [`DeltaStore::discard`] keeps those that are not.
    AlreadyApplied(u64),
    /// Someone else committed since `base`; this is the latest version. Nothing was changed: read the
    /// table again and plan anew.
    Conflict(u64),
}

impl DeltaStore {
    /// Makes a commit, once. There is no automatic repetition on a newer version: a plan holds for the
    /// version it was made on.
    ///
    /// Any error of the write means "unknown", so the log is read again: the own batch with the same
    /// content is [`CommitOutcome::AlreadyApplied`], with other content [`LakeError::BatchIdReused`],
    /// another's commit is [`CommitOutcome::Conflict`].
    ///
    /// # Errors
    /// [`LakeError::Fenced`], [`LakeError::NoTable`], [`LakeError::TransactionRetention`], [`LakeError::NotWritable`],
    /// [`LakeError::Schema`], [`LakeError::BatchIdReused`]; [`LakeError::Commit`] if it was not made and
    /// [`LakeError::CommitUnknown`] if nobody knows; the same commit may be tried again after these two.
    pub async fn commit(&self, mut request: Commit) -> Result<CommitOutcome, LakeError> {
        self.lake.ensure_writable().await?;
        if let Some(fence) = &self.fence {
            request.info.insert("sluice.lease".to_owned(), json!(fence.epoch()));
        }
        let loaded;
        let base = match &request.base {
            Some(base) => base,
            None => {
                loaded = self.snapshot(None).await?.ok_or_else(|| LakeError::NoTable { path: self.folder.clone() })?;
                &loaded
            }
        };
        if base.configuration("delta.setTransactionRetentionDuration").is_some() {
            return Err(LakeError::TransactionRetention { path: self.folder.clone() });
        }
        if let Some(outcome) = self.applied_before(base, &request).await? {
            return Ok(outcome);
        }
        if let Some(latest) = self.moved_on(base).await? {
            return self.resolve(&request, base, latest).await;
        }
        let now_ms = self.lake.now_ms();
        let actions = self.actions(base, &request, now_ms)?;
        let entry = lines(&actions).map_err(|source| LakeError::Commit { source, path: self.folder.clone() })?;
        let version = base.version + 1;
        let log_store = self.log_store()?;
        let store = log_store.object_store(None);
        let mut refusals = 0;
        loop {
            if let Some(fence) = &self.fence {
                fence.check(&self.lake).await?;
            }
            match store.put_opts(&entry_path(version), entry.clone().into(), PutMode::Create.into()).await {
                Ok(_) => {
                    let history =
                        HistoryEntry { version, timestamp_ms: now_ms, operation: String::new(), info: Map::new() };
                    if let Ok(Some(next)) = base.after(&self.table_url()?, &LogEntry { history, actions }) {
                        self.remember(next);
                    }
                    self.after_commit(version).await;
                    self.forget_rows(&request.remove).await;
                    return Ok(CommitOutcome::Committed(version));
                }
                Err(source) => {
                    let refused = matches!(source, Error::AlreadyExists { .. }) && refusals < CONFLICTS_MAX;
                    match self.resolve_unknown(&request, base, source).await {
                        // 409: two conditional writes met and neither was done. S3 says: try again.
                        Err(LakeError::Commit { .. }) if refused => refusals += 1,
                        outcome => return outcome,
                    }
                }
            }
        }
    }

    fn actions(&self, base: &Snapshot, request: &Commit, now_ms: i64) -> Result<Vec<Action>, LakeError> {
        let append_only = base.configuration("delta.appendOnly") == Some("true");
        let refused = |reason: String| LakeError::NotWritable { source: reason.into(), path: self.folder.clone() };
        if let Some(reason) = &base.unwritable {
            return Err(refused(reason.to_string()));
        }
        let takes_away = !request.remove.is_empty() || !request.update.is_empty();
        if append_only && request.data_change && takes_away {
            return Err(refused("delta.appendOnly is set".to_owned()));
        }
        let mut actions = vec![Action::CommitInfo(commit_info(base, request, now_ms))];
        let failed = |source: Cause| LakeError::Schema { source, path: self.folder.clone() };
        let needs = Needs { deletion_vectors: !request.update.is_empty(), append_only };
        let schema = request.schema.as_ref().unwrap_or(&base.schema);
        let upgraded = upgraded_protocol(&base.protocol, schema, needs).map_err(failed)?;
        let enables = needs.deletion_vectors && base.configuration(ENABLE_DELETION_VECTORS) != Some("true");
        actions.extend(upgraded.map(Action::Protocol));
        if request.schema.is_some() || enables {
            let mut metadata = base.metadata.as_ref().clone();
            if let Some(schema) = &request.schema {
                let columns: StructType =
                    schema.as_ref().try_into_kernel().map_err(|source| failed(Box::new(source)))?;
                metadata = metadata.with_schema(&columns).map_err(|source| failed(Box::new(source)))?;
            }
            if enables {
                metadata = metadata
                    .add_config_key(ENABLE_DELETION_VECTORS.to_owned(), "true".to_owned())
                    .map_err(|source| failed(Box::new(source)))?;
            }
            actions.push(Action::Metadata(metadata));
        }
        actions.push(Action::Txn(Transaction::new(&request.app_id, request.batch)));
        let change = request.data_change;
        let remove = |file: &DataFile| Action::Remove(file.remove_action(change, now_ms));
        actions.extend(request.remove.iter().map(remove));
        let is_new = |path: &str| request.add.iter().any(|file| file.path == path);
        let updated = |path: &str| request.update.iter().any(|file| file.after.path == path);
        actions
            .extend(request.update.iter().filter(|file| !is_new(&file.before.path)).map(|file| remove(&file.before)));
        let add = request.add.iter().filter(|file| !updated(&file.path));
        actions.extend(add.map(|file| Action::Add(add_action(file, change, now_ms))));
        for file in &request.update {
            let mut add = file.after.add_action(change);
            if is_new(&file.before.path) {
                add.modification_time = now_ms;
            }
            actions.push(Action::Add(add));
        }
        Ok(actions)
    }

    /// The outcome if the base knows a batch of this number or a later one.
    async fn applied_before(&self, base: &Snapshot, request: &Commit) -> Result<Option<CommitOutcome>, LakeError> {
        if base.txn(&request.app_id).is_none_or(|last| last < request.batch) {
            return Ok(None);
        }
        let found = self.find_batch(base.version, request).await?;
        match found {
            Some((version, hash)) if hash.as_deref().is_some_and(|hash| hash != request.content_hash) => {
                // The writer that took the table over may have cut its batches otherwise.
                if let Some(fence) = &self.fence {
                    fence.check(&self.lake).await?;
                }
                Err(LakeError::BatchIdReused {
                    app_id: request.app_id.clone(),
                    batch: request.batch,
                    version,
                    path: self.folder.clone(),
                })
            }
            Some((version, _)) => Ok(Some(CommitOutcome::AlreadyApplied(version))),
            // Its entry was cleaned up, or a later batch stands for it.
            None => Ok(Some(CommitOutcome::AlreadyApplied(base.version))),
        }
    }

    /// Version and content hash of the commit that holds the batch, looked up from a version down.
    async fn find_batch(&self, from: u64, request: &Commit) -> Result<Option<(u64, Option<String>)>, LakeError> {
        let log_store = self.log_store()?;
        let store = log_store.object_store(None);
        for version in (0..=from).rev() {
            let entry = commit_log::read_entry(store.as_ref(), version).await;
            let unknown = |source| LakeError::CommitUnknown { source, path: self.folder.clone() };
            let Some(entry) = entry.map_err(unknown)? else { return Ok(None) };
            match entry.transactions.iter().find(|txn| txn.app_id == request.app_id) {
                Some(txn) if txn.version == request.batch => {
                    let hash = entry.history.info.get("sluice.contentHash").and_then(Value::as_str);
                    return Ok(Some((version, hash.map(str::to_owned))));
                }
                Some(txn) if txn.version < request.batch => return Ok(None),
                _ => {}
            }
        }
        Ok(None)
    }

    /// The latest version if it is not the base. The base's own entry has to be in the log: a log that
    /// was cleaned beyond it would take an entry of an old number.
    async fn moved_on(&self, base: &Snapshot) -> Result<Option<Snapshot>, LakeError> {
        let log_store = self.log_store()?;
        match log_store.object_store(None).head(&entry_path(base.version)).await {
            Ok(_) => Ok(None),
            Err(Error::NotFound { .. }) => {
                let latest = self.snapshot(None).await?;
                let latest = latest.ok_or_else(|| LakeError::NoTable { path: self.folder.clone() })?;
                Ok((latest.version != base.version).then_some(latest))
            }
            Err(source) => Err(LakeError::Commit { source: Box::new(source), path: self.folder.clone() }),
        }
    }

    async fn resolve_unknown(
        &self,
        request: &Commit,
        base: &Snapshot,
        source: Error,
    ) -> Result<CommitOutcome, LakeError> {
        let unknown =
            |source: LakeError| LakeError::CommitUnknown { source: Box::new(source), path: self.folder.clone() };
        let latest = self.snapshot(None).await.map_err(unknown)?;
        match latest {
            Some(latest) if latest.version != base.version => self.resolve(request, base, latest).await,
            _ => Err(LakeError::Commit { source: Box::new(source), path: self.folder.clone() }),
        }
    }

    /// The outcome when the table moved on from the base.
    async fn resolve(&self, request: &Commit, base: &Snapshot, latest: Snapshot) -> Result<CommitOutcome, LakeError> {
        match self.applied_before(&latest, request).await? {
            Some(outcome) => {
                if outcome == CommitOutcome::AlreadyApplied(base.version + 1) {
                    self.after_commit(base.version + 1).await;
                }
                Ok(outcome)
            }
            None => Ok(CommitOutcome::Conflict(latest.version)),
        }
    }

    /// Steps that a reader can do without; what fails here is no failure of the commit.
    async fn after_commit(&self, version: u64) {
        if !version.is_multiple_of(CHECKPOINT_EVERY) {
            return;
        }
        if let Err(error) = self.checkpoint(version).await {
            tracing::warn!(table = %self.folder, version, %error, "no checkpoint was written; the table is complete without");
        }
    }

    /// Writes a checkpoint of a version, so that readers need not walk the log before it.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub async fn write_checkpoint(&self, version: u64) -> Result<(), LakeError> {
        self.checkpoint(version).await
    }

    async fn checkpoint(&self, version: u64) -> Result<(), LakeError> {
        let mut table = DeltaTable::new(self.log_store()?);
        let failed = |source| LakeError::Write { source: Box::new(source), path: self.shown("_delta_log") };
        table.load_version(version).await.map_err(failed)?;
        deltalake::checkpoints::create_checkpoint(&table, None).await.map_err(failed)
    }
}

fn add_action(file: &NewFile, data_change: bool, now_ms: i64) -> Add {
    Add {
        path: file.path.clone(),
        size: i64::try_from(file.size).unwrap_or(i64::MAX),
        modification_time: now_ms,
        data_change,
        stats: Some(file.stats_json.clone()),
        tags: Some(file.tags.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect()),
        ..Add::default()
    }
}

fn commit_info(base: &Snapshot, request: &Commit, now_ms: i64) -> CommitInfo {
    let mut info: Vec<(String, Value)> = request
        .info
        .iter()
        .map(|(key, value)| {
            let reserved = RESERVED.contains(&key.as_str());
            (if reserved { format!("sluice.{key}") } else { key.clone() }, value.clone())
        })
        .collect();
    info.push(("sluice.operationId".to_owned(), json!(operation_id(request))));
    info.push(("sluice.contentHash".to_owned(), json!(request.content_hash)));
    info.push(("sluice.appId".to_owned(), json!(request.app_id)));
    info.push(("sluice.batch".to_owned(), json!(request.batch)));
    CommitInfo {
        timestamp: Some(now_ms),
        operation: Some(request.operation.to_owned()),
        operation_parameters: Some([("batch".to_owned(), json!(request.batch.to_string()))].into()),
        read_version: Some(base.version),
        is_blind_append: Some(request.base.is_none() && request.remove.is_empty() && request.update.is_empty()),
        engine_info: Some(ENGINE.to_owned()),
        info: info.into_iter().collect(),
        ..CommitInfo::default()
    }
}

/// The same for every attempt at the same batch with the same content, in the form of a UUID.
fn operation_id(request: &Commit) -> String {
    let text = format!("{}\n{}\n{}", request.app_id, request.batch, request.content_hash);
    let hex = blake3::hash(text.as_bytes()).to_hex();
    format!("{}-{}-8{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..32])
}
