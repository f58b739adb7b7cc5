//! Durations as people write them.

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

#[cfg(test)]
mod tests {
    use super::parse_duration_seconds;

    #[test]
    fn reads_what_people_write() {
        assert_eq!(parse_duration_seconds("4 hours"), Some(14_400));
        assert_eq!(parse_duration_seconds("15m"), Some(900));
        assert_eq!(parse_duration_seconds("soon"), None);
    }
}
