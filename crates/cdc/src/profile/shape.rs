//! What the values of a column look like.

use super::written::WrittenShape;
use crate::text::json_fields::{elements, members, string};
use crate::value::number::{base64_bytes, can_be_hex};
use crate::value::time_number::{DEBEZIUM_INFINITY, DEBEZIUM_MINUS_INFINITY, likely_unit};
use num_bigint::BigInt;
use sluice_change::{DAY_MICROS, SpecialNumber, TIMESTAMP_INFINITY, TimestampText, parse_cell};
use sluice_contract::{ColumnType, TimeUnit};
use std::collections::{BTreeMap, BTreeSet};

/// Distinct values counted per column.
const DISTINCT_MAX: usize = 100_000;
/// Microseconds since 1970 of the years 1973 to 9999.
const TIME_LIKE: std::ops::Range<i64> = 100_000_000_000_000..253_402_300_800_000_000;
/// Microseconds of the infinities without their sign.
const INFINITY: u64 = TIMESTAMP_INFINITY.unsigned_abs();
const DEBEZIUM_INFINITIES: [i64; 2] = [DEBEZIUM_INFINITY, DEBEZIUM_MINUS_INFINITY];

/// Counts over the values of one column.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    /// Records that have the column.
    pub(crate) rows: u64,
    /// Of them, nulls.
    pub(crate) nulls: u64,
    /// Of them, placeholders for values that were not sent.
    pub(crate) unavailable: u64,
    /// Texts with an `@`.
    pub(crate) emails: u64,
    pub(crate) texts: TextShape,
    pub(crate) booleans: u64,
    pub(crate) fractions: u64,
    /// Whole numbers that 64 bits do not hold.
    pub(crate) huge: u64,
    pub(crate) lists: u64,
    pub(crate) objects: u64,
    /// Objects with `scale` and `value`.
    pub(crate) scaled: u64,
    pub(crate) whole: WholeShape,
    /// Elements of the lists.
    pub(crate) element: Option<Box<Shape>>,
    distinct: BTreeSet<u64>,
}

/// Counts over whole numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct WholeShape {
    pub(crate) count: u64,
    /// They need 64 bits.
    pub(crate) long: u64,
    /// They are times of this century by a unit, per unit.
    pub(crate) times: BTreeMap<&'static str, u64>,
    /// They are infinities of PostgreSQL, as Debezium sends them.
    pub(crate) infinite: u64,
    /// They are microseconds since 1970 of other times from 1973 on.
    pub(crate) other_times: u64,
    /// They look like microseconds of a day, with few digits after the second.
    pub(crate) clock_like: u64,
    /// They could be milliseconds of a day.
    pub(crate) clock_millis: u64,
    /// The largest, 0 at least.
    pub(crate) largest: i64,
    /// They could be days since 1970.
    pub(crate) day_like: u64,
    /// They would be days of the years 2000 to 2049.
    pub(crate) day_today: u64,
}

/// Counts over texts: how many read as what.
#[derive(Clone, Debug, Default)]
pub(crate) struct TextShape {
    pub(crate) count: u64,
    pub(crate) uuid: u64,
    pub(crate) date: u64,
    pub(crate) time: u64,
    pub(crate) timestamp: u64,
    /// Times that name their zone, and those that name none.
    pub(crate) zoned: u64,
    pub(crate) unzoned: u64,
    pub(crate) boolean: u64,
    /// Any JSON, which numbers and quoted texts are too.
    pub(crate) json: u64,
    pub(crate) json_structured: u64,
    pub(crate) array: u64,
    pub(crate) float_word: u64,
    pub(crate) whole: u64,
    /// Of them, those that 64 bits hold.
    pub(crate) long: u64,
    pub(crate) decimal: u64,
    /// Numbers with a comma between groups of three digits.
    pub(crate) grouped: u64,
    /// Numbers with an exponent.
    pub(crate) exponent: u64,
    /// Dates as people write them: day, month and year in whatever order, and perhaps a time of day.
    pub(crate) written_date: u64,
    pub(crate) hex: u64,
    /// Pairs of hexadecimal digits and nothing else, in small letters or in capitals.
    pub(crate) bare_hex: u64,
    /// Hexadecimal digits in them.
    pub(crate) bare_hex_digits: usize,
    /// Digits after the point that were seen.
    pub(crate) scales: BTreeSet<usize>,
    /// Most digits before the point.
    pub(crate) whole_digits: usize,
    pub(crate) base64: u64,
    /// Texts that only base64 looks like: padding, or capitals after small letters.
    pub(crate) base64_marked: u64,
    /// Texts that partners write in their own way.
    pub(crate) written: WrittenShape,
    /// Base64 of the shortest form of a number of at most 17 bytes.
    pub(crate) unscaled: u64,
    /// Most digits of such a number.
    pub(crate) unscaled_digits: usize,
}

impl Shape {
    /// Records a JSON value.
    pub(crate) fn json(&mut self, raw: &str) {
        self.rows += 1;
        self.note_distinct(raw);
        match raw.as_bytes().first() {
            Some(b'n') => self.nulls += 1,
            Some(b't' | b'f') => self.booleans += 1,
            Some(b'"') => self.texts_of(&string(raw).unwrap_or_default()),
            Some(b'{') => {
                self.objects += 1;
                self.scaled += u64::from(matches!(members(raw, ["scale", "value"]), Some([Some(_), Some(_)])));
            }
            Some(b'[') => {
                self.lists += 1;
                let element = self.element.get_or_insert_with(Box::default);
                elements(raw).unwrap_or_default().into_iter().for_each(|raw| element.json(raw));
            }
            _ => match raw.parse() {
                Ok(number) => self.whole.note(number),
                Err(_) if raw.trim_start_matches('-').bytes().all(|byte| byte.is_ascii_digit()) => self.huge += 1,
                Err(_) => self.fractions += 1,
            },
        }
    }

    /// Records a text value of CSV or Parquet.
    pub(crate) fn text(&mut self, text: Option<&str>) {
        self.rows += 1;
        match text {
            None => self.nulls += 1,
            Some(text) => {
                self.note_distinct(text);
                self.texts_of(text);
            }
        }
    }

    /// A value that was not sent.
    pub(crate) fn unavailable(&mut self) {
        self.rows += 1;
        self.unavailable += 1;
    }

    /// Values that say something.
    pub(crate) fn values(&self) -> u64 {
        self.rows - self.nulls - self.unavailable
    }

    /// Distinct values, at most 100,000.
    pub(crate) fn distinct(&self) -> usize {
        self.distinct.len()
    }

    fn texts_of(&mut self, text: &str) {
        self.emails += u64::from(looks_like_email(text));
        self.texts.note(text);
    }

    fn note_distinct(&mut self, text: &str) {
        if self.distinct.len() < DISTINCT_MAX {
            self.distinct.insert(hash(text));
        }
    }
}

impl WholeShape {
    /// The unit by which at least 7 of 10 are times.
    pub(crate) fn time_unit(&self) -> Option<TimeUnit> {
        let of = |unit: TimeUnit| {
            let times = self.times.get(unit.as_str()).copied().unwrap_or(0);
            let besides = if unit == TimeUnit::Microseconds { self.other_times } else { 0 };
            times + besides + self.infinite
        };
        let found = TimeUnit::ALL
            .into_iter()
            .find(|unit| self.times.contains_key(unit.as_str()) && of(*unit) * 10 >= self.count * 7);
        found.or_else(|| (of(TimeUnit::Microseconds) * 10 >= self.count * 7).then_some(TimeUnit::Microseconds))
    }

    fn note(&mut self, number: i64) {
        self.count += 1;
        self.long += u64::from(i32::try_from(number).is_err());
        match likely_unit(number) {
            Some(unit) => *self.times.entry(unit.as_str()).or_default() += 1,
            None if DEBEZIUM_INFINITIES.contains(&number) => self.infinite += 1,
            None => self.other_times += u64::from(TIME_LIKE.contains(&number)),
        }
        self.clock_like += u64::from((0..=DAY_MICROS).contains(&number) && number % 1_000 == 0);
        self.largest = self.largest.max(number);
        self.clock_millis += u64::from((0..=DAY_MICROS / 1_000).contains(&number));
        self.day_today += u64::from((10_957..29_220).contains(&number));
        self.day_like += u64::from((-719_162..=2_932_896).contains(&number));
    }
}

impl TextShape {
    fn note(&mut self, text: &str) {
        let reads = |data_type: &ColumnType| u64::from(parse_cell(data_type, text).is_ok());
        self.count += 1;
        self.boolean += u64::from(matches!(text, "true" | "false" | "t" | "f" | "TRUE" | "FALSE" | "True" | "False"));
        self.float_word += u64::from(SpecialNumber::read(text).is_some());
        self.hex += u64::from(text.starts_with("\\x") && reads(&ColumnType::Binary) == 1);
        if can_be_hex(text) {
            self.bare_hex += 1;
            self.bare_hex_digits += text.len();
        }
        self.array += u64::from(text.starts_with('{') && text.ends_with('}') && !text.contains(':'));
        self.json += u64::from(serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok());
        self.json_structured += u64::from(text.starts_with(['{', '[']));
        if text.len() <= 40 {
            self.uuid += reads(&ColumnType::Uuid);
            self.date += reads(&ColumnType::Date);
            self.time += u64::from(text.contains(':')) * reads(&ColumnType::Time);
            self.timestamp += reads(&ColumnType::Timestamp);
            // An infinity is the same in every zone.
            if let Some(time) = TimestampText::read(text).filter(|time| time.micros.unsigned_abs() != INFINITY) {
                self.zoned += u64::from(time.offset.is_some());
                self.unzoned += u64::from(time.offset.is_none());
            }
        }
        self.grouped += u64::from(is_grouped(text));
        self.written_date += u64::from(is_written_date(text));
        self.exponent += u64::from(text.contains(['e', 'E']) && text.parse::<f64>().is_ok_and(f64::is_finite));
        self.written.note(text);
        self.note_decimal(text);
        self.note_base64(text);
    }

    fn note_decimal(&mut self, text: &str) {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, ""));
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        // `.5`, as SQL*Plus writes it.
        if (whole.is_empty() && fraction.is_empty()) || !digits(whole) || !digits(fraction) || unsigned.ends_with('.') {
            return;
        }
        // A postcode, an account: as a number it would lose its zeros.
        if whole.len() > 1 && whole.starts_with('0') {
            return;
        }
        self.decimal += 1;
        self.whole += u64::from(fraction.is_empty());
        self.long += u64::from(text.parse::<i64>().is_ok());
        self.scales.insert(fraction.len());
        self.whole_digits = self.whole_digits.max(whole.len());
    }

    fn note_base64(&mut self, text: &str) {
        let Some(bytes) = base64_bytes(text) else { return };
        self.base64 += 1;
        let capital_inside = text.bytes().skip(1).any(|byte| byte.is_ascii_uppercase());
        let small = text.bytes().any(|byte| byte.is_ascii_lowercase());
        self.base64_marked += u64::from(text.ends_with('=') || text.contains('+') || (capital_inside && small));
        let shortest = match bytes.as_slice() {
            [] => false,
            [0, second, ..] => second & 0x80 != 0,
            [0xff, second, ..] => second & 0x80 == 0,
            _ => true,
        };
        if shortest && bytes.len() <= 17 {
            self.unscaled += 1;
            let digits = BigInt::from_signed_bytes_be(&bytes).magnitude().to_string().len();
            self.unscaled_digits = self.unscaled_digits.max(digits);
        }
    }
}

/// `1,234` or `12,345.60`.
fn is_grouped(text: &str) -> bool {
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let mut groups = whole.split(',');
    let first = groups.next().is_some_and(|group| digits(group) && group.len() <= 3);
    let mut others = groups.peekable();
    first && digits(fraction) && others.peek().is_some() && others.all(|group| digits(group) && group.len() == 3)
}

/// `31.12.2026`, `12/31/2026` or `1-2-26 10:00`.
fn is_written_date(text: &str) -> bool {
    let date = text.split([' ', 'T']).next().unwrap_or_default();
    let by = |separator: char| {
        let parts: Vec<&str> = date.split(separator).collect();
        let digits = |part: &&str| matches!(part.len(), 1 | 2 | 4) && part.bytes().all(|byte| byte.is_ascii_digit());
        parts.len() == 3 && parts.iter().all(digits) && parts.iter().take(2).all(|part| part.len() < 3)
    };
    ['.', '/', '-'].into_iter().any(by)
}

fn looks_like_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !text.contains(' '))
}

/// First bytes of a hash of a value.
pub(crate) fn hash(text: &str) -> u64 {
    let mut head = [0; 8];
    for (place, byte) in head.iter_mut().zip(blake3::hash(text.as_bytes()).as_bytes()) {
        *place = *byte;
    }
    u64::from_be_bytes(head)
}
