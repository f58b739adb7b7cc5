//! Rows for readers that need a file (DuckDB), gone with their last user.

use crate::LakeError;
use crate::cache::cached_file::place;
use crate::environment::ENGINE;
use arrow::array::RecordBatch;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// A Parquet file on this machine that is removed with this value. What a crash leaves behind goes with
/// [`crate::Maintenance::drop_old_positions`].
#[derive(Debug)]
pub struct ScratchFile {
    path: PathBuf,
}

impl ScratchFile {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for ScratchFile {
    fn drop(&mut self) {
        // It is in the cache, which is looked through now and then.
        let _ = std::fs::remove_file(&self.path);
    }
}

impl ScratchFile {
    /// Writes rows where SQL may read them, under a name that no other write of this process has.
    ///
    /// # Errors
    /// [`LakeError::Write`], also for no batch at all.
    pub(crate) async fn write(
        path_of: impl FnOnce(&str) -> PathBuf,
        batches: Vec<RecordBatch>,
    ) -> Result<Self, LakeError> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = path_of(&format!("rows-of-{}-{number}", std::process::id()));
        let (goal, shown) = (path.clone(), path.display().to_string());
        let written = tokio::task::spawn_blocking(move || write(&goal, &batches)).await;
        written
            .map_err(|_| LakeError::Stopped { path: shown.clone() })?
            .map_err(|source| LakeError::Write { source: Box::new(source), path: shown })?;
        Ok(Self { path })
    }
}

/// Read once, so nothing is spent on size.
fn write(goal: &Path, batches: &[RecordBatch]) -> Result<(), ParquetError> {
    let Some(first) = batches.first() else {
        return Err(ParquetError::General("no batches, so no columns".to_owned()));
    };
    let properties = WriterProperties::builder()
        .set_dictionary_enabled(false)
        .set_compression(Compression::UNCOMPRESSED)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_created_by(ENGINE.to_owned())
        .build();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, first.schema(), Some(properties))?;
    for batch in batches {
        writer.write(batch)?;
    }
    writer.close()?;
    place(goal, &bytes).map_err(|source| ParquetError::External(Box::new(source)))
}
