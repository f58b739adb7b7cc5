//! The one total order of events.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Numbers of a position, most significant first: as many as the longest log position needs (`Db2` has two of 128 bits).
pub type SeqParts = [u64; EventSeq::PARTS];

/// Place of an event in its source's total order, larger is later. Compare only events of one table.
///
/// * `rank` 0: rows of a full load that carry no position; 1: everything with a position. So a
///   full-load row never beats a change. Where the source started again, 2 and 3 after its second start, and so on.
/// * `parts`: what the contract's `sequence` reads, most significant first; for Debezium
///   PostgreSQL the last commit, one bit for a snapshot row (`op = r`) or a change, `lsn`, and the order within
///   the transaction. Unused parts are 0.
/// * `tie`: decides between events of one key with equal parts: the top bit is set for an upsert
///   (an upsert wins over a delete), the rest is a hash of the content. So arrival never decides.
///   With `tie_policy: by_file`, `last_in_file` or `first` it is the record number in the file, 40 bits, then
///   24 bits of the hash.
///
/// Text form, whose order as text is the order of events: 66 hex digits. Where a part behind the third is not 0 there is
/// a `g`, which is behind all digits, and those parts before the tie-breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventSeq {
    /// 0 full load, 1 change; two more for every time that the source started again.
    pub rank: u8,
    /// Position.
    pub parts: SeqParts,
    /// Tie-breaker.
    pub tie: u64,
}

impl EventSeq {
    /// Numbers of a position.
    pub const PARTS: usize = 5;
    /// Length of the text form where no part behind the third is used.
    pub const TEXT_LEN: usize = 66;
    /// Length of the text form where one is.
    pub const LONG_TEXT_LEN: usize = Self::TEXT_LEN + 1 + 16 * (Self::PARTS - Self::SHORT_PARTS);
    /// Parts that the short text form has.
    pub const SHORT_PARTS: usize = 3;
    /// What stands before further parts in the text form.
    pub const LONG_MARK: u8 = b'g';
    /// The position behind all events of an epoch.
    pub const END_OF_EPOCH: SeqParts = [u64::MAX, u64::MAX, u64::MAX, 0, 0];
    /// Top bit of `tie`, set for an upsert.
    pub const UPSERT_TIE: u64 = 1 << 63;

    /// Largest record number that a tie-breaker holds.
    const RECORD_MAX: u64 = (1 << 40) - 1;
    /// Bits of the hash below a record number.
    const RECORD_SHIFT: u32 = 24;

    /// A sequence whose tie-breaker is made of the operation and a hash of the content.
    #[must_use]
    pub fn new<const N: usize>(rank: u8, parts: [u64; N], upsert: bool, content_hash: u64) -> Self {
        let tie = (content_hash >> 1) | if upsert { Self::UPSERT_TIE } else { 0 };
        Self { rank, parts: Self::parts_of(parts), tie }
    }

    /// The numbers of a position that has only these: the others are 0, and there are no more.
    #[must_use]
    pub fn parts_of<const N: usize>(numbers: [u64; N]) -> SeqParts {
        let mut parts = [0; Self::PARTS];
        for (part, number) in parts.iter_mut().zip(numbers) {
            *part = number;
        }
        parts
    }

    /// A sequence whose tie-breaker is the number of the record in its file: a larger one wins, or
    /// with `first` a smaller one.
    #[must_use]
    pub fn in_file_order(rank: u8, parts: SeqParts, record: u64, first: bool, content_hash: u64) -> Self {
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
        if self.parts == Self::END_OF_EPOCH {
            return "reload".to_owned();
        }
        let last = self.parts.iter().rposition(|part| *part != 0).unwrap_or(0);
        self.parts[..=last].iter().map(u64::to_string).collect::<Vec<_>>().join(".")
    }

    /// Reads the text form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |from: usize| u64::from_str_radix(text.get(from..from + 16)?, 16).ok();
        let rank = u8::from_str_radix(text.get(..2)?, 16).ok()?;
        let short = [number(2)?, number(18)?, number(34)?];
        match text.len() {
            Self::TEXT_LEN => Some(Self { rank, parts: Self::parts_of(short), tie: number(50)? }),
            Self::LONG_TEXT_LEN if text.as_bytes().get(50) == Some(&Self::LONG_MARK) => {
                let [first, second, third] = short;
                Some(Self { rank, parts: [first, second, third, number(51)?, number(67)?], tie: number(83)? })
            }
            _ => None,
        }
    }

    /// The text form.
    #[must_use]
    pub fn text(&self) -> SeqText {
        // Every row of bronze and silver has one: digits at once cost a fifth of what formatting each number does.
        let mut digits = [0; Self::LONG_TEXT_LEN];
        let mut rest = digits.as_mut_slice();
        put_digits(&mut rest, 2, u64::from(self.rank));
        let (short, further) = self.parts.split_at(Self::SHORT_PARTS);
        short.iter().for_each(|part| put_digits(&mut rest, 16, *part));
        let is_long = self.is_long();
        if is_long {
            if let Some(mark) = rest.split_off_first_mut() {
                *mark = Self::LONG_MARK;
            }
            further.iter().for_each(|part| put_digits(&mut rest, 16, *part));
        }
        put_digits(&mut rest, 16, self.tie);
        SeqText { digits, len: if is_long { Self::LONG_TEXT_LEN } else { Self::TEXT_LEN } }
    }

    /// Whether its text form is the long one.
    #[must_use]
    pub fn is_long(&self) -> bool {
        self.parts.iter().skip(Self::SHORT_PARTS).any(|part| *part != 0)
    }
}

/// The text form of a sequence, in place.
#[derive(Clone, Copy, Debug)]
pub struct SeqText {
    digits: [u8; EventSeq::LONG_TEXT_LEN],
    len: usize,
}

impl SeqText {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // It has nothing but digits.
        self.digits.get(..self.len).and_then(|text| str::from_utf8(text).ok()).unwrap_or_default()
    }
}

impl fmt::Display for EventSeq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text().as_str())
    }
}

/// Writes so many hex digits of a number, and leaves what is behind them.
fn put_digits(rest: &mut &mut [u8], digits: usize, number: u64) {
    let Some(digits) = rest.split_off_mut(..digits) else { return };
    let mut number = number;
    for digit in digits.iter_mut().rev() {
        let value = (number & 0xf) as u8;
        *digit = if value < 10 { b'0' + value } else { b'a' - 10 + value };
        number >>= 4;
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
            EventSeq::new(1, [5, 1, 2], true, u64::MAX),
            EventSeq::new(1, [5, 1, 2, 0, 1], false, 0),
            EventSeq::new(1, [5, 1, 2, 1, 0], false, 0),
            EventSeq::new(1, [5, 1, 2, 1, 0], true, 7),
            EventSeq::new(1, [5, 1, 2, u64::MAX, u64::MAX], true, 7),
            EventSeq::new(1, [5, 1, 3], false, 0),
            EventSeq::new(1, [u64::MAX, 0, 0], false, 3),
        ];
        let sorted = all.clone();
        all.sort_by_key(ToString::to_string);
        assert_eq!(all, sorted);
        for seq in all {
            assert_eq!(EventSeq::parse(&seq.to_string()), Some(seq));
        }
        let long = EventSeq::new(1, [5, 1, 2, 1, 0], false, 0).to_string();
        assert_eq!((long.len(), EventSeq::default().to_string().len()), (EventSeq::LONG_TEXT_LEN, EventSeq::TEXT_LEN));
        for text in [&long[1..], &long.replace('g', "0"), "é", ""] {
            assert_eq!(EventSeq::parse(text), None, "{text}");
        }
    }

    #[test]
    fn texts_of_older_lakes_are_read_as_they_are() {
        let text = "0100000000000000050000000000000001000000000000000200000000000000ff";
        let seq = EventSeq::parse(text).unwrap();
        assert_eq!((seq.rank, seq.parts, seq.tie), (1, [5, 1, 2, 0, 0], 255));
        assert_eq!(seq.to_string(), text);
    }

    #[test]
    fn an_upsert_wins_over_a_delete_of_the_same_position() {
        assert!(EventSeq::new(1, [7, 1, 0], true, 0) > EventSeq::new(1, [7, 1, 0], false, u64::MAX));
    }

    #[test]
    fn the_place_in_the_file_decides_where_the_contract_says_so() {
        let last = |record, hash| EventSeq::in_file_order(1, EventSeq::parts_of([7]), record, false, hash);
        let first = |record, hash| EventSeq::in_file_order(1, EventSeq::parts_of([7]), record, true, hash);
        assert!(last(2, 0) > last(1, u64::MAX) && last(1, u64::MAX) > last(1, 0));
        assert!(first(1, 0) > first(2, u64::MAX));
        assert!(last(u64::MAX, 0) < EventSeq::new(1, [7, 0, 1], false, 0));
        assert_eq!(EventSeq::parse(&first(9, 5).to_string()), Some(first(9, 5)));
    }
}
