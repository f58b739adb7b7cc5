//! A record for the quarantine.

use crate::{ReasonCode, RowRef};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::Arc;

/// One thing that keeps a record out of silver.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RejectReason {
    /// Why.
    pub reason: ReasonCode,
    /// Column at fault, if one is.
    pub column: Option<String>,
    /// Detail without row values, for example `expected decimal(12,2)`.
    pub detail: String,
}

/// A record that is not in silver, with the reason and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject {
    /// Where it came from.
    pub at: RowRef,
    /// Why: the first thing that is wrong with it.
    pub reason: ReasonCode,
    /// Column at fault, if one is.
    pub column: Option<String>,
    /// Detail without row values, for example `expected decimal(12,2)`.
    pub detail: String,
    /// Everything else that is wrong with it, in the order of the columns; checks come last.
    pub further: Arc<[RejectReason]>,
    /// The record as delivered, lossy where it is not UTF-8, at most 64 KiB.
    pub raw: String,
    /// It stands for a whole file (or the rest of one) that could not be counted; not a row.
    pub whole_file: bool,
}

impl Reject {
    /// Bytes of `raw` kept.
    pub const RAW_BYTES_MAX: usize = 64 << 10;

    /// Everything that is wrong with it.
    pub fn reasons(&self) -> impl Iterator<Item = RejectReason> + '_ {
        let Self { reason, column, detail, .. } = self;
        let first = RejectReason { reason: *reason, column: column.clone(), detail: detail.clone() };
        std::iter::once(first).chain(self.further.iter().cloned())
    }

    /// Text of a record, lossy and shortened.
    #[must_use]
    pub fn raw_of(bytes: &[u8]) -> String {
        let end = bytes.len().min(Self::RAW_BYTES_MAX);
        String::from_utf8_lossy(&bytes[..end]).into_owned()
    }
}

/// Keeps equal lists of reasons once: records of a file are mostly wrong in the same way.
#[derive(Debug, Default)]
pub struct SharedReasons(HashSet<Arc<[RejectReason]>>);

impl SharedReasons {
    /// Different lists that are kept.
    const KEPT_MAX: usize = 1_024;

    /// The list, as it was seen before if it was.
    pub fn share(&mut self, reasons: Vec<RejectReason>) -> Arc<[RejectReason]> {
        if let Some(known) = self.0.get(reasons.as_slice()) {
            return Arc::clone(known);
        }
        let reasons: Arc<[RejectReason]> = reasons.into();
        if self.0.len() < Self::KEPT_MAX {
            self.0.insert(Arc::clone(&reasons));
        }
        reasons
    }
}
