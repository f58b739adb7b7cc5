//! Which files are one full snapshot of the source table, and which snapshot is the later.

use std::fmt;

/// `apply.from_snapshot`: every delivery is a full snapshot of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct FromSnapshot {
    /// Which files below the source's path are a snapshot, and where their version is in the path. `None`: every file is
    /// one, and [`FromSnapshot::column`] has its version.
    pub files: Option<SnapshotPattern>,
    /// The column with the version, which is one value in a whole file.
    pub column: Option<SnapshotColumn>,
    /// Name of the marker file that signals a complete snapshot.
    pub complete_when: Option<String>,
    /// Share of the rows before that a snapshot may lack, 0 to 1.
    pub max_deleted_share: f64,
}

/// A column that says of which version a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotColumn {
    /// A column of the schema.
    pub name: String,
    /// What its values are.
    pub version: SnapshotVersion,
}

impl FromSnapshot {
    /// What a version is.
    #[must_use]
    pub fn version(&self) -> SnapshotVersion {
        let of_column = self.column.as_ref().map(|column| column.version);
        let of_path = self.files.as_ref().map(SnapshotPattern::version);
        of_column.or(of_path).unwrap_or(SnapshotVersion::Number)
    }

    /// A version as people write it.
    #[must_use]
    pub fn name_of(&self, version: u64) -> String {
        self.version().name_of(version)
    }
}

impl SnapshotVersion {
    /// A version as people write it.
    #[must_use]
    pub fn name_of(self, version: u64) -> String {
        match self {
            Self::Number => version.to_string(),
            Self::Date => date_name(version),
        }
    }
}

/// What a version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotVersion {
    /// `{version}`: digits, compared as a number; a column of integers.
    Number,
    /// `{date}`: a date or a time of day in UTC; a column of dates or times.
    Date,
}

/// `{date}/*.parquet`: a path below the source's folder with one placeholder.
///
/// `*` stands for any letters but `/`. `{version}` is a number of at most 18 digits, `{date}` a date or time whose
/// digits are those of year, month, day, hour, minute, second and fraction in this order, with `-`, `_`,
/// `:`, `.`, `T` and `Z` between them or not; what is missing is 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotPattern {
    text: String,
    tokens: Vec<Token>,
    version: SnapshotVersion,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Letter(char),
    Any,
    Version,
}

/// Digits of a version that is a number.
const NUMBER_DIGITS_MAX: usize = 18;
const NUMBER: &str = "{version}";
const DATE: &str = "{date}";

impl SnapshotPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let count = text.matches(NUMBER).count() + text.matches(DATE).count();
        if count != 1 {
            return Err(format!("The pattern has {count} placeholders, it needs one"));
        }
        if text.starts_with('/') || text.ends_with('/') || text.contains("//") {
            return Err("The pattern is no path of a file below the source's folder".to_owned());
        }
        let version = if text.contains(DATE) { SnapshotVersion::Date } else { SnapshotVersion::Number };
        let word = if version == SnapshotVersion::Date { DATE } else { NUMBER };
        let letters = |text: &str| -> Vec<Token> {
            text.chars().map(|letter| if letter == '*' { Token::Any } else { Token::Letter(letter) }).collect()
        };
        let (before, after) = text.split_once(word).unwrap_or((text, ""));
        let tokens = [letters(before), vec![Token::Version], letters(after)].concat();
        Ok(Self { text: text.to_owned(), tokens, version })
    }

    /// What its version is.
    #[must_use]
    pub fn version(&self) -> SnapshotVersion {
        self.version
    }

    /// Version of the snapshot that the file at `path`, below the source's folder, is part of: the number, or the
    /// microseconds since 1970. `None` if it is part of no snapshot.
    #[must_use]
    pub fn version_of(&self, path: &str) -> Option<u64> {
        self.read(&self.tokens, path, None)
    }

    /// The version as people write it.
    #[must_use]
    pub fn name_of(&self, version: u64) -> String {
        self.version.name_of(version)
    }

    fn read(&self, tokens: &[Token], rest: &str, found: Option<u64>) -> Option<u64> {
        let Some((token, tokens)) = tokens.split_first() else { return found.filter(|_| rest.is_empty()) };
        match token {
            Token::Letter(letter) => self.read(tokens, rest.strip_prefix(*letter)?, found),
            Token::Any => {
                let end = rest.find('/').unwrap_or(rest.len());
                let ends = rest.char_indices().map(|(at, _)| at).filter(|at| *at <= end).chain([rest.len()]);
                ends.filter(|at| *at <= end).find_map(|at| self.read(tokens, rest.get(at..)?, found))
            }
            Token::Version => {
                let end = rest.find(|letter| !self.is_of_version(letter)).unwrap_or(rest.len());
                // The longest text that is a version and lets the rest fit.
                (1..=end).rev().find_map(|at| {
                    let version = self.value(rest.get(..at)?)?;
                    self.read(tokens, rest.get(at..)?, Some(version))
                })
            }
        }
    }

    fn is_of_version(&self, letter: char) -> bool {
        let between = self.version == SnapshotVersion::Date && "-_:.TtZz".contains(letter);
        letter.is_ascii_digit() || between
    }

    fn value(&self, text: &str) -> Option<u64> {
        match self.version {
            SnapshotVersion::Number if text.len() <= NUMBER_DIGITS_MAX => text.parse().ok(),
            SnapshotVersion::Number => None,
            SnapshotVersion::Date => micros_of(text),
        }
    }
}

impl fmt::Display for SnapshotPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

const MICROS_PER_SECOND: u64 = 1_000_000;
const SECONDS_PER_DAY: u64 = 86_400;

/// Microseconds since 1970 of a date or time; `None` for anything else, and for what is before 1970.
fn micros_of(text: &str) -> Option<u64> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if !text.starts_with(|c: char| c.is_ascii_digit()) || !matches!(digits.len(), 8 | 10 | 12 | 14..=20) {
        return None;
    }
    let padded = format!("{digits:0<20}");
    let number = |from: usize, to: usize| padded.get(from..to)?.parse::<u64>().ok();
    let (year, month, day) = (number(0, 4)?, number(4, 6)?, number(6, 8)?);
    let (hour, minute, second) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    let fits = (1..=12).contains(&month) && (1..=days_of_month(year, month)).contains(&day);
    if !fits || hour > 23 || minute > 59 || second > 59 || year < 1970 {
        return None;
    }
    let seconds = days_before(year, month, day) * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second;
    Some(seconds * MICROS_PER_SECOND + number(14, 20)?)
}

/// Days from 1970-01-01 to a date of 1970 or later.
fn days_before(year: u64, month: u64, day: u64) -> u64 {
    let years = year - 1970;
    let leaps = |until: u64| until / 4 - until / 100 + until / 400;
    let months: u64 = (1..month).map(|month| days_of_month(year, month)).sum();
    years * 365 + leaps(year - 1) - leaps(1969) + months + day - 1
}

fn days_of_month(year: u64, month: u64) -> u64 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// `2026-11-20`, with the time of day unless it is midnight.
fn date_name(micros: u64) -> String {
    let (seconds, fraction) = (micros / MICROS_PER_SECOND, micros % MICROS_PER_SECOND);
    let (mut days, time) = (seconds / SECONDS_PER_DAY, seconds % SECONDS_PER_DAY);
    let (mut year, mut month) = (1970, 1);
    let of_year = |year: u64| (1..=12).map(|month| days_of_month(year, month)).sum::<u64>();
    while days >= of_year(year) {
        days -= of_year(year);
        year += 1;
    }
    while days >= days_of_month(year, month) {
        days -= days_of_month(year, month);
        month += 1;
    }
    let mut name = format!("{year:04}-{month:02}-{:02}", days + 1);
    if time > 0 || fraction > 0 {
        name.push_str(&format!("T{:02}:{:02}:{:02}", time / 3_600, time / 60 % 60, time % 60));
    }
    if fraction > 0 {
        name.push_str(&format!(".{fraction:06}"));
    }
    name
}

#[cfg(test)]
mod tests {
    use super::SnapshotPattern;

    fn version(pattern: &str, path: &str) -> Option<u64> {
        SnapshotPattern::parse(pattern).unwrap().version_of(path)
    }

    #[test]
    fn the_path_tells_the_version() {
        assert_eq!(version("{version}/*", "0012/part-1.parquet"), Some(12));
        assert_eq!(version("{version}/*", "12/a/part-1.parquet"), None, "a star stays in its folder");
        assert_eq!(version("orders_{version}.csv", "orders_7.csv"), Some(7));
        assert_eq!(version("orders_{version}*", "orders_7.csv.gz"), Some(7));
        assert_eq!(version("orders_{version}.csv", "orders_x.csv"), None);
        assert_eq!(version("*/{version}/*.csv", "eu/3/a.csv"), Some(3));
        assert_eq!(version("{version}.csv", &format!("{}.csv", "9".repeat(19))), None);
    }

    #[test]
    fn dates_come_with_and_without_separators() {
        let day = 86_400_000_000;
        assert_eq!(version("{date}/*", "1970-01-02/a.csv"), Some(day));
        assert_eq!(version("date={date}/*", "date=19700102/a.csv"), Some(day));
        assert_eq!(version("{date}.csv", "1970-01-02T01-00-00Z.csv"), Some(day + 3_600_000_000));
        assert_eq!(version("{date}/*", "2024-02-29/a.csv"), Some(1_709_164_800_000_000));
        assert_eq!(version("{date}/*", "2026-11-21T14:22:19.5Z/a"), Some(1_795_270_939_500_000));
        for wrong in ["2026-02-29/a", "2026-13-01/a", "1969-01-01/a", "latest/a", "2026-1-1/a", "20261120T99/a"] {
            assert_eq!(version("{date}/*", wrong), None, "{wrong}");
        }
    }

    #[test]
    fn versions_are_named_as_they_are_read() {
        let pattern = SnapshotPattern::parse("{date}/*").unwrap();
        for name in ["2026-11-20", "2024-02-29T23:59:59", "2000-12-31T00:00:00.000001"] {
            assert_eq!(pattern.name_of(pattern.version_of(&format!("{name}/a")).unwrap()), name);
        }
    }

    #[test]
    fn a_pattern_needs_one_placeholder() {
        for wrong in ["*", "{date}/{version}", "/{date}", "{date}/", ""] {
            assert!(SnapshotPattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}
