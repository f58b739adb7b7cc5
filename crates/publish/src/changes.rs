//! What differs between two sets of contracts and models, graded.

use crate::draft::Draft;
use sluice_contract::{Contract, ContractChange, Effect, Grade, LakeTest, TableName, compare_contracts};
use std::collections::{BTreeMap, BTreeSet};

/// Place of a change of a model.
pub(crate) const MODEL: &str = "model";

/// Place of a change of a test.
pub(crate) const TEST: &str = "test";

/// Every change from one set to the other, hardest first.
pub(crate) fn changes(old: &Draft, new: &Draft) -> Vec<ContractChange> {
    let mut changes = contract_changes(old, new);
    changes.extend(model_changes(old, new));
    changes.extend(test_changes(old, new));
    changes
        .sort_by(|a, b| b.grade.cmp(&a.grade).then_with(|| a.table.cmp(&b.table)).then_with(|| a.place.cmp(&b.place)));
    changes
}

fn contract_changes(old: &Draft, new: &Draft) -> Vec<ContractChange> {
    let names: BTreeSet<&TableName> =
        old.contracts.keys().chain(old.invalid.keys()).chain(new.contracts.keys()).collect();
    let mut changes = Vec::new();
    let invalid_at: BTreeSet<&str> = new.invalid.values().map(|invalid| invalid.path.as_str()).collect();
    for name in names {
        // A contract with a mistake is not removed. What it changes is not known, and its mistake is a blocker.
        let at = old.paths.get(name).map(String::as_str);
        let is_there = new.contracts.contains_key(name);
        if !is_there && (new.invalid.contains_key(name) || at.is_some_and(|path| invalid_at.contains(path))) {
            continue;
        }
        if let Some(invalid) = old.invalid.get(name) {
            changes.push(unknown_change(name, &invalid.problem.to_string(), is_there));
            continue;
        }
        let (before, after) = (old.contracts.get(name), new.contracts.get(name));
        let found = compare_contracts(before, after);
        if let (true, Some(before), Some(after)) = (found.is_empty(), before, after) {
            changes.extend(text_change((old.paths.get(name), before), (new.paths.get(name), after)));
        }
        changes.extend(found);
    }
    changes
}

/// A contract of a release that this version does not accept.
fn unknown_change(name: &TableName, problem: &str, is_there: bool) -> ContractChange {
    let what = if is_there { "replaced" } else { "contract removed" };
    ContractChange {
        table: name.clone(),
        place: "table".to_owned(),
        kind: if is_there { '~' } else { '-' },
        change: format!("{what}; this version of Sluice does not accept the contract before ({problem})"),
        grade: Grade::Breaking,
        consequence: "What changes is not known".to_owned(),
        effect: Effect::Rebuild,
    }
}

/// What differs where no entry does.
fn text_change(
    (was_at, old): (Option<&String>, &Contract),
    (now_at, new): (Option<&String>, &Contract),
) -> Option<ContractChange> {
    let (place, what) = match (was_at, now_at) {
        (Some(was_at), Some(now_at)) if now_at != was_at => ("file", format!("{was_at} -> {now_at}")),
        _ if old.text != new.text => ("text", "comments, order or spelling of entries".to_owned()),
        _ => return None,
    };
    Some(ContractChange {
        table: new.name.clone(),
        place: place.to_owned(),
        kind: '~',
        change: what,
        grade: Grade::Info,
        consequence: "No entry has another value".to_owned(),
        effect: Effect::Metadata,
    })
}

/// Tests that are new, gone or other ones.
fn test_changes(old: &Draft, new: &Draft) -> Vec<ContractChange> {
    let texts = |draft: &Draft| -> BTreeMap<String, String> {
        draft.test_texts.iter().map(|test| (test.path.clone(), test.blake3.clone())).collect()
    };
    let (before, after) = (texts(old), texts(new));
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let changed = |path: &String| {
        let (kind, what) = match (before.get(path), after.get(path)) {
            (None, Some(_)) => ('+', "added"),
            (Some(_), None) => ('-', "removed"),
            (Some(old), Some(new)) if old != new => ('~', "changed"),
            _ => return None,
        };
        Some(ContractChange {
            table: LakeTest::table_of(path).ok()?,
            place: TEST.to_owned(),
            kind,
            change: format!("{path} {what}"),
            grade: Grade::Info,
            consequence: "No table changes; publishing runs the tests".to_owned(),
            effect: Effect::Metadata,
        })
    };
    paths.into_iter().filter_map(changed).collect()
}

fn model_changes(old: &Draft, new: &Draft) -> Vec<ContractChange> {
    let before: BTreeMap<&TableName, &String> = old.models.iter().map(|(name, sql)| (name, sql)).collect();
    let after: BTreeMap<&TableName, &String> = new.models.iter().map(|(name, sql)| (name, sql)).collect();
    let names: BTreeSet<&TableName> = before.keys().chain(after.keys()).copied().collect();
    let changed = |name: &TableName| {
        let (kind, what, grade, consequence) = match (before.get(name), after.get(name)) {
            (None, Some(_)) => ('+', "model added", Grade::Info, "The runner begins to build the gold table"),
            (Some(_), None) => ('-', "model removed", Grade::Breaking, "The gold table is no longer built; it stays"),
            (Some(old), Some(new)) if old != new => {
                ('~', "SQL changed", Grade::Warning, "The gold table is rebuilt by the new SQL")
            }
            _ => return None,
        };
        Some(ContractChange {
            table: name.clone(),
            place: MODEL.to_owned(),
            kind,
            change: what.to_owned(),
            grade,
            consequence: consequence.to_owned(),
            effect: if kind == '~' { Effect::Rebuild } else { Effect::NewBatchesOnly },
        })
    };
    names.into_iter().filter_map(changed).collect()
}
