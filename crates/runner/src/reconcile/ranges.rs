//! Ranges of keys with their counts and hashes: what is equal in both sides need not be read row by row.

use super::canonical::{Canonical, integer, write_value};
use crate::RunError;
use arrow::array::{ArrayRef, BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;
use md5::{Digest, Md5};
use std::collections::{BTreeMap, BTreeSet};

/// Ranges that keys are divided into, at most.
pub(crate) const RANGES: u32 = 4_096;
/// Hexadecimal digits of a hash that tell the range of a key.
pub(crate) const RANGE_DIGITS: usize = 3;
/// Hexadecimal digits of a hash that are added up.
pub(crate) const SUM_DIGITS: usize = 15;
/// Hexadecimal digits of a hash that decide whether a key is in a sample.
pub(crate) const SAMPLE_DIGITS: usize = 8;

/// How keys are divided into ranges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Division {
    /// By the value of the one key column, which is a whole number: `width` keys each, from `low` on.
    Numbers {
        /// The least key of both sides.
        low: i64,
        /// Keys of a range.
        width: i64,
    },
    /// By the first digits of the key's hash.
    Hashes,
}

impl Division {
    /// For keys of one whole number between two bounds. `None` if they are too far apart to be counted.
    pub(crate) fn of_numbers(low: i64, high: i64) -> Option<Self> {
        let span = high.checked_sub(low)?.checked_add(1)?;
        Some(Self::Numbers { low, width: span / i64::from(RANGES) + 1 })
    }
}

/// Which rows are looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RowFilter {
    /// All.
    All,
    /// Those of ranges.
    Ranges(Division, BTreeSet<u32>),
    /// Those whose hash of the key begins with less than this.
    Sample(u32),
}

/// Rows of each range and the sum of their hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums(BTreeMap<u32, (u64, u128)>);

impl Sums {
    /// Adds rows of a range.
    pub(crate) fn add(&mut self, range: u32, rows: u64, sum: u128) {
        let entry = self.0.entry(range).or_default();
        entry.0 += rows;
        entry.1 = entry.1.wrapping_add(sum);
    }

    /// Adds all of another.
    pub(crate) fn add_all(&mut self, other: &Self) {
        for (range, (rows, sum)) in &other.0 {
            self.add(*range, *rows, *sum);
        }
    }

    /// Ranges that hold a row.
    pub(crate) fn ranges(&self) -> BTreeSet<u32> {
        self.0.keys().copied().collect()
    }

    /// Rows of a range.
    pub(crate) fn rows_of(&self, range: u32) -> u64 {
        self.0.get(&range).map_or(0, |(rows, _)| *rows)
    }

    /// Ranges in which the two differ.
    pub(crate) fn differing(&self, other: &Self) -> BTreeSet<u32> {
        self.ranges().union(&other.ranges()).copied().filter(|range| self.0.get(range) != other.0.get(range)).collect()
    }
}

/// Columns that are hashed, those of the key first.
#[derive(Clone, Debug)]
pub(crate) struct HashedColumns {
    /// Names and texts of the key.
    pub(crate) key: Vec<(String, Canonical)>,
    /// Names and texts of the other columns.
    pub(crate) others: Vec<(String, Canonical)>,
}

type Chosen<'a> = Vec<(Canonical, &'a ArrayRef)>;

impl HashedColumns {
    fn find<'a>(rows: &'a RecordBatch, of: &[(String, Canonical)]) -> Result<Chosen<'a>, RunError> {
        let column = |(name, canonical): &(String, Canonical)| {
            let column = rows.column_by_name(name);
            column.map(|column| (*canonical, column)).ok_or_else(|| RunError::Internal(format!("no column {name}")))
        };
        of.iter().map(column).collect()
    }

    /// Counts and sums of rows of silver.
    ///
    /// # Errors
    /// If a column is missing or of another type.
    pub(crate) fn sums(&self, rows: &RecordBatch, division: &Division) -> Result<Sums, RunError> {
        let (key, others) = (Self::find(rows, &self.key)?, Self::find(rows, &self.others)?);
        let mut sums = Sums::default();
        let mut text = Vec::new();
        for row in 0..rows.num_rows() {
            text.clear();
            write_all(&key, row, &mut text)?;
            let range = range_of(division, &key, row, &text)?;
            write_all(&others, row, &mut text)?;
            sums.add(range, 1, u128::from(first_digits(&text, SUM_DIGITS)));
        }
        Ok(sums)
    }

    /// The rows of silver that a filter takes.
    ///
    /// # Errors
    /// As [`HashedColumns::sums`].
    pub(crate) fn filtered(&self, rows: &RecordBatch, filter: &RowFilter) -> Result<RecordBatch, RunError> {
        if *filter == RowFilter::All {
            return Ok(rows.clone());
        }
        let key = Self::find(rows, &self.key)?;
        let mut text = Vec::new();
        let mut keep = Vec::with_capacity(rows.num_rows());
        for row in 0..rows.num_rows() {
            text.clear();
            write_all(&key, row, &mut text)?;
            keep.push(match filter {
                RowFilter::All => true,
                RowFilter::Ranges(division, ranges) => ranges.contains(&range_of(division, &key, row, &text)?),
                RowFilter::Sample(below) => first_digits(&text, SAMPLE_DIGITS) < u64::from(*below),
            });
        }
        Ok(filter_record_batch(rows, &BooleanArray::from(keep))?)
    }
}

fn write_all(columns: &Chosen<'_>, row: usize, text: &mut Vec<u8>) -> Result<(), RunError> {
    for (canonical, column) in columns {
        write_value(*canonical, column, row, text)
            .ok_or_else(|| RunError::Internal("a column of silver is not of its contract's type".to_owned()))?;
    }
    Ok(())
}

fn range_of(division: &Division, key: &Chosen<'_>, row: usize, text: &[u8]) -> Result<u32, RunError> {
    match division {
        Division::Hashes => Ok(u32::try_from(first_digits(text, RANGE_DIGITS)).unwrap_or(u32::MAX)),
        Division::Numbers { low, width } => {
            let number = key.first().and_then(|(_, column)| integer(column, row));
            let number = number.ok_or_else(|| RunError::Internal("a key is no whole number".to_owned()))?;
            let range = number.saturating_sub(*low) / (*width).max(1);
            u32::try_from(range).map_err(|_| RunError::Internal("a key is below the least".to_owned()))
        }
    }
}

/// The first hexadecimal digits of the MD5 of a text, as a number.
fn first_digits(text: &[u8], digits: usize) -> u64 {
    let hash: [u8; 16] = Md5::digest(text).into();
    let first = hash.iter().take(8).fold(0_u64, |all, byte| (all << 8) | u64::from(*byte));
    first >> (64 - 4 * digits)
}

#[cfg(test)]
mod tests {
    use super::{Canonical, Division, HashedColumns, RowFilter, Sums, first_digits};
    use arrow::array::{Int64Array, RecordBatch, StringArray};
    use std::collections::BTreeSet;
    use std::sync::Arc;

    fn rows(names: &[(i64, &str)]) -> RecordBatch {
        RecordBatch::try_from_iter([
            ("id", Arc::new(Int64Array::from_iter_values(names.iter().map(|(id, _)| *id))) as _),
            ("name", Arc::new(StringArray::from_iter_values(names.iter().map(|(_, name)| *name))) as _),
        ])
        .unwrap()
    }

    fn columns() -> HashedColumns {
        HashedColumns {
            key: vec![("id".to_owned(), Canonical::Integer)],
            others: vec![("name".to_owned(), Canonical::Text)],
        }
    }

    #[test]
    fn the_hash_is_the_one_that_databases_have() {
        // SELECT substr(md5('a'), 1, 3), from the definition of MD5 (RFC 1321, appendix A.5).
        assert_eq!(first_digits(b"a", 3), 0x0cc);
        assert_eq!(first_digits(b"", 15), 0xd41_d8cd_98f0_0b20);
    }

    #[test]
    fn one_changed_row_is_found_in_its_range_alone() {
        let before: Vec<(i64, &str)> = (0..10_000).map(|id| (id - 5_000, "x")).collect();
        let mut after = before.clone();
        after[4_321].1 = "y";
        for division in [Division::of_numbers(-5_000, 4_999).unwrap(), Division::Hashes] {
            let sums = |of: &[(i64, &str)]| columns().sums(&rows(of), &division).unwrap();
            let differing = sums(&before).differing(&sums(&after));
            assert_eq!(differing.len(), 1);
            let filter = RowFilter::Ranges(division.clone(), differing);
            let read = columns().filtered(&rows(&after), &filter).unwrap();
            assert!(read.num_rows() < 20, "{}", read.num_rows());
            let missing = sums(&before[1..]);
            assert_eq!(sums(&before).differing(&missing).len(), 1);
            assert_eq!(missing.ranges().iter().map(|range| missing.rows_of(*range)).sum::<u64>(), 9_999);
        }
        assert_eq!(Sums::default().ranges(), BTreeSet::new());
        assert_eq!(Division::of_numbers(i64::MIN, i64::MAX), None);
    }

    #[test]
    fn a_sample_is_the_same_keys_of_both_sides() {
        let all: Vec<(i64, &str)> = (0..10_000).map(|id| (id, "x")).collect();
        let sample = columns().filtered(&rows(&all), &RowFilter::Sample(u32::MAX / 100)).unwrap();
        assert!((50..150).contains(&sample.num_rows()), "{}", sample.num_rows());
        let again = columns().filtered(&rows(&all[5_000..]), &RowFilter::Sample(u32::MAX / 100)).unwrap();
        assert!(again.num_rows() < sample.num_rows() && again.num_rows() > 0);
    }
}
