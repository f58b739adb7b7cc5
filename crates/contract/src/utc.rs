//! Times as people read them.

/// Year (0 is 1 BC), month and day of days since 1970-01-01.
///
/// ```
/// assert_eq!(sluice_contract::day_of(11_016), (2000, 2, 29));
/// ```
#[must_use]
pub fn day_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = (from_march + 2) % 12 + 1;
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    (year, month, of_year - (153 * from_march + 2) / 5 + 1)
}

/// Days since 1970-01-01 of a year (0 is 1 BC), month and day; those of a day that does not exist are of another one.
#[must_use]
pub(crate) fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let (year, from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * from_march + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// A moment in UTC to the minute.
///
/// ```
/// assert_eq!(sluice_contract::utc_text(1_763_589_600_000), "2025-11-19 22:00 UTC");
/// ```
#[must_use]
pub fn utc_text(milliseconds: i64) -> String {
    let (days, minutes) = (milliseconds.div_euclid(86_400_000), milliseconds.rem_euclid(86_400_000) / 60_000);
    let (year, month, day) = day_of(days);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02} UTC", minutes / 60, minutes % 60)
}
