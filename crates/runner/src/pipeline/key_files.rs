//! Files with the keys of records, which sinks write beside the files of their values.
//!
//! One is read where a record of its file does not say which row it is of, and only then: it is asked for by its name, so a
//! file whose records say their keys costs nothing more.

use super::context::TableContext;
use super::decoder::Decoder;
use crate::RunError;
use crate::support::blocking::blocking;
use bytes::Bytes;
use sluice_cdc::{DecodedFile, KeyFile, key_file_paths};
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
