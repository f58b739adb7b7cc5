//! Where a record came from.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A change file. Two deliveries are the same file when path, size and etag are equal.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SourceFile {
    /// Path relative to the lake, or a full URL.
    pub path: String,
    /// Bytes as stored.
    pub size: u64,
    /// Entity tag of the store, or modification time and size on a local disk.
    pub etag: String,
    /// When the store says it was written, milliseconds since the Unix epoch. No part of the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_ms: Option<i64>,
    /// Version of the full snapshot that the file is, where a column of its rows says it. No part of the identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot: Option<u64>,
}

impl SourceFile {
    fn identity(&self) -> (&str, u64, &str) {
        (&self.path, self.size, &self.etag)
    }
}

impl PartialEq for SourceFile {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for SourceFile {}

impl PartialOrd for SourceFile {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for SourceFile {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}

impl Hash for SourceFile {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

/// Position of a file in the list of files of a [`crate::ChangeBatch`].
pub type FileId = u32;

/// A record in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowRef {
    /// File.
    pub file: FileId,
    /// Record number in the file, from 0.
    pub row: u64,
    /// Byte offset of the record in the decompressed content; 0 for columnar files.
    pub offset: u64,
}
