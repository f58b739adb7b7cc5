//! Folders that are taken once, beside the changes.

use crate::SourceFormat;
use serde::{Deserialize, Serialize};

/// An entry of `source.backfill`: files that go into the table once, under a name. Their rows have a lower
/// position than any change event, so any change wins.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    /// Name, unique in the contract; a backfill runs once per name.
    pub name: String,
    /// Folder, as [`Source::path`](crate::Source::path).
    pub path: String,
    /// Name of the source that its rows are of, where the table has several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Format of its files.
    pub format: SourceFormat,
    /// As [`Source::csv_columns`](crate::Source::csv_columns).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub csv_columns: Vec<String>,
}

impl Backfill {
    /// Whether the file at `path` is in the folder.
    #[must_use]
    pub fn has(&self, path: &str) -> bool {
        is_inside(path, &self.path)
    }
}

/// Whether a path is a folder or below it.
pub(crate) fn is_inside(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || folder.is_empty())
}
