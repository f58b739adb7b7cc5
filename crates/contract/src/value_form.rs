//! How values are written where neither the value nor a schema in the records says it.
//!
//! A number can be seconds or milliseconds, a text hexadecimal or base64, a time of any zone. Read in the wrong way it
//! is a value like any other, so the contract says it.

use crate::Mistake;
use std::fmt;
use std::str::FromStr;

/// What a number in a column of dates or times counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeUnit {
    /// `days` since 1970-01-01.
    Days,
    /// `seconds`, since 1970-01-01 or of the day.
    Seconds,
    /// `milliseconds` likewise.
    Milliseconds,
    /// `microseconds` likewise.
    Microseconds,
    /// `nanoseconds` likewise.
    Nanoseconds,
}

impl TimeUnit {
    /// Every unit, the longest first.
    pub const ALL: [Self; 5] = [Self::Days, Self::Seconds, Self::Milliseconds, Self::Microseconds, Self::Nanoseconds];

    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Days => "days",
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Microseconds => "microseconds",
            Self::Nanoseconds => "nanoseconds",
        }
    }

    /// A number of this unit in microseconds, what is finer cut; `None` if there is no such 64 bit number.
    #[must_use]
    pub fn micros(self, number: i64) -> Option<i64> {
        match self {
            Self::Days => number.checked_mul(86_400_000_000),
            Self::Seconds => number.checked_mul(1_000_000),
            Self::Milliseconds => number.checked_mul(1_000),
            Self::Microseconds => Some(number),
            Self::Nanoseconds => Some(number.div_euclid(1_000)),
        }
    }
}

impl fmt::Display for TimeUnit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TimeUnit {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|unit| unit.as_str() == text).ok_or_else(|| {
            let words = Self::ALL.map(Self::as_str).join(", ");
            Mistake::new(format!("`{text}` is not a unit of time"), format!("Use one of {words}"))
        })
    }
}

/// How the letters of a text file are written, where it has no byte order mark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TextEncoding {
    /// `utf-8`.
    #[default]
    Utf8,
    /// `utf-16le`, the low byte first.
    Utf16Le,
    /// `utf-16be`, the high byte first.
    Utf16Be,
    /// `latin-1`: ISO 8859-1, a letter for each byte.
    Latin1,
    /// `latin-2`: ISO 8859-2.
    Latin2,
    /// `latin-9`: ISO 8859-15.
    Latin9,
    /// `windows-1250`: Central Europe.
    Windows1250,
    /// `windows-1251`: Cyrillic.
    Windows1251,
    /// `windows-1252`: Western Europe, Excel's on Windows.
    Windows1252,
    /// `shift_jis`.
    ShiftJis,
    /// `gb18030`, and with it GBK.
    Gb18030,
}

impl TextEncoding {
    /// Every encoding.
    pub const ALL: [Self; 11] = [
        Self::Utf8,
        Self::Utf16Le,
        Self::Utf16Be,
        Self::Latin1,
        Self::Latin2,
        Self::Latin9,
        Self::Windows1250,
        Self::Windows1251,
        Self::Windows1252,
        Self::ShiftJis,
        Self::Gb18030,
    ];

    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Latin1 => "latin-1",
            Self::Latin2 => "latin-2",
            Self::Latin9 => "latin-9",
            Self::Windows1250 => "windows-1250",
            Self::Windows1251 => "windows-1251",
            Self::Windows1252 => "windows-1252",
            Self::ShiftJis => "shift_jis",
            Self::Gb18030 => "gb18030",
        }
    }
}

impl fmt::Display for TextEncoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for TextEncoding {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|encoding| encoding.as_str().eq_ignore_ascii_case(text));
        found.ok_or_else(|| {
            let words = Self::ALL.map(Self::as_str).join(", ");
            Mistake::new(format!("`{text}` is not an encoding"), format!("Use one of {words}"))
        })
    }
}

/// What the text of a `binary` value is (`binary.handling.mode` of Debezium).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryText {
    /// `base64`, in the standard or the URL-safe alphabet (modes `base64` and `base64-url-safe`, and `bytes`, which
    /// JSON has as base64).
    Base64,
    /// `hex`: two hexadecimal digits for each byte (mode `hex`).
    Hex,
}

impl BinaryText {
    /// The word in the contract.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Base64 => "base64",
            Self::Hex => "hex",
        }
    }
}

impl FromStr for BinaryText {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Base64, Self::Hex]
            .into_iter()
            .find(|form| form.as_str() == text)
            .ok_or_else(|| Mistake::new(format!("`{text}` is no form of bytes as text"), "Use hex or base64"))
    }
}

impl fmt::Display for BinaryText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The zone of texts that name none.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SourceZone {
    /// So many seconds east of UTC; `UTC` is 0.
    Offset(i32),
    /// A zone of the IANA database, `Europe/Berlin`; whether there is one of that name is known when records are read.
    Named(String),
}

impl fmt::Display for SourceZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offset(0) => f.write_str("UTC"),
            Self::Offset(seconds) => {
                let (sign, minutes) = (if *seconds < 0 { '-' } else { '+' }, seconds.unsigned_abs() / 60);
                write!(f, "{sign}{:02}:{:02}", minutes / 60, minutes % 60)
            }
            Self::Named(name) => f.write_str(name),
        }
    }
}

impl FromStr for SourceZone {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if matches!(text, "UTC" | "Z") {
            return Ok(Self::Offset(0));
        }
        let wrong = || {
            let fix = "Use UTC, an offset such as \"+02:00\", or a name such as Europe/Berlin";
            Mistake::new(format!("`{text}` is not a time zone"), fix)
        };
        if let Some((hours, minutes)) = text.get(1..).and_then(|clock| clock.split_once(':'))
            && let Some(sign @ ('+' | '-')) = text.chars().next()
        {
            let number = |part: &str, end: i32| {
                let number = part.parse().ok().filter(|number| (0..end).contains(number));
                number.filter(|_| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit())).ok_or_else(wrong)
            };
            let seconds = number(hours, 19)? * 3_600 + number(minutes, 60)? * 60;
            return Ok(Self::Offset(if sign == '-' { -seconds } else { seconds }));
        }
        let word = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+'))
        };
        if text.contains('/') && text.split('/').all(word) { Ok(Self::Named(text.to_owned())) } else { Err(wrong()) }
    }
}

#[cfg(test)]
mod tests {
    use super::{SourceZone, TimeUnit};

    #[test]
    fn every_zone_reads_what_it_prints() {
        for text in ["UTC", "+02:00", "-05:30", "+14:00", "Europe/Berlin", "Etc/GMT+3"] {
            assert_eq!(text.parse::<SourceZone>().unwrap().to_string(), text);
        }
        for text in
            ["", "CET", "Berlin", "+2", "+02", "+02:60", "+25:00", "02:00", "/", "Europe/", "Europe/é", "+-1:00"]
        {
            assert!(text.parse::<SourceZone>().is_err(), "{text}");
        }
    }

    #[test]
    fn units_become_microseconds_or_nothing() {
        assert_eq!(TimeUnit::Seconds.micros(-1), Some(-1_000_000));
        assert_eq!(TimeUnit::Nanoseconds.micros(-1), Some(-1));
        assert_eq!(TimeUnit::Days.micros(i64::MAX), None);
        assert_eq!(TimeUnit::Milliseconds.micros(i64::MIN), None);
        for unit in TimeUnit::ALL {
            assert_eq!(unit.as_str().parse(), Ok(unit));
        }
    }
}
