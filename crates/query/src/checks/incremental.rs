//! Which checks of a version follow from the version before and the rows that came since.

use crate::checks::rules::all;
use sluice_api::{CheckView, Verdict};
use sluice_contract::{Check, Contract, Scd};
use std::collections::BTreeSet;

/// What is observed where nothing is null.
const NO_NULLS: &str = "0 % null";

/// For every check in the list of all: whether it holds in the next version if it holds for the rows that
/// the next version brings, and for all others because it held `before`. A merge removes rows, which breaks
/// no such check, and replaces all rows of a key, so that the key stays unique if it is among the new rows.
///
/// All false if `before` are the checks of another contract.
#[must_use]
pub fn checks_that_follow(contract: &Contract, before: &[CheckView]) -> Vec<bool> {
    let rules = all(contract);
    let same = rules.len() == before.len()
        && rules
            .iter()
            .zip(before)
            .all(|(rule, view)| rule.severity == view.severity && view.check == rule.check.to_string());
    let key: BTreeSet<&str> = contract.apply.key.iter().map(String::as_str).collect();
    let follows = |check: &Check, before: &CheckView| match check {
        Check::NotNull { .. } | Check::AcceptedValues { .. } | Check::MinValue { .. } | Check::MaxValue { .. } => true,
        Check::Unique { columns } => {
            contract.apply.scd != Scd::Append && columns.iter().map(String::as_str).collect::<BTreeSet<_>>() == key
        }
        // A share of all rows, unless it is none of them.
        Check::NullPercentage { .. } => before.observed == NO_NULLS,
        Check::RowCount { .. } => false,
    };
    let each = rules.iter().zip(before);
    let held = |view: &CheckView| view.verdict == Verdict::Pass && view.failed == 0;
    match same {
        true => each.map(|(rule, view)| held(view) && follows(&rule.check, view)).collect(),
        false => vec![false; rules.len()],
    }
}

/// Whether the outcome for the new rows alone says nothing about the table: some of them are null, so the
/// share has to be measured.
#[must_use]
pub fn needs_all_rows(view: &CheckView) -> bool {
    view.check.starts_with("null_percentage") && view.observed != NO_NULLS
}

#[cfg(test)]
mod tests {
    use super::checks_that_follow;
    use sluice_api::{CheckView, Verdict};
    use sluice_contract::{Contract, Severity};

    const CONTRACT: &str = "dataset: a.b
quality:
- {check: 'row_count > 0'}
- {check: 'null_percentage(v) < 0.5'}
- {check: 'unique(v)', severity: warn}
- {check: 'min_value(n, 0)'}
schema:
- {name: k, type: bigint, primary_key: true}
- {name: v, type: string}
- {name: n, type: int}
";

    #[test]
    fn only_what_every_row_says_by_itself_follows() {
        let contract = Contract::parse(CONTRACT, "b.yaml").unwrap();
        let view = |(index, check, severity, observed): (u32, &str, Severity, &str)| CheckView {
            index,
            check: check.to_owned(),
            level: String::new(),
            severity,
            verdict: Verdict::Pass,
            observed: observed.to_owned(),
            limit: String::new(),
            evaluated: 1,
            failed: 0,
            note: None,
            line: None,
        };
        let (fail, warn) = (Severity::Fail, Severity::Warn);
        let mut before: Vec<CheckView> = [
            (0, "row_count > 0", fail, "3 rows"),
            (1, "null_percentage(v) < 0.5", fail, "0 % null"),
            (2, "unique(v)", warn, "no duplicate"),
            (3, "min_value(n, 0)", fail, "smallest 1"),
            (4, "not_null(k)", fail, "0 nulls"),
            (5, "unique(k)", fail, "no duplicate"),
        ]
        .map(view)
        .into();
        assert_eq!(checks_that_follow(&contract, &before), [false, true, false, true, true, true]);
        before[1].observed = "12.5 % null".to_owned();
        before[3].verdict = Verdict::Skipped;
        assert_eq!(checks_that_follow(&contract, &before), [false, false, false, false, true, true]);
        before[0].check = "row_count > 1".to_owned();
        assert_eq!(checks_that_follow(&contract, &before), [false; 6]);
    }
}
