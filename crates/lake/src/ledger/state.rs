//! Tombstone state: which keys were deleted, and when in the order of events.

use crate::LakeError;
use crate::ledger::registry::Ledger;
use crate::store::encode::encode_batch;
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sluice_contract::TableName;

impl Ledger {
    /// Writes a table's state under a name made of its content; returns the path for
    /// [`Ledger::get_state`]. The same state has the same path.
    ///
    /// # Errors
    /// [`LakeError::Encode`], [`LakeError::Write`].
    pub async fn put_state(&self, table: &TableName, state: &RecordBatch) -> Result<String, LakeError> {
        let folder = format!("_sluice/tombstones/{}/{}", table.dataset, table.table);
        let batch = state.clone();
        let encoded = tokio::task::spawn_blocking(move || encode_batch(batch));
        let (bytes, _) = match encoded.await {
            Ok(Ok(encoded)) => encoded,
            Ok(Err(source)) => return Err(LakeError::Encode { source: Box::new(source), path: folder }),
            Err(_) => return Err(LakeError::Stopped { path: folder }),
        };
        let path = format!("{folder}/{}.parquet", blake3::hash(&bytes).to_hex());
        // Someone else's file of this name has the same content, unless its writing was cut short.
        if self.objects.size(&path).await? != Some(bytes.len() as u64) {
            self.objects.put(&path, bytes).await?;
        }
        Ok(path)
    }

    /// Reads a state that [`Ledger::put_state`] wrote and checks it against its name.
    ///
    /// # Errors
    /// [`LakeError::NotFound`], [`LakeError::Read`], [`LakeError::Corrupt`], [`LakeError::Decode`].
    pub async fn get_state(&self, path: &str) -> Result<RecordBatch, LakeError> {
        let bytes = self.objects.read(path).await?;
        let owned = path.to_owned();
        let decoded = tokio::task::spawn_blocking(move || decode(bytes, &owned)).await;
        decoded.map_err(|_| LakeError::Stopped { path: path.to_owned() })?
    }
}

fn decode(bytes: Bytes, path: &str) -> Result<RecordBatch, LakeError> {
    let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".parquet");
    if blake3::hash(&bytes).to_hex().as_str() != name {
        return Err(LakeError::Corrupt { reason: "its content has another hash".to_owned(), path: path.to_owned() });
    }
    let failed =
        |source: parquet::errors::ParquetError| LakeError::Decode { source: Box::new(source), path: path.to_owned() };
    let builder = ParquetRecordBatchReaderBuilder::try_new(bytes).map_err(failed)?;
    let schema = builder.schema().clone();
    let batches = builder.build().map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(|e| failed(e.into()))?;
    concat_batches(&schema, &batches).map_err(|e| failed(e.into()))
}
