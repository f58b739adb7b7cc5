//! The key runs of data files, in memory and on disk.

use crate::LakeError;
use crate::cache::cached_file::StagedFile;
use crate::cache::key_run::KeyRun;
use crate::cache::paths::CachePaths;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of key runs kept in memory.
const MEMORY_MAX: usize = 512 << 20;
/// Runs of fewer rows are not written to disk; reading the keys again costs no more.
const ROWS_ON_DISK_MIN: usize = 16_384;

/// Key runs by path of the data file in the lake.
#[derive(Debug)]
pub(crate) struct KeyIndex {
    paths: CachePaths,
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    bytes: usize,
    clock: u64,
    runs: HashMap<String, (u64, Arc<KeyRun>)>,
}

impl KeyIndex {
    pub(crate) fn new(paths: CachePaths) -> Self {
        Self { paths, entries: Mutex::default() }
    }

    /// The key run of a data file of `rows` rows, if one is kept.
    pub(crate) async fn find(&self, data_file: &str, rows: u64) -> Option<Arc<KeyRun>> {
        if let Some(known) = self.get(data_file) {
            return Some(known);
        }
        let paths = [self.paths.key_run(data_file), self.paths.key_run_of_base(data_file)];
        let open = move |path| KeyRun::open(File::open(path).ok()?, rows).ok();
        let opened = tokio::task::spawn_blocking(move || paths.into_iter().flatten().find_map(open)).await;
        let run = Arc::new(opened.ok()??);
        self.put(data_file.to_owned(), &run);
        Some(run)
    }

    /// Rows of one key in a data file of `rows` rows, from the run in memory or at a glance at the one on disk; `None`
    /// if none is kept.
    pub(crate) async fn glance(&self, data_file: &str, rows: u64, hash: u128) -> Option<Vec<u32>> {
        if let Some(known) = self.get(data_file) {
            let mut found = Vec::new();
            known.probe(&[hash], |_, row| found.push(row)).ok()?;
            return Some(found);
        }
        let paths = [self.paths.key_run(data_file), self.paths.key_run_of_base(data_file)];
        let look = move |path| KeyRun::glance(&File::open(path).ok()?, rows, hash).ok();
        tokio::task::spawn_blocking(move || paths.into_iter().flatten().find_map(look)).await.ok()?
    }

    /// Keeps the key run of a data file: hashes of the keys of all its rows, in order.
    ///
    /// # Errors
    /// [`LakeError::Stopped`].
    pub(crate) async fn keep(&self, data_file: &str, hashes: Vec<u128>) -> Result<Arc<KeyRun>, LakeError> {
        let path = self.paths.key_run(data_file).filter(|_| hashes.len() >= ROWS_ON_DISK_MIN);
        let log = data_file.to_owned();
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
        let run = Arc::new(built.await.map_err(|_| LakeError::Stopped { path: data_file.to_owned() })?);
        self.put(data_file.to_owned(), &run);
        Ok(run)
    }

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

fn store(run: &KeyRun, path: &Path) -> std::io::Result<()> {
    let staged = StagedFile::new(path)?;
    let mut file = BufWriter::with_capacity(1 << 20, File::create(staged.path())?);
    run.write(&mut file)?;
    file.flush()?;
    staged.place()
}
