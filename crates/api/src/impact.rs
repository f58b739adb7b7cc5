//! What a change reaches: every silver and gold table of two lakes compared, and a replay seen before it is one.

use crate::{ApiError, DiffView, ReplaySummary, TableName, TableRef};
use serde::{Deserialize, Serialize};
use sluice_contract::{CheckRecord, Verdict};

/// How one table differs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableImpact {
    /// Table.
    pub table: TableRef,
    /// Version before; `None` if there is no such table.
    pub from: Option<u64>,
    /// Version after; `None` likewise.
    pub to: Option<u64>,
    /// Rows after, or before where it is gone.
    pub rows: u64,
    /// What changed; `None` if nothing did, one side has no such table, or it could not be compared.
    pub diff: Option<DiffView>,
    /// Why it could not be compared.
    pub error: Option<ApiError>,
}

impl TableImpact {
    /// Whether both sides have the table with the same rows and columns.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.from.is_some() && self.to.is_some() && self.diff.is_none() && self.error.is_none()
    }

    /// Rows that came, changed or went; all of a table that one side lacks; `None` if it is not known.
    #[must_use]
    pub fn changed_rows(&self) -> Option<u64> {
        match (&self.diff, &self.error) {
            (_, Some(_)) => None,
            (Some(diff), None) => Some(diff.inserted + diff.updated + diff.deleted),
            (None, None) if self.is_equal() => Some(0),
            (None, None) => Some(self.rows),
        }
    }
}

/// How two lakes differ.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Impact {
    /// Before, in words.
    pub from: String,
    /// After, in words.
    pub to: String,
    /// All silver and gold tables of both, by name.
    pub tables: Vec<TableImpact>,
    /// How long it took, milliseconds.
    pub elapsed_ms: u64,
}

impl Impact {
    /// Rows that came, changed or went in all tables; `None` if one could not be compared.
    #[must_use]
    pub fn changed_rows(&self) -> Option<u64> {
        self.tables.iter().map(TableImpact::changed_rows).sum()
    }
}

/// A replay that was done in a sandbox of its own, which is gone again: the lake is as before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Preview {
    /// What the replay did there: counters, refusals, gold.
    pub replay: ReplaySummary,
    /// What changed in silver and gold.
    pub impact: Impact,
    /// The checks on the version that each table would have, also where they stop it.
    #[serde(default)]
    pub checks: Vec<PreviewedChecks>,
}

/// The checks of a table on a version that is not there yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreviewedChecks {
    /// Table.
    pub table: TableName,
    /// Every check of its contract; none if it has none, or nothing would be merged.
    pub checks: Vec<CheckRecord>,
}

impl PreviewedChecks {
    /// How many hold, do not hold, and could not be evaluated.
    #[must_use]
    pub fn counts(&self) -> [u64; 3] {
        let mut counts = [0; 3];
        for check in &self.checks {
            let [passed, failed, not_evaluated] = &mut counts;
            *match check.outcome.verdict {
                Verdict::Passed => passed,
                Verdict::Failed => failed,
                Verdict::NotEvaluated { .. } => not_evaluated,
            } += 1;
        }
        counts
    }
}
