//! The position of an event, read by the contract's `sequence`.

use super::names::{Names, RowName};
use crate::outcome::record_error::RecordError;
use sluice_change::{Cell, ReasonCode, parse_cell};
use sluice_contract::{ColumnType, Contract};

/// Where one part of the sequence is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SequencePart {
    /// Member of the envelope, then the path inside it.
    Envelope(Vec<String>),
    /// Member of the row.
    Row(RowName),
}

/// The parts of a sequence, most significant first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sequence {
    parts: Vec<SequencePart>,
    names: Vec<String>,
}

/// A value of a sequence part: one number, or two for a long one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PartValue {
    One(u64),
    Two(u64, u64),
}

/// The numbers of a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PositionNumbers {
    /// Of the first part.
    pub(crate) first: Vec<u64>,
    /// Of the parts after it.
    pub(crate) later: Vec<u64>,
}

impl Sequence {
    /// The contract's sequence; `is_in_envelope` tells paths into the envelope from members of the row.
    pub(crate) fn new(contract: &Contract, row: &mut Names, is_in_envelope: fn(&str) -> bool) -> Self {
        let names = contract.sequence();
        let part = |name: &String| {
            if contract.column(name).is_none() && is_in_envelope(name) {
                SequencePart::Envelope(name.split('.').map(str::to_owned).collect())
            } else {
                SequencePart::Row(row.row_name(name))
            }
        };
        Self { parts: names.iter().map(part).collect(), names }
    }

    /// Where the parts are.
    pub(crate) fn parts(&self) -> &[SequencePart] {
        &self.parts
    }

    /// The name of the first part, as the contract has it.
    pub(crate) fn first_name(&self) -> &str {
        self.names.first().map_or("sequence", String::as_str)
    }

    /// The numbers of the parts' texts. Later parts that are missing or are no positions count as 0:
    /// `transaction` of Debezium is null in snapshots.
    ///
    /// # Errors
    /// `MISSING_SEQ` when the first part is missing or is no position.
    pub(crate) fn numbers(&self, texts: &[Option<&str>]) -> Result<PositionNumbers, RecordError> {
        let missing = |detail: &str| RecordError::of(self.first_name(), ReasonCode::MissingSeq, detail);
        let text = texts.first().copied().flatten().ok_or_else(|| missing("the position is missing"))?;
        let first = PartValue::read(text)
            .ok_or_else(|| missing("the position is neither a number from 0 nor a time from 1970"))?;
        let later = texts.iter().skip(1).map(|text| text.and_then(PartValue::read).unwrap_or(PartValue::One(0)));
        Ok(PositionNumbers { first: first.numbers(), later: later.flat_map(PartValue::numbers).collect() })
    }
}

impl PositionNumbers {
    /// All numbers, the most significant first, as the parts of an [`sluice_change::EventSeq`].
    pub(crate) fn parts(&self) -> [u64; 3] {
        three(self.first.iter().chain(&self.later))
    }

    /// The same with `mark` between the first part and the others.
    pub(crate) fn parts_marked(&self, mark: u64) -> [u64; 3] {
        three(self.first.iter().chain([&mark]).chain(&self.later))
    }
}

impl PartValue {
    /// A number; a time (microseconds since 1970); a PostgreSQL log position `0/806B3B0`; digits
    /// only, longer than 19 (`AR_H_CHANGE_SEQ` of AWS DMS has 35): the last 19 are a number of
    /// their own, so that the order of texts of one length is the order of numbers.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
            if text.len() <= 19 {
                return text.parse().ok().map(Self::One);
            }
            let (high, low) = text.split_at_checked(text.len() - 19)?;
            return Some(Self::Two(high.parse().ok()?, low.parse().ok()?));
        }
        if let Some((high, low)) = text.split_once('/') {
            let hex = |part: &str| u32::from_str_radix(part, 16).ok().filter(|_| part.len() <= 8);
            return Some(Self::One((u64::from(hex(high)?) << 32) | u64::from(hex(low)?)));
        }
        match parse_cell(&ColumnType::Timestamp, text) {
            Ok(Cell::Int(micros)) => u64::try_from(micros).ok().map(Self::One),
            _ => None,
        }
    }

    fn numbers(self) -> Vec<u64> {
        match self {
            Self::One(number) => vec![number],
            Self::Two(high, low) => vec![high, low],
        }
    }
}

fn three<'n>(parts: impl Iterator<Item = &'n u64>) -> [u64; 3] {
    let mut out = [0; 3];
    for (place, part) in out.iter_mut().zip(parts) {
        *place = *part;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::PartValue;

    #[test]
    fn positions_come_as_numbers_times_and_long_digits() {
        assert_eq!(PartValue::read("134656944"), Some(PartValue::One(134_656_944)));
        assert_eq!(
            PartValue::read("20261120084718110000126730456000001"),
            Some(PartValue::Two(2_026_112_008_471_811, 126_730_456_000_001))
        );
        assert_eq!(PartValue::read("0/806B3B0"), Some(PartValue::One(134_656_944)));
        assert_eq!(PartValue::read("1970-01-01T00:00:01Z"), Some(PartValue::One(1_000_000)));
        for wrong in ["", "x", "-1", "1.5", "1969-01-01", &"9".repeat(60), "1/2/3", "é/1"] {
            assert_eq!(PartValue::read(wrong), None, "{wrong}");
        }
    }
}
