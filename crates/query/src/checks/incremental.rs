//! Which checks of a version follow from the version before and the rows that came since.

use crate::checks::evaluator;
use crate::checks::rules::all;
use crate::checks::run::record;
use sluice_contract::{CheckRecord, Contract, Verdict};

/// For every check in the list of all: whether it holds in the next version if it holds for the rows that
/// the next version brings, and for all others because it held `before`. A merge removes rows, which breaks
/// no such check, and replaces all rows of a key.
///
/// All false if `before` are the checks of another contract.
#[must_use]
pub fn incremental_checks(contract: &Contract, before: &[CheckRecord]) -> Vec<bool> {
    let rules = all(contract);
    let each = || rules.iter().zip(before);
    if rules.len() != before.len() || !each().all(|(rule, record)| record.is_of(rule)) {
        return vec![false; rules.len()];
    }
    each()
        .map(|(rule, record)| {
            let outcome = &record.outcome;
            outcome.verdict == Verdict::Passed && evaluator(&rule.check).is_incremental(contract, outcome)
        })
        .collect()
}

/// Drops the outcomes for new rows alone that say nothing about the table. `outcomes` has one entry for
/// every check in the list of all.
pub fn drop_undecided(contract: &Contract, outcomes: &mut [Option<CheckRecord>]) {
    for (rule, outcome) in all(contract).iter().zip(outcomes) {
        outcome.take_if(|record| !evaluator(&rule.check).new_rows_decide(&record.outcome));
    }
}

/// The outcomes of the checks that only need the number of rows; the others are `None`.
#[must_use]
pub fn checks_of_row_count(contract: &Contract, rows: u64) -> Vec<Option<CheckRecord>> {
    let rules = all(contract);
    rules.iter().map(|rule| Some(record(rule, evaluator(&rule.check).of_row_count(rows)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::incremental_checks;
    use crate::checks::rules::all;
    use crate::checks::run::record;
    use sluice_contract::{CheckOutcome, CheckRecord, Contract, Measured, Unit};

    const CONTRACT: &str = "dataset: a.b
quality:
- {check: 'row_count > 0'}
- {check: 'null_percentage(v) < 0.5'}
- {check: 'unique(v)', severity: warn}
- {check: 'min_value(n, 0)'}
- {check: 'foreign_key(n, c.id)'}
schema:
- {name: k, type: bigint, primary_key: true}
- {name: v, type: string}
- {name: n, type: int}
";

    #[test]
    fn only_what_every_row_says_by_itself_follows() {
        let contract = Contract::parse(CONTRACT, "b.yaml").unwrap();
        let nulls = |part| Measured::Share { part, whole: 8, unit: Unit::Rows };
        let passed = |measured| CheckOutcome::evaluated(true, measured, 8, 0);
        // row_count, null_percentage(v), unique(v), min_value(n), foreign_key(n), not_null(k), unique(k)
        let mut before: Vec<CheckRecord> = all(&contract).iter().map(|rule| record(rule, passed(nulls(0)))).collect();
        assert_eq!(incremental_checks(&contract, &before), [false, true, false, true, false, true, true]);
        before[1].outcome = passed(nulls(1));
        before[3].outcome = CheckOutcome::not_evaluated("no column");
        assert_eq!(incremental_checks(&contract, &before), [false, false, false, false, false, true, true]);
        // A record of a version of Sluice that kept words alone decides nothing about a share.
        before[1].outcome = passed(Measured::Words { text: "0 % null".to_owned() });
        assert!(!incremental_checks(&contract, &before)[1]);
        before[0].check = "row_count > 1".to_owned();
        assert_eq!(incremental_checks(&contract, &before), [false; 7]);
    }
}
