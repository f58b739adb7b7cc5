//! The backfills of a contract, and the contract for the files of each.

use super::Contract;
use crate::{Backfill, Source};

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
