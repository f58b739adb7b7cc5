//! A data file that is written and not yet visible.

use crate::delta::snapshot::DataFile;
use std::collections::{BTreeMap, HashMap};

/// A data file that no version of the table names yet.
#[derive(Clone, Debug, PartialEq)]
pub struct NewFile {
    /// Path inside the table.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// Rows.
    pub rows: u64,
    /// Statistics for the `add` action.
    pub stats_json: String,
    /// BLAKE3 of the file, hex; also the tag `sluice.blake3`.
    pub blake3: String,
    /// Tags for the `add` action; callers may add their own.
    pub tags: BTreeMap<String, String>,
}

impl NewFile {
    /// The file as a version that has it would know it.
    #[must_use]
    pub fn as_data_file(&self) -> DataFile {
        DataFile {
            path: self.path.clone(),
            size: self.size,
            rows: self.rows,
            tags: self.tags.clone(),
            stats: Some(self.stats_json.clone()),
            modification_time_ms: 0,
            partition_values: HashMap::new(),
            deletion_vector: None,
        }
    }
}
