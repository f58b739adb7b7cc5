//! Footers of data files that were read by position.

use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Footers with page indexes kept at most.
const FOOTERS_MAX: usize = 128;

/// Footers by path in the lake.
#[derive(Debug, Default)]
pub(crate) struct FooterCache {
    entries: Mutex<BTreeMap<String, ArrowReaderMetadata>>,
}

impl FooterCache {
    pub(crate) fn get(&self, path: &str) -> Option<ArrowReaderMetadata> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned()
    }

    pub(crate) fn put(&self, path: String, footer: ArrowReaderMetadata) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= FOOTERS_MAX {
            entries.clear();
        }
        entries.insert(path, footer);
    }
}
