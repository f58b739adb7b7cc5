//! What was seen of a release before it was published, and whether the runner reached the same.

use crate::{TableName, TableRef};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What the tables were where a release was tried.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previewed {
    /// The sandbox; `None` for the lake itself.
    pub sandbox: Option<String>,
    /// Address of that sandbox or lake, as seen from where it was tried.
    pub place: String,
    /// Tables by name.
    pub tables: Vec<PreviewedTable>,
}

/// What one table was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewedTable {
    /// Silver or gold.
    pub table: TableRef,
    /// Version there.
    pub version: u64,
    /// Rows.
    pub rows: u64,
    /// Change files of silver; tables that a gold model reads.
    pub inputs: u64,
    /// BLAKE3 of what it was made of, hex: of silver the change files that it has ingested, of gold the text of its model
    /// and what its tables were made of.
    pub inputs_hash: String,
    /// Canonical hash of its content.
    pub fingerprint: String,
}

/// How a table of the runner compares with what was previewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reached {
    /// The same inputs, the same result.
    AsPreviewed,
    /// The inputs are others by now, so nothing was compared.
    MovedOn,
    /// It has not got all of the inputs yet.
    Waiting,
    /// The same inputs, another result.
    Differs,
}

impl Reached {
    /// In words.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AsPreviewed => "as previewed",
            Self::MovedOn => "not compared",
            Self::Waiting => "not compared yet",
            Self::Differs => "differs",
        }
    }
}

impl fmt::Display for Reached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How a table compared, as the runner keeps it beside the release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReachedTable {
    /// Release.
    pub release: u64,
    /// Table.
    pub table: TableRef,
    /// How it compares.
    pub reached: Reached,
    /// The version that was compared, or that stays visible where another one was held; `None` if there is none.
    pub version: Option<u64>,
    /// One sentence without a row value.
    pub note: String,
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The first row that differs, in order of the key; `None` if nothing differs or the preview can no longer be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<Box<FirstDifference>>,
}

impl ReachedTable {
    /// Whether it says the same as another one, apart from the time.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        *self == Self { at_ms: self.at_ms, ..other.clone() }
    }
}

/// A row that the preview and the runner have otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstDifference {
    /// `-` only in the preview, `+` only of the runner, `~` in both with other cells.
    pub change: char,
    /// Columns that tell rows apart, each with its value.
    pub key: Vec<(String, ShownCell)>,
    /// The other columns that differ.
    pub columns: Vec<DifferingColumn>,
}

/// A column in which two rows differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DifferingColumn {
    /// Name.
    pub name: String,
    /// In the preview.
    pub previewed: ShownCell,
    /// Of the runner.
    pub found: ShownCell,
}

/// A cell as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShownCell {
    /// Its text.
    Text(String),
    /// Null.
    Null,
    /// The column is not there.
    Absent,
    /// It may be personal.
    Personal,
}

impl fmt::Display for ShownCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Null => f.write_str("null"),
            Self::Absent => f.write_str("no such column"),
            Self::Personal => f.write_str("(personal)"),
        }
    }
}

impl fmt::Display for FirstDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.change)?;
        for (name, cell) in &self.key {
            write!(f, " {name}={cell}")?;
        }
        for (position, column) in self.columns.iter().enumerate() {
            let before = if position == 0 { ": " } else { ", " };
            write!(f, "{before}{} previewed {}, found {}", column.name, column.previewed, column.found)?;
        }
        Ok(())
    }
}

/// What a release built beside production changes in a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanaryTable {
    /// Table.
    pub table: TableRef,
    /// Rows that come, change and go; `None` where the two could not be compared, because one has no such table.
    pub changed: Option<[u64; 3]>,
    /// Rows that it has then.
    pub rows: u64,
}

/// How many tables of a release compare how.
#[must_use]
pub fn reached_summary(previewed: Option<u64>, reached: &[ReachedTable]) -> String {
    let Some(all) = previewed.filter(|all| *all > 0) else { return "not previewed".to_owned() };
    let count = |what: Reached| reached.iter().filter(|table| table.reached == what).count() as u64;
    let (same, moved, differs) = (count(Reached::AsPreviewed), count(Reached::MovedOn), count(Reached::Differs));
    if same == all {
        return Reached::AsPreviewed.to_string();
    }
    let mut parts = Vec::new();
    if differs > 0 {
        parts.push(format!("{differs} of {all} differ"));
    }
    if same > 0 {
        parts.push(format!("{same} of {all} as previewed"));
    }
    if moved > 0 {
        parts.push(format!("{moved} of {all} not compared, inputs moved on"));
    }
    if parts.is_empty() {
        parts.push("not compared yet".to_owned());
    }
    parts.join(", ")
}

impl Previewed {
    /// What was previewed of a table.
    #[must_use]
    pub fn of(&self, table: &TableRef) -> Option<&PreviewedTable> {
        self.tables.iter().find(|of| of.table == *table)
    }

    /// Silver tables with version and fingerprint.
    pub fn fingerprints(&self) -> impl Iterator<Item = (TableName, u64, String)> + '_ {
        let silver = self.tables.iter().filter(|of| of.table.layer == crate::Layer::Silver);
        silver.map(|of| (of.table.name.clone(), of.version, of.fingerprint.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::{DifferingColumn, FirstDifference, Reached, ReachedTable, ShownCell, reached_summary};

    fn reached(reached: Reached) -> ReachedTable {
        ReachedTable {
            release: 1,
            table: "silver.shop.orders".parse().unwrap(),
            reached,
            version: Some(3),
            note: String::new(),
            at_ms: 5,
            first: None,
        }
    }

    #[test]
    fn unknown_is_never_green() {
        assert_eq!(reached_summary(None, &[]), "not previewed");
        assert_eq!(reached_summary(Some(0), &[]), "not previewed");
        assert_eq!(reached_summary(Some(1), &[]), "not compared yet");
        assert_eq!(reached_summary(Some(1), &[reached(Reached::Waiting)]), "not compared yet");
        assert_eq!(reached_summary(Some(1), &[reached(Reached::AsPreviewed)]), "as previewed");
        assert_eq!(reached_summary(Some(2), &[reached(Reached::AsPreviewed)]), "1 of 2 as previewed");
        let two = [reached(Reached::Differs), reached(Reached::MovedOn)];
        assert_eq!(reached_summary(Some(2), &two), "1 of 2 differ, 1 of 2 not compared, inputs moved on");
    }

    #[test]
    fn a_difference_is_one_line_without_personal_values() {
        let text = |text: &str| ShownCell::Text(text.to_owned());
        let name = |name: &str| name.to_owned();
        let column = DifferingColumn { name: name("email"), previewed: ShownCell::Personal, found: ShownCell::Null };
        let first = FirstDifference { change: '~', key: vec![(name("id"), text("7"))], columns: vec![column] };
        assert_eq!(first.to_string(), "~ id=7: email previewed (personal), found null");
        assert!(reached(Reached::Differs).says_the_same(&ReachedTable { at_ms: 9, ..reached(Reached::Differs) }));
        assert!(!reached(Reached::Differs).says_the_same(&reached(Reached::MovedOn)));
    }
}
