//! The checks of a contract: those that are written, then those that follow from its columns.

use sluice_contract::{Check, CheckRule, Contract, NotNull, Scd, Severity, Unique};
use std::collections::BTreeSet;

/// All checks in the order of their indexes: the written ones, then `not_null` for every required
/// column, then `unique` over the key unless the table is append-only, each only if it is not written.
#[must_use]
pub fn all(contract: &Contract) -> Vec<CheckRule> {
    let mut rules = contract.checks.clone();
    for column in contract.columns.iter().filter(|column| column.required && !column.removed) {
        let check = Check::NotNull(NotNull { column: column.name.clone() });
        if !contract.checks.iter().any(|rule| rule.check == check) {
            rules.push(CheckRule { check, severity: Severity::Fail, quarantines: false, line: column.line });
        }
    }
    let key: BTreeSet<&str> = contract.apply.key.iter().map(String::as_str).collect();
    let written = contract.checks.iter().any(|rule| match &rule.check {
        Check::Unique(unique) => unique.columns.iter().map(String::as_str).collect::<BTreeSet<_>>() == key,
        _ => false,
    });
    if !written && !key.is_empty() && contract.apply.scd != Scd::Append {
        let line = contract.apply.key.first().and_then(|name| contract.column(name)).map_or(0, |column| column.line);
        let check = Check::Unique(Unique { columns: contract.apply.key.clone() });
        rules.push(CheckRule { check, severity: Severity::Fail, quarantines: false, line });
    }
    rules
}
