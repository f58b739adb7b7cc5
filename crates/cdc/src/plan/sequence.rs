//! The position of an event, read by the contract's `sequence`.

use super::names::{Names, RowName};
use super::position_bits::Bits;
use super::position_text::{PartValue, groups, log_file, whole_number};
use crate::outcome::record_error::RecordError;
use sluice_change::{EventSeq, ReasonCode, SeqParts};
use sluice_contract::{Contract, PartForm, PositionLayout, SourceFormat};

/// Parts of a sequence beside which a mark has no room, and numbers of a position that a sequence has at most unless it
/// has more parts: older lakes have their order by that.
const SHORT_PARTS: usize = EventSeq::SHORT_PARTS;

/// Where one part of the sequence is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SequencePart {
    /// Member of the envelope, then the path inside it.
    Envelope(Vec<String>),
    /// Member of the row.
    Row(RowName),
    /// The place of the source among all of the table, which no record has.
    Source(String),
}

/// The parts of a sequence, most significant first.
#[derive(Clone, Debug)]
pub(crate) struct Sequence {
    parts: Vec<SequencePart>,
    names: Vec<String>,
    layout: PositionLayout,
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
        /// How many of all of them count.
        room: usize,
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
        if names == [SourceFormat::OWN_POSITION] {
            return Some(Self { parts: Vec::new(), names, layout: PositionLayout::Slots });
        }
        let layout = PositionLayout::of(&names)?;
        let part = |name: &String| {
            if contract.column(name).is_some_and(|column| column.is_source_name) {
                SequencePart::Source(contract.source_rank().to_string())
            } else if contract.column(name).is_none() && is_in_envelope(name) {
                SequencePart::Envelope(name.split('.').map(str::to_owned).collect())
            } else if let Some(position) = contract.columns.iter().position(|of| of.name == *name && of.is_read_time())
            {
                SequencePart::Row(RowName::Column(position))
            } else {
                SequencePart::Row(row.row_name(name))
            }
        };
        Some(Self { parts: names.iter().map(part).collect(), names, layout })
    }

    /// Whether the order is the format's own, so that each record says what its position is; then there are no parts.
    pub(crate) fn is_own(&self) -> bool {
        self.names == [SourceFormat::OWN_POSITION]
    }

    /// Where the parts are.
    pub(crate) fn parts(&self) -> &[SequencePart] {
        &self.parts
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
        let room = self.names.len().max(SHORT_PARTS);
        Ok(PositionNumbers::Slots { first, later, room })
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
            Self::Slots { .. } => parts < SHORT_PARTS,
            Self::Packed { .. } => true,
        }
    }

    /// All numbers, the most significant first, as the parts of an [`sluice_change::EventSeq`].
    pub(crate) fn parts(&self) -> SeqParts {
        match self {
            Self::Slots { first, later, room } => slots(*room, first.iter().chain(later)),
            Self::Packed { .. } => self.parts_marked(1),
        }
    }

    /// The same with `last` behind all of them, where there is room.
    pub(crate) fn parts_then(&self, last: u64) -> SeqParts {
        match self {
            Self::Slots { first, later, room } => slots(*room, first.iter().chain(later).chain([&last])),
            Self::Packed { .. } => self.parts(),
        }
    }

    /// The same with the place of the file behind all of them where ties are decided by it, else with `last`.
    pub(crate) fn parts_by_file(&self, place: Option<[u64; 2]>, last: u64) -> SeqParts {
        match (self, place) {
            (Self::Slots { first, later, .. }, Some(place)) => {
                slots(EventSeq::PARTS, first.iter().chain(later).chain(&place))
            }
            _ => self.parts_then(last),
        }
    }

    /// The same with `mark` behind the parts that say where the log was: 0 for a snapshot row, 1 for a change.
    pub(crate) fn parts_marked(&self, mark: u64) -> SeqParts {
        match self {
            Self::Slots { first, later, room } => slots(*room, first.iter().chain([&mark]).chain(later)),
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
                bits.parts()
            }
        }
    }
}

fn slots<'n>(room: usize, numbers: impl Iterator<Item = &'n u64>) -> SeqParts {
    let mut out = SeqParts::default();
    for (place, part) in out.iter_mut().zip(numbers).take(room) {
        *place = *part;
    }
    out
}
