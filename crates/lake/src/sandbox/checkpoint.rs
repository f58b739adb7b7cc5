//! The first entry of a cloned table's log: a checkpoint of the version that it begins with.

use crate::error::Cause;
use arrow::datatypes::{DataType, Field, Fields, Schema};
use arrow_json::ReaderBuilder;
use bytes::Bytes;
use deltalake::kernel::Action;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::io::Cursor;
use std::sync::Arc;

/// Actions of one row group.
const BATCH_ROWS: usize = 8_192;

/// A classic checkpoint (protocol, section "Checkpoints"): one row per action, one column per kind of action.
///
/// # Errors
/// If an action has something that a checkpoint has no place for.
pub(crate) fn checkpoint(actions: &[Action]) -> Result<Bytes, Cause> {
    let schema = Arc::new(schema());
    let mut lines = Vec::new();
    for action in actions {
        serde_json::to_writer(&mut lines, action)?;
        lines.push(b'\n');
    }
    let mut bytes = Vec::new();
    let properties = WriterProperties::builder().set_compression(Compression::SNAPPY).build();
    let mut writer = ArrowWriter::try_new(&mut bytes, Arc::clone(&schema), Some(properties))?;
    for batch in ReaderBuilder::new(schema).with_batch_size(BATCH_ROWS).build(Cursor::new(lines))? {
        writer.write(&batch?)?;
    }
    writer.close()?;
    Ok(bytes.into())
}

fn schema() -> Schema {
    let text = || DataType::Utf8;
    let texts = || DataType::new_list(DataType::Utf8, true);
    let vector = fields([
        ("storageType", text()),
        ("pathOrInlineDv", text()),
        ("offset", DataType::Int32),
        ("sizeInBytes", DataType::Int32),
        ("cardinality", DataType::Int64),
    ]);
    let of_file = |named: Vec<(&str, DataType)>| {
        let common = [
            ("partitionValues", map()),
            ("size", DataType::Int64),
            ("tags", map()),
            ("deletionVector", DataType::Struct(vector.clone())),
            ("baseRowId", DataType::Int64),
            ("defaultRowCommitVersion", DataType::Int64),
        ];
        DataType::Struct(fields(named.into_iter().chain(common)))
    };
    let add = of_file(vec![
        ("path", text()),
        ("modificationTime", DataType::Int64),
        ("dataChange", DataType::Boolean),
        ("stats", text()),
        ("clusteringProvider", text()),
    ]);
    let remove = of_file(vec![
        ("path", text()),
        ("deletionTimestamp", DataType::Int64),
        ("dataChange", DataType::Boolean),
        ("extendedFileMetadata", DataType::Boolean),
    ]);
    let format = DataType::Struct(fields([("provider", text()), ("options", map())]));
    let metadata = DataType::Struct(fields([
        ("id", text()),
        ("name", text()),
        ("description", text()),
        ("format", format),
        ("schemaString", text()),
        ("partitionColumns", texts()),
        ("configuration", map()),
        ("createdTime", DataType::Int64),
    ]));
    let protocol = DataType::Struct(fields([
        ("minReaderVersion", DataType::Int32),
        ("minWriterVersion", DataType::Int32),
        ("readerFeatures", texts()),
        ("writerFeatures", texts()),
    ]));
    let txn =
        DataType::Struct(fields([("appId", text()), ("version", DataType::Int64), ("lastUpdated", DataType::Int64)]));
    let columns = [("txn", txn), ("add", add), ("remove", remove), ("metaData", metadata), ("protocol", protocol)];
    Schema::new(fields(columns))
}

fn fields<'a>(named: impl IntoIterator<Item = (&'a str, DataType)>) -> Fields {
    named.into_iter().map(|(name, data_type)| Field::new(name, data_type, true)).collect()
}

fn map() -> DataType {
    let entries = vec![Field::new("key", DataType::Utf8, false), Field::new("value", DataType::Utf8, true)];
    let entries = DataType::Struct(entries.into());
    DataType::Map(Arc::new(Field::new("key_value", entries, false)), false)
}
