//! What orders the rows of AWS DMS where the contract leaves it to them.

use super::members::{SEQUENCE, TIME};
use crate::outcome::record_error::RecordError;
use crate::plan::Plan;
use crate::plan::names::RowName;
use crate::plan::position_text::PartValue;
use crate::row::text_rows::{TextValue, text_of};
use crate::row::values::Row;
use sluice_change::{Cell, EventSeq, ReasonCode, RowRef, SeqParts, parse_cell};
use sluice_contract::ColumnType;

/// By the column that the task adds with `$AR_H_CHANGE_SEQ`.
pub(crate) const BY_CHANGE_SEQUENCE: &str = "transact_seq, the change sequence of the task";
/// By the column of `TimestampColumnName`, which all rows of a transaction share.
pub(crate) const BY_TIME: &str = "dms_timestamp, the time of the commit, then the file and the row";
/// By the place where the task wrote the row.
pub(crate) const BY_PLACE: &str = "the time in the name of the file, then the row";

/// What a row has of a position: the first of these.
pub(super) struct OwnPlace<'r> {
    /// Change sequence, `Some(None)` where it is empty.
    sequence: Option<Option<&'r str>>,
    /// Time of the commit, likewise.
    time: Option<Option<&'r str>>,
    /// File of changes by the time in its name, and row.
    place: Option<[u64; 2]>,
    row: u64,
    is_full_load: bool,
}

impl<'r> OwnPlace<'r> {
    pub(super) fn of(plan: &Plan, at: RowRef, row: &'r Row<TextValue<'_>>) -> Self {
        let member =
            |name: RowName| row.get(name).is_some().then(|| text_of(row, name).filter(|text| !text.is_empty()));
        Self {
            sequence: plan.own_position(SEQUENCE).find_map(member),
            time: plan.time.and_then(member),
            place: plan.place_of(at),
            row: at.row.saturating_add(1),
            is_full_load: plan.is_full_load(at),
        }
    }

    /// Whether an insert may be a row of a full load: it has no change sequence, or nothing at all.
    pub(super) fn may_be_loaded(&self) -> bool {
        match (self.sequence, self.time) {
            (Some(sequence), _) => sequence.is_none(),
            (None, Some(Some(_))) => self.is_full_load,
            (None, _) => self.place.is_none(),
        }
    }

    /// The position, and what it is by in words.
    ///
    /// # Errors
    /// `MISSING_SEQ`.
    pub(super) fn parts(&self) -> Result<(SeqParts, Option<&'static str>), RecordError> {
        let missing = |name: &str, detail: &str| RecordError::of(name, ReasonCode::MissingSeq, detail);
        let [file, row] = self.place.unwrap_or([0, self.row]);
        match (self.sequence, self.time) {
            (Some(None), _) => Err(missing(SEQUENCE, "the position is missing")),
            (Some(Some(text)), _) => {
                let value =
                    PartValue::read(text).ok_or_else(|| missing(SEQUENCE, "the position is not a number from 0"))?;
                let mut parts = SeqParts::default();
                parts.iter_mut().zip(value.numbers()).for_each(|(part, number)| *part = number);
                Ok((parts, Some(BY_CHANGE_SEQUENCE)))
            }
            (None, Some(Some(text))) => match parse_cell(&ColumnType::Timestamp, text) {
                Ok(Cell::Int(micros)) => {
                    let micros = u64::try_from(micros).unwrap_or(0);
                    Ok((EventSeq::parts_of([micros, file, row]), Some(BY_TIME)))
                }
                _ => Err(missing(TIME, "the position is not a time from 1970")),
            },
            (None, Some(None)) => Err(missing(TIME, "the time of the commit is missing, which orders the changes")),
            (None, None) if self.place.is_some() => Ok((EventSeq::parts_of([file, row]), Some(BY_PLACE))),
            (None, None) => {
                let detail = "the position is missing, and the file's name has no time as AWS DMS gives it \
                              (20251101-122640000.csv)";
                Err(missing(SEQUENCE, detail))
            }
        }
    }
}
