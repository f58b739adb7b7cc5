//! New tables, and the protocol that their columns need.

use crate::commit_log::entry_path;
use crate::error::Cause;
use crate::{DeltaStore, LakeError, Snapshot};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::{Action, CommitInfo, Protocol, StructType, new_metadata};
use object_store::{ObjectStore, PutMode};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Feature of tables with times that have no zone.
const TIMESTAMP_NTZ: &str = "timestampNtz";

impl DeltaStore {
    /// Creates the table; one that exists is opened as it is, whoever created it, so compare its
    /// schema with yours.
    ///
    /// # Errors
    /// [`LakeError::Schema`] for a column that Delta has no type for, [`LakeError::CreateTable`].
    pub async fn create(&self, schema: &Schema, properties: &[(&str, &str)]) -> Result<Snapshot, LakeError> {
        if let Some(existing) = self.snapshot(None).await? {
            return Ok(existing);
        }
        self.lake.ensure_writable().await?;
        let entry = first_entry(schema, properties, self.lake.now_ms())
            .map_err(|source| LakeError::Schema { source, path: self.folder.clone() })?;
        let log_store = self.log_store()?;
        let written = log_store.object_store(None).put_opts(&entry_path(0), entry.into(), PutMode::Create.into()).await;
        // Whatever the answer was: the table that is there now counts.
        match (self.snapshot(None).await?, written) {
            (Some(snapshot), _) => Ok(snapshot),
            (None, Err(source)) => Err(LakeError::CreateTable { source: Box::new(source), path: self.folder.clone() }),
            (None, Ok(_)) => Err(LakeError::NoTable { path: self.folder.clone() }),
        }
    }
}

fn first_entry(schema: &Schema, properties: &[(&str, &str)], now_ms: i64) -> Result<String, Cause> {
    let kernel_schema: StructType = schema.try_into_kernel()?;
    let append_only = properties.contains(&("delta.appendOnly", "true"));
    let metadata = new_metadata(&kernel_schema, Vec::<String>::new(), properties.iter().copied())?;
    let info = CommitInfo {
        timestamp: Some(now_ms),
        operation: Some("CREATE TABLE".to_owned()),
        operation_parameters: Some([("partitionBy".to_owned(), json!("[]"))].into()),
        is_blind_append: Some(true),
        engine_info: Some(ENGINE.to_owned()),
        ..CommitInfo::default()
    };
    let protocol = new_protocol(schema, append_only)?;
    lines(&[Action::CommitInfo(info), Action::Protocol(protocol), Action::Metadata(metadata)])
}

/// What Sluice calls itself in commits.
pub(crate) const ENGINE: &str = concat!("sluice/", env!("CARGO_PKG_VERSION"));

/// A log entry.
pub(crate) fn lines(actions: &[Action]) -> Result<String, Cause> {
    let lines: Result<Vec<String>, _> = actions.iter().map(serde_json::to_string).collect();
    Ok(lines?.join("\n"))
}

fn new_protocol(schema: &Schema, append_only: bool) -> Result<Protocol, Cause> {
    if !has_timestamp_ntz(schema) {
        return Ok(serde_json::from_value(json!({ "minReaderVersion": 1, "minWriterVersion": 2 }))?);
    }
    let mut writer = vec![TIMESTAMP_NTZ];
    if append_only {
        writer.push("appendOnly");
    }
    Ok(serde_json::from_value(json!({
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": [TIMESTAMP_NTZ],
        "writerFeatures": writer,
    }))?)
}

/// The protocol that a table needs for a new schema; `None` if it has it already.
pub(crate) fn upgraded_protocol(
    current: &Protocol,
    schema: &Schema,
    append_only: bool,
) -> Result<Option<Protocol>, Cause> {
    if !has_timestamp_ntz(schema) {
        return Ok(None);
    }
    let now = serde_json::to_value(current)?;
    let features = |key: &str| -> BTreeSet<String> {
        let listed = now.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        listed.iter().filter_map(|feature| feature.as_str().map(str::to_owned)).collect()
    };
    let (mut reader, mut writer) = (features("readerFeatures"), features("writerFeatures"));
    if reader.contains(TIMESTAMP_NTZ) && writer.contains(TIMESTAMP_NTZ) {
        return Ok(None);
    }
    reader.insert(TIMESTAMP_NTZ.to_owned());
    writer.insert(TIMESTAMP_NTZ.to_owned());
    if append_only {
        writer.insert("appendOnly".to_owned());
    }
    let upgraded = json!({
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": reader,
        "writerFeatures": writer,
    });
    Ok(Some(serde_json::from_value(upgraded)?))
}

fn has_timestamp_ntz(schema: &Schema) -> bool {
    fn inside(field: &Field) -> bool {
        match field.data_type() {
            DataType::Timestamp(TimeUnit::Microsecond, None) => true,
            DataType::List(element) | DataType::LargeList(element) | DataType::Map(element, _) => inside(element),
            DataType::Struct(fields) => fields.iter().any(|field| inside(field)),
            _ => false,
        }
    }
    schema.fields().iter().any(|field| inside(field))
}
