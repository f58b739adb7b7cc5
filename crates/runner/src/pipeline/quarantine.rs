//! Records that are not in silver, with their reason and bytes, as a Delta table per table.

use crate::RunError;
use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use sluice_cdc::DecodedFile;
use sluice_change::{Reject, RowRef};
use std::sync::Arc;

/// Schema of every quarantine table.
pub(crate) fn quarantine_schema() -> SchemaRef {
    let text = |name: &str| Field::new(name, DataType::Utf8, true);
    let number = |name: &str| Field::new(name, DataType::Int64, true);
    Arc::new(Schema::new(vec![
        number("batch"),
        text("reason"),
        text("stage"),
        text("column"),
        text("detail"),
        text("file"),
        number("row"),
        number("offset"),
        Field::new("whole_file", DataType::Boolean, true),
        text("raw"),
        // Everything that is wrong with the record as JSON, the reason of before first. Older versions have no such column.
        text("reasons"),
    ]))
}

/// Bytes of a further reason besides its detail, about.
const FURTHER_BYTES: usize = 96;

/// Everything that is wrong with a record, as the column `reasons` has it.
pub(crate) fn reasons_text(reject: &Reject) -> String {
    // A list of texts is always JSON.
    serde_json::to_string(&reject.reasons().collect::<Vec<_>>()).unwrap_or_default()
}

/// Bytes of records in one piece; an Arrow column of text holds 2 GiB at most.
const PIECE_BYTES: usize = 256 << 20;

/// The rejects of a batch, in pieces of a bounded size; none when there are none.
pub(crate) fn quarantine_rows(batch: u64, files: &[DecodedFile]) -> Result<Vec<RecordBatch>, RunError> {
    let rejects: Vec<(&str, &Reject)> = files
        .iter()
        .flat_map(|file| {
            let path = |at: &RowRef| file.changes.files.get(at.file as usize).map_or("", |file| file.path.as_str());
            file.rejects.iter().map(move |reject| (path(&reject.at), reject))
        })
        .collect();
    let mut bytes = 0;
    let fits = |(_, reject): &(&str, &Reject), _: &(&str, &Reject)| {
        bytes += reject.raw.len() + reject.detail.len();
        bytes += reject.further.iter().map(|reason| reason.detail.len() + FURTHER_BYTES).sum::<usize>();
        if bytes < PIECE_BYTES {
            return true;
        }
        bytes = 0;
        false
    };
    rejects.chunk_by(fits).map(|piece| quarantine_columns(batch, piece)).collect()
}

fn quarantine_columns(batch: u64, rejects: &[(&str, &Reject)]) -> Result<RecordBatch, RunError> {
    let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let columns: Vec<ArrayRef> = vec![
        Arc::new(Int64Array::from_value(number(batch), rejects.len())),
        Arc::new(StringArray::from_iter_values(rejects.iter().map(|(_, reject)| reject.reason.as_str()))),
        Arc::new(StringArray::from_iter_values(rejects.iter().map(|(_, reject)| reject.reason.stage()))),
        Arc::new(StringArray::from_iter(rejects.iter().map(|(_, reject)| reject.column.as_deref()))),
        Arc::new(StringArray::from_iter_values(rejects.iter().map(|(_, reject)| reject.detail.as_str()))),
        Arc::new(StringArray::from_iter_values(rejects.iter().map(|(path, _)| *path))),
        Arc::new(Int64Array::from_iter_values(rejects.iter().map(|(_, reject)| number(reject.at.row)))),
        Arc::new(Int64Array::from_iter_values(rejects.iter().map(|(_, reject)| number(reject.at.offset)))),
        Arc::new(rejects.iter().map(|(_, reject)| Some(reject.whole_file)).collect::<arrow::array::BooleanArray>()),
        Arc::new(StringArray::from_iter_values(rejects.iter().map(|(_, reject)| reject.raw.as_str()))),
        Arc::new(StringArray::from_iter_values(rejects.iter().map(|(_, reject)| reasons_text(reject)))),
    ];
    Ok(RecordBatch::try_new(quarantine_schema(), columns)?)
}
