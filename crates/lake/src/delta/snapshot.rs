//! A table at one version.

use crate::LakeError;
use crate::delta::app_id::AppId;
use crate::delta::deletion_vector::vector_file;
use crate::delta::features::ensure_kept;
use crate::delta::log::LogEntry;
use crate::delta::log_paths::{LogPaths, NamedFile};
use crate::store::data_file_reader::FILE_BYTES_MAX;
use arrow::datatypes::{Schema, SchemaRef};
use deltalake::kernel::engine::arrow_conversion::TryIntoArrow;
use deltalake::kernel::{Action, Add, DeletionVectorDescriptor, Metadata, Protocol, Remove};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// More rows than a data file can have.
const FILE_ROWS_MAX: u64 = 1 << 44;

/// A table at one version: what a reader of that version sees. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Delta version.
    pub version: u64,
    /// Columns.
    pub schema: SchemaRef,
    /// Data files, newest commit first. [`crate::DeltaStore::read_range`] counts rows through them in this order.
    pub files: Arc<[DataFile]>,
    /// Commit time, milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
    pub(crate) protocol: Arc<Protocol>,
    pub(crate) metadata: Arc<Metadata>,
    pub(crate) transactions: Arc<BTreeMap<String, i64>>,
    /// Why Sluice cannot write to it.
    pub(crate) unwritable: Option<Arc<str>>,
}

/// Tag of a data file: BLAKE3 of its bytes, hex.
pub(crate) const TAG_HASH: &str = "sluice.blake3";

/// A data file of a snapshot.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFile {
    /// Path inside the table.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Rows, without those that a deletion vector removes.
    pub rows: u64,
    /// Tags of the `add` action, for example `sluice.blake3`.
    pub tags: BTreeMap<String, String>,
    /// Statistics of the `add` action, JSON.
    pub stats: Option<String>,
    pub(crate) modification_time_ms: i64,
    pub(crate) partition_values: HashMap<String, Option<String>>,
    pub(crate) deletion_vector: Option<DeletionVectorDescriptor>,
    pub(crate) of_base: OfBase,
}

/// What the log names by its address in the base of a sandbox.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct OfBase {
    pub(crate) file: bool,
    pub(crate) vector: bool,
}

impl Snapshot {
    /// Rows of all files.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.files.iter().map(|file| file.rows).sum()
    }

    /// Bytes of all files.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// The number after the last one of an application.
    ///
    /// # Errors
    /// [`LakeError::Corrupt`] if there is none: another program wrote the greatest number that there is.
    pub fn next_number(&self, app_id: &AppId) -> Result<i64, LakeError> {
        self.txn(app_id).unwrap_or(0).checked_add(1).ok_or_else(|| LakeError::Corrupt {
            reason: "no number can follow the one that another program gave it".to_owned(),
            path: app_id.to_string(),
        })
    }

    /// Refuses a table that Sluice cannot write to as its protocol and properties ask. `folder` names it.
    ///
    /// # Errors
    /// [`LakeError::NotWritable`], [`LakeError::ForeignFeature`].
    pub(crate) fn ensure_writable(&self, folder: &str) -> Result<(), LakeError> {
        ensure_kept(&self.metadata, folder)?;
        match &self.unwritable {
            Some(reason) => Err(LakeError::NotWritable { source: reason.to_string().into(), path: folder.to_owned() }),
            None => Ok(()),
        }
    }

    /// The last batch that an application committed.
    #[must_use]
    pub fn txn(&self, app_id: &AppId) -> Option<i64> {
        self.transactions.get(app_id.as_str()).copied()
    }

    /// How long the table's own property asks files of old versions to be kept, milliseconds.
    pub(crate) fn configured_retention_ms(&self) -> u64 {
        let text = self.configuration("delta.deletedFileRetentionDuration").unwrap_or_default();
        let text = text.trim().trim_start_matches("interval").trim();
        match sluice_contract::parse_duration_seconds(text) {
            Some(seconds) => seconds.saturating_mul(1_000),
            None if text.is_empty() => 0,
            // Not understood, so nothing is old enough.
            None => u64::MAX,
        }
    }

    /// A property of the table.
    #[must_use]
    pub fn configuration(&self, key: &str) -> Option<&str> {
        self.metadata.configuration().get(key).map(String::as_str)
    }

    /// The table after one more entry of its log; `None` if the entry has something that only a full
    /// reading of the log understands.
    pub(crate) fn after(&self, paths: &LogPaths, entry: &LogEntry) -> Result<Option<Self>, LakeError> {
        let mut next = self.clone();
        let mut gone: HashSet<String> = HashSet::new();
        let mut new: Vec<DataFile> = Vec::new();
        let mut transactions = Vec::new();
        for action in &entry.actions {
            match action {
                Action::Add(add) => match DataFile::of_add(add.clone(), paths)? {
                    Some(file) => new.push(file),
                    None => return Ok(None),
                },
                Action::Remove(remove) => {
                    gone.insert(paths.read(&remove.path)?.path);
                }
                Action::Txn(txn) => transactions.push(txn),
                Action::Metadata(metadata) => {
                    let Some(schema) = arrow_schema(metadata) else { return Ok(None) };
                    next.metadata = Arc::new(metadata.clone());
                    next.schema = schema;
                }
                Action::Protocol(_) | Action::DomainMetadata(_) => return Ok(None),
                Action::Cdc(_) | Action::CommitInfo(_) => {}
            }
        }
        if !gone.is_empty() || !new.is_empty() {
            let replaced: HashSet<&str> = new.iter().map(|file| file.path.as_str()).collect();
            let stays = |file: &&DataFile| !gone.contains(&file.path) && !replaced.contains(file.path.as_str());
            let kept: Vec<DataFile> = self.files.iter().filter(stays).cloned().collect();
            // Only a full reading understands the removal of a file that is not there.
            let found = self.files.iter().filter(|file| gone.contains(&file.path)).count();
            if found < gone.len() {
                return Ok(None);
            }
            next.files = new.into_iter().chain(kept).collect();
        }
        if !transactions.is_empty() {
            let known = Arc::make_mut(&mut next.transactions);
            known.extend(transactions.into_iter().map(|txn| (txn.app_id.clone(), txn.version)));
        }
        next.version = entry.history.version;
        if entry.history.timestamp_ms > 0 {
            next.timestamp_ms = entry.history.timestamp_ms;
        }
        Ok(Some(next))
    }
}

impl DataFile {
    /// BLAKE3 of the file as it was written, hex; `None` for files of other programs.
    #[must_use]
    pub fn content_hash(&self) -> Option<&str> {
        self.tags.get(TAG_HASH).map(String::as_str)
    }

    /// Whether a deletion vector takes rows out of it.
    #[must_use]
    pub fn has_deletion_vector(&self) -> bool {
        self.deletion_vector.is_some()
    }

    /// Path in the table of the file that holds the deletion vector; `None` if there is none, or it is
    /// in the log.
    #[must_use]
    pub fn vector_file(&self) -> Option<String> {
        self.deletion_vector.as_ref().and_then(vector_file)
    }

    /// Rows that the deletion vector takes out.
    #[must_use]
    pub fn deleted_rows(&self) -> u64 {
        self.deletion_vector.as_ref().map_or(0, |vector| u64::try_from(vector.cardinality).unwrap_or(0))
    }

    /// Rows in the file itself.
    #[must_use]
    pub fn physical_rows(&self) -> u64 {
        self.rows + self.deleted_rows()
    }

    /// Least and greatest value of a column of whole numbers, by the file's statistics; `None` if they
    /// do not say. Deleted rows are part of it.
    #[must_use]
    pub fn whole_number_bounds(&self, column: &str) -> Option<(i64, i64)> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Bounds {
            min_values: Map<String, Value>,
            max_values: Map<String, Value>,
        }
        let bounds: Bounds = serde_json::from_str(self.stats.as_deref()?).ok()?;
        Some((bounds.min_values.get(column)?.as_i64()?, bounds.max_values.get(column)?.as_i64()?))
    }

    /// Columns whose smallest value the statistics have.
    #[must_use]
    pub fn columns_with_bounds(&self) -> BTreeSet<String> {
        let stats: Option<Value> = self.stats.as_deref().and_then(|stats| serde_json::from_str(stats).ok());
        let least = stats.as_ref().and_then(|stats| stats.get("minValues")).and_then(Value::as_object);
        least.into_iter().flat_map(|values| values.keys().cloned()).collect()
    }

    /// The same file as if no row of it were deleted.
    pub(crate) fn with_deleted_rows(&self) -> Self {
        Self { deletion_vector: None, rows: self.physical_rows(), ..self.clone() }
    }

    /// The same file as a clone of its table has it.
    pub(crate) fn in_base(&self) -> Self {
        Self { of_base: OfBase { file: true, vector: self.vector_file().is_some() }, ..self.clone() }
    }

    /// The file of an `add` action; `None` if its statistics do not count the rows.
    pub(crate) fn of_add(add: Add, paths: &LogPaths) -> Result<Option<Self>, LakeError> {
        let Some(rows) = add.stats.as_deref().and_then(counted) else { return Ok(None) };
        Self::of_counted_add(add, rows, paths).map(Some)
    }

    /// Rows and bytes of a file are bounded here, where they are read, so that no sum over a table's files overflows.
    pub(crate) fn of_counted_add(add: Add, physical_rows: u64, paths: &LogPaths) -> Result<Self, LakeError> {
        let NamedFile { path, of_base } = paths.read(&add.path)?;
        let (deletion_vector, vector_of_base) = match add.deletion_vector {
            Some(vector) => {
                let (vector, of_base) = paths.read_vector(vector)?;
                (Some(vector), of_base)
            }
            None => (None, false),
        };
        let impossible = |what: String| LakeError::Corrupt { reason: what, path: path.clone() };
        let removed = deletion_vector.as_ref().map_or(0, |vector| u64::try_from(vector.cardinality).unwrap_or(0));
        let size = u64::try_from(add.size).unwrap_or(0);
        if size > FILE_BYTES_MAX {
            return Err(impossible(format!("the log gives it an impossible size ({size} bytes)")));
        }
        if physical_rows > FILE_ROWS_MAX || removed > FILE_ROWS_MAX {
            let reason = format!("the log gives it an impossible number of rows ({physical_rows}, {removed} deleted)");
            return Err(impossible(reason));
        }
        let rows = physical_rows.saturating_sub(removed);
        Ok(Self {
            size,
            rows,
            tags: add.tags.unwrap_or_default().into_iter().filter_map(|(key, value)| Some((key, value?))).collect(),
            stats: add.stats,
            path,
            modification_time_ms: add.modification_time,
            partition_values: add.partition_values,
            deletion_vector,
            of_base: OfBase { file: of_base, vector: vector_of_base },
        })
    }

    /// The deletion vector as the log names it.
    fn logged_vector(&self, paths: &LogPaths) -> Option<DeletionVectorDescriptor> {
        self.deletion_vector.as_ref().map(|vector| paths.write_vector(vector, self.of_base.vector))
    }

    pub(crate) fn add_action(&self, data_change: bool, paths: &LogPaths) -> Add {
        Add {
            path: paths.write(&self.path, self.of_base.file),
            size: i64::try_from(self.size).unwrap_or(i64::MAX),
            modification_time: self.modification_time_ms,
            data_change,
            stats: self.stats.clone(),
            tags: Some(self.tags.iter().map(|(key, value)| (key.clone(), Some(value.clone()))).collect()),
            partition_values: self.partition_values.clone(),
            deletion_vector: self.logged_vector(paths),
            ..Add::default()
        }
    }

    pub(crate) fn remove_action(&self, data_change: bool, now_ms: i64, paths: &LogPaths) -> Remove {
        Remove {
            path: paths.write(&self.path, self.of_base.file),
            data_change,
            deletion_timestamp: Some(now_ms),
            extended_file_metadata: Some(true),
            partition_values: Some(self.partition_values.clone()),
            size: i64::try_from(self.size).ok(),
            deletion_vector: self.logged_vector(paths),
            ..Remove::default()
        }
    }
}

/// `numRecords` of statistics.
fn counted(stats: &str) -> Option<u64> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Counted {
        num_records: Option<u64>,
    }
    serde_json::from_str::<Counted>(stats).ok()?.num_records
}

fn arrow_schema(metadata: &Metadata) -> Option<SchemaRef> {
    let schema = metadata.parse_schema().ok()?;
    let arrow: Schema = (&schema).try_into_arrow().ok()?;
    Some(Arc::new(arrow))
}
