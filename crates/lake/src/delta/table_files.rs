//! Where a table's files are, and how one of them is opened.

use crate::LakeError;
use crate::delta::log_paths::LogPaths;
use crate::delta::snapshot::DataFile;
use crate::delta::tables::Tables;
use crate::error::Cause;
use crate::store::data_file_reader::DataFileReader;
use crate::store::root::Root;
use crate::store::without_checkpoints::WithoutCheckpoints;
use deltalake::logstore::{LogStoreRef, StorageConfig, default_logstore};
use object_store::ObjectStore;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use parquet::errors::ParquetError;
use parquet::file::metadata::PageIndexPolicy;
use sluice_contract::TableName;
use std::sync::Arc;
use url::Url;

/// Which table of the lake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableLocation {
    /// Every change as delivered.
    Bronze(TableName),
    /// The latest row of every key.
    Silver(TableName),
    /// Result of a model.
    Gold(TableName),
    /// Records that could not be applied.
    Quarantine(TableName),
}

impl TableLocation {
    /// Folder of the table in the lake.
    #[must_use]
    pub fn folder(&self) -> String {
        let (layer, name) = match self {
            Self::Bronze(name) => ("bronze", name),
            Self::Silver(name) => ("silver", name),
            Self::Gold(name) => ("gold", name),
            Self::Quarantine(name) => ("_sluice/quarantine", name),
        };
        format!("{layer}/{}/{}", name.dataset, name.table)
    }
}

/// The folder of a table, whether it is there or not.
#[derive(Clone, Debug)]
pub(crate) struct TableFiles {
    pub(crate) tables: Arc<Tables>,
    pub(crate) folder: String,
}

impl TableFiles {
    pub(crate) fn new(tables: Arc<Tables>, location: &TableLocation) -> Self {
        Self { tables, folder: location.folder() }
    }

    /// The store that the table is in.
    pub(crate) fn store(&self) -> &Arc<dyn ObjectStore> {
        &self.tables.objects.root().store
    }

    pub(crate) fn url(&self) -> Result<Url, LakeError> {
        self.url_in(self.tables.objects.root())
    }

    fn url_in(&self, root: &Root) -> Result<Url, LakeError> {
        let bad = |_| LakeError::BadPath { path: self.folder.clone() };
        root.folder_url.join(&format!("{}/", self.folder)).map_err(bad)
    }

    /// How its log names files.
    pub(crate) fn log_paths(&self) -> Result<LogPaths, LakeError> {
        let base = self.tables.objects.root().base.as_ref().map(|base| self.url_in(base)).transpose()?;
        Ok(LogPaths::new(self.url()?, base))
    }

    /// The store and log of this table as `deltalake` sees them.
    pub(crate) fn log_store(&self) -> Result<LogStoreRef, LakeError> {
        self.log_store_over(Arc::clone(self.store()))
    }

    /// The same as if no checkpoint had ever been written; new ones are written.
    pub(crate) fn log_store_without_checkpoints(&self) -> Result<LogStoreRef, LakeError> {
        self.log_store_over(Arc::new(WithoutCheckpoints::new(Arc::clone(self.store()))))
    }

    fn log_store_over(&self, store: Arc<dyn ObjectStore>) -> Result<LogStoreRef, LakeError> {
        let inside = PrefixStore::new(Arc::clone(&store), self.tables.objects.root().join(&self.folder)?);
        Ok(default_logstore(Arc::new(inside), store, &self.url()?, &StorageConfig::default()))
    }

    /// Path in the store of a file of this table.
    pub(crate) fn location_of(&self, file: &str) -> Result<Path, LakeError> {
        self.tables.objects.root().join(&self.shown(file))
    }

    /// Path in the lake of a file of this table.
    pub(crate) fn shown(&self, file: &str) -> String {
        format!("{}/{file}", self.folder)
    }

    pub(crate) fn cannot_open(&self, source: Cause) -> LakeError {
        LakeError::OpenTable { source, path: self.folder.clone() }
    }

    pub(crate) fn cannot_decode(&self, file: &str, source: ParquetError) -> LakeError {
        LakeError::Decode { source: Box::new(source), path: self.shown(file) }
    }

    pub(crate) fn reader(&self, file: &str, size: u64) -> Result<DataFileReader, LakeError> {
        Ok(DataFileReader { store: Arc::clone(self.store()), location: self.location_of(file)?, size, content: None })
    }

    /// A reader of a file whose content is read at once and compared with the hash in the log; where the log has none,
    /// one that reads parts of it.
    ///
    /// # Errors
    /// [`LakeError::Read`], [`LakeError::NotFound`], [`LakeError::Damaged`].
    pub(crate) async fn checked_reader(&self, file: &DataFile) -> Result<DataFileReader, LakeError> {
        let reader = self.reader(&file.path, file.size)?;
        let Some(expected) = file.content_hash().map(str::to_owned) else { return Ok(reader) };
        let content = self.tables.objects.read(&self.shown(&file.path)).await?;
        let bytes = content.clone();
        let hashed = tokio::task::spawn_blocking(move || blake3::hash(&bytes).to_hex().to_string() == expected).await;
        match hashed {
            Ok(true) => Ok(DataFileReader { content: Some(content), ..reader }),
            Ok(false) => Err(LakeError::Damaged { path: self.shown(&file.path) }),
            Err(_) => Err(LakeError::Stopped { path: self.shown(&file.path) }),
        }
    }

    /// A data file for reading it whole.
    pub(crate) async fn open(
        &self,
        file: &str,
        size: u64,
    ) -> Result<ParquetRecordBatchStreamBuilder<DataFileReader>, LakeError> {
        self.open_reader(file, self.reader(file, size)?).await
    }

    /// The same with a reader that is open already.
    pub(crate) async fn open_reader(
        &self,
        file: &str,
        mut reader: DataFileReader,
    ) -> Result<ParquetRecordBatchStreamBuilder<DataFileReader>, LakeError> {
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Skip);
        let metadata = ArrowReaderMetadata::load_async(&mut reader, options).await;
        let metadata = metadata.map_err(|source| self.cannot_decode(file, source))?;
        Ok(ParquetRecordBatchStreamBuilder::new_with_metadata(reader, metadata))
    }

    /// Rows that a file holds, by its own footer.
    pub(crate) async fn count_rows(&self, file: &str, size: u64) -> Result<u64, LakeError> {
        let builder = self.open(file, size).await?;
        Ok(u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or(0))
    }

    /// The footer of a file with its page index, for reading it by position.
    pub(crate) async fn footer(&self, file: &DataFile) -> Result<ArrowReaderMetadata, LakeError> {
        let key = self.shown(&file.path);
        if let Some(known) = self.tables.footers.get(&key) {
            return Ok(known);
        }
        let mut reader = self.reader(&file.path, file.size)?;
        let options = ArrowReaderOptions::new()
            .with_offset_index_policy(PageIndexPolicy::Optional)
            .with_column_index_policy(PageIndexPolicy::Skip);
        let loaded = ArrowReaderMetadata::load_async(&mut reader, options).await;
        let loaded = loaded.map_err(|source| self.cannot_decode(&file.path, source))?;
        self.tables.footers.put(key, loaded.clone());
        Ok(loaded)
    }
}
