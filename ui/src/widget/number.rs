//! Numbers as text: thousands with commas, sizes in MiB, durations, times UTC.

use crate::cell::timestamp_text;

/// `1,919,380`.
#[must_use]
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count, `…` while it is not known; what is not known is never 0.
#[must_use]
pub fn known(value: Option<u64>) -> String {
    value.map_or_else(|| "…".to_owned(), count)
}

/// A count if there is one, else `–`.
#[must_use]
pub fn count_or_none(value: Option<u64>) -> String {
    value.map_or_else(|| "–".to_owned(), count)
}

/// `1.92 M`, `48.2 k`, `631 k`, `1,096`.
#[must_use]
pub fn short_count(value: u64) -> String {
    match value {
        0..10_000 => count(value),
        10_000..999_500 => three_digits(value, 1_000, "k"),
        999_500..999_500_000 => three_digits(value, 1_000_000, "M"),
        _ => three_digits(value, 1_000_000_000, "G"),
    }
}

/// Three digits of `value / unit`, rounded half up.
fn three_digits(value: u64, unit: u64, suffix: &str) -> String {
    let value = u128::from(value);
    let unit = u128::from(unit);
    let rounded = |digits: u128| (value * digits + unit / 2) / unit;
    if rounded(100) < 1_000 {
        format!("{}.{:02} {suffix}", rounded(100) / 100, rounded(100) % 100)
    } else if rounded(10) < 1_000 {
        format!("{}.{} {suffix}", rounded(10) / 10, rounded(10) % 10)
    } else {
        format!("{} {suffix}", count(u64::try_from(rounded(1)).unwrap_or(u64::MAX)))
    }
}

/// `38.4 MiB`, `214 MiB`, `812 KiB`, `1.20 GiB`.
#[must_use]
pub fn bytes(value: u64) -> String {
    const KIB: u64 = 1 << 10;
    match value {
        0..KIB => format!("{value} B"),
        _ if value < KIB << 10 => three_digits(value, KIB, "KiB"),
        _ if value < KIB << 20 => three_digits(value, KIB << 10, "MiB"),
        _ => three_digits(value, KIB << 20, "GiB"),
    }
}

/// `5 %`, `1.2 %`, `< 0.1 %` of a share between 0 and 1.
#[must_use]
pub fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value <= 0.0 {
        "0 %".to_owned()
    } else if value < 0.1 {
        "< 0.1 %".to_owned()
    } else if value < 10.0 && (value - value.round()).abs() >= 0.05 {
        format!("{value:.1} %")
    } else {
        format!("{value:.0} %")
    }
}

/// `131 ms`, `2.9 s`, `4 min 12 s`, `2 h 05 min`.
#[must_use]
pub fn elapsed(milliseconds: u64) -> String {
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        60_000..3_600_000 => format!("{} min {:02} s", milliseconds / 60_000, milliseconds / 1_000 % 60),
        _ => format!("{} h {:02} min", milliseconds / 3_600_000, milliseconds / 60_000 % 60),
    }
}

/// `40 s`, `12 min`, `5 h 06 min`, `3 d 2 h` of an age.
#[must_use]
pub fn age(seconds: u64) -> String {
    sluice_contract::duration_text(seconds)
}

/// `2026-11-20 13:42:07` UTC of milliseconds since the Unix epoch.
#[must_use]
pub fn time(milliseconds: i64) -> String {
    timestamp_text(milliseconds.div_euclid(1_000), 1)
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Nov 20 13:42` UTC of milliseconds since the Unix epoch.
#[must_use]
pub fn short_time(milliseconds: i64) -> String {
    let text = time(milliseconds);
    let month = text.get(5..7).and_then(|month| month.parse::<usize>().ok()).unwrap_or(1);
    match (MONTHS.get(month.saturating_sub(1)), text.get(8..10), text.get(11..16)) {
        (Some(month), Some(day), Some(clock)) => format!("{month} {day} {clock}"),
        _ => text,
    }
}

/// `1 file`, `5 files`; the plural ends in `s`.
#[must_use]
pub fn plural(value: u64, one: &str) -> String {
    if value == 1 { format!("1 {one}") } else { format!("{} {one}s", count(value)) }
}

#[cfg(test)]
mod tests {
    use super::{age, bytes, count, elapsed, percent, short_count, short_time};

    #[test]
    fn counts_have_commas() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_919_380), "1,919,380");
        assert_eq!(short_count(1_919_380), "1.92 M");
        assert_eq!(short_count(48_210), "48.2 k");
        assert_eq!(short_count(631_000), "631 k");
        assert_eq!(short_count(1_096), "1,096");
        assert_eq!(short_count(999_999), "1.00 M");
        assert_eq!(short_count(99_960), "100 k");
    }

    #[test]
    fn sizes_times_and_shares_read_well() {
        assert_eq!(bytes(214 << 20), "214 MiB");
        assert_eq!(bytes(40_265_319), "38.4 MiB");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(0.012), "1.2 %");
        assert_eq!(percent(0.41), "41 %");
        assert_eq!(elapsed(131), "131 ms");
        assert_eq!(elapsed(252_000), "4 min 12 s");
        assert_eq!(age(18_360), "5 h 06 min");
        assert_eq!(short_time(1_795_182_120_000), "Nov 20 13:42");
    }
}
