//! One event of a batch, by its place.

use sluice_change::{ChangeBatch, EventSeq, Op};

/// An event: index of its change batch, its row there, and what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct EventAt {
    /// The batch, and in the upper bits the operation, so that it is known without access to the batch.
    source: u32,
    pub(crate) row: u32,
}

impl EventAt {
    const SOURCE_BITS: u32 = 28;

    #[inline]
    pub(super) fn new(source: usize, row: u32, op: Op) -> Self {
        let bits = match op {
            Op::Read => 0,
            Op::Upsert => 1,
            Op::SoftDelete => 2,
            Op::Delete => 3,
            Op::Truncate => 4,
            Op::Filtered => 5,
            // Those are taken out before.
            Op::Early | Op::Dropped => 6,
        };
        let source = u32::try_from(source).unwrap_or(u32::MAX) & ((1 << Self::SOURCE_BITS) - 1);
        Self { source: source | (bits << Self::SOURCE_BITS), row }
    }

    #[inline]
    pub(crate) fn source(self) -> usize {
        (self.source & ((1 << Self::SOURCE_BITS) - 1)) as usize
    }

    #[inline]
    pub(crate) fn place(self) -> (usize, u32) {
        (self.source(), self.row)
    }

    #[inline]
    pub(crate) fn is_upsert(self) -> bool {
        self.source >> Self::SOURCE_BITS <= 2
    }

    #[inline]
    pub(crate) fn is_delete(self) -> bool {
        matches!(self.source >> Self::SOURCE_BITS, 3 | 5)
    }

    /// Whether it is an upsert of a row that the contract leaves out, which is a delete here.
    #[inline]
    pub(crate) fn is_filtered(self) -> bool {
        self.source >> Self::SOURCE_BITS == 5
    }

    #[inline]
    pub(crate) fn seq(self, changes: &[ChangeBatch]) -> EventSeq {
        changes[self.source()].seqs.at(self.row as usize)
    }
}

/// Whether an event is the same as the event before it, which is the next newer one of its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DuplicateKind {
    /// The newest event of its key, or an event of another position.
    Distinct,
    /// A different event of the same position.
    Tie,
    /// The same event, delivered again.
    Duplicate,
}
