//! Parquet files of row positions on this machine, for readers that need a path (DuckDB).
//!
//! One `bigint` column `row`: positions from 0, ascending. The name of a file stands for its content.

use crate::LakeError;
use crate::cache::cached_file::place;
use crate::environment::ENGINE;
use arrow::array::{AsArray, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Int64Type, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use roaring::RoaringTreemap;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Positions encoded at once.
const BATCH_ROWS: usize = 65_536;

/// Positions files that this process wrote or looked through.
#[derive(Debug, Default)]
pub(crate) struct PositionsFiles {
    known: Mutex<BTreeSet<PathBuf>>,
}

impl PositionsFiles {
    /// Most that are remembered; beyond, files are looked through again.
    const MAX: usize = 100_000;

    /// Whether a file is there and whole, with so many positions. The cache is not synced to disk, so the file
    /// of an earlier process is looked through once.
    pub(crate) async fn has(&self, path: &Path, count: u64) -> bool {
        if self.is_known(path) {
            return tokio::fs::try_exists(path).await.unwrap_or(false);
        }
        let file = path.to_path_buf();
        let whole = tokio::task::spawn_blocking(move || look_through(&file) == Some(count)).await.unwrap_or(false);
        if whole {
            self.remember(path.to_path_buf());
        }
        whole
    }

    /// Writes a file.
    ///
    /// # Errors
    /// [`LakeError::Write`].
    pub(crate) async fn write(&self, path: PathBuf, positions: Arc<RoaringTreemap>) -> Result<(), LakeError> {
        let goal = path.clone();
        let shown = path.display().to_string();
        let written = tokio::task::spawn_blocking(move || write(&goal, &positions)).await;
        written
            .map_err(|_| LakeError::Stopped { path: shown.clone() })?
            .map_err(|source| LakeError::Write { source: Box::new(source), path: shown })?;
        self.remember(path);
        Ok(())
    }

    fn is_known(&self, path: &Path) -> bool {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).contains(path)
    }

    fn remember(&self, path: PathBuf) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= Self::MAX {
            known.clear();
        }
        known.insert(path);
    }
}

fn write(goal: &Path, positions: &RoaringTreemap) -> Result<(), ParquetError> {
    let schema = Arc::new(Schema::new(vec![Field::new("row", DataType::Int64, false)]));
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_encoding(Encoding::DELTA_BINARY_PACKED)
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_created_by(ENGINE.to_owned())
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
