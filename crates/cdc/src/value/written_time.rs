//! Texts of dates and times in a pattern of the contract.

use sluice_change::{CellError, ReasonCode, cell_text, parse_cell};
use sluice_contract::{ColumnType, PatternPart, TimePattern};

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// A date or time that a text is by one of the patterns, as ISO 8601 writes it: in UTC where they have a zone.
///
/// # Errors
/// When the text fits none of them, is no day of the calendar, or is another time by each of two.
pub(crate) fn read(patterns: &[TimePattern], data_type: &ColumnType, text: &str) -> Result<String, CellError> {
    let misread = |detail: String| CellError { reason: ReasonCode::TypeMismatch, detail };
    let plain = |pattern: &TimePattern| {
        let written = iso_text(pattern, text)?;
        let data_type = if pattern.has_zone() { &ColumnType::Timestamp } else { data_type };
        cell_text(data_type, &parse_cell(data_type, &written).ok()?)
    };
    let mut found = patterns.iter().filter_map(plain);
    let names = || patterns.iter().map(ToString::to_string).collect::<Vec<_>>().join("` or `");
    let Some(first) = found.next() else { return Err(misread(format!("does not fit `{}`", names()))) };
    if found.any(|other| other != first) {
        return Err(misread(format!("fits `{}` and is another time by each; write one of them", names())));
    }
    Ok(first)
}

/// `YYYY-MM-DD` of a text, with `HH:MM:SS`, fraction and zone as far as the pattern has them.
fn iso_text(pattern: &TimePattern, text: &str) -> Option<String> {
    let mut reader = Reader { rest: text };
    let (mut year, mut month, mut day) = (0, 0, 0);
    let (mut hour, mut minute, mut second) = (None, 0, 0);
    let (mut is_afternoon, mut fraction, mut zone) = (None, "", "");
    for part in pattern.parts() {
        match *part {
            PatternPart::Year => year = reader.number(4, 4)?,
            PatternPart::Month { two_digits } => month = reader.two(two_digits)?,
            PatternPart::MonthName => month = reader.month()?,
            PatternPart::Day { two_digits } => day = reader.two(two_digits)?,
            PatternPart::Hour { two_digits } => hour = Some(reader.two(two_digits).filter(|hour| *hour < 24)?),
            PatternPart::HourOfHalf { two_digits } => {
                hour = Some(reader.two(two_digits).filter(|hour| (1..=12).contains(hour))?);
            }
            PatternPart::Half => {
                let is_morning = reader.word("am");
                if !is_morning && !reader.word("pm") {
                    return None;
                }
                is_afternoon = Some(!is_morning);
            }
            PatternPart::Minute { two_digits } => minute = reader.two(two_digits).filter(|minute| *minute < 60)?,
            PatternPart::Second { two_digits } => second = reader.two(two_digits).filter(|second| *second < 60)?,
            PatternPart::Fraction => fraction = reader.digits(1, 9)?,
            PatternPart::Zone => zone = reader.zone()?,
            PatternPart::Letter(letter) => reader.rest = reader.rest.strip_prefix(letter)?,
        }
    }
    if !reader.rest.is_empty() || year == 0 {
        return None;
    }
    let date = format!("{year:04}-{month:02}-{day:02}");
    let Some(hour) = hour else { return Some(date) };
    let hour = is_afternoon.map_or(hour, |is_afternoon| hour % 12 + if is_afternoon { 12 } else { 0 });
    let dot = if fraction.is_empty() { "" } else { "." };
    Some(format!("{date} {hour:02}:{minute:02}:{second:02}{dot}{fraction}{zone}"))
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn digits(&mut self, min: usize, max: usize) -> Option<&'t str> {
        let count = self.rest.bytes().take(max).take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at_checked(count).filter(|_| count >= min)?;
        self.rest = rest;
        Some(digits)
    }

    fn number(&mut self, min: usize, max: usize) -> Option<u32> {
        self.digits(min, max)?.parse().ok()
    }

    fn two(&mut self, two_digits: bool) -> Option<u32> {
        self.number(if two_digits { 2 } else { 1 }, 2)
    }

    /// Takes a word in small letters or capitals.
    fn word(&mut self, word: &str) -> bool {
        let Some((begin, rest)) = self.rest.split_at_checked(word.len()) else { return false };
        let is_there = begin.eq_ignore_ascii_case(word);
        if is_there {
            self.rest = rest;
        }
        is_there
    }

    fn month(&mut self) -> Option<u32> {
        let whole = MONTHS.iter().position(|name| self.word(name));
        let found = whole.or_else(|| MONTHS.iter().position(|name| name.get(..3).is_some_and(|name| self.word(name))));
        u32::try_from(found? + 1).ok()
    }

    /// `Z`, `+01`, `+0100` or `+01:00`.
    fn zone(&mut self) -> Option<&'t str> {
        let text = self.rest;
        if self.word("z") {
            return Some("Z");
        }
        self.rest = text.strip_prefix(['+', '-'])?;
        self.number(2, 2).filter(|hours| *hours < 24)?;
        if self.rest.starts_with(|first: char| first == ':' || first.is_ascii_digit()) {
            self.rest = self.rest.strip_prefix(':').unwrap_or(self.rest);
            self.number(2, 2).filter(|minutes| *minutes < 60)?;
        }
        text.get(..text.len() - self.rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::read;
    use sluice_contract::{ColumnType, TimePattern};

    fn date(patterns: &[&str], text: &str) -> Result<String, String> {
        let patterns: Vec<_> = patterns.iter().map(|pattern| TimePattern::date(pattern).unwrap()).collect();
        read(&patterns, &ColumnType::Date, text).map_err(|error| error.detail)
    }

    fn time(pattern: &str, text: &str) -> Option<String> {
        read(&[TimePattern::timestamp(pattern).unwrap()], &ColumnType::TimestampNtz, text).ok()
    }

    #[test]
    fn a_date_is_read_by_its_pattern_and_no_other_way() {
        for (pattern, text, expected) in [
            ("%d.%m.%Y", "31.12.2026", "2026-12-31"),
            ("%d.%m.%Y", "1.2.2026", "2026-02-01"),
            ("%m/%d/%Y", "02/01/2026", "2026-02-01"),
            ("%Y%m%d", "20260201", "2026-02-01"),
            ("%d-%b-%Y", "29-FEB-2024", "2024-02-29"),
            ("%d. %B %Y", "3. may 2026", "2026-05-03"),
            ("%d.%m.%Y 00:00", "31.12.2026 00:00", "2026-12-31"),
        ] {
            assert_eq!(date(&[pattern], text).as_deref(), Ok(expected), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("%d.%m.%Y", "31.02.2026"),
            ("%d.%m.%Y", "31.12.26"),
            ("%d.%m.%Y", "31.12.02026"),
            ("%d.%m.%Y", "12/31/2026"),
            ("%d.%m.%Y", "31.12.2026 10:00"),
            ("%d.%m.%Y", " 31.12.2026"),
            ("%d.%m.%Y", "+1.12.2026"),
            ("%d.%m.%Y", "131.12.2026"),
            ("%d.%m.%Y", ""),
            ("%d.%m.%Y", "00.00.0000"),
            ("%m/%d/%Y", "31/12/2026"),
            ("%Y%m%d", "2026112"),
            ("%F", "2026-13-01"),
            ("%d-%b-%Y", "29-Fbr-2024"),
        ] {
            let detail = date(&[pattern], text).unwrap_err();
            assert!(
                detail.contains(pattern) && (text.is_empty() || !detail.contains(text)),
                "{pattern} {text}: {detail}"
            );
        }
    }

    #[test]
    fn a_text_that_is_two_dates_is_none() {
        let both = ["%d/%m/%Y", "%m/%d/%Y"];
        assert_eq!(date(&both, "31/12/2026").as_deref(), Ok("2026-12-31"));
        assert_eq!(date(&both, "02/02/2026").as_deref(), Ok("2026-02-02"));
        assert!(date(&both, "01/02/2026").unwrap_err().contains("another time by each"));
        assert_eq!(date(&["%d.%m.%Y", "%F"], "2026-02-01").as_deref(), Ok("2026-02-01"));
    }

    #[test]
    fn a_time_of_day_and_a_zone_are_read() {
        for (pattern, text, expected) in [
            ("%d.%m.%Y %H:%M", "31.12.2026 09:05", Some("2026-12-31 09:05:00")),
            ("%d.%m.%Y %H:%M", "31.12.2026 24:00", None),
            ("%m/%d/%Y %I:%M:%S %p", "1/2/2026 12:00:01 am", Some("2026-01-02 00:00:01")),
            ("%m/%d/%Y %I:%M:%S %p", "1/2/2026 12:30:00 PM", Some("2026-01-02 12:30:00")),
            ("%m/%d/%Y %I:%M %p", "1/2/2026 13:30 PM", None),
            ("%FT%T.%f%z", "2026-12-31T23:30:00.25+01:00", Some("2026-12-31 22:30:00.25")),
            ("%F %R %z", "2026-12-31 23:30 -0130", Some("2027-01-01 01:00:00")),
            ("%F %R%z", "2026-12-31 23:30Z", Some("2026-12-31 23:30:00")),
            ("%F %R%z", "2026-12-31 23:30", None),
            ("%Y%m%d%H%M%S", "20261231233000", Some("2026-12-31 23:30:00")),
        ] {
            assert_eq!(time(pattern, text).as_deref(), expected, "{pattern} {text}");
        }
    }
}
