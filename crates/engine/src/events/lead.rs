//! The part of a sequence that orders most events of a batch.

use super::buckets::Entry;
use super::event_at::DuplicateKind;
use sluice_change::{ChangeBatch, EventSeqs};
use std::cmp::Ordering;

/// The part of a sequence that decides most comparisons in a batch, as one number: the first of rank,
/// positions and tie-breaker in which the events differ at all.
#[derive(Clone, Copy)]
pub(super) enum Lead {
    Rank,
    Part(usize),
    Tie,
}

impl Lead {
    /// The part for the events of `changes`.
    pub(super) fn of(changes: &[ChangeBatch]) -> Self {
        let seqs = || changes.iter().map(|batch| &batch.seqs).filter(|seqs| !seqs.is_empty());
        let Some(first) = seqs().next().map(|seqs| seqs.at(0)) else { return Self::Tie };
        let differs = |part: &usize| !seqs().all(|seqs| seqs.parts()[*part].are_all(first.parts[*part]));
        if !seqs().all(|seqs| seqs.ranks().are_all(u64::from(first.rank))) {
            return Self::Rank;
        }
        (0..first.parts.len()).find(differs).map_or(Self::Tie, Self::Part)
    }

    /// A larger number is a later event; equal numbers decide nothing.
    #[inline]
    pub(super) fn number(self, seqs: &EventSeqs, row: usize) -> u64 {
        match self {
            // The rank, and as much of the position as has room beside it.
            Self::Rank => (seqs.ranks().at(row) << 56) | (seqs.parts()[0].at(row) >> 8),
            Self::Part(part) => seqs.parts()[part].at(row),
            Self::Tie => seqs.ties().at(row),
        }
    }

    /// What the older of two neighbours of one key is to the newer one.
    #[inline]
    pub(super) fn compare<H>(self, newer: &Entry<H>, older: &Entry<H>, changes: &[ChangeBatch]) -> DuplicateKind {
        // Different positions; a tie-breaker that differs is another event of the same position.
        if newer.lead.cmp(&older.lead) != Ordering::Equal && !matches!(self, Self::Tie) {
            return DuplicateKind::Distinct;
        }
        let (newer, older) = (newer.at.seq(changes), older.at.seq(changes));
        if newer == older {
            DuplicateKind::Duplicate
        } else if newer.ties_with(&older) {
            DuplicateKind::Tie
        } else {
            DuplicateKind::Distinct
        }
    }
}
