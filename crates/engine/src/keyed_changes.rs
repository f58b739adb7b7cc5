//! The events of a batch by key.

use crate::{EngineError, KeyEncoder};
use sluice_change::{ChangeBatch, EventSeq, Op};
use std::sync::Arc;

/// An event: index of its change batch, and its row there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventAt {
    pub(crate) source: u32,
    pub(crate) row: u32,
}

/// Events grouped by key, and the truncates, which have none.
#[derive(Debug)]
pub struct KeyedChanges {
    /// Hashes of the keys, distinct, ascending.
    hashes: Arc<Vec<u128>>,
    /// Where the events of every key begin in `events`, and their number.
    starts: Vec<u32>,
    events: Vec<EventAt>,
    /// Oldest event of every key, and whether one of its upserts leaves columns out.
    oldest: Vec<(EventSeq, bool)>,
    pub(crate) truncates: Vec<EventSeq>,
}

impl KeyedChanges {
    /// Groups events.
    ///
    /// # Errors
    /// [`EngineError::Column`] if the key columns are missing.
    pub fn new(encoder: &KeyEncoder, changes: &[ChangeBatch]) -> Result<Self, EngineError> {
        let count = changes.iter().map(ChangeBatch::len).sum();
        let mut all: Vec<(u128, u32, u32)> = Vec::with_capacity(count);
        let mut truncates = Vec::new();
        for (source, batch) in (0_u32..).zip(changes) {
            let hashes = encoder.hashes(&batch.rows)?;
            for ((row, op), hash) in (0_u32..).zip(&batch.ops).zip(hashes) {
                if *op == Op::Truncate {
                    truncates.push(batch.seqs[row as usize]);
                } else {
                    all.push((hash, source, row));
                }
            }
        }
        all.sort_unstable();
        let (mut hashes, mut starts, mut oldest) = (Vec::new(), Vec::new(), Vec::new());
        let mut events = Vec::with_capacity(all.len());
        for (hash, source, row) in all {
            let batch = &changes[source as usize];
            let seq = batch.seqs[row as usize];
            let partial = batch.absent.contains_key(&row);
            if hashes.last() == Some(&hash) {
                if let Some((known, any)) = oldest.last_mut() {
                    *known = seq.min(*known);
                    *any |= partial;
                }
            } else {
                hashes.push(hash);
                starts.push(u32::try_from(events.len()).unwrap_or(u32::MAX));
                oldest.push((seq, partial));
            }
            events.push(EventAt { source, row });
        }
        starts.push(u32::try_from(events.len()).unwrap_or(u32::MAX));
        Ok(Self { hashes: Arc::new(hashes), starts, events, oldest, truncates })
    }

    /// Hashes of the keys that have events, distinct and ascending.
    #[must_use]
    pub fn hashes(&self) -> &Arc<Vec<u128>> {
        &self.hashes
    }

    /// Whether there are truncates, so that rows without events count too.
    #[must_use]
    pub fn has_truncates(&self) -> bool {
        !self.truncates.is_empty()
    }

    /// Whether the plan has to know the content of the row of key number `key`, or only its place:
    /// an event may be older than the row, or leave columns out. `newest_in_file` is the newest
    /// sequence in the row's file, `None` if it is not known.
    #[must_use]
    pub fn needs_row(&self, key: usize, newest_in_file: Option<EventSeq>) -> bool {
        match (self.oldest.get(key), newest_in_file) {
            (Some((oldest, partial)), Some(newest)) => *partial || *oldest <= newest,
            _ => true,
        }
    }

    /// Number of a key among [`KeyedChanges::hashes`].
    pub(crate) fn find(&self, hash: u128) -> Option<usize> {
        self.hashes.binary_search(&hash).ok()
    }

    /// Events of key number `key`.
    pub(crate) fn of(&self, key: usize) -> &[EventAt] {
        match (self.starts.get(key), self.starts.get(key + 1)) {
            (Some(first), Some(end)) => &self.events[*first as usize..*end as usize],
            _ => &[],
        }
    }
}
