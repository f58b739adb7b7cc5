//! The first entry of a table, and the protocol that its columns need.

use crate::delta::operation::Operation;
use crate::environment::ENGINE;
use crate::error::Cause;
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake::kernel::{Action, CommitInfo, Protocol, StructType, new_metadata};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// Feature of tables with times that have no zone.
const TIMESTAMP_NTZ: &str = "timestampNtz";
/// Feature of tables with deletion vectors.
const DELETION_VECTORS: &str = "deletionVectors";
/// Property that allows deletion vectors to be written.
pub(crate) const ENABLE_DELETION_VECTORS: &str = "delta.enableDeletionVectors";

/// The first entry of a table's log.
pub(crate) fn first_entry(schema: &Schema, properties: &[(&str, &str)], now_ms: i64) -> Result<String, Cause> {
    let kernel_schema: StructType = schema.try_into_kernel()?;
    let needs = Needs {
        append_only: properties.contains(&("delta.appendOnly", "true")),
        deletion_vectors: properties.contains(&(ENABLE_DELETION_VECTORS, "true")),
    };
    let metadata = new_metadata(&kernel_schema, Vec::<String>::new(), properties.iter().copied())?;
    let info = CommitInfo {
        timestamp: Some(now_ms),
        operation: Some(Operation::CreateTable.to_string()),
        operation_parameters: Some([("partitionBy".to_owned(), json!("[]"))].into()),
        is_blind_append: Some(true),
        engine_info: Some(ENGINE.to_owned()),
        ..CommitInfo::default()
    };
    let protocol = new_protocol(schema, needs)?;
    lines(&[Action::CommitInfo(info), Action::Protocol(protocol), Action::Metadata(metadata)])
}

/// A log entry.
pub(crate) fn lines(actions: &[Action]) -> Result<String, Cause> {
    let lines: Result<Vec<String>, _> = actions.iter().map(serde_json::to_string).collect();
    Ok(lines?.join("\n"))
}

/// What a table asks of its protocol besides its columns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Needs {
    pub(crate) append_only: bool,
    pub(crate) deletion_vectors: bool,
}

/// Features that readers and writers have to know.
fn features(schema: &Schema, needs: Needs) -> Vec<&'static str> {
    let mut features = Vec::new();
    if needs.deletion_vectors {
        features.push(DELETION_VECTORS);
    }
    if has_timestamp_ntz(schema) {
        features.push(TIMESTAMP_NTZ);
    }
    features
}

fn new_protocol(schema: &Schema, needs: Needs) -> Result<Protocol, Cause> {
    let reader = features(schema, needs);
    if reader.is_empty() {
        return Ok(serde_json::from_value(json!({ "minReaderVersion": 1, "minWriterVersion": 2 }))?);
    }
    let mut writer = reader.clone();
    if needs.append_only {
        writer.push("appendOnly");
    }
    Ok(serde_json::from_value(json!({
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": reader,
        "writerFeatures": writer,
    }))?)
}

/// The protocol that a table needs from now on; `None` if it has it already.
pub(crate) fn upgraded_protocol(current: &Protocol, schema: &Schema, needs: Needs) -> Result<Option<Protocol>, Cause> {
    let wanted = features(schema, needs);
    if wanted.is_empty() {
        return Ok(None);
    }
    let now = serde_json::to_value(current)?;
    let listed = |key: &str| -> BTreeSet<String> {
        let listed = now.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
        listed.iter().filter_map(|feature| feature.as_str().map(str::to_owned)).collect()
    };
    let (mut reader, mut writer) = (listed("readerFeatures"), listed("writerFeatures"));
    if wanted.iter().all(|feature| reader.contains(*feature) && writer.contains(*feature)) {
        return Ok(None);
    }
    for feature in wanted {
        reader.insert(feature.to_owned());
        writer.insert(feature.to_owned());
    }
    if needs.append_only {
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
