//! A data file that is written and not yet visible.

use crate::delta::snapshot::{DataFile, OfBase};
use serde_json::Value;
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
    /// Takes the smallest and the largest value of columns out of the statistics: of personal data they are values of
    /// persons, and the log is read by more programs and kept longer than the rows.
    #[must_use]
    pub fn without_bounds(mut self, is_hidden: impl Fn(&str) -> bool) -> Self {
        // What the writer itself made is JSON.
        if let Ok(mut stats) = serde_json::from_str::<Value>(&self.stats_json) {
            for bounds in ["minValues", "maxValues"] {
                if let Some(values) = stats.get_mut(bounds).and_then(Value::as_object_mut) {
                    values.retain(|column, _| !is_hidden(column));
                }
            }
            self.stats_json = stats.to_string();
        }
        self
    }

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
            of_base: OfBase::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NewFile;
    use std::collections::BTreeMap;

    #[test]
    fn bounds_of_hidden_columns_are_taken_out() {
        let stats = r#"{"numRecords":2,"minValues":{"id":1,"email":"anna"},"maxValues":{"id":9,"email":"zoe"},"nullCount":{"id":0,"email":0}}"#;
        let file = NewFile {
            path: String::new(),
            size: 0,
            rows: 2,
            stats_json: stats.to_owned(),
            blake3: String::new(),
            tags: BTreeMap::new(),
        };
        let expected = r#"{"numRecords":2,"minValues":{"id":1},"maxValues":{"id":9},"nullCount":{"id":0,"email":0}}"#;
        assert_eq!(file.clone().without_bounds(|column| column == "email").stats_json, expected);
        assert_eq!(file.without_bounds(|_| false).stats_json, stats);
    }
}
