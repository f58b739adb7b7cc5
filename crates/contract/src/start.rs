//! Where in its source a table begins.

use crate::utc::days_of;
use crate::{Mistake, day_of};
use std::fmt;
use std::str::FromStr;

/// `source.from`: the first events of a table; earlier ones are counted and left out, and bronze keeps them.
///
/// ```
/// use sluice_contract::Start;
///
/// assert_eq!("2026-11-01T12:30:00Z".parse::<Start>().unwrap(), Start::Time(1_793_536_200_000));
/// assert_eq!("position 25001".parse::<Start>().unwrap(), Start::Position("25001".to_owned()));
/// assert!("yesterday".parse::<Start>().is_err() && "2026-02-30".parse::<Start>().is_err());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// `beginning`: with everything that was delivered.
    #[default]
    Beginning,
    /// `now`: with what the source does from the first run of the table on.
    Now,
    /// A date or time: with what the source did from then on, milliseconds since 1970 UTC.
    Time(i64),
    /// `position x`: with this position, as the first part of `apply.sequence` writes it.
    Position(String),
}

impl FromStr for Start {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        match text {
            "beginning" => return Ok(Self::Beginning),
            "now" => return Ok(Self::Now),
            _ => {}
        }
        if let Some(position) = text.strip_prefix("position ").map(str::trim).filter(|position| !position.is_empty()) {
            return Ok(Self::Position(position.to_owned()));
        }
        time(text).map(Self::Time).ok_or_else(|| {
            let fix = "Write beginning, now, a date or time in UTC such as 2026-11-01 or 2026-11-01T12:30:00Z, or position \
                       and the value of the first part of apply.sequence";
            Mistake::new(format!("`{text}` is no place to begin"), fix)
        })
    }
}

/// Milliseconds since 1970 of `2026-11-01`, `2026-11-01T12:30Z` or `2026-11-01 12:30:00`.
fn time(text: &str) -> Option<i64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let (date, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let numbers = |text: &str, sign: char| -> Option<Vec<i64>> {
        let is_number = |part: &str| (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        text.split(sign).map(|part| is_number(part).then(|| part.parse().ok()).flatten()).collect()
    };
    let [year, month, day] = numbers(date, '-')?.try_into().ok()?;
    let (hours, minutes, seconds) = match numbers(clock, ':')?.as_slice() {
        [hours, minutes] => (*hours, *minutes, 0),
        [hours, minutes, seconds] => (*hours, *minutes, *seconds),
        _ => return None,
    };
    let days = days_of(year, month, day);
    let is_day = day_of(days) == (year, month, day) && year > 1_000;
    let is_clock = hours < 24 && minutes < 60 && seconds < 60;
    (is_day && is_clock).then(|| (days * 86_400 + hours * 3_600 + minutes * 60 + seconds) * 1_000)
}

impl fmt::Display for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Beginning => f.write_str("beginning"),
            Self::Now => f.write_str("now"),
            Self::Time(millis) => {
                let (days, seconds) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000) / 1_000);
                let (year, month, day) = day_of(days);
                let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60);
                write!(f, "{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{:02}Z", seconds % 60)
            }
            Self::Position(position) => write!(f, "position {position}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Start;

    #[test]
    fn a_start_is_read_as_it_is_printed() {
        for text in ["beginning", "now", "2024-02-29T23:59:59Z", "position 00000027:00000758:0005"] {
            assert_eq!(text.parse::<Start>().unwrap().to_string(), text);
        }
        assert_eq!("2026-11-01".parse::<Start>(), "2026-11-01 00:00".parse::<Start>());
        for text in ["", "position", "position ", "2026-13-01", "2026-1", "2026-01-01T25:00", "01.02.2026", "1e3-1-1"] {
            assert!(text.parse::<Start>().is_err(), "{text}");
        }
    }
}
