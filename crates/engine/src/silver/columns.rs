//! Reading the text columns of silver.

use super::schema::SEQ;
use crate::error::EngineError;
use arrow::array::{Array, AsArray, RecordBatch, StringArray};
use sluice_change::EventSeq;

/// A text column by name.
pub(crate) fn text_column<'b>(batch: &'b RecordBatch, name: &str) -> Result<&'b StringArray, EngineError> {
    let column = batch.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
    column.ok_or_else(|| EngineError::Column(name.to_owned()))
}

/// The sequence in a row of the [`SEQ`] column, which is never null.
pub(crate) fn seq_at(seqs: &StringArray, row: usize) -> Result<EventSeq, EngineError> {
    let text = seqs.is_valid(row).then(|| seqs.value(row));
    text.and_then(EventSeq::parse).ok_or(EngineError::Sequence(SEQ))
}
