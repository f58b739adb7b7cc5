//! How dates and times are written that are not of ISO 8601: `%d.%m.%Y %H:%M`.

use crate::Mistake;
use std::fmt;

/// A part of a pattern: a piece of a date or time, or letters that stand there as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternPart {
    /// `%Y`: the year in four digits.
    Year,
    /// `%m`: the number of the month.
    Month {
        /// Numbers stand beside it without anything between, so it has two digits.
        two_digits: bool,
    },
    /// `%b`, `%B`: the English name of the month, short or whole.
    MonthName,
    /// `%d`: the day of the month.
    Day {
        /// As of [`PatternPart::Month`].
        two_digits: bool,
    },
    /// `%H`: the hour, 0 to 23.
    Hour {
        /// As of [`PatternPart::Month`].
        two_digits: bool,
    },
    /// `%I`: the hour, 1 to 12.
    HourOfHalf {
        /// As of [`PatternPart::Month`].
        two_digits: bool,
    },
    /// `%p`: AM or PM.
    Half,
    /// `%M`: the minute.
    Minute {
        /// As of [`PatternPart::Month`].
        two_digits: bool,
    },
    /// `%S`: the second.
    Second {
        /// As of [`PatternPart::Month`].
        two_digits: bool,
    },
    /// `%f`: digits of the second's fraction, 1 to 9.
    Fraction,
    /// `%z`: how far the zone is from UTC, `Z`, `+01`, `+0100` or `+01:00`.
    Zone,
    /// This letter.
    Letter(char),
}

/// A pattern of dates, or of dates with a time of day, in the letters of `strftime`.
///
/// ```
/// use sluice_contract::TimePattern;
///
/// let pattern = TimePattern::timestamp("%d.%m.%Y %H:%M").unwrap();
/// assert!(!pattern.has_zone());
/// let mistake = TimePattern::date("%d.%m.%y").unwrap_err();
/// assert!(mistake.message.contains("%d.%m.%y") && mistake.message.contains("century"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimePattern {
    written: String,
    parts: Vec<PatternPart>,
}

const LETTERS: &str = "%Y year, %m month, %b or %B its English name, %d day, %H hour, %I with %p hour of AM and PM, %M minute, \
                       %S second, %f its fraction, %z zone, %F for %Y-%m-%d, %T for %H:%M:%S, %R for %H:%M, %% for %";

impl TimePattern {
    /// A pattern of dates alone.
    ///
    /// # Errors
    /// What is missing in it, twice, unknown, or not of a date.
    pub fn date(text: &str) -> Result<Self, Mistake> {
        let pattern = Self::read(text)?;
        if pattern.parts.iter().any(|part| part.is_of_day()) {
            let fix = "Write parse_timestamp, or the letters themselves if they are always the same: '%d.%m.%Y 00:00'";
            return Err(Mistake::new(format!("`{text}` has a time of day, and parse_date reads dates"), fix));
        }
        Ok(pattern)
    }

    /// A pattern of dates with a time of day.
    ///
    /// # Errors
    /// As [`TimePattern::date`].
    pub fn timestamp(text: &str) -> Result<Self, Mistake> {
        let pattern = Self::read(text)?;
        let has = |of: fn(&PatternPart) -> bool| pattern.parts.iter().any(of);
        let half = has(|part| matches!(part, PatternPart::HourOfHalf { .. }));
        let wrong = |what: &str| {
            Err(Mistake::new(
                format!("`{text}` {what}"),
                "Write for example '%d.%m.%Y %H:%M' or '%m/%d/%Y %I:%M:%S %p'",
            ))
        };
        if half != has(|part| *part == PatternPart::Half) {
            return wrong("has one of %I and %p, which are read together");
        }
        if !half && !has(|part| matches!(part, PatternPart::Hour { .. })) {
            return wrong("has no hour; dates are for parse_date");
        }
        let second = has(|part| matches!(part, PatternPart::Second { .. }));
        if (second && !has(|part| matches!(part, PatternPart::Minute { .. })))
            || (has(|part| *part == PatternPart::Fraction) && !second)
        {
            return wrong("has seconds without minutes, or a fraction without seconds");
        }
        Ok(pattern)
    }

    /// Its parts in order.
    #[must_use]
    pub fn parts(&self) -> &[PatternPart] {
        &self.parts
    }

    /// Whether texts name their zone.
    #[must_use]
    pub fn has_zone(&self) -> bool {
        self.parts.contains(&PatternPart::Zone)
    }

    fn read(text: &str) -> Result<Self, Mistake> {
        let unknown = |letter: &str| {
            let message = match letter {
                "y" => format!("`{text}` has a year of two digits (%y), which says no century"),
                letter => format!("`{text}` has %{letter}, which is no part of a date or time"),
            };
            let fix = if letter == "y" {
                "Let the source write four digits, or keep the column as string".to_owned()
            } else {
                format!("There are {LETTERS}")
            };
            Mistake::new(message, fix)
        };
        let mut parts = Vec::new();
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            if letter != '%' {
                parts.push(PatternPart::Letter(letter));
                continue;
            }
            let letter = match letters.next() {
                // Without a zero before, which is read anyway.
                Some('-') => letters.next().filter(|letter| "dmHIMS".contains(*letter)).ok_or_else(|| unknown("-"))?,
                letter => letter.ok_or_else(|| unknown(""))?,
            };
            let pieces: &[PatternPart] = match letter {
                'F' => &[YEAR, PatternPart::Letter('-'), MONTH, PatternPart::Letter('-'), DAY],
                'T' => &[HOUR, PatternPart::Letter(':'), MINUTE, PatternPart::Letter(':'), SECOND],
                'R' => &[HOUR, PatternPart::Letter(':'), MINUTE],
                'Y' => &[YEAR],
                'm' => &[MONTH],
                'b' | 'B' | 'h' => &[PatternPart::MonthName],
                'd' => &[DAY],
                'H' => &[HOUR],
                'I' => &[PatternPart::HourOfHalf { two_digits: false }],
                'p' => &[PatternPart::Half],
                'M' => &[MINUTE],
                'S' => &[SECOND],
                'f' => &[PatternPart::Fraction],
                'z' => &[PatternPart::Zone],
                '%' => &[PatternPart::Letter('%')],
                other => return Err(unknown(&other.to_string())),
            };
            parts.extend_from_slice(pieces);
        }
        let parts = with_two_digits(&parts);
        let count = |of: &dyn Fn(&PatternPart) -> bool| parts.iter().filter(|part| of(part)).count();
        let kinds = parts.iter().filter(|part| !matches!(part, PatternPart::Letter(_)));
        let twice = kinds.clone().any(|part| count(&|other| other.kind() == part.kind()) > 1);
        let is_date = ["year", "month", "day"].iter().all(|kind| count(&|part| part.kind() == *kind) == 1);
        if twice || !is_date {
            let message = format!("`{text}` is no pattern of dates: it needs a year, a month and a day, each once");
            return Err(Mistake::new(message, "Write for example '%d.%m.%Y'"));
        }
        Ok(Self { written: text.to_owned(), parts })
    }
}

const YEAR: PatternPart = PatternPart::Year;
const MONTH: PatternPart = PatternPart::Month { two_digits: false };
const DAY: PatternPart = PatternPart::Day { two_digits: false };
const HOUR: PatternPart = PatternPart::Hour { two_digits: false };
const MINUTE: PatternPart = PatternPart::Minute { two_digits: false };
const SECOND: PatternPart = PatternPart::Second { two_digits: false };

/// Numbers that stand one behind the other have all of their digits: of `2026112` nobody knows the day.
fn with_two_digits(parts: &[PatternPart]) -> Vec<PatternPart> {
    let is_number = |at: Option<usize>| at.and_then(|at| parts.get(at)).is_some_and(PatternPart::is_number);
    let at = |(at, part): (usize, &PatternPart)| {
        let two_digits = is_number(at.checked_sub(1)) || is_number(Some(at + 1));
        match part {
            PatternPart::Month { .. } => PatternPart::Month { two_digits },
            PatternPart::Day { .. } => PatternPart::Day { two_digits },
            PatternPart::Hour { .. } => PatternPart::Hour { two_digits },
            PatternPart::HourOfHalf { .. } => PatternPart::HourOfHalf { two_digits },
            PatternPart::Minute { .. } => PatternPart::Minute { two_digits },
            PatternPart::Second { .. } => PatternPart::Second { two_digits },
            other => *other,
        }
    };
    parts.iter().enumerate().map(at).collect()
}

impl PatternPart {
    fn is_number(&self) -> bool {
        match self {
            Self::Letter(letter) => letter.is_ascii_digit(),
            Self::MonthName | Self::Half | Self::Zone => false,
            _ => true,
        }
    }

    /// Whether it is of the time of day.
    fn is_of_day(self) -> bool {
        !matches!(self.kind(), "year" | "month" | "day" | "")
    }

    /// What it is a part of; empty for a letter.
    fn kind(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Month { .. } | Self::MonthName => "month",
            Self::Day { .. } => "day",
            Self::Hour { .. } | Self::HourOfHalf { .. } => "hour",
            Self::Half => "half",
            Self::Minute { .. } => "minute",
            Self::Second { .. } => "second",
            Self::Fraction => "fraction",
            Self::Zone => "zone",
            Self::Letter(_) => "",
        }
    }
}

impl fmt::Display for TimePattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::{PatternPart, TimePattern};

    #[test]
    fn a_pattern_is_checked_before_a_text_is_read() {
        for text in ["%d.%m.%Y", "%-m/%-d/%Y", "%d-%b-%Y", "%Y%m%d", "%F", "%d. %B %Y", "%d.%m.%Y 00:00", "100%% %F"] {
            assert_eq!(TimePattern::date(text).unwrap().to_string(), text);
        }
        for text in ["%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%FT%T.%f%z", "%Y%m%d%H%M%S", "%F %R", "%F %H"] {
            assert_eq!(TimePattern::timestamp(text).unwrap().to_string(), text);
        }
        for (text, says) in [
            ("", "a year, a month and a day"),
            ("%m/%Y", "a year, a month and a day"),
            ("%d.%m.%Y %d", "each once"),
            ("%b %m %d %Y", "each once"),
            ("%d.%m.%y", "no century"),
            ("%d.%m.%Y %H:%M", "a time of day"),
            ("%d.%m.%Q", "%Q, which is no part"),
            ("%d.%m.%Y%", "which is no part"),
            ("%-Y", "which is no part"),
        ] {
            let message = TimePattern::date(text).unwrap_err().message;
            assert!(message.contains(says) && message.contains(text), "{text}: {message}");
        }
        for (text, says) in [
            ("%d.%m.%Y", "no hour"),
            ("%F %I:%M", "%I and %p"),
            ("%F %H:%M %p", "%I and %p"),
            ("%F %H:%S", "without minutes"),
            ("%F %H:%M.%f", "without seconds"),
        ] {
            assert!(TimePattern::timestamp(text).unwrap_err().message.contains(says), "{text}");
        }
        assert!(TimePattern::timestamp("%FT%T%z").unwrap().has_zone());
    }

    #[test]
    fn numbers_without_anything_between_have_all_digits() {
        let parts = |text: &str| TimePattern::date(text).unwrap().parts().to_vec();
        assert!(parts("%Y%m%d").contains(&PatternPart::Month { two_digits: true }));
        assert!(parts("%d.%m.%Y").contains(&PatternPart::Month { two_digits: false }));
        assert!(parts("%d %b%Y").contains(&PatternPart::Day { two_digits: false }));
    }
}
