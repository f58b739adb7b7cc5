//! A table at one version.

use crate::{DeltaStore, LakeError, commit_log};
use arrow::datatypes::{Schema, SchemaRef};
use deltalake::kernel::engine::arrow_conversion::TryIntoArrow;
use deltalake::kernel::{DeletionVectorDescriptor, Remove};
use deltalake::logstore::LogStoreRef;
use deltalake::table::state::DeltaTableState;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use url::Url;

/// A table at one version: what a reader of that version sees.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// Delta version.
    pub version: u64,
    /// Columns.
    pub schema: SchemaRef,
    /// Data files, newest commit first. [`DeltaStore::read_range`] counts rows through them in this order.
    pub files: Vec<DataFile>,
    /// Commit time, milliseconds since the Unix epoch.
    pub timestamp_ms: i64,
    pub(crate) state: Arc<DeltaTableState>,
    pub(crate) transactions: Arc<BTreeMap<String, i64>>,
}

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
    pub(crate) partition_values: HashMap<String, Option<String>>,
    pub(crate) deletion_vector: Option<DeletionVectorDescriptor>,
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

    /// The last batch that an application committed.
    #[must_use]
    pub fn txn(&self, app_id: &str) -> Option<i64> {
        self.transactions.get(app_id).copied()
    }

    /// A property of the table.
    #[must_use]
    pub fn configuration(&self, key: &str) -> Option<&str> {
        self.state.metadata().configuration().get(key).map(String::as_str)
    }

    pub(crate) fn state(&self) -> &DeltaTableState {
        &self.state
    }
}

impl DataFile {
    pub(crate) fn remove_action(&self, data_change: bool, now_ms: i64) -> Remove {
        Remove {
            path: self.path.clone(),
            data_change,
            deletion_timestamp: Some(now_ms),
            extended_file_metadata: Some(true),
            partition_values: Some(self.partition_values.clone()),
            size: i64::try_from(self.size).ok(),
            deletion_vector: self.deletion_vector.clone(),
            ..Remove::default()
        }
    }
}

impl DeltaStore {
    /// Makes a snapshot of a loaded state; `previous` saves reading what is known of older commits.
    pub(crate) async fn build(
        &self,
        log_store: &LogStoreRef,
        state: DeltaTableState,
        previous: Option<&Snapshot>,
    ) -> Result<Snapshot, LakeError> {
        let version = state.version();
        let schema: Schema =
            state.schema().as_ref().try_into_arrow().map_err(|source| self.cannot_open(Box::new(source)))?;
        let known = previous.map(|previous| (previous.version, previous.transactions.as_ref()));
        let facts =
            commit_log::facts(log_store.as_ref(), version, known).await.map_err(|source| self.cannot_open(source))?;
        let files = self.files(&state).await?;
        let timestamp_ms = facts.timestamp_ms.or_else(|| state.version_timestamp(version)).unwrap_or(0);
        Ok(Snapshot {
            version,
            schema: Arc::new(schema),
            files,
            timestamp_ms,
            state: Arc::new(state),
            transactions: Arc::new(facts.transactions),
        })
    }

    async fn files(&self, state: &DeltaTableState) -> Result<Vec<DataFile>, LakeError> {
        let table_url = self.table_url()?;
        let views: Vec<_> =
            state.snapshot().try_log_data().map_err(|source| self.cannot_open(Box::new(source)))?.iter().collect();
        let mut files = Vec::with_capacity(views.len());
        for view in views {
            let counted = view.num_records().and_then(|rows| u64::try_from(rows).ok());
            #[expect(deprecated, reason = "the only public access to an add action's tags")]
            let add = view.add_action();
            let path = inside_table(&add.path, &table_url)?;
            let removed = add.deletion_vector.as_ref().map_or(0, |vector| vector.cardinality);
            let size = u64::try_from(add.size).unwrap_or(0);
            let rows = match counted {
                Some(rows) => rows,
                // Other writers may leave statistics out; the file knows.
                None => self.count_rows(&path, size).await?,
            };
            let tags = add.tags.unwrap_or_default();
            files.push(DataFile {
                path,
                size,
                rows: rows.saturating_sub(u64::try_from(removed).unwrap_or(0)),
                tags: tags.into_iter().filter_map(|(key, value)| Some((key, value?))).collect(),
                stats: add.stats,
                partition_values: add.partition_values,
                deletion_vector: add.deletion_vector,
            });
        }
        Ok(files)
    }
}

/// The path of a data file relative to its table; an absolute one has to lie inside of it.
fn inside_table(path: &str, table_url: &Url) -> Result<String, LakeError> {
    let foreign = || LakeError::ForeignPath { path: crate::error::redact(path) };
    let relative = if path.contains("://") || path.starts_with("file:") {
        path.strip_prefix(table_url.as_str()).ok_or_else(foreign)?
    } else if path.starts_with('/') {
        path.strip_prefix(table_url.path()).ok_or_else(foreign)?
    } else {
        path
    };
    let leaves = relative.is_empty() || relative.split(['/', '\\']).any(|part| part.is_empty() || part == "..");
    if leaves || relative.contains('\0') { Err(foreign()) } else { Ok(relative.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::inside_table;
    use url::Url;

    #[test]
    fn a_file_outside_of_the_table_is_refused() {
        let table = Url::parse("s3://bucket/lake/silver/a/b/").unwrap();
        assert_eq!(inside_table("part-1.parquet", &table).unwrap(), "part-1.parquet");
        assert_eq!(inside_table("s3://bucket/lake/silver/a/b/p/1.parquet", &table).unwrap(), "p/1.parquet");
        let outside = [
            "../c/1.parquet",
            "p/../../1.parquet",
            "s3://other/lake/silver/a/b/1.parquet",
            "s3://bucket/lake/silver/a/bb/1.parquet",
            "s3://bucket/lake/silver/a/b/../c/1.parquet",
            "file:///etc/passwd",
            "file:/etc/passwd",
            "/etc/passwd",
            "p//1.parquet",
            "p\\..\\1.parquet",
            "a\0b",
            "",
        ];
        for path in outside {
            assert!(inside_table(path, &table).is_err(), "{path}");
        }
    }
}
