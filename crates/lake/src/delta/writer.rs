//! Data files: written and durable, not yet visible.

use crate::LakeError;
use crate::delta::log::entry_path;
use crate::delta::new_file::NewFile;
use crate::delta::protocol::first_entry;
use crate::delta::snapshot::{Snapshot, TAG_HASH};
use crate::delta::stats;
use crate::delta::table::DeltaStore;
use crate::delta::table_files::TableFiles;
use crate::store::encode::{encode_parquet, parquet_properties};
use arrow::array::RecordBatch;
use arrow::datatypes::{Schema, SchemaRef};
use object_store::{ObjectStore, PutMode};
use parquet::errors::ParquetError;
use std::collections::BTreeMap;
use std::sync::Arc;

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

/// Writes what a [`crate::Transaction`] makes visible: tables, data files, deletion vectors.
#[derive(Clone, Debug)]
pub struct TableWriter {
    pub(crate) store: DeltaStore,
    pub(crate) files: TableFiles,
}

impl DeltaStore {
    /// Writes files of this table.
    #[must_use]
    pub fn writer(&self) -> TableWriter {
        TableWriter { store: self.clone(), files: self.files.clone() }
    }
}

impl TableWriter {
    /// Creates the table; one that exists is opened as it is, whoever created it, so compare its
    /// schema with yours.
    ///
    /// # Errors
    /// [`LakeError::Schema`] for a column that Delta has no type for, [`LakeError::CreateTable`].
    pub async fn create(&self, schema: &Schema, properties: &[(&str, &str)]) -> Result<Snapshot, LakeError> {
        if let Some(existing) = self.store.snapshot(None).await? {
            return Ok(existing);
        }
        self.files.tables.objects.ensure_writable().await?;
        let entry = first_entry(schema, properties, self.files.tables.clock.now_ms())
            .map_err(|source| LakeError::Schema { source, path: self.files.folder.clone() })?;
        let log_store = self.files.log_store()?;
        let written = log_store.object_store(None).put_opts(&entry_path(0), entry.into(), PutMode::Create.into()).await;
        // Whatever the answer was: the table that is there now counts.
        match (self.store.snapshot(None).await?, written) {
            (Some(snapshot), _) => Ok(snapshot),
            (None, Err(source)) => {
                Err(LakeError::CreateTable { source: Box::new(source), path: self.files.folder.clone() })
            }
            (None, Ok(_)) => Err(LakeError::NoTable { path: self.files.folder.clone() }),
        }
    }

    /// Writes one Parquet file of all batches, which share a schema. Durable on return, visible only
    /// after [`crate::Transaction::commit`].
    ///
    /// # Errors
    /// [`LakeError::Encode`], also for no batch at all; [`LakeError::Write`].
    pub async fn write_file(&self, batches: &[RecordBatch]) -> Result<NewFile, LakeError> {
        let Some(first) = batches.first() else {
            let none = ParquetError::General("no batches, so no columns".to_owned());
            return Err(LakeError::Encode { source: Box::new(none), path: self.files.folder.clone() });
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
                return Err(LakeError::Encode { source: Box::new(source), path: self.files.folder.clone() }.into());
            }
            Err(_) => return Err(LakeError::Stopped { path: self.files.folder.clone() }.into()),
        };
        let number = self.files.tables.ids.next_text();
        let path = format!("part-{}-{number}.parquet", blake3.get(..16).unwrap_or_default());
        let size = bytes.len() as u64;
        let store = self.files.store();
        store
            .put_opts(&self.files.location_of(&path)?, bytes.into(), PutMode::Overwrite.into())
            .await
            .map_err(|source| LakeError::Write { source: Box::new(source), path: self.files.shown(&path) })?;
        let tags = BTreeMap::from([(TAG_HASH.to_owned(), blake3.clone())]);
        Ok(NewFile { path, size, rows: u64::try_from(rows).unwrap_or(0), stats_json, blake3, tags })
    }

    /// Removes files that will not be committed. A file that the latest version names stays, so it is
    /// safe after [`crate::CommitOutcome::AlreadyApplied`] too; do not call it after an error of
    /// [`crate::Transaction::commit`], whose entry may still arrive. Failures leave unused files behind, no more.
    pub async fn discard(&self, files: &[NewFile]) {
        let named = match self.store.snapshot(None).await {
            Ok(snapshot) => snapshot.map_or_else(|| Arc::from([]), |snapshot| snapshot.files),
            Err(_) => return,
        };
        for file in files.iter().filter(|file| !named.iter().any(|kept| kept.path == file.path)) {
            self.discard_file(&file.path).await;
        }
    }

    /// Removes a file that no version names; what fails leaves it behind, no more.
    pub(crate) async fn discard_file(&self, path: &str) {
        if let Err(error) = self.files.tables.objects.delete(&self.files.shown(path)).await {
            tracing::warn!(file = %self.files.shown(path), %error, "an unused file stays");
        }
    }
}
