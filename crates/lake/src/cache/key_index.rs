//! Where the rows of keys are: the key runs of a table's data files.

use crate::cache::cached_file::StagedFile;
use crate::cache::key_run::KeyRun;
use crate::error::Cause;
use crate::{DataFile, DeltaStore, LakeError, Snapshot};
use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of key runs kept in memory.
const MEMORY_MAX: usize = 512 << 20;
/// Runs of fewer rows are not written to disk; reading the keys again costs no more.
const ROWS_ON_DISK_MIN: usize = 16_384;
/// Files worked on at once.
const FILES_AT_ONCE: usize = 4;

/// Hashes the keys of rows; the batch has the key columns. An error is a damaged table.
pub type KeyHasher = Arc<dyn Fn(&RecordBatch) -> Result<Vec<u128>, Cause> + Send + Sync>;

/// A row of the table that has one of the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LiveMatch {
    /// Position of the key among those that were looked up.
    pub key: u32,
    /// Position of the file in [`Snapshot::files`].
    pub file: u32,
    /// Row in the file, from 0.
    pub row: u32,
}

/// Key runs in memory, by path of the data file in the lake.
#[derive(Debug, Default)]
pub(crate) struct KeyRunCache {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    bytes: usize,
    clock: u64,
    runs: HashMap<String, (u64, Arc<KeyRun>)>,
}

impl KeyRunCache {
    fn get(&self, path: &str) -> Option<Arc<KeyRun>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.clock += 1;
        let clock = entries.clock;
        let (used, run) = entries.runs.get_mut(path)?;
        *used = clock;
        Some(Arc::clone(run))
    }

    fn put(&self, path: String, run: &Arc<KeyRun>) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.clock += 1;
        let clock = entries.clock;
        entries.bytes += run.memory();
        if let Some((_, old)) = entries.runs.insert(path, (clock, Arc::clone(run))) {
            entries.bytes -= old.memory();
        }
        while entries.bytes > MEMORY_MAX && entries.runs.len() > 1 {
            let oldest = entries.runs.iter().min_by_key(|(_, (used, _))| *used).map(|(path, _)| path.clone());
            let Some((_, run)) = oldest.and_then(|oldest| entries.runs.remove(&oldest)) else { break };
            entries.bytes -= run.memory();
        }
    }
}

impl DeltaStore {
    /// Finds the rows of some files of a version (by their position in [`Snapshot::files`]) whose keys
    /// have one of the hashes, which are distinct. Rows that a deletion vector removed are left out.
    /// Files without a key run get one, by reading their key columns.
    ///
    /// Two different keys are taken for one if `hasher` gives them hashes that agree in about their
    /// first 83 bits.
    ///
    /// # Errors
    /// [`LakeError::Decode`].
    pub async fn locate(
        &self,
        snapshot: &Snapshot,
        files: &[u32],
        hashes: &Arc<Vec<u128>>,
        key_columns: &[&str],
        hasher: &KeyHasher,
    ) -> Result<Vec<LiveMatch>, LakeError> {
        let files = files.iter().filter_map(|number| Some((*number, snapshot.files.get(*number as usize)?)));
        let searches = files.map(|(number, file)| self.locate_in(snapshot, number, file, hashes, key_columns, hasher));
        let found: Vec<Vec<LiveMatch>> = futures::stream::iter(searches).buffered(FILES_AT_ONCE).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn locate_in(
        &self,
        snapshot: &Snapshot,
        number: u32,
        file: &DataFile,
        hashes: &Arc<Vec<u128>>,
        key_columns: &[&str],
        hasher: &KeyHasher,
    ) -> Result<Vec<LiveMatch>, LakeError> {
        let run = self.key_run(snapshot, file, key_columns, hasher).await?;
        let deleted = self.deleted_positions(file).await?;
        let hashes = Arc::clone(hashes);
        let probe = move || {
            let mut found = Vec::new();
            run.probe(&hashes, |key, row| {
                if deleted.as_ref().is_none_or(|deleted| !deleted.contains(u64::from(row))) {
                    found.push(LiveMatch { key: u32::try_from(key).unwrap_or(u32::MAX), file: number, row });
                }
            })?;
            Ok::<_, std::io::Error>(found)
        };
        let probed = tokio::task::spawn_blocking(probe).await;
        let probed = probed.map_err(|_| LakeError::Stopped { path: self.shown(&file.path) })?;
        probed.map_err(|source| LakeError::Read { source: Box::new(source), path: self.shown(&file.path) })
    }

    async fn key_run(
        &self,
        snapshot: &Snapshot,
        file: &DataFile,
        key_columns: &[&str],
        hasher: &KeyHasher,
    ) -> Result<Arc<KeyRun>, LakeError> {
        let shown = self.shown(&file.path);
        if let Some(known) = self.lake.shared.key_runs.get(&shown) {
            return Ok(known);
        }
        let (on_disk, rows) = (self.lake.key_run_path(&shown), file.physical_rows());
        if let Some(path) = on_disk.clone() {
            let opened = tokio::task::spawn_blocking(move || KeyRun::open(File::open(path)?, rows)).await;
            if let Ok(Ok(run)) = opened {
                let run = Arc::new(run);
                self.lake.shared.key_runs.put(shown, &run);
                return Ok(run);
            }
        }
        let whole = DataFile { deletion_vector: None, rows, ..file.clone() };
        let batches = self.read_files(snapshot, &[whole], Some(key_columns)).await?;
        let hasher = Arc::clone(hasher);
        let hashed = tokio::task::spawn_blocking(move || {
            let mut hashes = Vec::with_capacity(usize::try_from(rows).unwrap_or(0));
            for batch in batches {
                hashes.extend(hasher(&batch)?);
            }
            Ok::<_, Cause>(hashes)
        });
        let hashes = hashed.await.map_err(|_| LakeError::Stopped { path: shown.clone() })?;
        let hashes = hashes.map_err(|source| LakeError::Decode { source, path: shown.clone() })?;
        self.remember_keys(&file.path, hashes).await
    }

    /// Keeps the key run of a data file: hashes of the keys of all its rows, in order.
    pub(crate) async fn remember_keys(&self, file: &str, hashes: Vec<u128>) -> Result<Arc<KeyRun>, LakeError> {
        let shown = self.shown(file);
        let path = self.lake.key_run_path(&shown).filter(|_| hashes.len() >= ROWS_ON_DISK_MIN);
        let log = shown.clone();
        let built = tokio::task::spawn_blocking(move || {
            let run = KeyRun::build(&hashes);
            let Some(path) = path else { return run };
            let rows = run.len() as u64;
            match store(&run, &path).and_then(|()| KeyRun::open(File::open(&path)?, rows)) {
                Ok(on_disk) => on_disk,
                Err(error) => {
                    tracing::warn!(file = %log, %error, "the key run stays in memory only");
                    run
                }
            }
        });
        let run = Arc::new(built.await.map_err(|_| LakeError::Stopped { path: shown.clone() })?);
        self.lake.shared.key_runs.put(shown, &run);
        Ok(run)
    }

    /// Keeps the key run of a file that was just written, whose keys have these hashes in order.
    ///
    /// # Errors
    /// [`LakeError::Stopped`].
    pub async fn index_new_file(&self, file: &crate::NewFile, hashes: Vec<u128>) -> Result<(), LakeError> {
        self.remember_keys(&file.path, hashes).await.map(|_| ())
    }
}

fn store(run: &KeyRun, path: &Path) -> std::io::Result<()> {
    let staged = StagedFile::new(path)?;
    let mut file = BufWriter::with_capacity(1 << 20, File::create(staged.path())?);
    run.write(&mut file)?;
    file.flush()?;
    staged.place()
}
