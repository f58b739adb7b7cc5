//! Arrow IPC streams in and out.

use crate::error::QueryError;
use arrow_ipc::reader::StreamReader;
use arrow_ipc::writer::StreamWriter;
use duckdb::arrow::compute::concat_batches;
use duckdb::arrow::datatypes::SchemaRef;
use duckdb::arrow::record_batch::RecordBatch;
use duckdb::{Connection, Params};
use std::io::Write;

/// Runs `sql` and writes its rows as one batch.
pub(crate) fn one_batch<P: Params>(conn: &Connection, sql: &str, params: P) -> Result<Vec<u8>, QueryError> {
    let mut statement = conn.prepare(sql)?;
    let stream = statement.stream_arrow(params)?;
    let schema = stream.get_schema();
    let batches = stream.collect::<Result<Vec<_>, _>>()?;
    let batch = match batches.as_slice() {
        [one] => one.clone(),
        many => concat_batches(&schema, many).map_err(broken)?,
    };
    let mut bytes = Vec::new();
    write(&schema, std::iter::once(Ok(batch)), &mut bytes)?;
    Ok(bytes)
}

/// Runs `sql` and writes its rows to `out` as they come.
pub(crate) fn all_batches(conn: &Connection, sql: &str, out: &mut dyn Write) -> Result<(), QueryError> {
    let mut statement = conn.prepare(sql)?;
    let stream = statement.stream_arrow([])?;
    let schema = stream.get_schema();
    write(&schema, stream.map(|batch| batch.map_err(QueryError::from)), out)
}

fn write(
    schema: &SchemaRef,
    batches: impl Iterator<Item = Result<RecordBatch, QueryError>>,
    out: &mut dyn Write,
) -> Result<(), QueryError> {
    let mut writer = StreamWriter::try_new(out, schema).map_err(broken)?;
    for batch in batches {
        writer.write(&batch?).map_err(broken)?;
    }
    writer.finish().map_err(broken)
}

/// Schema and batches of a stream of the caller.
pub(crate) fn read(bytes: &[u8]) -> Result<(SchemaRef, Vec<RecordBatch>), QueryError> {
    let wrong = |_| QueryError::input("The rows are not an Arrow IPC stream", "Hand over schema and batches");
    let reader = StreamReader::try_new(bytes, None).map_err(wrong)?;
    let schema = reader.schema();
    let batches = reader.collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    Ok((schema, batches))
}

#[expect(clippy::needless_pass_by_value, reason = "fits map_err")]
fn broken(error: duckdb::arrow::error::ArrowError) -> QueryError {
    let kind = match error {
        duckdb::arrow::error::ArrowError::SchemaError(_) => "schema",
        duckdb::arrow::error::ArrowError::NotYetImplemented(_) => "type",
        _ => "batch",
    };
    QueryError::internal(format!("Rows could not be written as Arrow ({kind})"))
}
