//! Rows of a data file with the columns that are asked for.

use crate::LakeError;
use crate::delta::snapshot::Snapshot;
use crate::store::data_file_reader::DataFileReader;
use arrow::array::{RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{Schema, SchemaRef};
use arrow::error::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::async_reader::ParquetRecordBatchStreamBuilder;
use std::sync::Arc;

/// The columns of a table in a folder, or some of them.
pub(crate) fn project(folder: &str, snapshot: &Snapshot, columns: Option<&[&str]>) -> Result<SchemaRef, LakeError> {
    let Some(columns) = columns else { return Ok(snapshot.schema.clone()) };
    let fields: Result<Vec<_>, ArrowError> =
        columns.iter().map(|name| Ok(snapshot.schema.field_with_name(name)?.clone())).collect();
    let failed = |source| LakeError::Schema { source: Box::new(source), path: folder.to_owned() };
    Ok(Arc::new(Schema::new(fields.map_err(failed)?)))
}

/// Leaves out columns that are not asked for.
pub(crate) fn project_file(
    builder: ParquetRecordBatchStreamBuilder<DataFileReader>,
    goal: &SchemaRef,
) -> ParquetRecordBatchStreamBuilder<DataFileReader> {
    let fields = builder.schema().fields();
    let wanted: Vec<usize> =
        (0..fields.len()).filter(|position| goal.index_of(fields[*position].name()).is_ok()).collect();
    let mask = ProjectionMask::roots(builder.parquet_schema(), wanted);
    builder.with_projection(mask)
}

/// The batch with exactly these columns.
pub(crate) fn conform(batch: &RecordBatch, goal: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    if batch.schema_ref() == goal {
        return Ok(batch.clone());
    }
    let exact = CastOptions { safe: false, ..CastOptions::default() };
    let columns: Result<Vec<_>, ArrowError> = goal
        .fields()
        .iter()
        .map(|field| match batch.column_by_name(field.name()) {
            None => Ok(new_null_array(field.data_type(), batch.num_rows())),
            Some(column) if column.data_type() == field.data_type() => Ok(Arc::clone(column)),
            Some(column) => cast_with_options(column, field.data_type(), &exact),
        })
        .collect();
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(goal.clone(), columns?, &options)
}
