//! The sequences of many events.

use crate::{EventSeq, RunLengthColumn};

/// One [`EventSeq`] per event, kept by its parts: in most batches only one or two of them differ at all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventSeqs {
    ranks: RunLengthColumn,
    parts: [RunLengthColumn; EventSeq::PARTS],
    ties: RunLengthColumn,
}

impl EventSeqs {
    /// Sequences out of their parts.
    ///
    /// # Panics
    /// If the lists differ in length.
    #[must_use]
    pub fn new(ranks: RunLengthColumn, parts: [RunLengthColumn; EventSeq::PARTS], ties: RunLengthColumn) -> Self {
        let is_whole = |list: &RunLengthColumn| list.len() == ties.len();
        assert!(is_whole(&ranks) && parts.iter().all(is_whole), "every event has all parts");
        Self { ranks, parts, ties }
    }

    /// `len` events of the same sequence.
    #[must_use]
    pub fn same(seq: EventSeq, len: usize) -> Self {
        let EventSeq { rank, parts, tie } = seq;
        Self {
            ranks: RunLengthColumn::same(u64::from(rank), len),
            parts: parts.map(|part| RunLengthColumn::same(part, len)),
            ties: RunLengthColumn::same(tie, len),
        }
    }

    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranks.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranks.is_empty()
    }

    /// The sequence of an event.
    ///
    /// # Panics
    /// If there is no such event, as an index would.
    #[must_use]
    pub fn at(&self, row: usize) -> EventSeq {
        EventSeq { rank: self.rank(row), parts: self.parts.each_ref().map(|part| part.at(row)), tie: self.ties.at(row) }
    }

    /// Ranks.
    #[must_use]
    pub fn ranks(&self) -> &RunLengthColumn {
        &self.ranks
    }

    /// Positions, by their parts, most significant first.
    #[must_use]
    pub fn parts(&self) -> &[RunLengthColumn; EventSeq::PARTS] {
        &self.parts
    }

    /// Tie-breakers.
    #[must_use]
    pub fn ties(&self) -> &RunLengthColumn {
        &self.ties
    }

    /// The sequences of some events, in their order.
    ///
    /// # Panics
    /// If there is no such event, as an index would.
    #[must_use]
    pub fn picked(&self, rows: &[u32]) -> Self {
        let parts = self.parts.each_ref().map(|part| part.picked(rows));
        Self { ranks: self.ranks.picked(rows), parts, ties: self.ties.picked(rows) }
    }

    /// The sequences at some places of several lists, each place a list and an event in it, in their order.
    ///
    /// # Panics
    /// If there is no such place, as an index would.
    #[must_use]
    pub fn interleaved(lists: &[Self], places: &[(usize, usize)]) -> Self {
        fn of<'a>(parts: impl Iterator<Item = &'a RunLengthColumn>, places: &[(usize, usize)]) -> RunLengthColumn {
            RunLengthColumn::interleaved(&parts.collect::<Vec<_>>(), places)
        }
        let part = |at: usize| of(lists.iter().map(|seqs| &seqs.parts[at]), places);
        Self {
            ranks: of(lists.iter().map(|seqs| &seqs.ranks), places),
            parts: std::array::from_fn(part),
            ties: of(lists.iter().map(|seqs| &seqs.ties), places),
        }
    }

    /// Adds the next.
    pub fn push(&mut self, seq: EventSeq) {
        self.ranks.push(u64::from(seq.rank));
        for (list, part) in self.parts.iter_mut().zip(seq.parts) {
            list.push(part);
        }
        self.ties.push(seq.tie);
    }

    /// Adds the sequences of other events behind these.
    pub fn append(&mut self, other: &Self) {
        self.ranks.append(&other.ranks);
        self.parts.iter_mut().zip(&other.parts).for_each(|(list, more)| list.append(more));
        self.ties.append(&other.ties);
    }

    /// All, from the first.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = EventSeq> + Clone + '_ {
        (0..self.len()).map(|row| self.at(row))
    }

    fn rank(&self, row: usize) -> u8 {
        // It was pushed as such.
        u8::try_from(self.ranks.at(row)).unwrap_or(u8::MAX)
    }
}

impl FromIterator<EventSeq> for EventSeqs {
    fn from_iter<I: IntoIterator<Item = EventSeq>>(seqs: I) -> Self {
        let mut all = Self::default();
        seqs.into_iter().for_each(|one| all.push(one));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::EventSeqs;
    use crate::{EventSeq, RunLengthColumn};

    #[test]
    fn sequences_come_back_as_they_were() {
        let seqs = [
            EventSeq::new(1, [7, 0, 3], true, 9),
            EventSeq::new(1, [8, 0, 3], false, u64::MAX),
            EventSeq::new(0, [0, 0, 0], true, 1),
        ];
        let all: EventSeqs = seqs.into_iter().collect();
        assert!(all.iter().eq(seqs));
        assert_eq!(EventSeqs::same(seqs[1], 2), [seqs[1], seqs[1]].into_iter().collect());
        let numbers = |of: fn(&EventSeq) -> u64| seqs[..2].iter().map(of).collect::<RunLengthColumn>();
        let parts = std::array::from_fn(|at| seqs[..2].iter().map(|seq| seq.parts[at]).collect());
        let made = EventSeqs::new(RunLengthColumn::same(1, 2), parts, numbers(|seq| seq.tie));
        assert!(made.iter().eq(seqs[..2].iter().copied()));
        assert!(all.picked(&[2, 0]).iter().eq([seqs[2], seqs[0]]));
        let places = [(1, 1), (0, 2), (1, 0)];
        assert!(EventSeqs::interleaved(&[all, made], &places).iter().eq([seqs[1], seqs[2], seqs[0]]));
    }
}
