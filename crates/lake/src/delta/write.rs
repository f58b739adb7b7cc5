//! Data files: written and durable, not yet visible.

use crate::delta::encode::{encode_parquet, parquet_properties};
use crate::delta::stats;
use crate::{DataFile, DeltaStore, LakeError, UpdatedFile};
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use object_store::{ObjectStore, PutMode};
use parquet::errors::ParquetError;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A data file that no version of the table names yet.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFile {
    /// Path inside the table.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Rows.
    pub rows: u64,
    /// Statistics for the `add` action.
    pub stats_json: String,
    /// BLAKE3 of the file, hex; also the tag `sluice.blake3`.
    pub blake3: String,
    /// Tags for the `add` action; callers may add their own.
    pub tags: BTreeMap<String, String>,
}

impl NewFile {
    /// The file as a version that has it would know it.
    #[must_use]
    pub fn as_data_file(&self) -> DataFile {
        DataFile {
            path: self.path.clone(),
            size: self.size,
            rows: self.rows,
            tags: self.tags.clone(),
            stats: Some(self.stats_json.clone()),
            modification_time_ms: 0,
            partition_values: HashMap::new(),
            deletion_vector: None,
        }
    }
}

/// Why a file could not be encoded.
enum Unwritten<E> {
    Rows(E),
    Parquet(ParquetError),
}

impl<E> From<ParquetError> for Unwritten<E> {
    fn from(error: ParquetError) -> Self {
        Self::Parquet(error)
    }
}

impl DeltaStore {
    /// Writes one Parquet file of all batches, which share a schema. Durable on return, visible only
    /// after [`DeltaStore::commit`].
    ///
    /// # Errors
    /// [`LakeError::Encode`], also for no batch at all; [`LakeError::Write`].
    pub async fn write_file(&self, batches: &[RecordBatch]) -> Result<NewFile, LakeError> {
        let Some(first) = batches.first() else {
            let none = ParquetError::General("no batches, so no columns".to_owned());
            return Err(LakeError::Encode { source: Box::new(none), path: self.folder.clone() });
        };
        let (schema, batches) = (first.schema(), batches.to_vec());
        self.write_rows(schema, batches.into_iter().map(Ok)).await
    }

    /// The same for batches that are made while the file is encoded.
    ///
    /// The name holds a hash of the content and a number that no other write has. Names made of the
    /// content alone would let two writers of one batch share a file, and the loser's clean-up would
    /// take it from the winner.
    ///
    /// # Errors
    /// Those of `rows`; [`LakeError::Encode`], [`LakeError::Write`].
    pub async fn write_rows<E>(
        &self,
        schema: SchemaRef,
        rows: impl Iterator<Item = Result<RecordBatch, E>> + Send + 'static,
    ) -> Result<NewFile, E>
    where
        E: From<LakeError> + Send + 'static,
    {
        let encoded = tokio::task::spawn_blocking(move || {
            let rows = rows.map(|batch| batch.map_err(Unwritten::Rows));
            let (bytes, metadata) = encode_parquet(&schema, rows, parquet_properties())?;
            let hash = blake3::hash(&bytes).to_hex().to_string();
            Ok((bytes, stats::stats_json(&schema, &metadata), hash, metadata.file_metadata().num_rows()))
        });
        let (bytes, stats_json, blake3, rows) = match encoded.await {
            Ok(Ok(encoded)) => encoded,
            Ok(Err(Unwritten::Rows(error))) => return Err(error),
            Ok(Err(Unwritten::Parquet(source))) => {
                return Err(LakeError::Encode { source: Box::new(source), path: self.folder.clone() }.into());
            }
            Err(_) => return Err(LakeError::Stopped { path: self.folder.clone() }.into()),
        };
        let number = self.lake.shared.surroundings.numbers.next_text();
        let path = format!("part-{}-{number}.parquet", blake3.get(..16).unwrap_or_default());
        let size = bytes.len() as u64;
        let store = &self.lake.shared.root.store;
        store
            .put_opts(&self.location_of(&path)?, bytes.into(), PutMode::Overwrite.into())
            .await
            .map_err(|source| LakeError::Write { source: Box::new(source), path: self.shown(&path) })?;
        let tags = BTreeMap::from([("sluice.blake3".to_owned(), blake3.clone())]);
        Ok(NewFile { path, size, rows: u64::try_from(rows).unwrap_or(0), stats_json, blake3, tags })
    }

    /// Removes files that will not be committed. A file that the latest version names stays, so it is
    /// safe after [`crate::CommitOutcome::AlreadyApplied`] too; do not call it after an error of
    /// [`DeltaStore::commit`], whose entry may still arrive. Failures leave unused files behind, no more.
    pub async fn discard(&self, files: &[NewFile]) {
        let named = match self.snapshot(None).await {
            Ok(snapshot) => snapshot.map_or_else(|| Arc::from([]), |snapshot| snapshot.files),
            Err(_) => return,
        };
        for file in files.iter().filter(|file| !named.iter().any(|kept| kept.path == file.path)) {
            self.discard_file(&file.path).await;
        }
    }

    /// The same for deletion vectors.
    pub async fn discard_deletion_vectors(&self, files: &[UpdatedFile]) {
        let Ok(snapshot) = self.snapshot(None).await else { return };
        let named: BTreeSet<String> =
            snapshot.iter().flat_map(|snapshot| snapshot.files.iter()).filter_map(DataFile::vector_file).collect();
        let unused: BTreeSet<String> = files.iter().filter_map(|file| file.after.vector_file()).collect();
        for path in unused.difference(&named) {
            self.discard_file(path).await;
        }
    }

    async fn discard_file(&self, path: &str) {
        if let Err(error) = self.lake.delete(&self.shown(path)).await {
            tracing::warn!(file = %self.shown(path), %error, "an unused file stays");
        }
    }
}
