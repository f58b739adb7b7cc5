//! Where a record came from.

use serde::{Deserialize, Serialize};

/// A change file. Two deliveries are the same file when path, size and etag are equal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceFile {
    /// Path relative to the lake, or a full URL.
    pub path: String,
    /// Bytes as stored.
    pub size: u64,
    /// Entity tag of the store, or modification time and size on a local disk.
    pub etag: String,
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
