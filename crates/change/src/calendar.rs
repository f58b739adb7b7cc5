//! Dates and times: the texts they are read from and printed as, and the numbers they are.
//!
//! The calendar is the Gregorian one in both directions, as PostgreSQL, Delta and ISO 8601 have it, for every date that
//! 32 bits of days and every instant that 64 bits of microseconds hold.

use sluice_contract::day_of;
use std::fmt::Write as _;

/// Microseconds of a day.
pub const DAY_MICROS: i64 = 86_400_000_000;
/// Microseconds that stand for `infinity` in `timestamp` and `timestamp_ntz`.
pub const TIMESTAMP_INFINITY: i64 = i64::MAX;
/// Microseconds that stand for `-infinity`.
pub const TIMESTAMP_MINUS_INFINITY: i64 = -i64::MAX;
/// Days that stand for `infinity` in `date`.
pub const DATE_INFINITY: i64 = i32::MAX as i64;
/// Days that stand for `-infinity`.
pub const DATE_MINUS_INFINITY: i64 = -DATE_INFINITY;

/// `infinity` of `timestamptz` as Debezium printed it before it knew the word: the largest time of the PostgreSQL driver.
const DRIVER_INFINITY: &str = "+292278994-08-16T23:00:00Z";
/// `-infinity` likewise.
const DRIVER_MINUS_INFINITY: &str = "-292275055-05-16T23:00:00Z";

/// Why a text is no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It is something else.
    Mismatch,
    /// It is one that the type does not hold.
    Range,
}

/// A text that is a date with a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimestampText {
    /// Microseconds since 1970-01-01, of UTC where the text names a zone, else as the clock on the wall shows it.
    pub micros: i64,
    /// How far the zone that the text names is from UTC, in microseconds; `None` if it names none. The infinities are
    /// the same in every zone, so they count as UTC.
    pub offset: Option<i64>,
}

impl TimestampText {
    /// Reads PostgreSQL's and ISO 8601's forms; `None` if the text is not one, or beyond 64 bits.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        parse_timestamp(text).ok()
    }
}

/// Days since 1970-01-01 of a text that is a date.
pub(crate) fn parse_date(text: &str) -> Result<i64, Misfit> {
    match infinity(text) {
        Some(true) => return Ok(DATE_INFINITY),
        Some(false) => return Ok(DATE_MINUS_INFINITY),
        None => {}
    }
    let days = parse_day(text)?;
    if days.abs() < DATE_INFINITY { Ok(days) } else { Err(Misfit::Range) }
}

/// Whether a text is `infinity` (`true`) or `-infinity`, as PostgreSQL reads them.
fn infinity(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "infinity" | "+infinity" => Some(true),
        "-infinity" => Some(false),
        _ => None,
    }
}

/// `[+-]Y…YYYY-MM-DD`, where the year -1 of ISO 8601 is 2 BC, or `YYYY-MM-DD BC`.
fn parse_day(text: &str) -> Result<i64, Misfit> {
    let (text, before_christ) = match text.strip_suffix(" BC") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let (unsigned, negative) = match text.strip_prefix('-') {
        Some(rest) if !before_christ => (rest, true),
        _ => (text.strip_prefix('+').unwrap_or(text), false),
    };
    let mut parts = unsigned.splitn(3, '-');
    let mut part = |min| parts.next().and_then(|part| digits::<i64>(part, min)).ok_or(Misfit::Mismatch);
    let (year, month, day) = (part(4)?, part(2)?, part(2)?);
    let year = match (negative, before_christ) {
        (true, _) => -year,
        (_, true) => 1 - year,
        _ => year,
    };
    if year.abs() > 6_000_000 {
        return Err(Misfit::Range);
    }
    if !(1..=12).contains(&month) || !(1..=days_of_month(year, month)).contains(&day) {
        return Err(Misfit::Mismatch);
    }
    Ok(days_of(year, month, day))
}

fn days_of_month(year: i64, month: i64) -> i64 {
    let leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01, counted in eras of 400 years that begin with a first of March.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

fn digits<T: std::str::FromStr>(text: &str, min: usize) -> Option<T> {
    (text.len() >= min && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?
}

/// Microseconds of a length of time, `[-]H…H:MM[:SS[.fffffffff]]`; `None` for another text, and for parts of
/// microseconds.
#[must_use]
pub fn parse_time_length(text: &str) -> Option<i64> {
    let (unsigned, sign) = match text.strip_prefix('-') {
        Some(rest) => (rest, -1),
        None => (text, 1),
    };
    let (clock, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let mut parts = clock.splitn(3, ':');
    let hours: i64 = digits(parts.next()?, 1)?;
    let minutes: i64 = digits(parts.next()?, 2).filter(|minutes| *minutes < 60)?;
    let seconds: i64 = parts.next().map_or(Some(0), |seconds| digits(seconds, 2).filter(|seconds| *seconds < 60))?;
    let padded = format!("{:0<6}", fraction.trim_end_matches('0'));
    let fraction: i64 = digits(&padded, 6).filter(|_| padded.len() == 6)?;
    let seconds = hours.checked_mul(3_600)?.checked_add(minutes * 60 + seconds)?;
    seconds.checked_mul(1_000_000)?.checked_add(fraction).map(|micros| sign * micros)
}

/// Microseconds of the day of `HH:MM[:SS[.fffffffff]]`; what is finer is cut.
pub(crate) fn parse_time(text: &str) -> Option<i64> {
    let (clock, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = clock.splitn(3, ':');
    let hour: i64 = digits(parts.next()?, 2)?;
    let minute: i64 = digits(parts.next()?, 2)?;
    let second: i64 = parts.next().map_or(Some(0), |second| digits(second, 2))?;
    if hour > 24 || minute > 59 || second > 60 || fraction.len() > 9 {
        return None;
    }
    let micros: i64 = if fraction.is_empty() {
        0
    } else {
        let padded = format!("{fraction:0<9}");
        let nanos: i64 = digits(&padded, 9)?;
        nanos / 1_000
    };
    Some(((hour * 60 + minute) * 60 + second) * 1_000_000 + micros).filter(|micros| *micros <= DAY_MICROS)
}

pub(crate) fn parse_timestamp(text: &str) -> Result<TimestampText, Misfit> {
    let whole = |micros| Ok(TimestampText { micros, offset: Some(0) });
    match (infinity(text), text) {
        (Some(true), _) | (_, DRIVER_INFINITY) => return whole(TIMESTAMP_INFINITY),
        (Some(false), _) | (_, DRIVER_MINUS_INFINITY) => return whole(TIMESTAMP_MINUS_INFINITY),
        _ => {}
    }
    let (text, era) = match text.strip_suffix(" BC") {
        Some(rest) => (rest, " BC"),
        None => (text, ""),
    };
    let split = text.find([' ', 'T']).unwrap_or(text.len());
    let (day, clock) = text.split_at_checked(split).ok_or(Misfit::Mismatch)?;
    let days = parse_day(&format!("{day}{era}"))?;
    let clock = clock.get(1..).unwrap_or("00:00:00");
    let zone_at = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at_checked(zone_at).ok_or(Misfit::Mismatch)?;
    let offset = zone_offset_micros(zone).ok_or(Misfit::Mismatch)?;
    let time = parse_time(clock).ok_or(Misfit::Mismatch)?;
    let micros = i128::from(days) * i128::from(DAY_MICROS) + i128::from(time) - i128::from(offset.unwrap_or(0));
    let micros = i64::try_from(micros).map_err(|_| Misfit::Range)?;
    if micros <= TIMESTAMP_MINUS_INFINITY || micros == TIMESTAMP_INFINITY {
        return Err(Misfit::Range);
    }
    Ok(TimestampText { micros, offset })
}

/// The offset of a zone, `None` inside for a text that names none.
fn zone_offset_micros(zone: &str) -> Option<Option<i64>> {
    if zone.is_empty() {
        return Some(None);
    }
    if zone == "Z" {
        return Some(Some(0));
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let plain = zone.get(1..)?.replace(':', "");
    let hours: i64 = digits(plain.get(..2)?, 2)?;
    let minutes: i64 = if plain.len() >= 4 { digits(plain.get(2..4)?, 2)? } else { 0 };
    let seconds: i64 = if plain.len() >= 6 { digits(plain.get(4..6)?, 2)? } else { 0 };
    Some(Some(sign * ((hours * 60 + minutes) * 60 + seconds) * 1_000_000))
}

/// `YYYY-MM-DD` of days since 1970-01-01, with ` BC` behind where it is; infinities as words. `None` for what 32 bits
/// do not hold.
#[must_use]
pub fn format_date(days: i64) -> Option<String> {
    match days {
        DATE_INFINITY => Some("infinity".to_owned()),
        DATE_MINUS_INFINITY => Some("-infinity".to_owned()),
        days if i32::try_from(days).is_ok() => Some(format_day(days)),
        _ => None,
    }
}

fn format_day(days: i64) -> String {
    let (year, month, day) = day_of(days);
    if year > 0 { format!("{year:04}-{month:02}-{day:02}") } else { format!("{:04}-{month:02}-{day:02} BC", 1 - year) }
}

/// `[-]HH:MM:SS[.ffffff]` of microseconds of the day, without trailing zeros, as PostgreSQL prints it; of a length of
/// time that is longer or negative, as `TIME` of MySQL is.
///
/// ```
/// assert_eq!(sluice_change::format_time_micros(-3_020_399_000_000), "-838:59:59");
/// ```
#[must_use]
pub fn format_time_micros(micros: i64) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let (seconds, fraction) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
    let mut text = format!("{sign}{:02}:{:02}:{:02}", seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if fraction != 0 {
        let _ = write!(text, ".{fraction:06}");
        text.truncate(text.trim_end_matches('0').len());
    }
    text
}

/// `YYYY-MM-DD HH:MM:SS[.ffffff]` of microseconds since 1970-01-01; infinities as words. `None` for the one number
/// beyond them.
#[must_use]
pub fn format_timestamp_micros(micros: i64) -> Option<String> {
    match micros {
        TIMESTAMP_INFINITY => return Some("infinity".to_owned()),
        TIMESTAMP_MINUS_INFINITY => return Some("-infinity".to_owned()),
        i64::MIN => return None,
        _ => {}
    }
    let date = format_day(micros.div_euclid(DAY_MICROS));
    let time = format_time_micros(micros.rem_euclid(DAY_MICROS));
    Some(match date.strip_suffix(" BC") {
        Some(day) => format!("{day} {time} BC"),
        None => format!("{date} {time}"),
    })
}

#[cfg(test)]
mod tests {
    use super::{
        DATE_INFINITY, Misfit, TIMESTAMP_INFINITY, TimestampText, days_of, format_date, format_time_micros,
        format_timestamp_micros, parse_date, parse_time, parse_time_length, parse_timestamp,
    };
    use chrono::{Datelike, NaiveDate};
    use sluice_contract::day_of;

    fn micros(text: &str) -> Result<i64, Misfit> {
        parse_timestamp(text).map(|read| read.micros)
    }

    #[test]
    fn the_calendar_is_that_of_chrono_and_goes_on_beyond_it() {
        for days in (-95_000_000..95_000_000).step_by(9_973).chain(-800..800) {
            let date = NaiveDate::from_num_days_from_ce_opt(days + 719_163).unwrap();
            let found = (i64::from(date.year()), i64::from(date.month()), i64::from(date.day()));
            assert_eq!(day_of(i64::from(days)), found);
            assert_eq!(days_of(found.0, found.1, found.2), i64::from(days));
        }
        for days in [-DATE_INFINITY, 1 - DATE_INFINITY, DATE_INFINITY - 1, DATE_INFINITY] {
            assert_eq!(parse_date(&format_date(days).unwrap()), Ok(days));
        }
        assert_eq!(format_date(DATE_INFINITY + 1), None);
        assert_eq!(format_date(-DATE_INFINITY - 1), Some("5877642-06-23 BC".to_owned()));
    }

    #[test]
    fn years_of_five_digits_and_before_christ() {
        assert_eq!(micros("+10000-01-02T03:04:05Z"), Ok(253_402_398_245_000_000));
        assert_eq!(micros("10000-01-02 03:04:05"), Ok(253_402_398_245_000_000));
        assert_eq!(micros("-0043-03-15T12:00:00Z"), Ok(-63_517_780_800_000_000));
        assert_eq!(micros("0044-03-15 12:00:00 BC"), Ok(-63_517_780_800_000_000));
        assert_eq!(micros("0044-03-15 12:00:00+00 BC"), Ok(-63_517_780_800_000_000));
        assert_eq!(parse_date("20231-01-01").map(format_date), Ok(Some("20231-01-01".to_owned())));
        assert_eq!(parse_date("0000-01-01").map(format_date), Ok(Some("0001-01-01 BC".to_owned())));
        assert_eq!(parse_date("-0001-01-01 BC"), Err(Misfit::Mismatch));
    }

    #[test]
    fn infinities_have_a_number_and_what_is_beyond_has_none() {
        for text in ["infinity", "Infinity", "+infinity", "+292278994-08-16T23:00:00Z"] {
            assert_eq!(micros(text), Ok(TIMESTAMP_INFINITY), "{text}");
        }
        for text in ["-infinity", "-292275055-05-16T23:00:00Z"] {
            assert_eq!(micros(text), Ok(-TIMESTAMP_INFINITY), "{text}");
        }
        assert_eq!(parse_date("infinity"), Ok(DATE_INFINITY));
        for text in
            ["294247-01-10 04:00:54.775807", "294248-01-01 00:00:00", "-300000-01-01T00:00:00Z", "99999999-01-01"]
        {
            assert_eq!(micros(text), Err(Misfit::Range), "{text}");
        }
        assert_eq!(micros("294247-01-10 04:00:54.775806"), Ok(i64::MAX - 1));
        assert_eq!(parse_date("5881580-07-11"), Err(Misfit::Range));
        for micros_at_the_end in [i64::MIN + 2, i64::MAX - 1] {
            assert_eq!(micros(&format_timestamp_micros(micros_at_the_end).unwrap()), Ok(micros_at_the_end));
        }
        assert_eq!(format_timestamp_micros(i64::MIN), None);
    }

    #[test]
    fn a_text_says_its_zone_or_has_none() {
        let read = |text| TimestampText::read(text).map(|read| (read.micros, read.offset));
        assert_eq!(read("1970-01-01 02:00:00+02"), Some((0, Some(7_200_000_000))));
        assert_eq!(read("1970-01-01T00:00:00Z"), Some((0, Some(0))));
        assert_eq!(read("1970-01-01 00:00:00"), Some((0, None)));
        assert_eq!(read("1970-01-01"), Some((0, None)));
        assert_eq!(read("1970-13-01"), None);
        assert_eq!(read("1970-02-29 00:00"), None);
    }

    #[test]
    fn a_length_of_time_is_read_as_it_is_printed() {
        for (micros, text) in [
            (3_020_399_000_000, "838:59:59"),
            (-3_020_399_000_000, "-838:59:59"),
            (-1, "-00:00:00.000001"),
            (0, "00:00:00"),
            (90_061_500_000, "25:01:01.5"),
            (i64::MAX, "2562047788:00:54.775807"),
        ] {
            assert_eq!(format_time_micros(micros), text);
            assert_eq!(parse_time_length(text), Some(micros));
        }
        assert_eq!(parse_time_length("-1:30"), Some(-5_400_000_000));
        assert_eq!(parse_time_length("10:00:00.500000000"), Some(36_000_500_000));
        for text in
            ["", "10", "1:2:3", "10:60:00", "10:00:60", "10:00:00.0000001", "1e3:00", "+1:00", "999999999999999:00"]
        {
            assert_eq!(parse_time_length(text), None, "{text}");
        }
    }

    #[test]
    fn a_day_ends_at_24_hours() {
        assert_eq!(parse_time("24:00:00"), Some(86_400_000_000));
        assert_eq!(parse_time("23:59:60"), Some(86_400_000_000));
        for text in ["24:00:01", "24:30", "25:00", "-1:00", "00:00:-1"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
