//! Tests of a lake, and what came of them.

use crate::{Problem, TableName};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A test as it is in the draft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LakeTestView {
    /// Path in the lake.
    pub path: String,
    /// Table; `None` where the path names none.
    pub table: Option<TableName>,
    /// What it shows, in the author's words.
    pub about: Option<String>,
    /// Text.
    pub text: String,
    /// What is wrong with the file.
    pub problems: Vec<Problem>,
}

/// What a run of tests came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LakeTestReport {
    /// Tests, by path.
    pub tests: Vec<LakeTestResult>,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}

impl LakeTestReport {
    /// Tests of a state.
    #[must_use]
    pub fn count(&self, state: LakeTestState) -> usize {
        self.tests.iter().filter(|test| test.state == state).count()
    }

    /// Whether there is a test that did not pass.
    #[must_use]
    pub fn has_failures(&self) -> bool {
        self.tests.iter().any(|test| test.state != LakeTestState::Passed)
    }

    /// One sentence, such as `3 of 4 tests passed, 1 failed`.
    #[must_use]
    pub fn summary(&self) -> String {
        if self.tests.is_empty() {
            return "There are no tests".to_owned();
        }
        let mut text = format!("{} of {} tests passed", self.count(LakeTestState::Passed), self.tests.len());
        for (state, words) in [(LakeTestState::Failed, "failed"), (LakeTestState::Invalid, "cannot be run")] {
            match self.count(state) {
                0 => {}
                count => text.push_str(&format!(", {count} {words}")),
            }
        }
        text
    }
}

/// How a test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LakeTestState {
    /// Something is not as expected.
    Failed,
    /// Its file, or the contract of its table, has a mistake.
    Invalid,
    /// All is as expected.
    Passed,
}

/// One test, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LakeTestResult {
    /// Path in the lake.
    pub path: String,
    /// Table; `None` where the path names none.
    pub table: Option<TableName>,
    /// What it shows, in the author's words.
    pub about: Option<String>,
    /// How it ended.
    pub state: LakeTestState,
    /// Values, rows, records, outcomes and counters that were compared.
    pub compared: u64,
    /// What is wrong with the file or the contract.
    pub problems: Vec<Problem>,
    /// What is not as expected.
    pub failures: Vec<LakeTestFailure>,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}

/// What is not as expected after a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LakeTestFailure {
    /// Number of the batch in the test, from 1.
    pub batch: u32,
    /// Line of the expectation.
    pub line: u32,
    /// What was compared: `silver`, `quarantine`, `check row_count > 0`, `gold.shop.daily`.
    pub what: String,
    /// One sentence.
    pub message: String,
    /// Cells that differ.
    pub cells: Vec<CellDifference>,
}

/// What happened to a row against what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowDifference {
    /// It is expected and not there.
    Missing,
    /// It is there and not expected.
    Surplus,
    /// It has another value in a column.
    Changed,
}

impl RowDifference {
    /// As in every comparison: `-`, `+`, `~`.
    #[must_use]
    pub fn sign(self) -> char {
        match self {
            Self::Missing => '-',
            Self::Surplus => '+',
            Self::Changed => '~',
        }
    }
}

/// A cell, or a whole row, that is not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellDifference {
    /// What happened to the row.
    pub row: RowDifference,
    /// Columns that name the row, with their values.
    pub key: Vec<(String, Option<String>)>,
    /// Column; empty where the whole row is there or not.
    pub column: String,
    /// Value that is expected; `None` is null, or no row.
    pub expected: Option<String>,
    /// Value that is there; `None` is null, or no row.
    pub got: Option<String>,
}

impl CellDifference {
    /// The row in words, such as `id = 1, shop = north`.
    #[must_use]
    pub fn key_text(&self) -> String {
        let part = |(name, value): &(String, Option<String>)| format!("{name} = {}", shown(value.as_deref()));
        self.key.iter().map(part).collect::<Vec<_>>().join(", ")
    }

    /// What is expected, in words.
    #[must_use]
    pub fn expected_text(&self) -> &str {
        if self.row == RowDifference::Surplus { "no row" } else { shown(self.expected.as_deref()) }
    }

    /// What is there, in words.
    #[must_use]
    pub fn got_text(&self) -> &str {
        if self.row == RowDifference::Missing { "no row" } else { shown(self.got.as_deref()) }
    }
}

impl fmt::Display for CellDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.row.sign())?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key_text())?;
        }
        match self.row {
            RowDifference::Missing => f.write_str("expected, not there"),
            RowDifference::Surplus => f.write_str("there, not expected"),
            RowDifference::Changed => {
                write!(f, "{} expected {}, got {}", self.column, self.expected_text(), self.got_text())
            }
        }
    }
}

fn shown(value: Option<&str>) -> &str {
    match value {
        None => "null",
        Some("") => "\"\"",
        Some(text) => text,
    }
}
