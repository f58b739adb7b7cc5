//! What a table is after a batch beside what a test states: records in quarantine, checks, counters, and why it stopped.

use crate::RunError;
use crate::support::column_texts::ColumnTexts;
use arrow::array::RecordBatch;
use sluice_api::{ApiError, CellDifference, CheckState, CheckView, LakeTestFailure, RowDifference};
use sluice_contract::RecordNumber;
use sluice_contract::{
    Contract, ExpectedCheck, ExpectedColumns, ExpectedCounter, ExpectedReject, ExpectedText, RowLedger,
};
use std::collections::BTreeSet;

/// A record in quarantine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rejected {
    batch: u64,
    pub(crate) reason: String,
    pub(crate) column: Option<String>,
    pub(crate) record: Option<RecordNumber>,
}

/// The records of batches after one.
pub(super) fn rejected(rows: &[RecordBatch], after: u64) -> Result<Vec<Rejected>, RunError> {
    let mut found = Vec::new();
    for rows in rows {
        let texts = |name: &str| rows.column_by_name(name).map(ColumnTexts::of).transpose();
        let (batch, reason, column, record) = (texts("batch")?, texts("reason")?, texts("column")?, texts("row")?);
        for row in 0..rows.num_rows() {
            let text = |texts: &Option<ColumnTexts<'_>>| texts.as_ref().and_then(|texts| texts.text(row));
            let batch = text(&batch).and_then(|batch| batch.parse().ok()).unwrap_or(0);
            let reason = text(&reason).unwrap_or_default();
            let record = text(&record).and_then(|row| row.parse().ok()).map(RecordNumber::of_row);
            found.push(Rejected { batch, reason, column: text(&column), record });
        }
    }
    found.retain(|of| of.batch > after);
    Ok(found)
}

/// A check without the blanks that people write into it.
fn plain(text: &str) -> String {
    text.split_whitespace().collect()
}

/// What only one of two sets has.
fn set_differences(what: &str, wanted: &BTreeSet<&str>, there: &BTreeSet<&str>) -> Vec<CellDifference> {
    let cell = |row, name: &str| CellDifference {
        row,
        key: vec![(what.to_owned(), Some(name.to_owned()))],
        column: String::new(),
        expected: None,
        got: None,
    };
    let missing = wanted.difference(there).map(|name| cell(RowDifference::Missing, name));
    missing.chain(there.difference(wanted).map(|name| cell(RowDifference::Surplus, name))).collect()
}

/// Where an expectation is.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) batch: u32,
}

impl Place {
    pub(super) fn failure(self, line: u32, what: &str, message: String, cells: Vec<CellDifference>) -> LakeTestFailure {
        LakeTestFailure { batch: self.batch, line, what: what.to_owned(), message, cells }
    }

    /// Records in quarantine, all of the batch.
    pub(super) fn quarantine(
        self,
        line: u32,
        expected: &[ExpectedReject],
        mut there: Vec<Rejected>,
    ) -> Option<LakeTestFailure> {
        let mut cells = Vec::new();
        let cell = |row, reason: &str, column: &Option<String>, record: Option<RecordNumber>| {
            let named = [
                ("reason", Some(reason.to_owned())),
                ("column", column.clone()),
                ("record", record.map(|record| record.to_string())),
            ];
            let key = named.into_iter().filter(|(_, value)| value.is_some());
            let key: Vec<(String, Option<String>)> = key.map(|(name, value)| (name.to_owned(), value)).collect();
            CellDifference { row, key, column: String::new(), expected: None, got: None }
        };
        for of in expected {
            let record = of.record;
            let is_it = |is: &Rejected| {
                is.reason == of.reason
                    && (of.column.is_none() || is.column == of.column)
                    && (record.is_none() || is.record == record)
            };
            match there.iter().position(is_it) {
                Some(at) => {
                    there.remove(at);
                }
                None => cells.push(cell(RowDifference::Missing, &of.reason, &of.column, record)),
            }
        }
        cells.extend(there.iter().map(|is| cell(RowDifference::Surplus, &is.reason, &is.column, is.record)));
        let line = expected.first().map_or(line, |first| first.line);
        let message = "other records are in quarantine".to_owned();
        (!cells.is_empty()).then(|| self.failure(line, "quarantine", message, cells))
    }

    /// Columns that the table has or lacks.
    pub(super) fn columns<'a>(
        self,
        expected: &ExpectedColumns,
        there: impl Iterator<Item = &'a str>,
    ) -> Option<LakeTestFailure> {
        let wanted: BTreeSet<&str> = expected.names.iter().map(String::as_str).collect();
        let cells = set_differences("column", &wanted, &there.collect());
        let message = "the table has other columns".to_owned();
        (!cells.is_empty()).then(|| self.failure(expected.line, "columns", message, cells))
    }

    /// Checks that the contract states and that are not among all of the test; those that follow from its columns may be
    /// left out. One that is stated and is not there is a mistake.
    pub(super) fn all_checks(
        self,
        line: u32,
        expected: &[ExpectedCheck],
        contract: &Contract,
    ) -> Option<LakeTestFailure> {
        let stated: BTreeSet<String> = expected.iter().map(|of| plain(&of.check)).collect();
        let there = contract.checks.iter().map(|rule| rule.check.to_string());
        let more: Vec<String> = there.filter(|check| !stated.contains(&plain(check))).collect();
        let more: BTreeSet<&str> = more.iter().map(String::as_str).collect();
        let cells = set_differences("check", &BTreeSet::new(), &more);
        let message = "the contract has checks that are not stated".to_owned();
        (!cells.is_empty()).then(|| self.failure(line, "all_checks", message, cells))
    }

    /// What came of a check of a contract; `Err` names the checks that there are.
    pub(super) fn check(
        self,
        expected: &ExpectedCheck,
        there: &[CheckView],
        contract: &Contract,
    ) -> Result<Option<LakeTestFailure>, String> {
        let view = there.iter().find(|view| plain(&view.check) == plain(&expected.check));
        let names: Vec<String> = sluice_query::all_checks(contract).iter().map(|rule| rule.check.to_string()).collect();
        if view.is_none() && !names.iter().any(|name| plain(name) == plain(&expected.check)) {
            return Err(names.join("; "));
        }
        let verdict = match view.map(CheckView::state) {
            Some(CheckState::Passed) => "passed",
            Some(CheckState::Failed) => "failed",
            Some(CheckState::Warned) => "warned",
            // A batch that stops earlier evaluates none.
            Some(CheckState::NotEvaluated) | None => "not evaluated",
        };
        if verdict == expected.verdict {
            return Ok(None);
        }
        let says = view.map_or("the batch stopped before", |view| view.outcome.reason().unwrap_or(&view.observed));
        let cell = CellDifference {
            row: RowDifference::Changed,
            key: vec![("check".to_owned(), Some(expected.check.clone()))],
            column: "verdict".to_owned(),
            expected: Some(expected.verdict.clone()),
            got: Some(verdict.to_owned()),
        };
        let what = format!("check {}", expected.check);
        Ok(Some(self.failure(expected.line, &what, format!("it is {verdict}: {says}"), vec![cell])))
    }

    /// Counters of the batch; `Err` names the counters that there are.
    pub(super) fn counter(
        self,
        expected: &ExpectedCounter,
        ledger: RowLedger,
    ) -> Result<Option<LakeTestFailure>, String> {
        let counters = serde_json::to_value(ledger).unwrap_or_default();
        let Some(is) = counters.get(&expected.name).and_then(serde_json::Value::as_u64) else {
            let names = counters.as_object().map(|all| all.keys().cloned().collect::<Vec<_>>().join(", "));
            return Err(names.unwrap_or_default());
        };
        if is == expected.value {
            return Ok(None);
        }
        let cell = CellDifference {
            row: RowDifference::Changed,
            key: Vec::new(),
            column: expected.name.clone(),
            expected: Some(expected.value.to_string()),
            got: Some(is.to_string()),
        };
        let message = format!("{} is {is}, expected {}", expected.name, expected.value);
        Ok(Some(self.failure(expected.line, "counters", message, vec![cell])))
    }

    /// Why the table stopped, if it did and if it should.
    pub(super) fn stopped(
        self,
        line: u32,
        expected: Option<&ExpectedText>,
        there: Option<&ApiError>,
    ) -> Option<LakeTestFailure> {
        match (expected, there) {
            (None, None) => None,
            (None, Some(error)) => {
                Some(self.failure(line, "stopped", format!("the table stopped: {error}"), Vec::new()))
            }
            (Some(text), None) => {
                Some(self.failure(text.line, "stopped", "the table did not stop".to_owned(), Vec::new()))
            }
            (Some(text), Some(error)) => {
                let is_it = error.message.to_lowercase().contains(&text.text.to_lowercase());
                let message = format!("the table stopped for another reason: {error}");
                (!is_it).then(|| self.failure(text.line, "stopped", message, Vec::new()))
            }
        }
    }
}
