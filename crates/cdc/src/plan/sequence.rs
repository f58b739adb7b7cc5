//! The position of an event, read by the contract's `sequence`.

use super::names::{Names, RowName};
use crate::outcome::record_error::RecordError;
use sluice_change::{Cell, ReasonCode, parse_cell};
use sluice_contract::{ColumnType, Contract, PartForm, PositionLayout};

/// Numbers of a position.
const PARTS: usize = 3;

/// Where one part of the sequence is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SequencePart {
    /// Member of the envelope, then the path inside it.
    Envelope(Vec<String>),
    /// Member of the row.
    Row(RowName),
}

/// The parts of a sequence, most significant first.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    parts: Vec<SequencePart>,
    names: Vec<String>,
    layout: PositionLayout,
}

/// A value of a sequence part: one number, or two for a long one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PartValue {
    One(u64),
    Two(u64, u64),
}

/// The numbers of a position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PositionNumbers {
    /// Every number has 64 bits.
    Slots {
        /// Of the first part.
        first: Vec<u64>,
        /// Of the parts after it.
        later: Vec<u64>,
    },
    /// Numbers with their bits.
    Packed {
        /// Of each part.
        numbers: Vec<(u128, u32)>,
        /// Parts before the mark.
        before_mark: usize,
    },
}

impl Sequence {
    /// The contract's sequence; `is_in_envelope` tells paths into the envelope from members of the row. `None` if
    /// its parts need more bits than a position has.
    pub(crate) fn new(contract: &Contract, row: &mut Names, is_in_envelope: fn(&str) -> bool) -> Option<Self> {
        let names = contract.sequence();
        let layout = PositionLayout::of(&names)?;
        let part = |name: &String| {
            if contract.column(name).is_none() && is_in_envelope(name) {
                SequencePart::Envelope(name.split('.').map(str::to_owned).collect())
            } else {
                SequencePart::Row(row.row_name(name))
            }
        };
        Some(Self { parts: names.iter().map(part).collect(), names, layout })
    }

    /// Where the parts are.
    pub(crate) fn parts(&self) -> &[SequencePart] {
        &self.parts
    }

    /// The names of the parts, as the contract has them.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// The name of the first part, as the contract has it.
    pub(crate) fn first_name(&self) -> &str {
        self.names.first().map_or("sequence", String::as_str)
    }

    /// The numbers of the parts' texts. A later part that is missing counts as 0: `transaction` of Debezium is null
    /// in snapshots. In the log of a database it is missing in rows of a snapshot only (`is_read`).
    ///
    /// # Errors
    /// `MISSING_SEQ` when the first part is missing, or a part is not what its name says.
    pub(crate) fn numbers(&self, texts: &[Option<&str>], is_read: bool) -> Result<PositionNumbers, RecordError> {
        let first = texts.first().copied().flatten();
        first.ok_or_else(|| self.missing(0))?;
        match &self.layout {
            PositionLayout::Slots => self.slots(texts),
            PositionLayout::Packed { widths, before_mark } => {
                let numbers = widths.iter().enumerate().map(|(at, width)| self.packed(texts, at, *width, is_read));
                let numbers = numbers.collect::<Result<Vec<_>, RecordError>>()?;
                Ok(PositionNumbers::Packed { numbers, before_mark: *before_mark })
            }
        }
    }

    fn slots(&self, texts: &[Option<&str>]) -> Result<PositionNumbers, RecordError> {
        let mut numbers = texts.iter().enumerate().map(|(at, text)| match text {
            Some(text) => match self.form(at) {
                PartForm::LogFile => log_file(text).map(PartValue::One),
                _ => PartValue::read(text),
            }
            .map(PartValue::numbers)
            .ok_or_else(|| self.unreadable(at)),
            None => Ok(vec![0]),
        });
        let first = numbers.next().transpose()?.unwrap_or_default();
        let later = numbers.collect::<Result<Vec<_>, RecordError>>()?.concat();
        Ok(PositionNumbers::Slots { first, later })
    }

    fn packed(&self, texts: &[Option<&str>], at: usize, width: u32, is_read: bool) -> Result<(u128, u32), RecordError> {
        let Some(text) = texts.get(at).copied().flatten() else {
            return if is_read { Ok((0, width)) } else { Err(self.missing(at)) };
        };
        let number = match self.form(at) {
            PartForm::LogFile => log_file(text).map(u128::from),
            PartForm::LogSequence => groups(text, ':', [8, 8, 4]),
            PartForm::RedoRecord => groups(text, '.', [8, 8, 4]),
            PartForm::Number | PartForm::Serial => whole_number(text).map(u128::from),
        };
        let number = number.filter(|number| number.checked_shr(width).unwrap_or(0) == 0);
        number.map(|number| (number, width)).ok_or_else(|| self.unreadable(at))
    }

    fn form(&self, at: usize) -> PartForm {
        self.names.get(at).map_or(PartForm::Number, |name| PartForm::of(name))
    }

    fn missing(&self, at: usize) -> RecordError {
        self.error(at, "the position is missing".to_owned())
    }

    fn unreadable(&self, at: usize) -> RecordError {
        self.error(at, format!("the position is not {}", self.form(at).words()))
    }

    fn error(&self, at: usize, detail: String) -> RecordError {
        let name = self.names.get(at).map_or("sequence", String::as_str);
        RecordError::of(name, ReasonCode::MissingSeq, detail)
    }
}

impl PositionNumbers {
    /// Whether a mark that tells a snapshot row from a change has room beside `parts` parts.
    pub(crate) fn has_room_for_mark(&self, parts: usize) -> bool {
        match self {
            Self::Slots { .. } => parts < PARTS,
            Self::Packed { .. } => true,
        }
    }

    /// All numbers, the most significant first, as the parts of an [`sluice_change::EventSeq`].
    pub(crate) fn parts(&self) -> [u64; PARTS] {
        match self {
            Self::Slots { first, later } => three(first.iter().chain(later)),
            Self::Packed { .. } => self.parts_marked(1),
        }
    }

    /// The same with `last` behind all of them, where there is room.
    pub(crate) fn parts_then(&self, last: u64) -> [u64; PARTS] {
        match self {
            Self::Slots { first, later } => three(first.iter().chain(later).chain([&last])),
            Self::Packed { .. } => self.parts(),
        }
    }

    /// The same with `mark` behind the parts that say where the log was: 0 for a snapshot row, 1 for a change.
    pub(crate) fn parts_marked(&self, mark: u64) -> [u64; PARTS] {
        match self {
            Self::Slots { first, later } => three(first.iter().chain([&mark]).chain(later)),
            Self::Packed { numbers, before_mark } => {
                let mut bits = Bits::default();
                for (at, (number, width)) in numbers.iter().enumerate() {
                    if at == *before_mark {
                        bits.push(u128::from(mark), 1);
                    }
                    bits.push(*number, *width);
                }
                if numbers.len() <= *before_mark {
                    bits.push(u128::from(mark), 1);
                }
                bits.parts
            }
        }
    }
}

/// Numbers of a few bits each, one behind the other from the most significant bit.
#[derive(Default)]
struct Bits {
    parts: [u64; PARTS],
    used: u32,
}

impl Bits {
    fn push(&mut self, value: u128, width: u32) {
        let mut left = width;
        while left > 0 {
            let Some(part) = usize::try_from(self.used / 64).ok().and_then(|at| self.parts.get_mut(at)) else { return };
            let free = 64 - self.used % 64;
            let taken = left.min(free);
            let chunk = (value >> (left - taken)) & ((1 << taken) - 1);
            *part |= u64::try_from(chunk).unwrap_or(u64::MAX) << (free - taken);
            self.used += taken;
            left -= taken;
        }
    }
}

/// The number of a log file, `binlog.000099`.
fn log_file(text: &str) -> Option<u64> {
    let (name, number) = text.trim().rsplit_once('.')?;
    (!name.is_empty() && is_digits(number)).then(|| number.parse().ok())?
}

/// Three groups of hexadecimal digits as one number; `digits` is how many each may have.
fn groups(text: &str, between: char, digits: [usize; 3]) -> Option<u128> {
    let mut number = 0;
    let mut groups = text.trim().split(between);
    for digits in digits {
        let group = groups.next()?;
        let group = group.strip_prefix("0x").unwrap_or(group);
        let fits = (1..=digits).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = fits.then(|| u128::from_str_radix(group, 16).ok())??;
        number = (number << (4 * digits)) | value;
    }
    groups.next().is_none().then_some(number)
}

/// A number of 64 bits, or what else is one number: a time, a log position of PostgreSQL.
fn whole_number(text: &str) -> Option<u64> {
    text.trim().parse().ok().or_else(|| match PartValue::read(text)? {
        PartValue::One(number) => Some(number),
        PartValue::Two(..) => None,
    })
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl PartValue {
    /// A number; a time (microseconds since 1970); a PostgreSQL log position `0/806B3B0`; digits
    /// only, longer than 19 (`AR_H_CHANGE_SEQ` of AWS DMS has 35): the last 19 are a number of
    /// their own, so that the order of texts of one length is the order of numbers.
    fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if is_digits(text) {
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

fn three<'n>(parts: impl Iterator<Item = &'n u64>) -> [u64; PARTS] {
    let mut out = [0; PARTS];
    for (place, part) in out.iter_mut().zip(parts) {
        *place = *part;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{Bits, PartValue, groups, log_file};

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

    #[test]
    fn log_files_count_by_their_number() {
        assert_eq!(log_file("binlog.999999"), Some(999_999));
        assert_eq!(log_file("mysql-bin-changelog.1000000"), Some(1_000_000));
        for wrong in ["", "binlog", ".1", "binlog.", "binlog.00a", "binlog.99999999999999999999"] {
            assert_eq!(log_file(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn groups_of_hexadecimal_digits_are_one_number() {
        let lsn = |text| groups(text, ':', [8, 8, 4]);
        assert_eq!(lsn("00000027:00000758:0005"), Some((0x27 << 48) | (0x758 << 16) | 5));
        assert!(lsn("00000027:00000758:0005") < lsn("00000027:00000758:000a"));
        assert_eq!(groups(" 0x000029.00046a2c.0010 ", '.', [8, 8, 4]), Some((0x29 << 48) | (0x4_6a2c << 16) | 0x10));
        for wrong in ["", "27", "27:758", "27:758:5:1", "27:758:00005", "27:x:5", "27::5"] {
            assert_eq!(lsn(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn bits_lie_behind_each_other_and_keep_the_order() {
        let mut bits = Bits::default();
        bits.push(0x1234, 80);
        bits.push(1, 1);
        bits.push(u128::MAX >> 48, 80);
        bits.push(3, 31);
        let [a, b, c] = bits.parts;
        assert_eq!((a, b >> 48, (b >> 47) & 1), (0, 0x1234, 1));
        assert_eq!((b & ((1 << 47) - 1), c >> 31, c & ((1 << 31) - 1)), ((1 << 47) - 1, (1 << 33) - 1, 3));
    }
}
