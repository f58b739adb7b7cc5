//! Since when something is so in a table.

use crate::{ExplainedEvent, TableRef};
use serde::{Deserialize, Serialize};

/// What is looked for in the versions of a table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "question", rename_all = "snake_case")]
pub enum BisectQuestion {
    /// A row has a value in a column.
    Value {
        /// Columns that name the row, each with its value as text.
        key: Vec<(String, String)>,
        /// Column.
        column: String,
        /// Its value as text, `None` for null.
        value: Option<String>,
    },
    /// A row is there, or is not.
    Row {
        /// Columns that name the row, each with its value as text.
        key: Vec<(String, String)>,
        /// Whether it is there.
        is_there: bool,
    },
    /// A check does not hold.
    Check {
        /// As in a contract, for example `min_value(total, 0)`.
        check: String,
    },
    /// A statement whose first value is true. Its tables are read as they were when the version was committed.
    Sql {
        /// One SELECT; a second column is shown beside each version.
        sql: String,
    },
}

/// The first version of a table for which a question is answered with yes, found by halving.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bisection {
    /// Table.
    pub table: TableRef,
    /// The question in words; personal values are masked.
    pub question: String,
    /// The answer in a sentence or two.
    pub verdict: String,
    /// Versions that change rows and can be read, the first and the last of them.
    pub searched: Option<(u64, u64)>,
    /// How many those are.
    pub versions: u64,
    /// Versions that were looked at, in that order: the last, the first, then each halves what is left.
    pub steps: Vec<BisectStep>,
    /// The first version with yes; `None` if the last has no.
    pub found: Option<BisectFound>,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}

/// A version that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BisectStep {
    /// Version.
    pub version: u64,
    /// When it was committed, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The batch that made it; `None` of gold, and of a commit without a batch.
    pub batch: Option<u64>,
    /// Whether it is so in this version.
    pub holds: bool,
    /// What was found there: the value, the rows that fail; masked where it is personal.
    pub shown: Option<String>,
}

/// Where it began.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BisectFound {
    /// First version in which it is so.
    pub version: u64,
    /// The version before, in which it is not; `None` if it is so in the first that can be read.
    pub before: Option<u64>,
    /// The batch that made the version.
    pub batch: Option<u64>,
    /// Files of the batch.
    pub files: Vec<String>,
    /// Of gold: the tables that it was made of, each with its version before and then.
    pub inputs: Vec<(String, Option<u64>, Option<u64>)>,
    /// The event that did it, where one is known.
    pub event: Option<ExplainedEvent>,
    /// Of a check or a statement: the key of the row of the batch with which it began, each value as text, masked where it is
    /// personal; empty where it is not known.
    pub key: Vec<(String, String)>,
    /// Why no event is known, of a check or a statement.
    pub no_event: Option<String>,
}
