//! Numbers that are dates and times: which unit they count, and whether that can be true.
//!
//! Where no schema says the unit, the contract or the format does (dates are days, everything else microseconds), and
//! the number has to bear it out: one that lies in this century by another unit, and only by that one, is no date of
//! 1970. Of each number at most one unit says so, because the units are factors of 1,000 apart.

use sluice_change::{
    Cell, CellError, DATE_INFINITY, DATE_MINUS_INFINITY, DAY_MICROS, ReasonCode, TIMESTAMP_INFINITY,
    TIMESTAMP_MINUS_INFINITY, format_time_micros, parse_time_length,
};
use sluice_contract::{ColumnType, TimeUnit};
use std::ops::Range;

/// `infinity` of PostgreSQL in microseconds, as the Debezium connector sends it.
pub(crate) const DEBEZIUM_INFINITY: i64 = 9_223_372_036_825_200_000;
/// `-infinity` likewise.
pub(crate) const DEBEZIUM_MINUS_INFINITY: i64 = -9_223_372_036_832_400_000;
/// The years 2000 to 2099, seconds since 1970.
const THIS_CENTURY: Range<i64> = 946_684_800..4_102_444_800;
/// The years 1900 to 2099 in milliseconds, and so in seconds: of microseconds the weeks around 1970.
const OTHER_UNITS: Range<i64> = -2_208_988_800_000..4_102_444_800_000;
/// The years 1 to 9999, days since 1970.
const DAYS: Range<i64> = -719_162..2_932_897;
/// Days of no year.
const DATE_INFINITIES: [i64; 2] = [DATE_INFINITY, DATE_MINUS_INFINITY];
/// Seconds and milliseconds of a day: numbers up to them are times of all the day in that unit, and of its beginning in
/// a smaller one.
const DAY_SECONDS: i64 = 86_400;
const DAY_MILLIS: i64 = 86_400_000;

/// Where the unit of a number is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SaidUnit {
    /// In the record's schema, which is believed.
    pub(crate) by_schema: Option<TimeUnit>,
    /// In the contract.
    pub(crate) by_contract: Option<TimeUnit>,
}

/// The unit by which a number is a time of this century.
pub(crate) fn likely_unit(number: i64) -> Option<TimeUnit> {
    let seconds = [
        (TimeUnit::Seconds, 1),
        (TimeUnit::Milliseconds, 1_000),
        (TimeUnit::Microseconds, 1_000_000),
        (TimeUnit::Nanoseconds, 1_000_000_000),
    ];
    seconds.into_iter().find(|(_, parts)| THIS_CENTURY.contains(&number.div_euclid(*parts))).map(|(unit, _)| unit)
}

/// The cell of a whole number in a column of `date`, `time`, `timestamp` or `timestamp_ntz`.
///
/// # Errors
/// [`CellError`] when it does not fit, and when its unit is not known; the text names the unit and what to write.
pub(crate) fn time_cell(data_type: &ColumnType, said: SaidUnit, number: i64) -> Result<Cell<'static>, CellError> {
    let of_format = if *data_type == ColumnType::Date { TimeUnit::Days } else { TimeUnit::Microseconds };
    let unit = said.by_schema.or(said.by_contract).unwrap_or(of_format);
    if said.by_schema.is_none() {
        check(data_type, unit, said.by_contract.is_some(), number)?;
    }
    let range = || CellError::range(data_type);
    match data_type {
        ColumnType::Date if unit == TimeUnit::Days => i32::try_from(number)
            .ok()
            .filter(|days| *days != i32::MIN)
            .map(|days| Cell::Int(i64::from(days)))
            .ok_or_else(range),
        ColumnType::Date => match instant(unit, number).ok_or_else(range)? {
            TIMESTAMP_INFINITY => Ok(Cell::Int(DATE_INFINITY)),
            TIMESTAMP_MINUS_INFINITY => Ok(Cell::Int(DATE_MINUS_INFINITY)),
            micros if micros.rem_euclid(DAY_MICROS) == 0 => Ok(Cell::Int(micros.div_euclid(DAY_MICROS))),
            _ => Err(CellError {
                reason: ReasonCode::ValueOutOfRange,
                detail: format!("read in {unit} it has a time of day, which date does not hold"),
            }),
        },
        ColumnType::Time => {
            let micros =
                unit.micros(number).filter(|micros| (0..=DAY_MICROS).contains(micros)).ok_or_else(|| CellError {
                    reason: ReasonCode::ValueOutOfRange,
                    detail: format!("does not fit time, read in {unit} of the day"),
                })?;
            Ok(Cell::Text(format_time_micros(micros).into()))
        }
        _ => instant(unit, number).map(Cell::Int).ok_or_else(range),
    }
}

/// The text of a length of time in a column of `string`: of a whole number by its unit, else of a text as MySQL writes it.
///
/// # Errors
/// [`CellError`] when it is none, or beyond 64 bits of microseconds.
pub(crate) fn time_length(unit: TimeUnit, text: &str) -> Result<Cell<'static>, CellError> {
    let micros = match text.parse() {
        Ok(number) => unit.micros(number).ok_or_else(|| CellError::range(&ColumnType::String))?,
        Err(_) => parse_time_length(text).ok_or_else(|| CellError {
            reason: ReasonCode::TypeMismatch,
            detail: format!("expected a length of time: a number of {unit}, or [-]HH:MM:SS"),
        })?,
    };
    Ok(Cell::Text(format_time_micros(micros).into()))
}

/// Microseconds since 1970, the infinities of Debezium as those of silver; `None` for what silver does not hold.
fn instant(unit: TimeUnit, number: i64) -> Option<i64> {
    let micros = match (unit, number) {
        // The driver's infinity is this number of milliseconds, too.
        (TimeUnit::Milliseconds, DEBEZIUM_INFINITY | DEBEZIUM_MINUS_INFINITY) => number,
        _ => unit.micros(number)?,
    };
    match micros {
        DEBEZIUM_INFINITY => Some(TIMESTAMP_INFINITY),
        DEBEZIUM_MINUS_INFINITY => Some(TIMESTAMP_MINUS_INFINITY),
        TIMESTAMP_INFINITY | TIMESTAMP_MINUS_INFINITY | i64::MIN => None,
        micros => Some(micros),
    }
}

/// Refuses a number whose unit is another one, or is not known.
fn check(data_type: &ColumnType, unit: TimeUnit, declared: bool, number: i64) -> Result<(), CellError> {
    if *data_type == ColumnType::Time {
        // Of more milliseconds than a day has it is known that they are none.
        let unknown = !declared && (1..=DAY_MILLIS).contains(&number);
        let units = if number <= DAY_SECONDS {
            "seconds, milliseconds or microseconds"
        } else {
            "milliseconds or microseconds"
        };
        let detail = format!(
            "{units} of the day, the number can be each of them. Write unit: milliseconds, or another one, at the column \
             in the contract"
        );
        return if unknown { Err(unknown_unit(detail)) } else { Ok(()) };
    }
    if let Some(likely) = likely_unit(number).or_else(|| unit_of_infinity(number)).filter(|likely| *likely != unit) {
        let source = if declared { "the contract says" } else { "the column has no unit, so it is read in" };
        let detail = format!(
            "by its size a number of {likely}; {source} {unit}. Write unit: {likely} at the column in the contract"
        );
        return Err(CellError { reason: ReasonCode::ValueOutOfRange, detail });
    }
    if !declared && is_digits_of_date(number) {
        let detail = format!(
            "a number that can be the digits of a date (20240131) or {unit}. Write unit: {unit} at the column in the \
             contract, or let the source write a text"
        );
        return Err(unknown_unit(detail));
    }
    if !declared && *data_type == ColumnType::Date && !DAYS.contains(&number) && !DATE_INFINITIES.contains(&number) {
        let detail = "read in days it is not of the years 1 to 9999, and it may count seconds or milliseconds. Write unit: \
                      days, or another one, at the column in the contract";
        return Err(unknown_unit(detail.to_owned()));
    }
    if !declared && *data_type != ColumnType::Date && number != 0 && OTHER_UNITS.contains(&number) {
        let detail = format!(
            "a number of {unit} within weeks of 1970, or of seconds or milliseconds of any year. Write unit: {unit}, or \
             another one, at the column in the contract"
        );
        return Err(unknown_unit(detail));
    }
    Ok(())
}

fn unknown_unit(detail: String) -> CellError {
    CellError { reason: ReasonCode::TypeMismatch, detail }
}

/// The infinities of Debezium in milliseconds.
fn unit_of_infinity(number: i64) -> Option<TimeUnit> {
    let infinities = [DEBEZIUM_INFINITY, DEBEZIUM_MINUS_INFINITY].map(|micros| micros.div_euclid(1_000));
    infinities.contains(&number).then_some(TimeUnit::Milliseconds)
}

/// Whether the digits of a number are `YYYYMMDD` or `YYYYMMDDHHMMSS` of the years 1900 to 2099.
fn is_digits_of_date(number: i64) -> bool {
    let (day, clock) = if number < 100_000_000 { (number, 0) } else { (number / 1_000_000, number % 1_000_000) };
    (1900..2100).contains(&(day / 10_000))
        && (1..=12).contains(&(day / 100 % 100))
        && (1..=31).contains(&(day % 100))
        && clock / 10_000 < 24
        && clock / 100 % 100 < 60
        && clock % 100 < 60
}

#[cfg(test)]
mod tests {
    use super::{DEBEZIUM_INFINITY, DEBEZIUM_MINUS_INFINITY, SaidUnit, likely_unit, time_cell};
    use sluice_change::{
        Cell, DATE_INFINITY, DATE_MINUS_INFINITY, ReasonCode, TIMESTAMP_INFINITY, TIMESTAMP_MINUS_INFINITY,
    };
    use sluice_contract::{ColumnType, TimeUnit};

    const UNITS: [(TimeUnit, i64); 4] = [
        (TimeUnit::Seconds, 1_762_000_061),
        (TimeUnit::Milliseconds, 1_762_000_061_001),
        (TimeUnit::Microseconds, 1_762_000_061_001_002),
        (TimeUnit::Nanoseconds, 1_762_000_061_001_002_003),
    ];

    fn read(data_type: &str, said: SaidUnit, number: i64) -> Result<Cell<'static>, (ReasonCode, String)> {
        let data_type: ColumnType = data_type.parse().unwrap();
        time_cell(&data_type, said, number).map_err(|error| (error.reason, error.detail))
    }

    fn by_contract(unit: TimeUnit) -> SaidUnit {
        SaidUnit { by_contract: Some(unit), ..SaidUnit::default() }
    }

    fn by_schema(unit: TimeUnit) -> SaidUnit {
        SaidUnit { by_schema: Some(unit), ..SaidUnit::default() }
    }

    #[test]
    fn a_number_of_this_century_is_never_read_in_another_unit() {
        for (unit, number) in UNITS {
            assert_eq!(likely_unit(number), Some(unit));
            for data_type in ["timestamp", "timestamp_ntz"] {
                let micros = unit.micros(number).unwrap();
                assert_eq!(read(data_type, by_contract(unit), number), Ok(Cell::Int(micros)));
                for said in UNITS.iter().map(|(said, _)| *said).filter(|said| *said != unit) {
                    let (reason, detail) = read(data_type, by_contract(said), number).unwrap_err();
                    assert_eq!(reason, ReasonCode::ValueOutOfRange);
                    assert!(
                        detail.contains(&format!("a number of {unit}")) && detail.contains(said.as_str()),
                        "{detail}"
                    );
                }
                let undeclared = read(data_type, SaidUnit::default(), number);
                assert_eq!(undeclared.is_ok(), unit == TimeUnit::Microseconds, "{undeclared:?}");
                // A schema is believed.
                assert!(read(data_type, by_schema(TimeUnit::Microseconds), number).is_ok());
            }
            let (_, detail) = read("date", SaidUnit::default(), number).unwrap_err();
            assert!(detail.contains(unit.as_str()), "{detail}");
        }
    }

    #[test]
    fn small_and_old_numbers_are_what_the_format_says() {
        for number in [0, 5_000_000_000_000, -2_208_988_800_000_000, 253_402_300_800_000_000] {
            assert_eq!(read("timestamp", SaidUnit::default(), number), Ok(Cell::Int(number)));
        }
        for days in [-719_162, 0, 9_691, 47_482, 2_932_896, DATE_MINUS_INFINITY] {
            assert_eq!(read("date", SaidUnit::default(), days), Ok(Cell::Int(days)));
        }
    }

    #[test]
    fn a_number_that_fits_several_units_is_not_read_without_one() {
        for number in [-1, 1, 3_600, 5_000_000, 86_400_000, 473_385_600, -1_000_000_000_000] {
            for data_type in ["timestamp", "timestamp_ntz"] {
                let (reason, detail) = read(data_type, SaidUnit::default(), number).unwrap_err();
                assert!(reason == ReasonCode::TypeMismatch && detail.contains("Write unit"), "{number}: {detail}");
                assert!(read(data_type, by_contract(TimeUnit::Microseconds), number).is_ok(), "{number}");
                assert!(read(data_type, by_schema(TimeUnit::Milliseconds), number).is_ok(), "{number}");
            }
        }
        for number in [86_400_000, 2_932_897, -719_163] {
            let (reason, detail) = read("date", SaidUnit::default(), number).unwrap_err();
            assert!(reason == ReasonCode::TypeMismatch && detail.contains("Write unit"), "{number}: {detail}");
            assert_eq!(read("date", by_contract(TimeUnit::Days), number), Ok(Cell::Int(number)));
        }
    }

    #[test]
    fn digits_of_a_date_are_not_counted() {
        for (data_type, number) in
            [("date", 20_251_101), ("timestamp", 20_251_101), ("timestamp_ntz", 20_251_101_122_741)]
        {
            let (reason, detail) = read(data_type, SaidUnit::default(), number).unwrap_err();
            assert!(reason == ReasonCode::TypeMismatch && detail.contains("digits of a date"), "{detail}");
        }
        assert_eq!(read("date", by_contract(TimeUnit::Days), 20_251_101), Ok(Cell::Int(20_251_101)));
        let (_, detail) = read("date", SaidUnit::default(), 20_259_901).unwrap_err();
        assert!(detail.contains("years 1 to 9999"), "{detail}");
    }

    #[test]
    fn a_time_of_day_that_can_be_two_needs_its_unit() {
        let text = |text: &str| Ok(Cell::Text(text.to_owned().into()));
        let (reason, detail) = read("time", SaidUnit::default(), 28_861_500).unwrap_err();
        assert!(reason == ReasonCode::TypeMismatch && detail.contains("milliseconds or microseconds"), "{detail}");
        assert_eq!(read("time", SaidUnit::default(), 0), text("00:00:00"));
        for number in [1, 3_600, 23_000_000, 86_400_000] {
            let (reason, detail) = read("time", SaidUnit::default(), number).unwrap_err();
            assert!(reason == ReasonCode::TypeMismatch, "{detail}");
            assert_eq!(detail.contains("seconds, milliseconds"), number <= 86_400, "{detail}");
        }
        assert_eq!(read("time", by_contract(TimeUnit::Microseconds), 1), text("00:00:00.000001"));
        assert_eq!(read("time", by_contract(TimeUnit::Microseconds), 23_000_000), text("00:00:23"));
        assert_eq!(read("time", SaidUnit::default(), 28_861_500_007), text("08:01:01.500007"));
        assert_eq!(read("time", by_contract(TimeUnit::Milliseconds), 28_861_500), text("08:01:01.5"));
        assert_eq!(read("time", by_contract(TimeUnit::Microseconds), 28_861_500), text("00:00:28.8615"));
        for number in [-1, 86_400_000_001, i64::MAX] {
            assert_eq!(read("time", SaidUnit::default(), number).unwrap_err().0, ReasonCode::ValueOutOfRange);
        }
    }

    #[test]
    fn a_date_of_a_finer_unit_has_no_time_of_day() {
        assert_eq!(read("date", by_schema(TimeUnit::Milliseconds), 86_400_000 * 20_000), Ok(Cell::Int(20_000)));
        let (reason, detail) = read("date", by_schema(TimeUnit::Milliseconds), 86_400_000 * 20_000 + 1).unwrap_err();
        assert!(reason == ReasonCode::ValueOutOfRange && detail.contains("time of day"), "{detail}");
    }

    #[test]
    fn infinities_are_known_in_every_unit_and_ends_are_not_infinite() {
        let millis = by_schema(TimeUnit::Milliseconds);
        assert_eq!(read("timestamp", SaidUnit::default(), DEBEZIUM_INFINITY), Ok(Cell::Int(TIMESTAMP_INFINITY)));
        for number in [DEBEZIUM_INFINITY, DEBEZIUM_INFINITY / 1_000] {
            assert_eq!(read("timestamp", millis, number), Ok(Cell::Int(TIMESTAMP_INFINITY)));
            assert_eq!(read("date", millis, number), Ok(Cell::Int(DATE_INFINITY)));
        }
        let minus = DEBEZIUM_MINUS_INFINITY / 1_000;
        assert_eq!(read("timestamp_ntz", millis, minus), Ok(Cell::Int(TIMESTAMP_MINUS_INFINITY)));
        assert!(read("timestamp", SaidUnit::default(), minus).unwrap_err().1.contains("milliseconds"));
        for number in [i64::MAX, -i64::MAX, i64::MIN] {
            assert_eq!(read("timestamp", SaidUnit::default(), number).unwrap_err().0, ReasonCode::ValueOutOfRange);
            for unit in [TimeUnit::Days, TimeUnit::Seconds, TimeUnit::Milliseconds] {
                assert_eq!(read("timestamp", by_schema(unit), number).unwrap_err().0, ReasonCode::ValueOutOfRange);
            }
        }
    }
}
