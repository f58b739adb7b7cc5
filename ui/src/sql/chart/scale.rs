//! How values of a column lie on an axis.

use crate::cell::{date_text, timestamp_text};
use sluice_api::ResultColumn;

const DAY: f64 = 86_400.0;

/// Scale of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scale {
    /// Numbers.
    Number,
    /// Seconds since 1970, UTC.
    Time,
    /// Words, in the order they come.
    Word,
}

impl Scale {
    /// Scale of a column by its type.
    pub(super) fn of(column: &ResultColumn) -> Self {
        let word = column.data_type.to_lowercase();
        if column.numeric {
            Self::Number
        } else if word.starts_with("date") || word.starts_with("timestamp") {
            Self::Time
        } else {
            Self::Word
        }
    }
}

/// How many days a civil date is after 1970-01-01.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Seconds since 1970 of a cell such as `2025-11-28` or `2025-11-28 09:41:17.25`.
pub(super) fn seconds_of(text: &str) -> Option<f64> {
    let (date, clock) = text.split_once([' ', 'T']).map_or((text, ""), |(date, clock)| (date, clock));
    let mut parts = date.splitn(3, '-');
    let mut next = || parts.next()?.parse::<i64>().ok();
    let (year, month, day) = (next()?, next()?, next()?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "days fit a double")]
    let mut seconds = days(year, month, day) as f64 * DAY;
    for (part, unit) in clock.trim_end_matches('Z').splitn(3, ':').zip([3_600.0, 60.0, 1.0]) {
        seconds += part.parse::<f64>().unwrap_or(0.0) * unit;
    }
    Some(seconds)
}

/// Piece of time that points are gathered in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Bucket {
    /// As they are.
    None,
    Minute,
    Hour,
    Day,
    Month,
    Year,
}

impl Bucket {
    /// In the order of the list.
    pub(super) const ALL: [Self; 6] = [Self::None, Self::Minute, Self::Hour, Self::Day, Self::Month, Self::Year];

    /// The word, also for `date_trunc`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::None => "as it is",
            Self::Minute => "minute",
            Self::Hour => "hour",
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    /// The finest one that leaves at most 200 points.
    pub(super) fn fitting(span: f64, points: usize) -> Self {
        if points <= 300 {
            return Self::None;
        }
        let lengths = [(Self::Minute, 60.0), (Self::Hour, 3_600.0), (Self::Day, DAY), (Self::Month, DAY * 30.0)];
        lengths.into_iter().find(|(_, length)| span / length <= 200.0).map_or(Self::Year, |(bucket, _)| bucket)
    }

    /// Start of the piece that `seconds` is in.
    pub(super) fn floor(self, seconds: f64) -> f64 {
        match self {
            Self::None => seconds,
            Self::Minute => (seconds / 60.0).floor() * 60.0,
            Self::Hour => (seconds / 3_600.0).floor() * 3_600.0,
            Self::Day => (seconds / DAY).floor() * DAY,
            Self::Month | Self::Year => {
                let text = day_text(seconds);
                let cut = if self == Self::Month { "-01" } else { "-01-01" };
                let kept = text.len().saturating_sub(cut.len());
                text.get(..kept).and_then(|start| seconds_of(&format!("{start}{cut}"))).unwrap_or(seconds)
            }
        }
    }
}

fn day_text(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "days of a date that was read")]
    let days = (seconds / DAY).floor() as i64;
    date_text(days)
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Words for a time when marks are `step` seconds apart.
pub(super) fn time_label(seconds: f64, step: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "seconds of a date that was read")]
    let text = timestamp_text(seconds.floor() as i64, 1);
    let part = |range: std::ops::Range<usize>| text.get(range).unwrap_or_default();
    let month = part(5..7).parse::<usize>().ok().and_then(|month| MONTHS.get(month.saturating_sub(1))).unwrap_or(&"");
    if step >= DAY * 365.0 {
        part(0..4).to_owned()
    } else if step >= DAY * 28.0 {
        format!("{month} {}", part(0..4))
    } else if step >= DAY {
        format!("{month} {}", part(8..10).trim_start_matches('0'))
    } else if step >= 60.0 {
        part(11..16).to_owned()
    } else {
        part(11..19).to_owned()
    }
}

/// Marks of a time axis between `from` and `to`, about `wanted` of them, with their distance.
pub(super) fn time_marks(from: f64, to: f64, wanted: f64) -> (Vec<f64>, f64) {
    const STEPS: [f64; 13] =
        [1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 10_800.0, 21_600.0, DAY, 2.0 * DAY, 7.0 * DAY, 14.0 * DAY];
    let span = (to - from).max(1.0);
    if let Some(step) = STEPS.into_iter().find(|step| span / step <= wanted) {
        let mut marks = Vec::new();
        let mut at = (from / step).ceil() * step;
        while at <= to {
            marks.push(at);
            at += step;
        }
        return (marks, step);
    }
    let months_wanted = span / (DAY * 30.4) / wanted;
    let months = [1_i64, 3, 6, 12, 24, 60, 120, 600, 1_200].into_iter().find(|months| {
        #[expect(clippy::cast_precision_loss, reason = "a few months")]
        let enough = *months as f64 >= months_wanted;
        enough
    });
    let months = months.unwrap_or(12_000);
    let start = day_text(from);
    let (year, month) =
        (start.get(..4).and_then(|y| y.parse().ok()), start.get(5..7).and_then(|m| m.parse::<i64>().ok()));
    let (Some(year), Some(month)) = (year, month) else { return (Vec::new(), DAY) };
    let year: i64 = year;
    let mut index = (year * 12 + month - 1).div_euclid(months) * months;
    let mut marks = Vec::new();
    loop {
        #[expect(clippy::cast_precision_loss, reason = "days fit a double")]
        let at = days(index.div_euclid(12), index.rem_euclid(12) + 1, 1) as f64 * DAY;
        if at > to || marks.len() > 100 {
            break;
        }
        if at >= from {
            marks.push(at);
        }
        index += months;
    }
    #[expect(clippy::cast_precision_loss, reason = "a few months")]
    let step = months as f64 * DAY * 30.5;
    (marks, step)
}

#[cfg(test)]
mod tests {
    use super::{Bucket, DAY, seconds_of, time_label, time_marks};

    #[test]
    fn cells_become_seconds() {
        assert_eq!(seconds_of("1970-01-02"), Some(DAY));
        assert_eq!(seconds_of("2000-02-29 12:30:15.5"), Some(951_827_415.5));
        assert_eq!(seconds_of("infinity"), None);
        assert_eq!(seconds_of("1969-12-31 23:59:59"), Some(-1.0));
    }

    #[test]
    fn buckets_begin_where_calendars_do() {
        let at = seconds_of("2025-11-28 09:41:17").unwrap_or_default();
        assert_eq!(Some(Bucket::Month.floor(at)), seconds_of("2025-11-01"));
        assert_eq!(Some(Bucket::Year.floor(at)), seconds_of("2025-01-01"));
        assert_eq!(Some(Bucket::Hour.floor(at)), seconds_of("2025-11-28 09:00:00"));
        assert_eq!(Bucket::fitting(DAY * 365.0 * 3.0, 5_000), Bucket::Month);
    }

    #[test]
    fn marks_stand_on_months_and_years() {
        let from = seconds_of("2023-11-20").unwrap_or_default();
        let to = seconds_of("2026-11-20").unwrap_or_default();
        let (marks, step) = time_marks(from, to, 4.0);
        let labels: Vec<String> = marks.iter().map(|at| time_label(*at, step)).collect();
        assert_eq!(labels, ["2024", "2025", "2026"]);
        let (marks, step) = time_marks(0.0, DAY, 6.0);
        assert_eq!(time_label(marks[1], step), "06:00");
    }
}
