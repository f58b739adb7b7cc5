//! Values that partners write in their own way: dates that are not of ISO 8601, numbers with marks between their
//! thousands, words for true and false.

use crate::value::{written_number, written_time};
use sluice_contract::{ColumnType, NumberMarks, TimePattern};
use std::collections::{BTreeMap, BTreeSet};

/// Words for true and for false.
const BOOLEANS: [(&str, &str); 13] = [
    ("yes", "no"),
    ("y", "n"),
    ("t", "f"),
    ("on", "off"),
    ("ja", "nein"),
    ("j", "n"),
    ("wahr", "falsch"),
    ("oui", "non"),
    ("vrai", "faux"),
    ("si", "no"),
    ("sí", "no"),
    ("sim", "não"),
    ("tak", "nie"),
];
/// Marks of numbers: before the fraction, and between thousands.
const MARKS: [(&str, &str); 5] = [POINT, COMMA, (",", " "), (".", " "), (".", "'")];
/// Marks that are each other's.
const POINT: (&str, &str) = (".", ",");
const COMMA: (&str, &str) = (",", ".");
/// Letters of a date with a time of day at most.
const DATE_LEN_MAX: usize = 40;
/// Letters of a number at most.
const NUMBER_LEN_MAX: usize = 60;
/// Letters of a word at most.
const WORD_LEN_MAX: usize = 12;

/// Counts over texts: how many read as what.
#[derive(Clone, Debug, Default)]
pub(crate) struct WrittenShape {
    /// By the pattern, of those that fit it.
    dates: BTreeMap<String, u64>,
    /// By the place in [`MARKS`].
    numbers: BTreeMap<usize, NumberShape>,
    /// Numbers of digits alone, which fit all marks.
    plain: u64,
    /// Most digits of them.
    plain_digits: usize,
    /// Different texts in small letters, as long as they are two.
    words: Option<BTreeSet<String>>,
    /// More than two.
    has_more_words: bool,
}

/// Counts over numbers with the same marks.
#[derive(Clone, Debug, Default)]
pub(crate) struct NumberShape {
    count: u64,
    fractions: u64,
    grouped: u64,
    /// Digits after the mark.
    scales: BTreeSet<usize>,
    /// Most digits before it.
    whole_digits: usize,
}

/// How all texts of a column can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// By one of the patterns: several that are different dates, where nothing tells which.
    Dates {
        /// Day before month.
        day_first: Option<String>,
        /// Month before day.
        month_first: Option<String>,
        /// With a year first, or the name of the month.
        other: Option<String>,
        /// They have a time of day.
        has_time: bool,
    },
    /// With the marks of one of these, each with the type that holds them.
    Numbers {
        /// Certainly so: both marks occur, and no other reading fits.
        certain: Option<(NumberMarks, String)>,
        /// A point before the fraction.
        point: Option<(NumberMarks, String)>,
        /// A comma.
        comma: Option<(NumberMarks, String)>,
    },
    /// Two words, of true and of false.
    Boolean(&'static str, &'static str),
}

impl WrittenShape {
    /// Counts a text.
    pub(crate) fn note(&mut self, text: &str) {
        self.note_word(text);
        if text.len() <= DATE_LEN_MAX && text.bytes().any(|byte| byte.is_ascii_digit()) {
            for pattern in patterns_of(text) {
                *self.dates.entry(pattern).or_default() += 1;
            }
        }
        let is_number =
            |letter: char| letter.is_ascii_digit() || "+-.,' \u{a0}\u{202f}\u{2019}\u{2212}".contains(letter);
        if text.len() <= NUMBER_LEN_MAX && text.chars().all(is_number) {
            self.note_number(text);
        }
    }

    fn note_word(&mut self, text: &str) {
        if self.has_more_words {
            return;
        }
        let words = self.words.get_or_insert_default();
        if text.len() <= WORD_LEN_MAX {
            words.insert(text.to_lowercase());
        }
        self.has_more_words = text.len() > WORD_LEN_MAX || words.len() > 2;
    }

    fn note_number(&mut self, text: &str) {
        let unsigned = text.trim_matches(['-', '+', '\u{2212}']);
        let marks_seen = unsigned.chars().filter(|letter| !letter.is_ascii_digit()).count();
        let begins_with_zero =
            unsigned.starts_with('0') && unsigned.chars().nth(1).is_some_and(|letter| letter.is_ascii_digit());
        if begins_with_zero || unsigned.is_empty() {
            // A postcode, an account: as a number it would lose its zeros.
            return;
        }
        if marks_seen == 0 {
            self.plain += 1;
            self.plain_digits = self.plain_digits.max(unsigned.len());
            return;
        }
        for (at, (decimal, thousands)) in MARKS.into_iter().enumerate() {
            let Ok(marks) = NumberMarks::new(decimal, thousands) else { continue };
            let Some(plain) = written_number::plain(marks, text) else { continue };
            let (whole, fraction) = plain.trim_start_matches('-').split_once('.').unwrap_or((&plain, ""));
            let shape = self.numbers.entry(at).or_default();
            shape.count += 1;
            shape.fractions += u64::from(!fraction.is_empty());
            shape.grouped += u64::from(marks_seen > usize::from(!fraction.is_empty()));
            shape.scales.insert(fraction.len());
            shape.whole_digits = shape.whole_digits.max(whole.len());
        }
    }

    /// How all of `count` texts can be read, if they can be.
    pub(crate) fn reading(&self, count: u64) -> Option<Written> {
        if count == 0 {
            return None;
        }
        self.boolean().or_else(|| self.of_dates(count)).or_else(|| self.of_numbers(count))
    }

    fn boolean(&self) -> Option<Written> {
        let words = self.words.as_ref().filter(|words| !self.has_more_words && words.len() == 2)?;
        let (is_true, is_false) = BOOLEANS.into_iter().find(|(yes, no)| words.contains(*yes) && words.contains(*no))?;
        Some(Written::Boolean(is_true, is_false))
    }

    fn of_dates(&self, count: u64) -> Option<Written> {
        let fitting: Vec<&String> =
            self.dates.iter().filter(|(_, fits)| **fits == count).map(|(text, _)| text).collect();
        let with = |begin: &str| fitting.iter().find(|text| text.starts_with(begin)).map(|text| (*text).clone());
        let is_number = |text: &String| text.starts_with("%d") && text.get(3..5) == Some("%m");
        let day_first = fitting.iter().find(|text| is_number(text)).map(|text| (*text).clone());
        let month_first = with("%m");
        let other = fitting.iter().find(|text| !is_number(text) && !text.starts_with("%m")).map(|text| (*text).clone());
        let has_time = fitting.first()?.contains("%M");
        Some(Written::Dates { day_first, month_first, other, has_time })
    }

    fn of_numbers(&self, count: u64) -> Option<Written> {
        let fits = |marks: &(&str, &str)| {
            let at = MARKS.iter().position(|known| known == marks)?;
            let mut shape = self.numbers.get(&at).filter(|shape| shape.count + self.plain == count)?.clone();
            if self.plain > 0 {
                shape.scales.insert(0);
                shape.whole_digits = shape.whole_digits.max(self.plain_digits);
            }
            Some(shape)
        };
        let certain: Vec<_> = MARKS
            .iter()
            .filter_map(|marks| Some((marks, fits(marks)?)))
            .filter(|(_, shape)| shape.fractions > 0 && shape.grouped > 0)
            .collect();
        let reading = |marks: &(&str, &str), shape: &NumberShape| {
            // Marks that were not seen are none.
            let thousands = if shape.grouped > 0 { marks.1 } else { "" };
            Some((NumberMarks::new(marks.0, thousands).ok()?, shape.data_type()))
        };
        let (point, comma) = (fits(&POINT), fits(&COMMA));
        match (certain.as_slice(), point, comma) {
            ([(marks, shape)], None, _) | ([(marks, shape)], Some(_), None) => {
                Some(Written::Numbers { certain: reading(marks, shape), point: None, comma: None })
            }
            (_, Some(point), Some(comma)) => {
                Some(Written::Numbers { certain: None, point: reading(&POINT, &point), comma: reading(&COMMA, &comma) })
            }
            (_, None, Some(comma)) if comma.fractions > 0 => {
                Some(Written::Numbers { certain: None, point: None, comma: reading(&COMMA, &comma) })
            }
            _ => None,
        }
    }
}

/// Digits before the point that later values may have more than those of the sample.
const DIGITS_TO_COME: usize = 3;

impl NumberShape {
    /// A decimal with the digits that all have after the mark, if these are two at least; else a number of any.
    fn data_type(&self) -> String {
        match self.scales.iter().copied().collect::<Vec<_>>().as_slice() {
            [scale] if *scale > 1 && self.whole_digits + DIGITS_TO_COME + scale <= 38 => {
                let precision = (self.whole_digits + DIGITS_TO_COME + scale).clamp(12.max(*scale), 38);
                format!("decimal({precision},{scale})")
            }
            _ => "numeric".to_owned(),
        }
    }
}

/// The patterns that a text fits, of those that are looked for.
fn patterns_of(text: &str) -> Vec<String> {
    let Some(written) = dates_of(text) else { return Vec::new() };
    let (dates, rest) = written;
    let Some(time) = time_of(rest) else { return Vec::new() };
    let fits = |pattern: &String| {
        let read = if time.is_empty() { TimePattern::date(pattern) } else { TimePattern::timestamp(pattern) };
        let data_type = if time.is_empty() { ColumnType::Date } else { ColumnType::TimestampNtz };
        read.is_ok_and(|pattern| written_time::read(&[pattern], &data_type, text).is_ok())
    };
    dates.into_iter().map(|date| format!("{date}{time}")).filter(fits).collect()
}

/// Patterns of a date at the beginning of a text, and what follows it.
fn dates_of(text: &str) -> Option<(Vec<String>, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let first = digits(text);
    let separator = text.get(first..)?.chars().next()?;
    if first == 0 || !"./- ".contains(separator) {
        return None;
    }
    let middle = text.get(first + 1..)?;
    let second = middle.chars().take_while(|letter| letter.is_ascii_alphanumeric()).count();
    let last = middle.get(second..)?.strip_prefix(separator)?;
    let third = digits(last);
    let rest = last.get(third..)?;
    let is_month_name = middle.get(..second)?.bytes().all(|byte| byte.is_ascii_alphabetic());
    let patterns = match (first, second, third) {
        (1 | 2, 3.., 4) if is_month_name => vec![format!("%d{separator}%b{separator}%Y")],
        (1 | 2, 1 | 2, 4) if separator != ' ' => {
            vec![format!("%d{separator}%m{separator}%Y"), format!("%m{separator}%d{separator}%Y")]
        }
        (4, 1 | 2, 1 | 2) if separator != ' ' => vec![format!("%Y{separator}%m{separator}%d")],
        _ => return None,
    };
    Some((patterns, rest))
}

/// The pattern of a time of day behind a date; nothing for nothing, `None` for anything else.
fn time_of(rest: &str) -> Option<String> {
    if rest.is_empty() {
        return Some(String::new());
    }
    let between = rest.chars().next().filter(|letter| matches!(letter, ' ' | 'T'))?;
    let clock = rest.get(1..)?;
    let (clock, half) = match clock.to_ascii_lowercase() {
        lower if lower.ends_with(" am") || lower.ends_with(" pm") => (clock.get(..clock.len() - 3)?, " %p"),
        lower if lower.ends_with("am") || lower.ends_with("pm") => (clock.get(..clock.len() - 2)?, "%p"),
        _ => (clock, ""),
    };
    let hour = if half.is_empty() { "%H" } else { "%I" };
    let (clock, fraction) = clock.split_once('.').map_or((clock, ""), |(clock, _)| (clock, ".%f"));
    let second = match clock.split(':').count() {
        2 if fraction.is_empty() => "",
        3 => ":%S",
        _ => return None,
    };
    Some(format!("{between}{hour}:%M{second}{fraction}{half}"))
}

#[cfg(test)]
mod tests {
    use super::{Written, WrittenShape};

    fn reading(texts: &[&str]) -> Option<Written> {
        let mut shape = WrittenShape::default();
        texts.iter().for_each(|text| shape.note(text));
        shape.reading(texts.len() as u64)
    }

    fn dates(texts: &[&str]) -> Option<[Option<String>; 3]> {
        match reading(texts)? {
            Written::Dates { day_first, month_first, other, .. } => Some([day_first, month_first, other]),
            _ => None,
        }
    }

    fn numbers(texts: &[&str]) -> Option<[Option<String>; 3]> {
        let text = |found: Option<(sluice_contract::NumberMarks, String)>| {
            found.map(|(marks, data_type)| {
                format!("{}{} {data_type}", marks.decimal(), marks.thousands().map(String::from).unwrap_or_default())
            })
        };
        match reading(texts)? {
            Written::Numbers { certain, point, comma } => Some([text(certain), text(point), text(comma)]),
            _ => None,
        }
    }

    #[test]
    fn a_day_over_12_tells_the_order_and_nothing_else_does() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(dates(&["31.12.2026", "1.2.2026"]), Some([some("%d.%m.%Y"), None, None]));
        assert_eq!(dates(&["12/31/2026", "01/02/2026"]), Some([None, some("%m/%d/%Y"), None]));
        assert_eq!(dates(&["01/02/2026", "03/03/2026"]), Some([some("%d/%m/%Y"), some("%m/%d/%Y"), None]));
        assert_eq!(dates(&["2026/02/01", "2026/12/31"]), Some([None, None, some("%Y/%m/%d")]));
        assert_eq!(dates(&["31-Dec-2026", "1-JAN-2027"]), Some([None, None, some("%d-%b-%Y")]));
        assert_eq!(dates(&["31.12.2026 10:00", "1.2.2026 9:30"]), Some([some("%d.%m.%Y %H:%M"), None, None]));
        assert_eq!(dates(&["12/31/2026 1:00:05 PM"]), Some([None, some("%m/%d/%Y %I:%M:%S %p"), None]));
        for texts in [
            &["31/12/2026", "12/31/2026"][..],
            &["31.12.26"],
            &["31.02.2026"],
            &["31.12.2026", "31.12.2026 10:00"],
            &["31.12.2026", "x"],
            &["1.2.3"],
            &["192.168.1.1"],
        ] {
            assert_eq!(dates(texts), None, "{texts:?}");
        }
    }

    #[test]
    fn marks_are_certain_where_both_occur_and_asked_where_two_readings_fit() {
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(numbers(&["1,234.50", "7.25"]), Some([some("., decimal(12,2)"), None, None]));
        assert_eq!(numbers(&["1.234,5", "-7"]), Some([some(",. numeric"), None, None]));
        assert_eq!(numbers(&["1 234,50", "12,00"]), Some([some(",  decimal(12,2)"), None, None]));
        assert_eq!(numbers(&["1,234", "56"]), Some([None, some("., numeric"), some(", numeric")]));
        assert_eq!(numbers(&["12,5", "7"]), Some([None, None, some(", numeric")]));
        // What can be no numbers, or has no fraction: texts stay texts.
        for texts in [&["1,234,567"][..], &["12.345.678"], &["030 123 456"], &["1,2,3"], &["007,5"], &["1,5", "x"]] {
            assert_eq!(numbers(texts), None, "{texts:?}");
        }
    }

    #[test]
    fn two_words_are_a_boolean_where_both_occur() {
        assert_eq!(reading(&["Yes", "no", "YES"]), Some(Written::Boolean("yes", "no")));
        assert_eq!(reading(&["N", "J"]), Some(Written::Boolean("j", "n")));
        for texts in [&["Y", "Y"][..], &["Y", "N", "U"], &["yes", "nein"], &["", "yes"]] {
            assert_eq!(reading(texts), None, "{texts:?}");
        }
    }
}
