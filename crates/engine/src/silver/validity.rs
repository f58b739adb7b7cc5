//! The values of `__START_AT` and `__END_AT`.

use crate::error::EngineError;
use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{DataType, Date32Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use sluice_change::{DAY_MICROS, EventSeq};
use sluice_contract::{ColumnType, Contract, PartForm, Restart, SnapshotVersion};
use std::fmt::Write as _;
use std::sync::Arc;

/// A point of validity: of the events of one position only the last shows in the history. Larger is later.
pub(crate) type Position = [u64; EventSeq::PARTS + 1];

const MICROS_PER_DAY: u64 = DAY_MICROS.unsigned_abs();
/// Length of the text form: rank and three parts of [`EventSeq`], without its tie-breaker.
const TEXT_LEN: usize = EventSeq::TEXT_LEN - 16;
/// The same with further parts.
const LONG_TEXT_LEN: usize = EventSeq::LONG_TEXT_LEN - 16;

/// The type of `__START_AT` and `__END_AT`: the type of the sequence where that is one number, date or time, else
/// the text of [`EventSeq`] without its tie-breaker, whose order is the order of events.
///
/// A row of a full load without a position is at 0, the beginning of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ValidityType {
    /// `bigint`.
    Number,
    /// `date`.
    Date,
    /// `timestamp` (with zone) or `timestamp_ntz`, and the microseconds of a unit of the sequence.
    Time { utc: bool, micros: u64 },
    /// Text.
    Text,
}

impl ValidityType {
    /// The type that a contract's sequence asks for.
    pub(crate) fn of(contract: &Contract) -> Self {
        if let Some(rule) = &contract.apply.from_snapshot {
            return match rule.version() {
                SnapshotVersion::Number => Self::Number,
                SnapshotVersion::Date => Self::Time { utc: true, micros: 1 },
            };
        }
        // Where the source started again, a lower number may be the newer one.
        let restarts = contract.source.iter().flat_map(|source| source.restarts.values());
        if restarts.into_iter().any(|restart| *restart != Restart::Same) {
            return Self::Text;
        }
        let sequence = contract.sequence();
        let [only] = sequence.as_slice() else { return Self::Text };
        match contract.column(only).map(|column| &column.data_type) {
            Some(ColumnType::SmallInt | ColumnType::Int | ColumnType::BigInt) => Self::Number,
            Some(ColumnType::Date) => Self::Date,
            Some(ColumnType::Timestamp) => Self::Time { utc: true, micros: 1 },
            Some(ColumnType::TimestampNtz) => Self::Time { utc: false, micros: 1 },
            Some(_) => Self::Text,
            None => match only.rsplit(['.', '_']).next() {
                Some("lsn") if PartForm::of(only).is_number() => Self::Number,
                Some("ms") if only.ends_with("ts_ms") => Self::Time { utc: true, micros: 1_000 },
                Some("us") if only.ends_with("ts_us") => Self::Time { utc: true, micros: 1 },
                _ => Self::Text,
            },
        }
    }

    /// Arrow type of the two columns.
    pub(crate) fn data_type(&self) -> DataType {
        match self {
            Self::Number => DataType::Int64,
            Self::Date => DataType::Date32,
            Self::Time { utc, .. } => DataType::Timestamp(TimeUnit::Microsecond, utc.then(|| "UTC".into())),
            Self::Text => DataType::Utf8,
        }
    }

    /// The position of an event.
    pub(crate) fn position(&self, seq: &EventSeq) -> Position {
        let [first, second, third, fourth, fifth] = seq.parts;
        if *self == Self::Text {
            return [u64::from(seq.rank), first, second, third, fourth, fifth];
        }
        if seq.rank == 0 {
            return Position::default();
        }
        let value = match self {
            Self::Date => first / MICROS_PER_DAY,
            Self::Time { micros, .. } => first.saturating_mul(*micros),
            Self::Number | Self::Text => first,
        };
        [value.min(i64::MAX.unsigned_abs()), 0, 0, 0, 0, 0]
    }

    /// A column of positions; `None` becomes null.
    pub(crate) fn array(&self, positions: impl Iterator<Item = Option<Position>>) -> ArrayRef {
        let number = |position: Position| i64::try_from(position[0]).unwrap_or(i64::MAX);
        match self {
            Self::Number => Arc::new(Int64Array::from_iter(positions.map(|p| p.map(number)))),
            Self::Date => {
                let days = |position: Position| i32::try_from(position[0]).unwrap_or(i32::MAX);
                Arc::new(Date32Array::from_iter(positions.map(|p| p.map(days))))
            }
            Self::Time { utc, .. } => {
                let array = TimestampMicrosecondArray::from_iter(positions.map(|p| p.map(number)));
                Arc::new(if *utc { array.with_timezone("UTC") } else { array })
            }
            Self::Text => {
                let mut text = String::with_capacity(TEXT_LEN);
                let mut builder = arrow::array::StringBuilder::new();
                for position in positions {
                    builder.append_option(position.map(|[rank, a, b, c, further @ ..]| {
                        text.clear();
                        // Writing into a String does not fail.
                        let _ = write!(text, "{rank:02x}{a:016x}{b:016x}{c:016x}");
                        if further.iter().any(|part| *part != 0) {
                            text.push(char::from(EventSeq::LONG_MARK));
                            for part in further {
                                let _ = write!(text, "{part:016x}");
                            }
                        }
                        text.as_str()
                    }));
                }
                Arc::new(builder.finish())
            }
        }
    }

    /// The positions of a column.
    ///
    /// # Errors
    /// If the column is of another type, or a text is no position.
    pub(crate) fn positions(&self, array: &ArrayRef, name: &'static str) -> Result<Vec<Option<Position>>, EngineError> {
        if *array.data_type() != self.data_type() {
            return Err(EngineError::Column(name.to_owned()));
        }
        let number = |value: i64| [u64::try_from(value).unwrap_or(0), 0, 0, 0, 0, 0];
        Ok(match self {
            Self::Number => array.as_primitive::<Int64Type>().iter().map(|v| v.map(number)).collect(),
            Self::Date => {
                array.as_primitive::<Date32Type>().iter().map(|v| v.map(|days| number(i64::from(days)))).collect()
            }
            Self::Time { .. } => {
                array.as_primitive::<TimestampMicrosecondType>().iter().map(|v| v.map(number)).collect()
            }
            Self::Text => texts(array.as_string::<i32>(), name)?,
        })
    }
}

fn texts(array: &StringArray, name: &'static str) -> Result<Vec<Option<Position>>, EngineError> {
    let mut positions = Vec::with_capacity(array.len());
    for text in array {
        positions.push(match text {
            None => None,
            Some(text) => Some(read(text).ok_or(EngineError::Sequence(name))?),
        });
    }
    Ok(positions)
}

fn read(text: &str) -> Option<Position> {
    let number = |from: usize| u64::from_str_radix(text.get(from..from + 16)?, 16).ok();
    let rank = u64::from_str_radix(text.get(..2)?, 16).ok()?;
    let [fourth, fifth] = match text.len() {
        TEXT_LEN => [0, 0],
        LONG_TEXT_LEN if text.as_bytes().get(TEXT_LEN) == Some(&EventSeq::LONG_MARK) => [number(51)?, number(67)?],
        _ => return None,
    };
    Some([rank, number(2)?, number(18)?, number(34)?, fourth, fifth])
}

#[cfg(test)]
mod tests {
    use super::ValidityType;
    use sluice_change::EventSeq;
    use sluice_contract::Contract;

    fn validity(sequence: &str, data_type: &str) -> ValidityType {
        let text = format!(
            "dataset: a.b\nsource: {{path: x/, format: debezium_json}}\napply: {{scd: 2, sequence: {sequence}}}\nschema:\n- {{name: id, type: int, primary_key: true}}\n- {{name: at, type: {data_type}}}\n"
        );
        ValidityType::of(&Contract::parse(&text, "b.yaml").unwrap())
    }

    #[test]
    fn the_validity_has_the_type_of_the_sequence() {
        assert_eq!(validity("[at]", "bigint"), ValidityType::Number);
        assert_eq!(validity("[at]", "date"), ValidityType::Date);
        assert_eq!(validity("[at]", "timestamp"), ValidityType::Time { utc: true, micros: 1 });
        assert_eq!(validity("[source.ts_ms]", "int"), ValidityType::Time { utc: true, micros: 1_000 });
        assert_eq!(validity("[source.lsn]", "int"), ValidityType::Number);
        assert_eq!(validity("[at]", "string"), ValidityType::Text);
        assert_eq!(validity("[]", "int"), ValidityType::Text);
    }

    #[test]
    fn positions_are_read_as_they_are_written() {
        for validity in [
            ValidityType::Number,
            ValidityType::Date,
            ValidityType::Time { utc: true, micros: 1_000 },
            ValidityType::Text,
        ] {
            let seq = EventSeq::new(1, [86_400_000_000 * 3, 1, 2], true, 9);
            let positions = [Some(validity.position(&seq)), None, Some(validity.position(&EventSeq::default()))];
            let array = validity.array(positions.into_iter());
            assert_eq!(array.data_type(), &validity.data_type());
            assert_eq!(validity.positions(&array, "x").unwrap(), positions);
        }
    }
}
