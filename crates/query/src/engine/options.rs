//! Settings of an engine.

use serde::{Deserialize, Serialize};
use sluice_contract::limits;
use std::path::PathBuf;
use std::time::Duration;

/// Space that DuckDB may use in the temporary folder when the caller does not say, bytes.
const TEMP_BYTES_DEFAULT: u64 = 16 << 30;

/// Settings of an engine; fixed once it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The `sluice` program, which runs people's SQL in a process of its own, with a limit on its memory and a hard
    /// end; `None`: it runs in this process, where a function that does not look whether it is to stop cannot be
    /// stopped.
    pub program: Option<PathBuf>,
    /// Time that a person's query may take.
    pub query_timeout: Duration,
    /// Time that the checks of one table may take.
    pub check_timeout: Duration,
    /// Time that a model may take.
    pub model_timeout: Duration,
}

impl Default for QueryOptions {
    fn default() -> Self {
        Self {
            memory_bytes: limits::SQL_MEMORY_BYTES.min(share_of_address_space()),
            threads: std::thread::available_parallelism().map_or(2, |cores| cores.get().max(2)),
            temp_dir: None,
            temp_bytes: TEMP_BYTES_DEFAULT,
            allowed: Vec::new(),
            program: None,
            query_timeout: Duration::from_secs(limits::QUERY_SECONDS),
            check_timeout: Duration::from_secs(limits::CHECK_SECONDS),
            model_timeout: Duration::from_secs(limits::MODEL_SECONDS),
        }
    }
}

/// What DuckDB may use of the address space that this process may have.
#[cfg(target_os = "linux")]
fn share_of_address_space() -> u64 {
    rlimit::Resource::AS.get().map_or(u64::MAX, |(limit, _)| limit / limits::SQL_ADDRESS_SPACE_SHARE)
}

/// Other systems do not limit it.
#[cfg(not(target_os = "linux"))]
fn share_of_address_space() -> u64 {
    u64::MAX
}
