//! The file ledger: which files are in which batch, written before the batch is worked on.

use crate::ledger::folded::FOLD_BATCHES;
use crate::ledger::manifest::{BatchManifest, Folded, folder};
use crate::ledger::registry::{GAP_MAX, Ledger, number_of};
use crate::store::data_file_reader::FILE_BYTES_MAX;
use crate::store::objects::PutNew;
use crate::{LakeError, SourceFile};
use bytes::Bytes;
use futures::{StreamExt, TryStreamExt};
use sluice_contract::TableName;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError};

/// End of the name of the list of files that were left out of a batch; not `.json`, so that older versions of Sluice do
/// not take it for a manifest.
const WITHOUT: &str = ".without";
/// Bytes of a file that are hashed at a time.
const HASHED_BYTES: u64 = 64 << 20;
/// Manifests read at once.
const READS_AT_ONCE: usize = 16;
/// Manifests that are listed before it is asked whether some are folded: one answer of S3.
const LISTED_AT_FIRST: usize = 1_000;

/// Where it is kept which files were left out, as long as the table lives.
fn left_out_folder(table: &TableName) -> String {
    format!("_sluice/left-out/{}/{}", table.dataset, table.table)
}

impl Ledger {
    /// All batches of a table, by number. Manifests never change, so each is read once per process.
    ///
    /// A listing may lag behind, and a batch that is not seen is claimed anew; so those after the last
    /// one that is listed are asked for by name, as are those between. Those that [`Ledger::fold_batches`] folded are
    /// read from one file.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`], [`LakeError::Corrupt`].
    pub async fn batches(&self, table: &TableName) -> Result<Vec<Arc<BatchManifest>>, LakeError> {
        let (folded, files) = self.listed(table).await?;
        let first = folded.as_ref().map_or(0, |folded| folded.last) + 1;
        let listed: Vec<&String> = files.iter().filter(|path| path.ends_with(".json")).collect();
        let mut newest = first - 1;
        for path in &listed {
            newest = number_of(path)?.unwrap_or(0).max(newest);
        }
        let lacking = (newest + 1 - first).saturating_sub(listed.len() as u64);
        if lacking > GAP_MAX {
            let reason = format!("{lacking} batches before it are missing; move the file away");
            return Err(LakeError::Corrupt { reason, path: path_of(table, newest) });
        }
        let unlisted = (first..=newest).map(|batch| path_of(table, batch)).filter(|path| !listed.contains(&path));
        let unlisted: Vec<String> = if lacking == 0 { Vec::new() } else { unlisted.collect() };
        let read = listed.iter().copied().chain(&unlisted).map(|path| self.manifest_if_there(path));
        let found: Vec<Option<Arc<BatchManifest>>> =
            futures::stream::iter(read).buffered(READS_AT_ONCE).try_collect().await?;
        let mut batches: Vec<Arc<BatchManifest>> = folded.map_or_else(Vec::new, |folded| folded.batches.clone());
        batches.extend(found.into_iter().flatten());
        while let Some(next) = self.manifest_if_there(&path_of(table, newest_batch(&batches) + 1)).await? {
            batches.push(next);
        }
        batches.sort_by_key(|manifest| manifest.batch);
        for path in files.iter().filter(|path| path.ends_with(WITHOUT)) {
            let without = self.files_left_out(path).await?;
            let number = path.rsplit('/').next().and_then(|name| name.strip_suffix(WITHOUT)?.parse().ok());
            if let Some(manifest) = batches.iter_mut().find(|manifest| Some(manifest.batch) == number) {
                Arc::make_mut(manifest).leave_out(&without);
            }
        }
        Ok(batches)
    }

    /// The folded manifests, and the paths of all that came after them. A table with few batches costs one listing, and
    /// of one with many no more than the newest are listed.
    async fn listed(&self, table: &TableName) -> Result<(Option<Arc<Folded>>, Vec<String>), LakeError> {
        let folder = folder(table);
        let paths = |files: Vec<SourceFile>| files.into_iter().map(|file| file.path).collect();
        let mut folded = self.known_folded(table);
        if folded.is_none() && self.objects.local_root().is_some() {
            folded = self.newest_folded(table).await?;
        }
        if folded.is_none() {
            let files = self.objects.list_up_to(&folder, LISTED_AT_FIRST).await?;
            if (files.len() as u64) < FOLD_BATCHES {
                return Ok((None, paths(files)));
            }
            folded = self.newest_folded(table).await?;
            if folded.is_none() && files.len() < LISTED_AT_FIRST {
                return Ok((None, paths(files)));
            }
        }
        let files = match &folded {
            Some(folded) => self.objects.list_after(&folder, &path_of(table, folded.last)).await?,
            None => self.objects.list(&folder).await?,
        };
        Ok((folded, paths(files)))
    }

    /// Leaves files out of a claimed batch: from now on they are in no batch, so where one is found again it is new.
    /// For files that are gone before they were read, without which the batch could never be finished.
    ///
    /// # Errors
    /// [`LakeError::Read`], [`LakeError::Corrupt`], [`LakeError::Write`].
    pub async fn leave_out(&self, table: &TableName, batch: u64, files: &BTreeSet<String>) -> Result<(), LakeError> {
        let path = format!("{}/{batch:020}{WITHOUT}", folder(table));
        let mut all = match self.files_left_out(&path).await {
            Err(LakeError::NotFound { .. }) => BTreeSet::new(),
            other => other?,
        };
        all.extend(files.iter().cloned());
        let bytes = serde_json::to_vec(&all)
            .map_err(|source| LakeError::Write { source: Box::new(source), path: path.clone() })?;
        let bytes = Bytes::from(bytes);
        // Once more in a folder of their own: batches are many, and what was left out is little.
        self.objects.put(&format!("{}/{batch:020}.json", left_out_folder(table)), bytes.clone()).await?;
        self.objects.put(&path, bytes).await
    }

    /// Paths of the files that were left out, by batch: what [`Ledger::leave_out`] wrote.
    ///
    /// # Errors
    /// [`LakeError::List`], [`LakeError::Read`], [`LakeError::Corrupt`].
    pub async fn left_out(&self, table: &TableName) -> Result<BTreeMap<u64, BTreeSet<String>>, LakeError> {
        let mut all = BTreeMap::new();
        for file in self.objects.list(&left_out_folder(table)).await? {
            if let Some(batch) = number_of(&file.path)? {
                all.insert(batch, self.files_left_out(&file.path).await?);
            }
        }
        Ok(all)
    }

    async fn files_left_out(&self, path: &str) -> Result<BTreeSet<String>, LakeError> {
        let bytes = self.objects.read(path).await?;
        serde_json::from_slice(&bytes)
            .map_err(|error| LakeError::Corrupt { reason: error.to_string(), path: path.to_owned() })
    }

    /// Claims a batch number for a list of files; [`PutNew::Exists`] means that another process has
    /// the number, so the ledger has to be read again.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub async fn claim_batch(&self, table: &TableName, manifest: &BatchManifest) -> Result<PutNew, LakeError> {
        let path = path_of(table, manifest.batch);
        let bytes = serde_json::to_vec(manifest)
            .map_err(|source| LakeError::Write { source: Box::new(source), path: path.clone() })?;
        self.objects.put_new(&path, Bytes::from(bytes)).await
    }

    /// Hashes of the content of files, in their order. Empty for a remote lake: its etags tell contents
    /// apart, while the stamp of a local disk (modification time and size) does not survive a copy.
    ///
    /// # Errors
    /// [`LakeError::NotFound`], [`LakeError::Read`].
    pub async fn contents(&self, files: &[SourceFile]) -> Result<Vec<String>, LakeError> {
        if !self.objects.has_local_sources() {
            return Ok(Vec::new());
        }
        let mut hashes = Vec::with_capacity(files.len());
        for file in files {
            hashes.push(self.content(file).await?);
        }
        Ok(hashes)
    }

    /// Hash of the content of a file; of one state of a file it is made once per process.
    ///
    /// # Errors
    /// [`LakeError::NotFound`], [`LakeError::Read`].
    pub async fn content(&self, file: &SourceFile) -> Result<String, LakeError> {
        let known = self.known.contents.lock().unwrap_or_else(PoisonError::into_inner).get(file).cloned();
        if let Some(hash) = known {
            return Ok(hash);
        }
        let mut hasher = blake3::Hasher::new();
        let mut at = 0;
        // Piece by piece: a file may be larger than memory.
        while at < file.size || at == 0 {
            let end = (at + HASHED_BYTES).min(file.size);
            let bytes = match at {
                0 if end == file.size => self.objects.read(&file.path).await?,
                _ => self.objects.read_range(&file.path, at..end).await?,
            };
            let hashed = tokio::task::spawn_blocking(move || {
                hasher.update(&bytes);
                hasher
            });
            hasher = hashed.await.map_err(|_| LakeError::Stopped { path: file.path.clone() })?;
            at = end.max(1);
        }
        let hash = hasher.finalize().to_hex().to_string();
        self.known.contents.lock().unwrap_or_else(PoisonError::into_inner).insert(file.clone(), hash.clone());
        Ok(hash)
    }

    async fn manifest_if_there(&self, path: &str) -> Result<Option<Arc<BatchManifest>>, LakeError> {
        let known = self.known.manifests.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let bytes = match self.objects.read(path).await {
            Ok(bytes) => bytes,
            Err(LakeError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let corrupt = |reason: String| LakeError::Corrupt { reason, path: path.to_owned() };
        let manifest: BatchManifest = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
        if !path.ends_with(&format!("/{:020}.json", manifest.batch)) {
            return Err(corrupt(format!("it holds batch {}", manifest.batch)));
        }
        // Whoever adds up files must not overflow.
        if manifest.files.iter().any(|file| file.size > FILE_BYTES_MAX) {
            return Err(corrupt("the size of a file in it is impossible".to_owned()));
        }
        let manifest = Arc::new(manifest);
        let mut known = self.known.manifests.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(path.to_owned(), Arc::clone(&manifest));
        Ok(Some(manifest))
    }
}

fn newest_batch(batches: &[Arc<BatchManifest>]) -> u64 {
    batches.iter().map(|manifest| manifest.batch).max().unwrap_or(0)
}

fn path_of(table: &TableName, batch: u64) -> String {
    format!("{}/{batch:020}.json", folder(table))
}
