//! A record for the quarantine.

use crate::{ReasonCode, RowRef};

/// A record that is not in silver, with the reason and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Where it came from.
    pub at: RowRef,
    /// Why.
    pub reason: ReasonCode,
    /// Column at fault, if one is.
    pub column: Option<String>,
    /// Detail without row values, for example `expected decimal(12,2)`.
    pub detail: String,
    /// The record as delivered, lossy where it is not UTF-8, at most 64 KiB.
    pub raw: String,
    /// It stands for a whole file (or the rest of one) that could not be counted; not a row.
    pub whole_file: bool,
}

impl Reject {
    /// Bytes of `raw` kept.
    pub const RAW_BYTES_MAX: usize = 64 << 10;

    /// Text of a record, lossy and shortened.
    #[must_use]
    pub fn raw_of(bytes: &[u8]) -> String {
        let end = bytes.len().min(Self::RAW_BYTES_MAX);
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    }
}
