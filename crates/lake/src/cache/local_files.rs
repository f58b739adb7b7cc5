//! Files of a version on this machine, for readers that need paths (DuckDB).

use crate::cache::cached_file::{drop_old, place};
use crate::cache::paths;
use crate::delta::read::FILES_AT_ONCE;
use crate::{DataFile, DeltaStore, LakeError};
use arrow::array::{AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use futures::{StreamExt, TryStreamExt};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use roaring::RoaringTreemap;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Positions encoded at once.
const BATCH_ROWS: usize = 65_536;

/// A data file on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// The Parquet file.
    pub path: PathBuf,
    /// Positions of the rows that a deletion vector removes; `None` if all rows count. A Parquet file
    /// with one `bigint` column `row`: positions from 0, ascending. Its name stands for its content.
    pub dead: Option<PathBuf>,
}

/// Positions files that this process wrote or looked through.
#[derive(Debug, Default)]
pub(crate) struct KnownPositions {
    paths: Mutex<BTreeSet<PathBuf>>,
}

impl KnownPositions {
    /// Most that are remembered; beyond, files are looked through again.
    const MAX: usize = 100_000;

    fn has(&self, path: &Path) -> bool {
        self.paths.lock().unwrap_or_else(PoisonError::into_inner).contains(path)
    }

    fn add(&self, path: PathBuf) {
        let mut paths = self.paths.lock().unwrap_or_else(PoisonError::into_inner);
        if paths.len() >= Self::MAX {
            paths.clear();
        }
        paths.insert(path);
    }
}

impl DeltaStore {
    /// Paths of files on this machine with the rows that count. Files of an S3 lake are downloaded
    /// once into the user's cache folder. A deletion vector becomes a Parquet file of positions in a
    /// cache, which is made anew when it is missing.
    ///
    /// # Errors
    /// [`LakeError::Read`], [`LakeError::Write`], [`LakeError::Decode`].
    pub async fn local_files(&self, files: &[DataFile]) -> Result<Vec<LocalFile>, LakeError> {
        let files: Vec<_> = files.iter().map(|file| self.local_file(file)).collect();
        futures::stream::iter(files).buffered(FILES_AT_ONCE).try_collect().await
    }

    /// Paths of the files themselves on this machine. Whoever reads them sees deleted rows too.
    ///
    /// # Errors
    /// [`LakeError::Read`], [`LakeError::Write`].
    pub async fn local_paths(&self, files: &[DataFile]) -> Result<Vec<PathBuf>, LakeError> {
        let paths: Vec<_> = files.iter().map(|file| self.local_path(&file.path, file.size)).collect();
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
        if !self.is_whole(&path, positions.len()).await {
            self.write_positions(path.clone(), Arc::new(positions.clone())).await?;
        }
        Ok(path)
    }

    /// Removes positions files of the table that are older than that. Those that are still needed are
    /// made anew; what can not be removed stays.
    pub async fn drop_old_positions(&self, age: Duration) {
        let Some(folder) = self.positions_path("x").parent().map(Path::to_path_buf) else { return };
        drop_old(folder, age, |_| false).await;
    }

    async fn dead_positions(&self, file: &DataFile) -> Result<Option<PathBuf>, LakeError> {
        let Some(vector) = &file.deletion_vector else { return Ok(None) };
        // A deletion vector is never changed: its place, made of a random number, or its own bytes name
        // the content.
        let (kind, place) = (&vector.storage_type, &vector.path_or_inline_dv);
        let id = format!("{}\n{kind}{place}\n{:?}\n{}", self.folder, vector.offset, vector.cardinality);
        let path = self.positions_path(&format!("vector-{}", blake3::hash(id.as_bytes()).to_hex()));
        let count = u64::try_from(vector.cardinality).unwrap_or(0);
        if !self.is_whole(&path, count).await {
            let Some(dead) = self.deleted_positions(file).await? else { return Ok(None) };
            self.write_positions(path.clone(), dead).await?;
        }
        Ok(Some(path))
    }

    async fn local_file(&self, file: &DataFile) -> Result<LocalFile, LakeError> {
        let path = self.local_path(&file.path, file.size).await?;
        Ok(LocalFile { path, dead: self.dead_positions(file).await? })
    }

    async fn local_path(&self, file: &str, size: u64) -> Result<PathBuf, LakeError> {
        let shared = &self.lake.shared;
        let location = self.location_of(file)?;
        if let Some(root) = &shared.root.local {
            return Ok(root.join(&self.folder).join(file));
        }
        let address = format!("{}/{}", shared.root.url, self.shown(file));
        paths::fetch(self.lake.cache_folder(), &shared.root.store, &location, &address, size).await
    }

    /// Inside the folders that readers may open: the lake's own, or that of the copies.
    pub(crate) fn positions_path(&self, name: &str) -> PathBuf {
        let folder = match &self.lake.shared.root.local {
            Some(root) => root.join("_sluice").join("cache").join("dead"),
            None => self.lake.cache_folder().join("dead"),
        };
        folder.join(&self.folder).join(format!("{name}.parquet"))
    }

    /// Whether a positions file is there and whole. The cache is not synced to disk, so the file of an
    /// earlier process is looked through once.
    async fn is_whole(&self, path: &Path, count: u64) -> bool {
        let known = &self.lake.shared.positions;
        if known.has(path) {
            return tokio::fs::try_exists(path).await.unwrap_or(false);
        }
        let file = path.to_path_buf();
        let whole = tokio::task::spawn_blocking(move || look_through(&file) == Some(count)).await.unwrap_or(false);
        if whole {
            known.add(path.to_path_buf());
        }
        whole
    }

    async fn write_positions(&self, path: PathBuf, positions: Arc<RoaringTreemap>) -> Result<(), LakeError> {
        let goal = path.clone();
        let shown = path.display().to_string();
        let written = tokio::task::spawn_blocking(move || write(&goal, &positions)).await;
        written
            .map_err(|_| LakeError::Stopped { path: shown.clone() })?
            .map_err(|source| LakeError::Write { source: Box::new(source), path: shown })?;
        self.lake.shared.positions.add(path);
        Ok(())
    }
}

fn write(goal: &Path, positions: &RoaringTreemap) -> Result<(), ParquetError> {
    let schema = Arc::new(Schema::new(vec![Field::new("row", DataType::Int64, false)]));
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::DELTA_BINARY_PACKED)
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(crate::delta::create::ENGINE.to_owned())
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, schema.clone(), Some(properties))?;
    let mut rows = positions.iter().map(u64::cast_signed);
    loop {
        let part: Vec<i64> = rows.by_ref().take(BATCH_ROWS).collect();
        if part.is_empty() {
            break;
        }
        writer.write(&RecordBatch::try_new(schema.clone(), vec![Arc::new(Int64Array::from(part))])?)?;
    }
    writer.close()?;
    place(goal, &bytes).map_err(|source| ParquetError::External(Box::new(source)))
}

/// Rows of a positions file; `None` if it is not there or not what it should be.
fn look_through(path: &Path) -> Option<u64> {
    let file = std::fs::File::open(path).ok()?;
    let mut last = -1;
    let mut count = 0;
    for batch in ParquetRecordBatchReaderBuilder::try_new(file).ok()?.build().ok()? {
        let batch = batch.ok()?;
        let rows = batch.column(0).as_primitive_opt::<Int64Type>()?;
        for row in rows.values() {
            if *row <= last {
                return None;
            }
            last = *row;
        }
        count += rows.len() as u64;
    }
    Some(count)
}
