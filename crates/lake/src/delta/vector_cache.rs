//! Deletion vectors in memory.

use roaring::RoaringTreemap;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of bitmaps kept in memory.
const CACHE_BYTES_MAX: usize = 256 << 20;

/// Deletion vectors that were read or written, by their place.
#[derive(Debug, Default)]
pub(crate) struct VectorCache {
    entries: Mutex<(usize, HashMap<String, Arc<RoaringTreemap>>)>,
}

impl VectorCache {
    pub(crate) fn get(&self, key: &str) -> Option<Arc<RoaringTreemap>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner).1.get(key).cloned()
    }

    pub(crate) fn put(&self, key: String, vector: &Arc<RoaringTreemap>) {
        let size = vector.serialized_size();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.0 + size > CACHE_BYTES_MAX {
            *entries = (0, HashMap::new());
        }
        entries.0 += size;
        entries.1.insert(key, Arc::clone(vector));
    }
}
