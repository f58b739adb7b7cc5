//! Files with the keys of records, which sinks write beside the files of their values.
//!
//! One is read where a record of its file does not say which row it is of, and only then: it is asked for by its name, so a
//! file whose records say their keys costs nothing more.

use super::context::TableContext;
use super::decoder::Decoder;
use crate::RunError;
use crate::support::blocking::blocking;
use bytes::Bytes;
use sluice_cdc::{DecodedFile, KeyFile, is_key_file, key_file_paths, table_folder};
use sluice_change::SourceFile;
use sluice_contract::Contract;
use sluice_lake::{Lake, LakeError};
use std::sync::Arc;

/// Decodes a file, with the keys beside it where its records need them.
///
/// # Errors
/// When the contract allows no decoding, or the file of keys cannot be read.
pub(crate) async fn decode_with_keys(
    TableContext { lake, decoder, .. }: &TableContext,
    contract: &Arc<Contract>,
    file: &SourceFile,
    bytes: Bytes,
) -> Result<DecodedFile, RunError> {
    let decoded = decode(decoder, contract, file, bytes.clone(), None).await?;
    if decoded.keys.lacking == 0 {
        return Ok(decoded);
    }
    match key_file_of(lake, &file.path).await? {
        Some(keys) => decode(decoder, contract, file, bytes, Some(keys)).await,
        None => Ok(decoded),
    }
}

/// The file with the keys of the records of another one; `None` if there is none.
///
/// # Errors
/// If the store fails.
pub(crate) async fn key_file_of(lake: &Lake, path: &str) -> Result<Option<KeyFile>, RunError> {
    for path in key_file_paths(path) {
        match lake.objects().read(&path).await {
            Ok(bytes) => return Ok(Some(KeyFile { path, bytes })),
            Err(LakeError::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(None)
}

/// Stops a batch before bronze has it whose files of keys are still to come: more of its records need their key than may be
/// in quarantine, and the sink writes keys beside other files. The next run decodes its files again.
///
/// # Errors
/// What is missing; those of the store.
pub(crate) async fn ensure_keys_came(
    TableContext { lake, contract, .. }: &TableContext,
    batch: u64,
    records: &[DecodedFile],
) -> Result<(), RunError> {
    let lacking: u64 = records.iter().map(|file| file.keys.lacking).sum();
    let total: u64 = records.iter().map(|file| file.rows_in).sum();
    let path = |file: &DecodedFile| file.changes.files.first().map(|file| file.path.clone());
    let first = records.iter().filter(|file| file.keys.lacking > 0).find_map(path);
    let Some(first) = first.filter(|_| share(lacking, total) > contract.apply.quarantine_limit) else { return Ok(()) };
    let beside = lake.objects().list(table_folder(&first)).await?;
    if !beside.iter().any(|file| is_key_file(&file.path)) {
        return Ok(());
    }
    let missing = key_file_paths(&first).into_iter().next().unwrap_or_default();
    let message = format!(
        "{lacking} of {total} records of batch {batch} of {} say their row in their key alone, and {missing} is not there or \
         has not a key for each record of {first}",
        contract.name
    );
    let next = "Deliver it: the next run reads the batch again. With a higher apply.quarantine_limit the records go to \
                quarantine instead";
    Err(RunError::input(message, next))
}

#[expect(clippy::cast_precision_loss, reason = "a share")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

async fn decode(
    decoder: &Decoder,
    contract: &Arc<Contract>,
    file: &SourceFile,
    bytes: Bytes,
    keys: Option<KeyFile>,
) -> Result<DecodedFile, RunError> {
    let (decoder, contract, file) = (decoder.clone(), Arc::clone(contract), file.clone());
    blocking(move || match &keys {
        Some(keys) => decoder.decode_with_keys(&contract, file, bytes, keys),
        None => decoder.decode(&contract, file, bytes),
    })
    .await
}
