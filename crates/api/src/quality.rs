//! Checks and quarantine.

use crate::{ResultView, Severity, TableName};
use serde::{Deserialize, Serialize};
use sluice_contract::{CheckLevel, CheckOutcome, ParentVersion, Verdict};

/// How a check stands: its verdict, and for one that failed its severity. Worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckState {
    /// It does not hold, severity `fail`.
    Failed,
    /// It does not hold, severity `warn`.
    Warned,
    /// It could not be evaluated.
    NotEvaluated,
    /// It holds.
    Passed,
}

/// A check with its outcome, in numbers and in words. Nothing reads the words back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckView {
    /// Position in the table's list; the handle for [`crate::Request::FailingRows`].
    pub index: u32,
    /// The expression, for example `null_percentage(customer_id) < 0.01`.
    pub check: String,
    /// Columns of the table that it reads.
    pub columns: Vec<String>,
    /// What it looks at.
    pub level: CheckLevel,
    /// Severity.
    pub severity: Severity,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: CheckOutcome,
    /// What was measured, in words; empty if it was not evaluated.
    pub observed: String,
    /// What is asked for, in words; empty if the contract no longer has the check.
    pub limit: String,
    /// The other table that it looked at.
    pub parent: Option<ParentVersion>,
    /// Line in the contract.
    pub line: Option<u32>,
}

impl CheckView {
    /// How it stands.
    #[must_use]
    pub fn state(&self) -> CheckState {
        match (&self.outcome.verdict, self.severity) {
            (Verdict::Passed, _) => CheckState::Passed,
            (Verdict::Failed, Severity::Fail) => CheckState::Failed,
            (Verdict::Failed, Severity::Warn) => CheckState::Warned,
            (Verdict::NotEvaluated { .. }, _) => CheckState::NotEvaluated,
        }
    }
}

/// Quarantined records of one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineGroup {
    /// Reason code, capitals.
    pub reason: String,
    /// The sentence for the code.
    pub sentence: String,
    /// Stage: `decode` or `row`.
    pub stage: String,
    /// Records.
    pub rows: u64,
    /// First batch with it.
    pub first_batch: u64,
    /// What exactly is wrong, with the column where it is one, the most frequent first.
    #[serde(default)]
    pub details: Vec<(String, u64)>,
}

/// Quality of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QualityView {
    /// Table.
    pub table: TableName,
    /// Silver version that was checked.
    pub version: Option<u64>,
    /// `Some(batch)` when the last batch was refused and `version` is the last good one.
    pub refused_batch: Option<u64>,
    /// Checks, failures first.
    pub checks: Vec<CheckView>,
    /// Quarantine by reason.
    pub quarantine: Vec<QuarantineGroup>,
    /// Quarantined records (reason, batch, file, row, offset, detail, raw); `None` when there are none.
    pub quarantined_rows: Option<ResultView>,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}
