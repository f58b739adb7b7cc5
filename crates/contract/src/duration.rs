//! Durations as people write and read them.

/// Seconds in `4 hours`, `15m`, `30 s`, `1 day`, `2h`.
#[must_use]
pub fn parse_duration_seconds(text: &str) -> Option<u64> {
    let text = text.trim().to_ascii_lowercase();
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    let unit = text[digits.len()..].trim();
    let factor = match unit {
        "s" | "sec" | "second" | "seconds" => 1,
        "m" | "min" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3_600,
        "d" | "day" | "days" => 86_400,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(factor)
}

/// `40 s`, `15 min`, `4 h 05 min`, `3 d 4 h`: the two largest units of so many seconds.
#[must_use]
pub fn duration_text(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h {:02} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::{duration_text, parse_duration_seconds};

    #[test]
    fn reads_what_people_write() {
        assert_eq!(parse_duration_seconds("4 hours"), Some(14_400));
        assert_eq!(parse_duration_seconds("15m"), Some(900));
        assert_eq!(parse_duration_seconds("soon"), None);
    }

    #[test]
    fn prints_the_two_largest_units() {
        assert_eq!([59, 900, 14_700, 277_200].map(duration_text), ["59 s", "15 min", "4 h 05 min", "3 d 5 h"]);
    }
}
