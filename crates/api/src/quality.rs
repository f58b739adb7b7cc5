//! Checks and quarantine.

use crate::{ResultView, Severity, TableName};
use serde::{Deserialize, Serialize};

/// Outcome of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It holds.
    Pass,
    /// It does not hold, severity `warn`.
    Warn,
    /// It does not hold, severity `fail`.
    Fail,
    /// It could not run; the reason is in `note`.
    Skipped,
}

/// A check with its result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckView {
    /// Position in the table's list; the handle for [`crate::Request::FailingRows`].
    pub index: u32,
    /// The expression, for example `null_percentage(customer_id) < 0.01`.
    pub check: String,
    /// `table` or `row`.
    pub level: String,
    /// Severity.
    pub severity: Severity,
    /// Outcome.
    pub verdict: Verdict,
    /// What was measured, in words.
    pub observed: String,
    /// What is asked for, in words.
    pub limit: String,
    /// Rows looked at.
    pub evaluated: u64,
    /// Rows that do not hold.
    pub failed: u64,
    /// Why it was skipped.
    pub note: Option<String>,
    /// Line in the contract.
    pub line: Option<u32>,
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
