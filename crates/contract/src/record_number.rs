//! How people count the records of a file.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Number of a record in its file as people say and type it: the first one is 1. What is stored (`_row` of bronze) counts
/// from 0, and only this type goes from one to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct RecordNumber(u64);

impl RecordNumber {
    /// The record of a row that counts from 0, as `_row` does.
    #[must_use]
    pub const fn of_row(row: u64) -> Self {
        Self(row.saturating_add(1))
    }

    /// File and record of `file:record`; a colon that no number follows is a part of the path.
    #[must_use]
    pub fn split(place: &str) -> (&str, Option<Self>) {
        match place.rsplit_once(':').and_then(|(file, record)| Some((file, record.parse().ok()?))) {
            Some((file, record)) => (file, Some(record)),
            None => (place, None),
        }
    }

    /// Its row, from 0.
    #[must_use]
    pub const fn row(self) -> u64 {
        self.0.saturating_sub(1)
    }

    /// The number, from 1.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl From<RecordNumber> for u64 {
    fn from(number: RecordNumber) -> Self {
        number.0
    }
}

/// What is no number of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the records of a file are counted from 1")]
pub struct NotARecordNumber;

impl TryFrom<u64> for RecordNumber {
    type Error = NotARecordNumber;

    fn try_from(number: u64) -> Result<Self, NotARecordNumber> {
        if number == 0 { Err(NotARecordNumber) } else { Ok(Self(number)) }
    }
}

impl FromStr for RecordNumber {
    type Err = NotARecordNumber;

    fn from_str(text: &str) -> Result<Self, NotARecordNumber> {
        text.parse::<u64>().map_err(|_| NotARecordNumber)?.try_into()
    }
}

impl fmt::Display for RecordNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{NotARecordNumber, RecordNumber};

    #[test]
    fn the_first_record_is_one() {
        let first = RecordNumber::of_row(0);
        assert_eq!((first.to_string().as_str(), first.get(), first.row()), ("1", 1, 0));
        assert_eq!("12".parse(), Ok(RecordNumber::of_row(11)));
        assert_eq!("0".parse::<RecordNumber>(), Err(NotARecordNumber));
        assert_eq!(serde_json::to_string(&first).unwrap(), "1");
        assert!(serde_json::from_str::<RecordNumber>("0").is_err());
        assert_eq!(RecordNumber::split("s3://b/a.json:12"), ("s3://b/a.json", Some(RecordNumber::of_row(11))));
        assert_eq!(RecordNumber::split("s3://b/a.json"), ("s3://b/a.json", None));
    }
}
