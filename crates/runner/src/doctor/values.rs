//! Values of columns: placeholders, letters that were lost, texts that were cut, times in another unit.

use super::found::{Found, Place};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, TimeUnit, TimestampMicrosecondType};
use serde_json::{Map, Value};
use sluice_api::FindingCode;
use sluice_change::{Op, TIMESTAMP_INFINITY, TIMESTAMP_MINUS_INFINITY};
use sluice_contract::{ColumnType, Contract};
use std::collections::{BTreeMap, BTreeSet};

/// Microseconds from 2000 to 2040, in which the times of a feed lie.
const NOW: std::ops::Range<i64> = 946_684_800_000_000..2_208_988_800_000_000;
/// Values in this century that show what a column is.
const PLAUSIBLE_MIN: u64 = 10;
/// Letters below which a limit cuts nothing.
const CUT_MIN: usize = 1_000;
/// Different lengths and cut values that show a limit.
const LENGTHS_MIN: usize = 10;
const CUT_VALUES_MIN: u64 = 3;
/// Places kept until the whole column is known.
const KEPT: usize = 20;

/// Whether a whole text is the mark of a value that was not sent, whatever its exact words.
pub(crate) fn is_placeholder(text: &str) -> bool {
    const BASE64: &str = "X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==";
    text == BASE64 || (text.len() <= 64 && text.starts_with("__") && text.contains("unavailable_value"))
}

#[derive(Debug, Default)]
struct Times {
    plausible: u64,
    others: u64,
    odd: Vec<(Place, &'static str, String)>,
    odd_count: u64,
}

#[derive(Debug, Default)]
struct Lengths {
    longest: usize,
    at_longest: u64,
    places: Vec<(Place, String)>,
    lengths: BTreeSet<usize>,
}

#[derive(Debug, Default)]
struct Zones {
    with: (u64, Vec<(Place, String)>),
    without: (u64, Vec<(Place, String)>),
}

/// What is kept of the values.
#[derive(Debug)]
pub(crate) struct Values {
    times: BTreeMap<String, Times>,
    lengths: BTreeMap<String, Lengths>,
    zones: BTreeMap<String, Zones>,
    /// Columns that are instants.
    instants: Vec<String>,
    /// A null has no form of its own, so a text may mean it.
    lacks_null: bool,
}

impl Values {
    pub(crate) fn new(contract: &Contract) -> Self {
        let instants = contract.columns.iter().filter(|column| column.data_type == ColumnType::Timestamp);
        Self {
            times: BTreeMap::new(),
            lengths: BTreeMap::new(),
            zones: BTreeMap::new(),
            lacks_null: contract
                .source
                .as_ref()
                .is_some_and(|source| source.format.as_str().ends_with("csv") && source.null_text.is_empty()),
            instants: instants.filter(|column| !column.is_system()).map(|column| column.name.clone()).collect(),
        }
    }

    /// Looks at all rows of a file. `place` is that of an event.
    pub(crate) fn rows(
        &mut self,
        found: &mut Found,
        rows: &RecordBatch,
        ops: &[Op],
        place: impl Fn(usize) -> Place,
        records: &[String],
    ) {
        let record = |row: usize| records.get(row).map_or("", String::as_str);
        let has_row = |row: usize| ops.get(row).is_some_and(|op| matches!(op, Op::Read | Op::Upsert | Op::Filtered));
        for (field, column) in rows.schema().fields().iter().zip(rows.columns()) {
            let name = field.name().as_str();
            if name.starts_with('_') {
                continue;
            }
            match column.data_type() {
                DataType::Utf8 => {
                    let texts = column.as_string::<i32>();
                    for row in (0..texts.len()).filter(|row| texts.is_valid(*row) && has_row(*row)) {
                        let text = texts.value(row);
                        self.text(found, name, text, place(row), record(row));
                    }
                }
                DataType::Timestamp(TimeUnit::Microsecond, _) => {
                    let times = column.as_primitive::<TimestampMicrosecondType>();
                    let of_column = self.times.entry(name.to_owned()).or_default();
                    for row in (0..times.len()).filter(|row| times.is_valid(*row) && has_row(*row)) {
                        of_column.add(times.value(row), || (place(row), record(row).to_owned()));
                    }
                }
                _ => {}
            }
        }
    }

    fn text(&mut self, found: &mut Found, name: &str, text: &str, place: Place, record: &str) {
        if is_placeholder(text) {
            let detail = format!("column {name} has a placeholder as its value");
            found.note(FindingCode::ValueNotSent, place, detail, record);
        } else if let Some(what) = damage(text, self.lacks_null) {
            found.note(FindingCode::ValueDamaged, place, format!("column {name} {what}"), record);
        }
        if !self.lengths.contains_key(name) {
            self.lengths.insert(name.to_owned(), Lengths::default());
        }
        if let Some(lengths) = self.lengths.get_mut(name) {
            lengths.add(text, place, record);
        }
    }

    /// Looks at the texts of instants, whose zone is gone once they are read.
    pub(crate) fn zones(&mut self, row: &Map<String, Value>, place: Place, record: &str) {
        for name in &self.instants {
            let Some(has_zone) = row.get(name).and_then(Value::as_str).and_then(has_zone) else { continue };
            let zones = self.zones.entry(name.clone()).or_default();
            let (count, places) = if has_zone { &mut zones.with } else { &mut zones.without };
            *count += 1;
            if places.len() < KEPT {
                places.push((place, record.to_owned()));
            }
        }
    }

    /// Looks at the time of an event.
    pub(crate) fn source_time(&mut self, time_ms: Option<i64>, place: Place, record: &str) {
        let Some(time_ms) = time_ms else { return };
        let times = self.times.entry("the time of the event".to_owned()).or_default();
        times.add(time_ms.saturating_mul(1_000), || (place, record.to_owned()));
    }

    pub(crate) fn finish(self, found: &mut Found) {
        for (name, times) in self.times {
            if times.plausible < PLAUSIBLE_MIN || times.plausible < 4 * times.others {
                continue;
            }
            let rest = times.odd_count - times.odd.len() as u64;
            let last = times.odd.last().cloned();
            for (place, what, record) in times.odd {
                found.note(FindingCode::TimeUnit, place, format!("{name} {what}"), &record);
            }
            if let Some((place, what, record)) = last.filter(|_| rest > 0) {
                found.note_many(FindingCode::TimeUnit, place, rest, format!("{name} {what}"), &record);
            }
        }
        for (name, lengths) in self.lengths {
            lengths.finish(found, &name);
        }
        for (name, Zones { with, without }) in self.zones {
            if with.0 == 0 || without.0 == 0 {
                continue;
            }
            let (rare, what) = if without.0 <= with.0 {
                (without, "lacks the zone that others have")
            } else {
                (with, "has a zone, others have none")
            };
            let detail = format!("{name} {what}");
            let rest = rare.0 - rare.1.len() as u64;
            for (place, record) in &rare.1 {
                found.note(FindingCode::TimeUnit, *place, detail.clone(), record);
            }
            if let Some((place, record)) = rare.1.last().filter(|_| rest > 0) {
                found.note_many(FindingCode::TimeUnit, *place, rest, detail, record);
            }
        }
    }
}

impl Times {
    /// A time that lies in this century by another unit, and by its own in none that a feed has.
    fn add(&mut self, micros: i64, place: impl FnOnce() -> (Place, String)) {
        let is_now = |factor: i64| micros.checked_mul(factor).is_some_and(|micros| NOW.contains(&micros));
        let odd = if NOW.contains(&micros) {
            self.plausible += 1;
            return;
        } else if is_now(1_000) || is_now(1_000_000) {
            "lies in January 1970, as it does where seconds or milliseconds are read in a smaller unit"
        } else if NOW.contains(&(micros / 1_000)) && ![TIMESTAMP_INFINITY, TIMESTAMP_MINUS_INFINITY].contains(&micros) {
            "lies thousands of years ahead, as it does where a time is read in a larger unit"
        } else {
            self.others += 1;
            return;
        };
        self.odd_count += 1;
        if self.odd.len() < KEPT {
            let (place, record) = place();
            self.odd.push((place, odd, record));
        }
    }
}

impl Lengths {
    fn add(&mut self, text: &str, place: Place, record: &str) {
        let length = if text.len() < CUT_MIN { text.len() } else { text.chars().count() };
        if self.lengths.len() < 4 * LENGTHS_MIN {
            self.lengths.insert(length);
        }
        match length.cmp(&self.longest) {
            std::cmp::Ordering::Less => return,
            std::cmp::Ordering::Equal => {}
            std::cmp::Ordering::Greater => {
                (self.longest, self.at_longest) = (length, 0);
                self.places.clear();
            }
        }
        self.at_longest += 1;
        if length >= CUT_MIN && self.places.len() < KEPT {
            self.places.push((place, record.to_owned()));
        }
    }

    fn finish(self, found: &mut Found, name: &str) {
        let is_limit =
            self.longest.is_multiple_of(1_024) || [4_000, 8_000, 32_767, 65_535, 16_383].contains(&self.longest);
        if self.longest < CUT_MIN || !is_limit || self.at_longest < CUT_VALUES_MIN || self.lengths.len() < LENGTHS_MIN {
            return;
        }
        let detail =
            format!("column {name} has {} values of exactly {} letters, the longest", self.at_longest, self.longest);
        let rest = self.at_longest - self.places.len() as u64;
        for (place, record) in &self.places {
            found.note(FindingCode::ValueDamaged, *place, detail.clone(), record);
        }
        if let Some((place, record)) = self.places.last().filter(|_| rest > 0) {
            found.note_many(FindingCode::ValueDamaged, *place, rest, detail, record);
        }
    }
}

fn damage(text: &str, lacks_null: bool) -> Option<&'static str> {
    if text.contains('\u{fffd}') {
        Some("has the mark of a letter that could not be read")
    } else if text.starts_with('\u{feff}') {
        Some("begins with the mark of a byte order")
    } else if lacks_null && matches!(text, "NULL" | "\\N") {
        Some("is a text that means null; write it as source.null_text")
    } else {
        None
    }
}

/// Whether a text that is a date with a time of day says its zone; `None` of any other text.
fn has_zone(text: &str) -> Option<bool> {
    let bytes = text.as_bytes();
    let is_time = bytes.len() >= 16
        && bytes.get(4) == Some(&b'-')
        && bytes.get(7) == Some(&b'-')
        && matches!(bytes.get(10), Some(b'T' | b' '))
        && bytes.get(13) == Some(&b':');
    let after = is_time.then(|| text.get(16..)).flatten()?;
    Some(after.ends_with(['Z', 'z']) || after.contains(['+', '-']) || after.contains("UTC"))
}

#[cfg(test)]
mod tests {
    use super::{Times, damage, has_zone, is_placeholder};
    use crate::doctor::Place;

    #[test]
    fn a_placeholder_is_the_whole_text() {
        assert!(is_placeholder("__debezium_unavailable_value") && is_placeholder("__acme_unavailable_value__"));
        assert!(!is_placeholder("the text __debezium_unavailable_value is a placeholder"));
        assert!(
            !is_placeholder("__debezium_unavailable") && !is_placeholder("__init__") && !is_placeholder("unavailable")
        );
    }

    #[test]
    fn damage_is_no_name() {
        assert!(damage("Null", true).is_none() && damage("", true).is_none() && damage("NULL", false).is_none());
        assert!(damage("NULL", true).is_some() && damage("Z\u{fffd}rich", false).is_some());
    }

    #[test]
    fn zones_are_seen_in_times_only() {
        assert_eq!(has_zone("2026-11-20T08:00:00Z"), Some(true));
        assert_eq!(has_zone("2026-11-20 08:00:00+02"), Some(true));
        assert_eq!(has_zone("2026-11-20 08:00:00.5"), Some(false));
        assert_eq!(has_zone("2026-11-20"), None);
    }

    #[test]
    fn the_end_of_all_times_is_no_mistake() {
        let mut times = Times::default();
        let place = || (Place { file: 0, record: None }, String::new());
        // 9999-12-31, 2026-11-20, 1955.
        for micros in [253_402_214_400_000_000, 1_795_132_800_000_000, -473_385_600_000_000] {
            times.add(micros, place);
        }
        assert_eq!((times.odd_count, times.plausible, times.others), (0, 1, 2));
        // Midnight and other times of 1970.
        for micros in [0, 1, 1_000_000, 41_400_000_000, 41_399_999_999, 86_400_000_000] {
            times.add(micros, place);
        }
        assert_eq!(times.odd_count, 0);
        // Seconds as milliseconds, seconds as microseconds, and microseconds as milliseconds.
        for micros in [1_795_132_800_000, 1_795_132_800, 1_795_132_800_000_000_000] {
            times.add(micros, place);
        }
        assert_eq!(times.odd_count, 3);
    }
}
