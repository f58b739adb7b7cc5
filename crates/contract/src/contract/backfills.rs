//! The backfills of a contract, and the contract for the files of each.

use super::Contract;
use crate::{Backfill, Epoch, Restart, Source};

impl Contract {
    /// The backfill of the contract that the file at `path` belongs to; `None` for the changes themselves.
    #[must_use]
    pub fn backfill_of(&self, path: &str) -> Option<&Backfill> {
        self.backfills.iter().find(|backfill| backfill.has(path))
    }

    /// What a batch is in the history of its source.
    #[must_use]
    pub fn epoch_of(&self, batch: u64) -> Epoch {
        let Some(source) = &self.source else { return Epoch::default() };
        let starts = source.restarts.range(..=batch).filter(|(_, restart)| **restart != Restart::Same).count();
        let is_reload = source.restarts.get(&batch) == Some(&Restart::Reload);
        Epoch { number: u8::try_from(starts.min(Epoch::MAX)).unwrap_or(u8::MAX), is_reload }
    }

    /// The contract for the files of a batch.
    #[must_use]
    pub fn for_batch(&self, batch: u64) -> Self {
        self.in_epoch(self.epoch_of(batch))
    }

    /// The contract for files of an epoch of its source.
    #[must_use]
    pub fn in_epoch(&self, epoch: Epoch) -> Self {
        Self { epoch, ..self.clone() }
    }

    /// The contract for files of a backfill.
    #[must_use]
    pub fn for_backfill(&self, backfill: &Backfill) -> Self {
        let of_source = backfill.source.as_deref().and_then(|name| self.for_source(name));
        let of_source = of_source.as_ref().unwrap_or(self);
        let source = of_source.source.clone().map(|source| Source {
            path: backfill.path.clone(),
            format: backfill.format,
            csv_columns: backfill.csv_columns.clone(),
            csv_layouts: Vec::new(),
            ..source
        });
        Self { source, backfill: Some(backfill.clone()), ..self.clone() }
    }
}
