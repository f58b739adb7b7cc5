//! Outcomes as people see them. The only place that makes text of them.

use crate::checks::evaluator;
use crate::checks::rules::all;
use crate::checks::words::plain;
use sluice_api::CheckView;
use sluice_contract::{CheckRecord, CheckRule, Contract, Measured};

/// Records of checks with their words, for a table that has this contract now.
#[must_use]
pub fn check_views(contract: &Contract, records: &[CheckRecord]) -> Vec<CheckView> {
    let rules = all(contract);
    let mut taken = vec![false; rules.len()];
    records
        .iter()
        .enumerate()
        .map(|(position, record)| {
            let free = |fits: &dyn Fn(&CheckRule) -> bool| {
                rules.iter().zip(&taken).position(|(rule, taken)| !taken && fits(rule))
            };
            // The severity may have changed since.
            let at = free(&|rule| record.is_of(rule)).or_else(|| free(&|rule| record.check == rule.check.to_string()));
            let rule = at.and_then(|at| {
                *taken.get_mut(at)? = true;
                rules.get(at)
            });
            // The index of a check that the contract no longer has is that of no rule.
            view(at.unwrap_or(rules.len() + position), record, rule)
        })
        .collect()
}

fn view(index: usize, record: &CheckRecord, rule: Option<&CheckRule>) -> CheckView {
    let CheckRecord { check, severity, level, outcome, parent } = record.clone();
    let evaluator = rule.map(|rule| evaluator(&rule.check));
    let observed = match (&outcome.measured, evaluator) {
        (None, _) => String::new(),
        (Some(Measured::Words { text }), _) => text.clone(),
        (Some(measured), Some(evaluator)) => evaluator.observed(measured, outcome.failed.unwrap_or(0)),
        (Some(measured), None) => plain(measured),
    };
    let columns = rule.map(|rule| rule.check.columns()).unwrap_or_default();
    CheckView {
        index: u32::try_from(index).unwrap_or(u32::MAX),
        check,
        columns: columns.into_iter().map(str::to_owned).collect(),
        level,
        severity,
        outcome,
        observed,
        limit: evaluator.map_or_else(String::new, |evaluator| evaluator.limit()),
        parent,
        line: rule.map(|rule| rule.line).filter(|line| *line > 0),
    }
}
