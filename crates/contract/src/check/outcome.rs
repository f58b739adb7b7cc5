//! What came of a check.

use super::registry::CheckRule;
use super::severity::Severity;
use serde::{Deserialize, Serialize};

/// What a check looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CheckLevel {
    /// The table as a whole.
    #[default]
    Table,
    /// Each row by itself.
    Row,
}

impl CheckLevel {
    /// `table` or `row`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Row => "row",
        }
    }
}

/// Whether a check holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Passed,
    /// It does not hold.
    Failed,
    /// It could not be evaluated, so nobody knows whether it holds.
    NotEvaluated {
        /// Why, in a sentence.
        reason: String,
    },
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Rows of the table.
    Rows,
    /// Different values, or combinations of values.
    Values,
}

/// What a check measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Measured {
    /// So many.
    Count {
        /// How many.
        number: u64,
        /// Of what.
        unit: Unit,
    },
    /// A part of a whole.
    Share {
        /// How many are part of it.
        part: u64,
        /// How many there are.
        whole: u64,
        /// Of what.
        unit: Unit,
    },
    /// The smallest or largest value of a column, as text.
    Extreme {
        /// The value; `None` where there is none, or where it is personal.
        value: Option<String>,
        /// Rows beyond the limit.
        beyond: u64,
    },
    /// What a version of Sluice before typed outcomes wrote. For people only.
    Words {
        /// As it was written.
        text: String,
    },
}

impl Measured {
    /// Part divided by whole, 0 to 1, 0 of nothing; `None` if it is no share.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        match self {
            Self::Share { whole: 0, .. } => Some(0.0),
            #[expect(clippy::cast_precision_loss, reason = "a share, and counts far below 2^53")]
            Self::Share { part, whole, .. } => Some(*part as f64 / *whole as f64),
            Self::Count { .. } | Self::Extreme { .. } | Self::Words { .. } => None,
        }
    }
}

/// What came of a check. Numbers are `None` if it was not evaluated: unknown is not 0.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenOutcome")]
pub struct CheckOutcome {
    /// Whether it holds.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// What was measured.
    pub measured: Option<Measured>,
    /// Rows that were looked at.
    pub evaluated: Option<u64>,
    /// Rows that do not hold. 0 where the check holds as a whole, although single rows deviate.
    pub failed: Option<u64>,
}

impl CheckOutcome {
    /// The outcome of a check that was evaluated over `evaluated` rows; of those, `failed` do not hold.
    #[must_use]
    pub fn evaluated(holds: bool, measured: Measured, evaluated: u64, failed: u64) -> Self {
        let (verdict, failed) = if holds { (Verdict::Passed, 0) } else { (Verdict::Failed, failed) };
        Self { verdict, measured: Some(measured), evaluated: Some(evaluated), failed: Some(failed) }
    }

    /// The outcome of a check that could not be evaluated.
    #[must_use]
    pub fn not_evaluated(reason: impl Into<String>) -> Self {
        let verdict = Verdict::NotEvaluated { reason: reason.into() };
        Self { verdict, measured: None, evaluated: None, failed: None }
    }

    /// Why it was not evaluated; `None` if it was.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match &self.verdict {
            Verdict::NotEvaluated { reason } => Some(reason),
            Verdict::Passed | Verdict::Failed => None,
        }
    }
}

/// A version of another table that a check was evaluated against.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentVersion {
    /// `layer.dataset.table`.
    pub table: String,
    /// Its version; `None` if the table had none.
    pub version: Option<u64>,
}

/// A check as it was evaluated: kept beside the table, one list per batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRecord {
    /// The expression, as the contract of that time had it.
    pub check: String,
    /// Its severity at that time.
    pub severity: Severity,
    /// What it looks at.
    #[serde(default)]
    pub level: CheckLevel,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: CheckOutcome,
    /// The other table that it looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ParentVersion>,
}

impl CheckRecord {
    /// Whether it does not hold and keeps a version from becoming visible.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.severity == Severity::Fail && self.outcome.verdict == Verdict::Failed
    }

    /// Whether it is a record of this rule.
    #[must_use]
    pub fn is_of(&self, rule: &CheckRule) -> bool {
        self.severity == rule.severity && self.check == rule.check.to_string()
    }
}

/// An outcome as it is in a document: that of this version, or that of one before outcomes were typed,
/// which has `verdict` `pass`, `warn`, `fail` or `skipped`, the words `observed`, and 0 for unknown.
#[derive(Deserialize)]
struct WrittenOutcome {
    verdict: WrittenVerdict,
    reason: Option<String>,
    note: Option<String>,
    measured: Option<Measured>,
    observed: Option<String>,
    evaluated: Option<u64>,
    failed: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenVerdict {
    #[serde(alias = "pass")]
    Passed,
    #[serde(alias = "fail", alias = "warn")]
    Failed,
    #[serde(alias = "skipped")]
    NotEvaluated,
}

impl From<WrittenOutcome> for CheckOutcome {
    fn from(written: WrittenOutcome) -> Self {
        let WrittenOutcome { verdict, reason, note, measured, observed, evaluated, failed } = written;
        let verdict = match verdict {
            WrittenVerdict::Passed => Verdict::Passed,
            WrittenVerdict::Failed => Verdict::Failed,
            WrittenVerdict::NotEvaluated => {
                return Self::not_evaluated(
                    reason.or(note).unwrap_or_else(|| "The reason was not recorded".to_owned()),
                );
            }
        };
        let words = || observed.filter(|text| !text.is_empty()).map(|text| Measured::Words { text });
        Self { verdict, measured: measured.or_else(words), evaluated, failed }
    }
}

#[cfg(test)]
mod tests {
    use super::{CheckLevel, CheckOutcome, CheckRecord, Measured, ParentVersion, Unit, Verdict};
    use crate::Severity;

    /// As Sluice wrote it before outcomes were typed.
    const OLD: &str = r#"[
        {"index":0,"check":"null_percentage(total) < 0.5","level":"table","severity":"fail","verdict":"pass",
         "observed":"25 % null","limit":"< 50 % null","evaluated":4,"failed":0,"note":null,"line":30},
        {"index":1,"check":"min_value(qty, 0.5)","level":"row","severity":"warn","verdict":"warn",
         "observed":"smallest -1","limit":">= 0.5","evaluated":4,"failed":1,"note":null,"line":31},
        {"index":2,"check":"not_null(absent)","level":"row","severity":"fail","verdict":"skipped",
         "observed":"","limit":"no null","evaluated":0,"failed":0,
         "note":"The data files have no column `absent`","line":null},
        {"index":3,"check":"unique(id)","level":"table","severity":"fail","verdict":"fail",
         "observed":"1 repeated value in 2 rows","limit":"no duplicate","evaluated":4,"failed":2,"note":null,"line":2}
    ]"#;

    #[test]
    fn documents_from_before_typed_outcomes_are_read() {
        let records: Vec<CheckRecord> = serde_json::from_str(OLD).unwrap();
        let words = |text: &str| Some(Measured::Words { text: text.to_owned() });
        let verdicts: Vec<&Verdict> = records.iter().map(|record| &record.outcome.verdict).collect();
        let reason = "The data files have no column `absent`".to_owned();
        assert_eq!(verdicts, [&Verdict::Passed, &Verdict::Failed, &Verdict::NotEvaluated { reason }, &Verdict::Failed]);
        assert_eq!(records[0].outcome.measured, words("25 % null"));
        assert_eq!((records[1].outcome.evaluated, records[1].outcome.failed), (Some(4), Some(1)));
        let unknown = &records[2].outcome;
        assert_eq!((&unknown.measured, unknown.evaluated, unknown.failed), (&None, None, None), "unknown is not 0");
        assert_eq!((records[0].level, records[1].level), (CheckLevel::Table, CheckLevel::Row));
        assert_eq!(records.iter().map(CheckRecord::blocks).collect::<Vec<_>>(), [false, false, false, true]);
    }

    #[test]
    fn what_is_written_is_read_again() {
        let share = Measured::Share { part: 2, whole: 40, unit: Unit::Rows };
        assert_eq!(share.share(), Some(0.05));
        let extreme = Measured::Extreme { value: Some("-5.00".to_owned()), beyond: 1 };
        let outcomes = [
            CheckOutcome::evaluated(true, Measured::Count { number: u64::MAX, unit: Unit::Values }, 3, 3),
            CheckOutcome::evaluated(false, share, 40, 2),
            CheckOutcome::evaluated(false, extreme, 9, 1),
            CheckOutcome::not_evaluated("silver.shop.customers does not exist yet"),
        ];
        assert_eq!(outcomes[0].failed, Some(0), "of a check that holds no row fails");
        for outcome in outcomes {
            let record = CheckRecord {
                check: "foreign_key(c, t.id)".to_owned(),
                severity: Severity::Fail,
                level: CheckLevel::Row,
                outcome,
                parent: Some(ParentVersion { table: "silver.shop.t".to_owned(), version: Some(7) }),
            };
            let text = serde_json::to_string(&record).unwrap();
            assert_eq!(serde_json::from_str::<CheckRecord>(&text).unwrap(), record, "{text}");
        }
        let text = serde_json::to_value(CheckOutcome::not_evaluated("why")).unwrap();
        assert_eq!(text["verdict"], "not_evaluated");
        assert_eq!(text["reason"], "why");
        assert!(text["failed"].is_null());
    }
}
