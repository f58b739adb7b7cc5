//! Files of a version on this machine, for readers that need paths (DuckDB).

use crate::LakeError;
use crate::cache::copies::Original;
use crate::cache::scratch_file::ScratchFile;
use crate::cache::spill_file::SpillFile;
use crate::delta::cached_table::CachedTable;
use crate::delta::snapshot::DataFile;
use crate::store::root::Root;
use arrow::array::RecordBatch;
use futures::{StreamExt, TryStreamExt};
use roaring::RoaringTreemap;
use sluice_contract::limits;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Files downloaded at once.
const FILES_AT_ONCE: usize = 4;

/// A data file on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// The Parquet file.
    pub path: PathBuf,
    /// Positions of the deleted rows; `None` if there are none. A Parquet file with one `bigint` column `row`:
    /// positions from 0, ascending. Its name stands for its content.
    pub dead: Option<PathBuf>,
}

impl CachedTable {
    /// Paths of files on this machine with their deleted rows. Files of an S3 lake are downloaded
    /// once into the user's cache folder. Small files of a lake in a folder are compared with the hash in the log before
    /// they are handed out, each once per process, as far as [`limits::QUERY_VERIFIED_BYTES`] reach: DuckDB does not look
    /// at the checksums of pages. Copies of remote files are compared when they are fetched.
    /// A deletion vector becomes a Parquet file of positions in a
    /// cache, which is rebuilt when it is missing.
    ///
    /// # Errors
    /// [`LakeError::Read`], [`LakeError::Write`], [`LakeError::Decode`], [`LakeError::Damaged`].
    pub async fn local_files(&self, files: &[DataFile]) -> Result<Vec<LocalFile>, LakeError> {
        let files: Vec<_> = files.iter().map(|file| self.local_file(file)).collect();
        futures::stream::iter(files).buffered(FILES_AT_ONCE).try_collect().await
    }

    /// Paths of the files themselves on this machine. Whoever reads them sees deleted rows too.
    ///
    /// # Errors
    /// Those of [`Self::local_files`].
    pub async fn local_paths(&self, files: &[DataFile]) -> Result<Vec<PathBuf>, LakeError> {
        let paths: Vec<_> = files.iter().map(|file| self.local_path(file)).collect();
        futures::stream::iter(paths).buffered(FILES_AT_ONCE).try_collect().await
    }

    /// A Parquet file of these positions, as in [`LocalFile::dead`]. The same positions give the same
    /// file.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub async fn positions_file(&self, positions: &RoaringTreemap) -> Result<PathBuf, LakeError> {
        let mut hasher = blake3::Hasher::new();
        for (high, bitmap) in positions.bitmaps() {
            hasher.update(&high.to_le_bytes());
            for low in bitmap {
                hasher.update(&low.to_le_bytes());
            }
        }
        let path = self.positions_path(&format!("rows-{}", hasher.finalize().to_hex()));
        let files = &self.files.tables.cache.positions;
        if !files.has(&path, positions.len()).await {
            files.write(path.clone(), Arc::new(positions.clone())).await?;
        }
        Ok(path)
    }

    async fn deleted_positions_file(&self, file: &DataFile) -> Result<Option<PathBuf>, LakeError> {
        let Some(vector) = &file.deletion_vector else { return Ok(None) };
        // A deletion vector is never changed: its place, made of a random number, or its own bytes name
        // the content.
        let (kind, place) = (&vector.storage_type, &vector.path_or_inline_dv);
        let id = format!("{}\n{kind}{place}\n{:?}\n{}", self.files.folder, vector.offset, vector.cardinality);
        let path = self.positions_path(&format!("vector-{}", blake3::hash(id.as_bytes()).to_hex()));
        let count = u64::try_from(vector.cardinality).unwrap_or(0);
        let files = &self.files.tables.cache.positions;
        if !files.has(&path, count).await {
            let Some(deleted) = self.files.deleted_positions(file).await? else { return Ok(None) };
            files.write(path.clone(), deleted).await?;
        }
        Ok(Some(path))
    }

    async fn local_file(&self, file: &DataFile) -> Result<LocalFile, LakeError> {
        let path = self.local_path(file).await?;
        Ok(LocalFile { path, dead: self.deleted_positions_file(file).await? })
    }

    async fn local_path(&self, file: &DataFile) -> Result<PathBuf, LakeError> {
        let tables = &self.files.tables;
        let shown = self.files.shown(&file.path);
        let mut root = tables.objects.root();
        if let Some(base) = &root.base
            && self.is_of_base(file, root).await
        {
            root = base;
        }
        if let Some(folder) = &root.local {
            let path = folder.join(&shown);
            self.ensure_small_is_sound(file, &path).await?;
            return Ok(path);
        }
        let original = Original {
            store: &root.store,
            location: root.join(&shown)?,
            address: format!("{}/{shown}", root.url),
            size: file.size,
            hash: file.content_hash(),
        };
        tables.cache.copies.fetch(tables.cache.paths.copies(), &original).await
    }

    /// Compares a small file with its hash, unless this process has done so. One that cannot be read is left to its reader.
    async fn ensure_small_is_sound(&self, file: &DataFile, path: &Path) -> Result<(), LakeError> {
        let sound = &self.files.tables.cache.sound;
        let Some(hash) = file.content_hash().filter(|_| file.size <= limits::QUERY_VERIFIED_FILE_BYTES) else {
            return Ok(());
        };
        if !sound.claim(path, file.size) {
            return Ok(());
        }
        let (read, hash) = (path.to_path_buf(), hash.to_owned());
        let look = move || std::fs::read(read).map(|bytes| blake3::hash(&bytes).to_hex().as_str() == hash);
        let shown = || self.files.shown(&file.path);
        let is_same = tokio::task::spawn_blocking(look).await.map_err(|_| LakeError::Stopped { path: shown() })?;
        if !matches!(is_same, Ok(true)) {
            sound.forget(path, file.size);
        }
        if matches!(is_same, Ok(false)) { Err(LakeError::Damaged { path: shown() }) } else { Ok(()) }
    }

    /// Whether a file of a sandbox lies in its base; versions from before the sandbox do not say.
    async fn is_of_base(&self, file: &DataFile, own: &Root) -> bool {
        if file.of_base.file {
            return true;
        }
        let shown = self.files.shown(&file.path);
        match &own.local {
            Some(folder) => !tokio::fs::try_exists(folder.join(shown)).await.unwrap_or(false),
            // The store goes through to the base.
            None => false,
        }
    }

    fn positions_path(&self, name: &str) -> PathBuf {
        self.files.tables.cache.paths.positions(&self.files.folder, name)
    }

    /// A file for what does not fit into memory, on this machine.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub fn spill_file(&self) -> Result<SpillFile, LakeError> {
        SpillFile::create(&self.files.tables.cache.paths.spill())
    }

    /// Writes rows where SQL may read them. The batches share a schema; there is at least one.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub async fn scratch_file(&self, batches: Vec<RecordBatch>) -> Result<ScratchFile, LakeError> {
        ScratchFile::write(|name| self.positions_path(name), batches).await
    }
}
