//! The winning event of every column of one row.

use crate::rows::Place;
use sluice_change::EventSeq;
use std::collections::BTreeMap;

/// What may provide columns of the row: the row as it is in silver, or an upsert.
pub(crate) struct Candidate {
    pub(crate) place: Place,
    pub(crate) seq: EventSeq,
    /// Columns that are not of `seq`: of an older event, or absent from all.
    pub(crate) older: BTreeMap<u16, Option<EventSeq>>,
}

impl Candidate {
    /// Sequence of the event that wrote the column, if one provided it after `delete_watermark`.
    fn written_by(&self, column: u16, delete_watermark: Option<EventSeq>) -> Option<EventSeq> {
        let written_by = match self.older.get(&column) {
            Some(older) => *older,
            None => Some(self.seq),
        };
        written_by.filter(|seq| Some(*seq) > delete_watermark)
    }
}

/// The row that results from the candidates; its sequence is that of the newest of them, which comes first after [`join`].
pub(crate) struct Winner {
    /// Values of all columns besides `patches`.
    pub(crate) place: Place,
    /// Columns whose value is of another place, or null for `None`.
    pub(crate) patches: BTreeMap<u16, Option<Place>>,
    /// Columns that are not of `seq`, for the `_col_seq` column.
    pub(crate) older: BTreeMap<u16, Option<EventSeq>>,
}

/// Joins the candidates: every column is of the newest event that provides it after `delete_watermark`.
/// `None` if no candidate is after the watermark, so the row does not exist.
pub(crate) fn join(candidates: &mut [Candidate], delete_watermark: Option<EventSeq>) -> Option<Winner> {
    candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.seq));
    let newest = candidates.first().filter(|newest| Some(newest.seq) > delete_watermark)?;
    let mut winner = Winner { place: newest.place, patches: BTreeMap::new(), older: BTreeMap::new() };
    for &column in newest.older.keys() {
        let best = candidates
            .iter()
            .filter_map(|candidate| Some((candidate.written_by(column, delete_watermark)?, candidate.place)))
            .max_by(|(a, _), (b, _)| a.cmp(b));
        match best {
            Some((written_by, place)) => {
                winner.older.insert(column, Some(written_by));
                if place != newest.place {
                    winner.patches.insert(column, Some(place));
                }
            }
            None => {
                winner.older.insert(column, None);
                winner.patches.insert(column, None);
            }
        }
    }
    Some(winner)
}

#[cfg(test)]
mod tests {
    use super::{Candidate, Place, join};
    use sluice_change::EventSeq;

    fn seq(n: u64) -> EventSeq {
        EventSeq::new(1, [n, 0, 0], true, n)
    }

    fn candidate(row: u32, n: u64, absent: &[u16]) -> Candidate {
        Candidate { place: Place { source: 0, row }, seq: seq(n), older: absent.iter().map(|&c| (c, None)).collect() }
    }

    #[test]
    fn an_absent_column_is_of_the_newest_event_that_provides_it() {
        let mut all = [candidate(0, 1, &[]), candidate(1, 2, &[]), candidate(2, 3, &[1, 2]), candidate(3, 4, &[1])];
        let winner = join(&mut all, None).unwrap();
        assert_eq!(winner.place.row, 3);
        assert_eq!(winner.patches[&1].unwrap().row, 1);
        assert_eq!(winner.older[&1], Some(seq(2)));
    }

    #[test]
    fn nothing_from_before_a_delete_fills_an_absent_column() {
        let mut all = [candidate(0, 1, &[]), candidate(1, 3, &[1])];
        let winner = join(&mut all, Some(seq(2))).unwrap();
        assert_eq!(winner.patches[&1], None);
        assert!(join(&mut all, Some(seq(3))).is_none());
    }
}
