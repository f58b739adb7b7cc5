//! Times that people write.

use chrono::{DateTime, NaiveDate, NaiveDateTime};

/// Milliseconds since the Unix epoch of a time as people write it: `2026-11-30`, `2026-11-30 10:00`,
/// `2026-11-30T10:00:00+02:00`. It is in UTC where it has no zone.
#[must_use]
pub fn time_ms(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(time.timestamp_millis());
    }
    let formats =
        ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S%.fZ"];
    let time = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let with_zone = ["%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%d %H:%M:%S%.f%#z"];
    let zoned = || with_zone.iter().find_map(|format| DateTime::parse_from_str(text, format).ok());
    let day = || NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0);
    let plain = time.or_else(day).map(|time| time.and_utc().timestamp_millis());
    plain.or_else(|| zoned().map(|time| time.timestamp_millis()))
}

#[cfg(test)]
mod tests {
    use super::time_ms;

    #[test]
    fn a_time_is_in_utc_where_it_has_no_zone() {
        let at = Some(1_796_032_800_000);
        for text in [
            "2026-11-30T10:00:00Z",
            "2026-11-30T10:00",
            "2026-11-30 10:00",
            "2026-11-30 10:00:00.000",
            "2026-11-30 10:00:00Z",
            "2026-11-30T12:00:00+02:00",
            "2026-11-30 12:00:00+02:00",
            "2026-11-30 12:00:00+02",
        ] {
            assert_eq!(time_ms(text), at, "{text}");
        }
        assert_eq!(time_ms("2026-11-30"), Some(1_795_996_800_000));
        for text in ["", "tomorrow", "2026-13-01", "10:00", "2026"] {
            assert_eq!(time_ms(text), None, "{text}");
        }
    }
}
