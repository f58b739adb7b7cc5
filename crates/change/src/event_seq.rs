//! The one total order of events.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Place of an event in its source's total order, larger is later. Compare only events of one table.
///
/// * `rank` 0: rows of a full load that carry no position; 1: everything with a position. So a
///   full-load row never beats a change. Where the source started again, 2 and 3 after its second start, and so on.
/// * `parts`: what the contract's `sequence` reads, most significant first; for Debezium
///   PostgreSQL `lsn`, then 0 for a snapshot row (`op = r`) or 1 for a change, then the order within
///   the transaction. Unused parts are 0.
/// * `tie`: decides between events of one key with equal parts: the top bit is set for an upsert
///   (an upsert wins over a delete), the rest is a hash of the content. So arrival never decides.
///   With `tie_policy: last_in_file` or `first` it is the record number in the file, 40 bits, then
///   24 bits of the hash.
///
/// Text form: 66 hex digits, whose order as text is the order of events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventSeq {
    /// 0 full load, 1 change; two more for every time that the source started again.
    pub rank: u8,
    /// Position.
    pub parts: [u64; 3],
    /// Tie-breaker.
    pub tie: u64,
}

impl EventSeq {
    /// Length of the text form.
    pub const TEXT_LEN: usize = 66;
    /// Top bit of `tie`, set for an upsert.
    pub const UPSERT_TIE: u64 = 1 << 63;

    /// Largest record number that a tie-breaker holds.
    const RECORD_MAX: u64 = (1 << 40) - 1;
    /// Bits of the hash below a record number.
    const RECORD_SHIFT: u32 = 24;

    /// A sequence whose tie-breaker is made of the operation and a hash of the content.
    #[must_use]
    pub fn new(rank: u8, parts: [u64; 3], upsert: bool, content_hash: u64) -> Self {
        let tie = (content_hash >> 1) | if upsert { Self::UPSERT_TIE } else { 0 };
        Self { rank, parts, tie }
    }

    /// A sequence whose tie-breaker is the number of the record in its file: a larger one wins, or
    /// with `first` a smaller one.
    #[must_use]
    pub fn in_file_order(rank: u8, parts: [u64; 3], record: u64, first: bool, content_hash: u64) -> Self {
        let record = record.min(Self::RECORD_MAX);
        let record = if first { Self::RECORD_MAX - record } else { record };
        Self { rank, parts, tie: (record << Self::RECORD_SHIFT) | (content_hash >> (64 - Self::RECORD_SHIFT)) }
    }

    /// Whether it is a change, and not a row of a full load.
    #[must_use]
    pub fn is_change(&self) -> bool {
        self.rank % 2 == 1
    }

    /// Whether only the tie-breaker tells the two apart.
    #[must_use]
    pub fn ties_with(&self, other: &Self) -> bool {
        self.rank == other.rank && self.parts == other.parts
    }

    /// The largest sequence with this position: at or after every event of it.
    #[must_use]
    pub fn end_of_position(&self) -> Self {
        Self { tie: u64::MAX, ..*self }
    }

    /// Position in words for people, without the tie-breaker, for example `134656944.1.7`.
    #[must_use]
    pub fn position(&self) -> String {
        if !self.is_change() {
            return "full load".to_owned();
        }
        if self.parts == [u64::MAX; 3] {
            return "reload".to_owned();
        }
        let last = self.parts.iter().rposition(|part| *part != 0).unwrap_or(0);
        self.parts[..=last].iter().map(u64::to_string).collect::<Vec<_>>().join(".")
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != Self::TEXT_LEN || !text.is_ascii() {
            return None;
        }
        let number = |from: usize| u64::from_str_radix(&text[from..from + 16], 16).ok();
        Some(Self {
            rank: u8::from_str_radix(&text[..2], 16).ok()?,
            parts: [number(2)?, number(18)?, number(34)?],
            tie: number(50)?,
        })
    }
}

impl fmt::Display for EventSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c] = self.parts;
        write!(f, "{:02x}{a:016x}{b:016x}{c:016x}{:016x}", self.rank, self.tie)
    }
}

#[cfg(test)]
mod tests {
    use super::EventSeq;

    #[test]
    fn text_order_is_event_order() {
        let mut all = vec![
            EventSeq::new(0, [0, 0, 0], true, 9),
            EventSeq::new(1, [5, 0, 0], true, 9),
            EventSeq::new(1, [5, 1, 0], false, u64::MAX),
            EventSeq::new(1, [5, 1, 0], true, 0),
            EventSeq::new(1, [5, 1, 2], true, 3),
            EventSeq::new(1, [u64::MAX, 0, 0], false, 3),
        ];
        let sorted = all.clone();
        all.sort_by_key(ToString::to_string);
        assert_eq!(all, sorted);
        for seq in all {
            assert_eq!(EventSeq::parse(&seq.to_string()), Some(seq));
        }
    }

    #[test]
    fn an_upsert_wins_over_a_delete_of_the_same_position() {
        assert!(EventSeq::new(1, [7, 1, 0], true, 0) > EventSeq::new(1, [7, 1, 0], false, u64::MAX));
    }

    #[test]
    fn the_place_in_the_file_decides_where_the_contract_says_so() {
        let last = |record, hash| EventSeq::in_file_order(1, [7, 0, 0], record, false, hash);
        let first = |record, hash| EventSeq::in_file_order(1, [7, 0, 0], record, true, hash);
        assert!(last(2, 0) > last(1, u64::MAX) && last(1, u64::MAX) > last(1, 0));
        assert!(first(1, 0) > first(2, u64::MAX));
        assert!(last(u64::MAX, 0) < EventSeq::new(1, [7, 0, 1], false, 0));
        assert_eq!(EventSeq::parse(&first(9, 5).to_string()), Some(first(9, 5)));
    }
}
