//! Record batches as Arrow IPC streams, as the SQL engine and the screens exchange them.

use crate::RunError;
use arrow::array::RecordBatch;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;

/// Batches of an Arrow IPC stream, one empty batch with the schema when there are no rows.
pub(crate) fn read_ipc(bytes: &[u8]) -> Result<Vec<RecordBatch>, RunError> {
    let reader = StreamReader::try_new(bytes, None)?;
    let schema = reader.schema();
    let mut batches = reader.collect::<Result<Vec<_>, _>>()?;
    if batches.is_empty() {
        batches.push(RecordBatch::new_empty(schema));
    }
    Ok(batches)
}

/// One batch as an Arrow IPC stream.
pub(crate) fn to_ipc(batch: &RecordBatch) -> Result<Vec<u8>, RunError> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema())?;
    writer.write(batch)?;
    Ok(writer.into_inner()?)
}
