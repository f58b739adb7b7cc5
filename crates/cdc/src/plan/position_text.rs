//! How the texts of positions are read.

use sluice_change::{Cell, TIMESTAMP_INFINITY, parse_cell};
use sluice_contract::ColumnType;

/// A value of a sequence part: one number, or two or three for a long one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PartValue {
    One(u64),
    Two(u64, u64),
    Three(u64, u64, u64),
}

/// The number of a log file, `binlog.000099`.
pub(crate) fn log_file(text: &str) -> Option<u64> {
    let (name, number) = text.trim().rsplit_once('.')?;
    (!name.is_empty() && is_digits(number)).then(|| number.parse().ok())?
}

/// Three groups of hexadecimal digits as one number; `digits` is how many each may have.
pub(crate) fn groups(text: &str, between: char, digits: [usize; 3]) -> Option<u128> {
    let mut number = 0;
    let mut groups = text.trim().split(between);
    for digits in digits {
        let group = groups.next()?;
        let group = group.strip_prefix("0x").unwrap_or(group);
        let fits = (1..=digits).contains(&group.len()) && group.bytes().all(|byte| byte.is_ascii_hexdigit());
        let value = fits.then(|| u128::from_str_radix(group, 16).ok())??;
        number = (number << (4 * digits)) | value;
    }
    groups.next().is_none().then_some(number)
}

/// A number of 64 bits, or what else is one number: a time, a log position of PostgreSQL.
pub(crate) fn whole_number(text: &str) -> Option<u64> {
    text.trim().parse().ok().or_else(|| match PartValue::read(text)? {
        PartValue::One(number) => Some(number),
        PartValue::Two(..) | PartValue::Three(..) => None,
    })
}

/// Whether a text is digits and nothing else.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

impl PartValue {
    /// A number; a time (microseconds since 1970); a PostgreSQL log position `0/806B3B0`; digits
    /// only, longer than 19 (`AR_H_CHANGE_SEQ` of AWS DMS has 35): the last 19 are a number of
    /// their own, and of more than 39 the 19 before them, so that the order of texts of one length
    /// is the order of numbers.
    pub(crate) fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        if is_digits(text) {
            if text.len() <= 19 {
                return text.parse().ok().map(Self::One);
            }
            let (high, low) = text.split_at_checked(text.len() - 19)?;
            if high.len() > 20 {
                let (highest, high) = high.split_at_checked(high.len() - 19)?;
                return Some(Self::Three(highest.parse().ok()?, high.parse().ok()?, low.parse().ok()?));
            }
            return Some(Self::Two(high.parse().ok()?, low.parse().ok()?));
        }
        if let Some((high, low)) = text.split_once('/') {
            let hex = |part: &str| u32::from_str_radix(part, 16).ok().filter(|_| part.len() <= 8);
            return Some(Self::One((u64::from(hex(high)?) << 32) | u64::from(hex(low)?)));
        }
        match parse_cell(&ColumnType::Timestamp, text) {
            // Nothing could come after it.
            Ok(Cell::Int(TIMESTAMP_INFINITY)) => None,
            Ok(Cell::Int(micros)) => u64::try_from(micros).ok().map(Self::One),
            _ => None,
        }
    }

    /// Its numbers, the most significant first.
    pub(crate) fn numbers(self) -> Vec<u64> {
        match self {
            Self::One(number) => vec![number],
            Self::Two(high, low) => vec![high, low],
            Self::Three(highest, high, low) => vec![highest, high, low],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{PartValue, groups, log_file};

    #[test]
    fn positions_come_as_numbers_times_and_long_digits() {
        assert_eq!(PartValue::read("134656944"), Some(PartValue::One(134_656_944)));
        assert_eq!(
            PartValue::read("20261120084718110000126730456000001"),
            Some(PartValue::Two(2_026_112_008_471_811, 126_730_456_000_001))
        );
        let long = format!("{:0>57}", "1234567890123456789012345678901234567890");
        let three = PartValue::Three(12, 3_456_789_012_345_678_901, 2_345_678_901_234_567_890);
        assert_eq!(PartValue::read(&long), Some(three));
        assert_eq!(PartValue::read("0/806B3B0"), Some(PartValue::One(134_656_944)));
        assert_eq!(PartValue::read("1970-01-01T00:00:01Z"), Some(PartValue::One(1_000_000)));
        for wrong in ["", "x", "-1", "1.5", "1969-01-01", "infinity", "-infinity", &"9".repeat(60), "1/2/3", "é/1"] {
            assert_eq!(PartValue::read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn log_files_count_by_their_number() {
        assert_eq!(log_file("binlog.999999"), Some(999_999));
        assert_eq!(log_file("mysql-bin-changelog.1000000"), Some(1_000_000));
        for wrong in ["", "binlog", ".1", "binlog.", "binlog.00a", "binlog.99999999999999999999"] {
            assert_eq!(log_file(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn groups_of_hexadecimal_digits_are_one_number() {
        let lsn = |text| groups(text, ':', [8, 8, 4]);
        assert_eq!(lsn("00000027:00000758:0005"), Some((0x27 << 48) | (0x758 << 16) | 5));
        assert!(lsn("00000027:00000758:0005") < lsn("00000027:00000758:000a"));
        assert_eq!(groups(" 0x000029.00046a2c.0010 ", '.', [8, 8, 4]), Some((0x29 << 48) | (0x4_6a2c << 16) | 0x10));
        for wrong in ["", "27", "27:758", "27:758:5:1", "27:758:00005", "27:x:5", "27::5"] {
            assert_eq!(lsn(wrong), None, "{wrong}");
        }
    }
}
