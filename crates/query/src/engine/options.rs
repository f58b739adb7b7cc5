//! Settings of an engine.

use std::path::PathBuf;

/// Memory that DuckDB may use when the caller does not say, bytes.
const MEMORY_BYTES_DEFAULT: u64 = 1 << 30;
/// Space that DuckDB may use in the temporary folder when the caller does not say, bytes.
const TEMP_BYTES_DEFAULT: u64 = 16 << 30;

/// Settings of an engine; fixed once it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueryOptions {
    /// Memory that DuckDB may use, bytes.
    pub memory_bytes: u64,
    /// Threads of one query, at least 1.
    pub threads: usize,
    /// Where DuckDB puts what does not fit into memory; `None`: such a query fails.
    pub temp_dir: Option<PathBuf>,
    /// Space in `temp_dir`, bytes.
    pub temp_bytes: u64,
    /// Folders that DuckDB may read: those of the lake, and of a cache. Another lake needs another
    /// engine.
    pub allowed: Vec<PathBuf>,
}

impl Default for QueryOptions {
    fn default() -> Self {
        Self {
            memory_bytes: MEMORY_BYTES_DEFAULT,
            threads: std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2)),
            temp_dir: None,
            temp_bytes: TEMP_BYTES_DEFAULT,
            allowed: Vec::new(),
        }
    }
}
