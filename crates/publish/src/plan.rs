//! What publishing would change.

use crate::draft::{Draft, draft};
use crate::{PublishError, Release, current, release, releases};
use sluice_api::{PublishPlan, TableEffect};
use sluice_contract::{Contract, ContractChange, Effect, Grade, TableName, compare_contracts};
use sluice_lake::Lake;
use std::collections::{BTreeMap, BTreeSet};

/// Compares the draft contracts and models with the current release.
///
/// What is known to the caller alone is left to it: `fingerprints` stays empty, failing checks are no blockers, and
/// `tables` says what the changed entries do at most, without a look at what silver and bronze hold.
///
/// # Errors
/// [`PublishError::Lake`], [`PublishError::Corrupt`]. Problems of contracts are no error but
/// [`PublishPlan::blockers`].
pub async fn plan(lake: &Lake) -> Result<PublishPlan, PublishError> {
    let draft = draft(lake).await?;
    let current = current(lake).await?;
    let mut changes = contract_changes(current.as_ref(), &draft);
    let tables = effects(&changes);
    changes.extend(model_changes(current.as_ref(), &draft));
    changes
        .sort_by(|a, b| b.grade.cmp(&a.grade).then_with(|| a.table.cmp(&b.table)).then_with(|| a.place.cmp(&b.place)));
    Ok(PublishPlan {
        base: current.map(|current| current.number),
        next: release::highest(lake).await? + 1,
        contracts: draft.contract_texts.len() as u64,
        blockers: draft.blockers(),
        hash: draft.hash,
        changes,
        tables,
        fingerprints: Vec::new(),
        releases: releases(lake).await?,
    })
}

/// The most that the changes do to each table.
fn effects(changes: &[ContractChange]) -> Vec<TableEffect> {
    let mut effects: BTreeMap<&TableName, Effect> = BTreeMap::new();
    for change in changes {
        let effect = effects.entry(&change.table).or_insert(change.effect);
        *effect = (*effect).max(change.effect);
    }
    let of = |(table, effect): (&TableName, Effect)| TableEffect {
        table: table.clone(),
        effect,
        note: effect.sentence().to_owned(),
    };
    effects.into_iter().map(of).collect()
}

fn contract_changes(current: Option<&Release>, draft: &Draft) -> Vec<ContractChange> {
    let published: BTreeMap<&TableName, (&String, &Contract)> = current
        .iter()
        .flat_map(|release| &release.contracts)
        .map(|(path, contract)| (&contract.name, (path, contract)))
        .collect();
    let names: BTreeSet<&TableName> = published.keys().copied().chain(draft.contracts.keys()).collect();
    let mut changes = Vec::new();
    let invalid_at: BTreeSet<&str> = draft.invalid.values().map(|invalid| invalid.path.as_str()).collect();
    for name in names {
        // A contract with a mistake is not removed. What it changes is not known, and its mistake is a blocker.
        let at = published.get(name).map(|(path, _)| path.as_str());
        let is_there = draft.contracts.contains_key(name);
        if !is_there && (draft.invalid.contains_key(name) || at.is_some_and(|path| invalid_at.contains(path))) {
            continue;
        }
        let (old, new) = (published.get(name).copied(), draft.contracts.get(name));
        let found = compare_contracts(old.map(|(_, contract)| contract), new);
        if let (true, Some((path, old)), Some(new)) = (found.is_empty(), old, new) {
            changes.extend(text_change(path, old, draft.paths.get(name), new));
        }
        changes.extend(found);
    }
    changes
}

/// What differs where no entry does.
fn text_change(path: &String, old: &Contract, now_at: Option<&String>, new: &Contract) -> Option<ContractChange> {
    let (place, what) = match now_at {
        Some(now_at) if now_at != path => ("file", format!("{path} -> {now_at}")),
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

fn model_changes(current: Option<&Release>, draft: &Draft) -> Vec<ContractChange> {
    let published: BTreeMap<&TableName, &String> =
        current.iter().flat_map(|release| &release.models).map(|(name, sql)| (name, sql)).collect();
    let drafted: BTreeMap<&TableName, &String> = draft.models.iter().map(|(name, sql)| (name, sql)).collect();
    let names: BTreeSet<&TableName> = published.keys().chain(drafted.keys()).copied().collect();
    let changed = |name: &TableName| {
        let (kind, what, grade, consequence) = match (published.get(name), drafted.get(name)) {
            (None, Some(_)) => ('+', "model added", Grade::Info, "The runner begins to build the gold table"),
            (Some(_), None) => ('-', "model removed", Grade::Breaking, "The gold table is no longer built; it stays"),
            (Some(old), Some(new)) if old != new => {
                ('~', "SQL changed", Grade::Warning, "The gold table is rebuilt by the new SQL")
            }
            _ => return None,
        };
        Some(ContractChange {
            table: name.clone(),
            place: "model".to_owned(),
            kind,
            change: what.to_owned(),
            grade,
            consequence: consequence.to_owned(),
            effect: if kind == '~' { Effect::Rebuild } else { Effect::NewBatchesOnly },
        })
    };
    names.into_iter().filter_map(changed).collect()
}
