//! Dates and timestamps as text, UTC.

/// Year, month and day of a day number since 1970-01-01 (proleptic Gregorian).
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// `YYYY-MM-DD` of a day number since 1970-01-01.
#[must_use]
pub fn date_text(days: i64) -> String {
    if days.unsigned_abs() == u64::from(i32::MAX.unsigned_abs()) {
        return if days > 0 { "infinity" } else { "-infinity" }.to_owned();
    }
    let (year, month, day) = civil(days);
    if (0..10_000).contains(&year) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:+}-{month:02}-{day:02}")
    }
}

/// `YYYY-MM-DD HH:MM:SS[.ffffff]` of a count of units since 1970-01-01, `per_second` units in a second.
/// The ends of the range print as `infinity` and `-infinity`.
#[must_use]
pub fn timestamp_text(value: i64, per_second: i64) -> String {
    if value == i64::MAX {
        return "infinity".to_owned();
    }
    if value == i64::MIN || value == -i64::MAX {
        return "-infinity".to_owned();
    }
    let seconds = value.div_euclid(per_second);
    let fraction = value.rem_euclid(per_second);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let mut text = format!("{} {hour:02}:{minute:02}:{second:02}", date_text(days));
    if fraction != 0 {
        let nanos = fraction * (1_000_000_000 / per_second);
        if nanos % 1000 == 0 {
            text.push_str(&format!(".{:06}", nanos / 1000));
        } else {
            text.push_str(&format!(".{nanos:09}"));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{date_text, timestamp_text};

    #[test]
    fn days_become_dates() {
        assert_eq!(date_text(0), "1970-01-01");
        assert_eq!(date_text(-1), "1969-12-31");
        assert_eq!(date_text(11_016), "2000-02-29");
        assert_eq!(date_text(-719_468), "0000-03-01");
    }

    #[test]
    fn timestamps_keep_fraction_and_infinity() {
        assert_eq!(timestamp_text(1_763_589_600_000_000, 1_000_000), "2025-11-19 22:00:00");
        assert_eq!(timestamp_text(1, 1_000_000), "1970-01-01 00:00:00.000001");
        assert_eq!(timestamp_text(-1, 1_000), "1969-12-31 23:59:59.999000");
        assert_eq!(timestamp_text(1, 1_000_000_000), "1970-01-01 00:00:00.000000001");
        assert_eq!(timestamp_text(i64::MAX, 1_000_000), "infinity");
        assert_eq!(timestamp_text(-i64::MAX, 1_000_000), "-infinity");
        assert_eq!(timestamp_text(i64::MIN, 1_000_000), "-infinity");
    }
}
