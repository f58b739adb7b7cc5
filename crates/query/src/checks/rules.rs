//! The checks of a contract: those that are written, then those that follow from its columns.

use sluice_contract::{Check, CheckRule, Contract, Scd, Severity};
use std::collections::BTreeSet;

/// All checks in the order of their indexes: the written ones, then `not_null` for every required
/// column, then `unique` over the key unless the table only grows, each only if it is not written.
pub(crate) fn all(contract: &Contract) -> Vec<CheckRule> {
    let mut rules = contract.checks.clone();
    for column in contract.columns.iter().filter(|column| column.required && !column.removed) {
        let check = Check::NotNull { column: column.name.clone() };
        if !contract.checks.iter().any(|rule| rule.check == check) {
            rules.push(CheckRule { check, severity: Severity::Fail, line: column.line });
        }
    }
    let key: BTreeSet<&str> = contract.apply.key.iter().map(String::as_str).collect();
    let written = contract.checks.iter().any(|rule| match &rule.check {
        Check::Unique { columns } => columns.iter().map(String::as_str).collect::<BTreeSet<_>>() == key,
        _ => false,
    });
    if !written && !key.is_empty() && contract.apply.scd != Scd::Append {
        let line = contract.apply.key.first().and_then(|name| contract.column(name)).map_or(0, |column| column.line);
        let check = Check::Unique { columns: contract.apply.key.clone() };
        rules.push(CheckRule { check, severity: Severity::Fail, line });
    }
    rules
}

/// `table` or `row`.
pub(crate) fn level(check: &Check) -> &'static str {
    match check {
        Check::RowCount { .. } | Check::NullPercentage { .. } | Check::Unique { .. } => "table",
        Check::NotNull { .. } | Check::AcceptedValues { .. } | Check::MinValue { .. } | Check::MaxValue { .. } => "row",
    }
}

/// What a check asks for, in words.
pub(crate) fn limit(check: &Check) -> String {
    match check {
        Check::RowCount { compare, limit } => format!("{} {limit} rows", compare.as_str()),
        Check::NullPercentage { compare, limit, .. } => {
            format!("{} {} null", compare.as_str(), percent(*limit))
        }
        Check::NotNull { .. } => "no null".to_owned(),
        Check::Unique { .. } => "no duplicate".to_owned(),
        Check::AcceptedValues { values, .. } => {
            values.iter().map(|value| format!("'{value}'")).collect::<Vec<_>>().join(", ")
        }
        Check::MinValue { limit, .. } => format!(">= {limit}"),
        Check::MaxValue { limit, .. } => format!("<= {limit}"),
    }
}

/// A share as per cent, up to four digits after the point.
pub(crate) fn percent(share: f64) -> String {
    let text = format!("{:.4}", share * 100.0);
    format!("{} %", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn per_cents_are_short() {
        assert_eq!(percent(0.01), "1 %");
        assert_eq!(percent(0.125), "12.5 %");
        assert_eq!(percent(0.0), "0 %");
        assert_eq!(percent(1.0), "100 %");
    }
}
