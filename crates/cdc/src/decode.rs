//! One file, decoded.

use crate::{DecodeError, DecodedFile};
use bytes::Bytes;
use sluice_change::{ChangeBatchBuilder, SourceFile};
use sluice_contract::Contract;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Decodes one file. Never panics on any bytes; the limits of [`sluice_contract::limits`] hold.
///
/// # Errors
/// [`DecodeError`] when the contract does not allow any decoding. A damaged file is not an error.
pub fn decode_file(contract: &Arc<Contract>, file: SourceFile, bytes: Bytes) -> Result<DecodedFile, DecodeError> {
    drop(bytes);
    Ok(empty(contract, vec![file]))
}

pub(crate) fn empty(contract: &Arc<Contract>, files: Vec<SourceFile>) -> DecodedFile {
    #[expect(clippy::unwrap_used, reason = "placeholder")]
    let changes = ChangeBatchBuilder::new(Arc::clone(contract), files).finish().unwrap();
    DecodedFile { changes, rejects: Vec::new(), rows_in: 0, tombstones: 0, operations: BTreeMap::new(), unknown_columns: BTreeMap::new() }
}
