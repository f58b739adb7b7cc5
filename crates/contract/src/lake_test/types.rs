//! What a test of a lake says.

use crate::RecordNumber;
use crate::TableName;
use std::collections::BTreeMap;

/// A test of one table: records in batches, and what is expected after each.
///
/// ```
/// use sluice_contract::{Given, LakeTest};
///
/// let text = r#"
/// about: A late update changes nothing
/// batches:
/// - events:
///   - {op: insert, at: 20, id: 1, name: Ada}
///   - {op: update, at: 10, id: 1, name: Adah}
///   expect:
///     silver:
///     - {id: 1, name: Ada}
/// "#;
/// let test = LakeTest::parse(text, "tests/shop/customers/late.yaml").unwrap();
/// assert_eq!(test.table.to_string(), "shop.customers");
/// assert!(matches!(&test.batches[0].files[0].given, Given::Events(events) if events.len() == 2));
///
/// let nothing = LakeTest::parse("batches:\n- text: x\n", "tests/shop/customers/none.yaml").unwrap_err();
/// assert_eq!(nothing[0].message, "the test expects nothing, so it can never fail");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct LakeTest {
    /// Path in the lake.
    pub path: String,
    /// Table, by the path.
    pub table: TableName,
    /// One sentence for people.
    pub about: Option<String>,
    /// What time it is, milliseconds since 1970.
    pub now_ms: i64,
    /// What arrives, in order.
    pub batches: Vec<TestBatch>,
}

/// What arrives between two runs, and what is expected after the second.
#[derive(Clone, Debug, PartialEq)]
pub struct TestBatch {
    /// Line in the file.
    pub line: u32,
    /// From here on the table has this contract; `None` for the one that it had.
    pub contract: Option<TestContract>,
    /// Files.
    pub files: Vec<TestFile>,
    /// Expectations.
    pub expect: Expected,
}

/// A contract within a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TestContract {
    /// The one of the draft again.
    Draft,
    /// This text.
    Text {
        /// The contract.
        text: String,
        /// Line at which it begins.
        line: u32,
    },
}

/// A file that arrives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestFile {
    /// Line in the file.
    pub line: u32,
    /// The table that it is of; `None` for the test's.
    pub table: Option<TableName>,
    /// Which of the sources of the table; `None` for the first.
    pub source: Option<String>,
    /// Its path below the folder of the source; `None` for one that Sluice chooses.
    pub name: Option<String>,
    /// What it holds.
    pub given: Given,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// Its content as delivered.
    Text(String),
    /// Its content as delivered, where that is no text: a workbook, Parquet, Avro, what is compressed.
    Bytes(Vec<u8>),
    /// Records as bronze keeps them, of any format.
    Records(Vec<String>),
    /// Events in columns, which Sluice writes as records of the format.
    Events(Vec<TestEvent>),
}

/// An event in columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestEvent {
    /// Line in the file.
    pub line: u32,
    /// What it does.
    pub op: TestOp,
    /// Its position in the order of the source; `None` for the one after the event before.
    pub at: Option<u64>,
    /// Values by the names that the records have; `None` is null.
    pub values: BTreeMap<String, Option<String>>,
}

/// What an event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestOp {
    /// A row of a snapshot.
    Snapshot,
    /// A new row.
    Insert,
    /// A row as it is now.
    Update,
    /// A row is gone.
    Delete,
    /// All rows are gone.
    Truncate,
}

impl TestOp {
    /// All, in the order in which a message names them.
    pub const ALL: [Self; 5] = [Self::Insert, Self::Update, Self::Delete, Self::Snapshot, Self::Truncate];

    /// The word in a test.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Snapshot => "snapshot",
            Self::Insert => "insert",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Truncate => "truncate",
        }
    }
}

/// What is expected after a batch. What is not stated is not compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Expected {
    /// Rows of the table.
    pub silver: Option<ExpectedRows>,
    /// Rows of the table of its changes.
    pub changes: Option<ExpectedRows>,
    /// Columns of the table, all of them but Sluice's own, whose names begin with `_`.
    pub columns: Option<ExpectedColumns>,
    /// Records of this batch in quarantine, all of them.
    pub quarantine: Option<Vec<ExpectedReject>>,
    /// Checks with the word of what came of each.
    pub checks: Vec<ExpectedCheck>,
    /// The line that says that these are all checks of the contract; `None` if it may have others.
    pub all_checks: Option<u32>,
    /// A part of the message with which the table stops.
    pub stopped: Option<ExpectedText>,
    /// Counters of the batch.
    pub counters: Vec<ExpectedCounter>,
    /// Rows of models.
    pub gold: BTreeMap<TableName, ExpectedRows>,
}

impl Expected {
    /// Whether nothing is stated.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        let Self { silver, changes, columns, quarantine, checks, all_checks, stopped, counters, gold } = self;
        silver.is_none()
            && changes.is_none()
            && columns.is_none()
            && quarantine.is_none()
            && checks.is_empty()
            && all_checks.is_none()
            && stopped.is_none()
            && counters.is_empty()
            && gold.is_empty()
    }
}

/// Rows of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedRows {
    /// Line of the entry.
    pub line: u32,
    /// Whether the table may have other rows too.
    pub others_allowed: bool,
    /// The rows.
    pub rows: Vec<ExpectedRow>,
}

/// The columns of a table, in any order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedColumns {
    /// Line.
    pub line: u32,
    /// Names.
    pub names: Vec<String>,
}

/// A row; columns that it does not name are not compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedRow {
    /// Line.
    pub line: u32,
    /// Values as text by column; `None` is null.
    pub cells: BTreeMap<String, Option<String>>,
}

/// A record in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedReject {
    /// Line.
    pub line: u32,
    /// Reason code.
    pub reason: String,
    /// Column at fault; `None` if it is not compared.
    pub column: Option<String>,
    /// Record of its file; `None` if it is not compared.
    pub record: Option<RecordNumber>,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedCheck {
    /// Line.
    pub line: u32,
    /// The check as the contract has it.
    pub check: String,
    /// `passed`, `failed`, `warned` or `not evaluated`.
    pub verdict: String,
}

/// The words of [`ExpectedCheck::verdict`].
pub const CHECK_VERDICTS: [&str; 4] = ["passed", "failed", "warned", "not evaluated"];

/// A text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedText {
    /// Line.
    pub line: u32,
    /// The text.
    pub text: String,
}

/// A counter of the row ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedCounter {
    /// Line.
    pub line: u32,
    /// Its name, as `sluice replay --json` has it.
    pub name: String,
    /// Its value.
    pub value: u64,
}
