//! Folders that are taken once, beside the changes.

use crate::{Contract, Source, SourceFormat};
use serde::{Deserialize, Serialize};

/// An entry of `source.backfill`: files that go into the table once, under a name. Their rows lie below every
/// change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Backfill {
    /// Name, unique in the contract; one that has run is not run again.
    pub name: String,
    /// Folder, as [`Source::path`].
    pub path: String,
    /// Format of its files.
    pub format: SourceFormat,
    /// As [`Source::csv_columns`].
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

impl Contract {
    /// The backfill of the contract that the file at `path` belongs to; `None` for the changes themselves.
    #[must_use]
    pub fn backfill_of(&self, path: &str) -> Option<&Backfill> {
        self.backfills.iter().find(|backfill| backfill.has(path))
    }

    /// The contract for files of a backfill.
    #[must_use]
    pub fn for_backfill(&self, backfill: &Backfill) -> Self {
        let source = self.source.clone().map(|source| Source {
            path: backfill.path.clone(),
            format: backfill.format,
            csv_columns: backfill.csv_columns.clone(),
            csv_layouts: Vec::new(),
            ..source
        });
        Self { source, backfill: Some(backfill.clone()), ..self.clone() }
    }
}

/// Whether a path is a folder or below it.
pub(crate) fn is_inside(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || folder.is_empty())
}
