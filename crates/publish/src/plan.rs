//! What publishing would change.

use crate::draft::draft;
use crate::{PublishError, Release, current, release, releases};
use sluice_api::PublishPlan;
use sluice_contract::{Contract, ContractChange, Grade, TableName, compare_contracts};
use sluice_lake::Lake;
use std::collections::{BTreeMap, BTreeSet};

/// Compares the draft contracts and models with the current release.
///
/// `fingerprints` stays empty, and failing checks are no blockers here: both are known to the caller.
///
/// # Errors
/// [`PublishError::Lake`], [`PublishError::Corrupt`]. Problems of contracts are no error but
/// [`PublishPlan::blockers`].
pub async fn plan(lake: &Lake) -> Result<PublishPlan, PublishError> {
    let draft = draft(lake).await?;
    let current = current(lake).await?;
    let mut changes = contract_changes(current.as_ref(), &draft.parsed);
    changes.extend(model_changes(current.as_ref(), &draft.sql));
    changes
        .sort_by(|a, b| b.grade.cmp(&a.grade).then_with(|| a.table.cmp(&b.table)).then_with(|| a.place.cmp(&b.place)));
    Ok(PublishPlan {
        base: current.map(|current| current.number),
        next: release::highest(lake).await? + 1,
        contracts: draft.contracts.len() as u64,
        changes,
        blockers: draft.blockers,
        fingerprints: Vec::new(),
        releases: releases(lake).await?,
    })
}

fn contract_changes(current: Option<&Release>, draft: &BTreeMap<TableName, Contract>) -> Vec<ContractChange> {
    let published: BTreeMap<&TableName, &Contract> =
        current.iter().flat_map(|release| &release.contracts).map(|(_, contract)| (&contract.name, contract)).collect();
    let names: BTreeSet<&TableName> = published.keys().copied().chain(draft.keys()).collect();
    names.into_iter().flat_map(|name| compare_contracts(published.get(name).copied(), draft.get(name))).collect()
}

fn model_changes(current: Option<&Release>, draft: &BTreeMap<TableName, String>) -> Vec<ContractChange> {
    let published: BTreeMap<&TableName, &String> =
        current.iter().flat_map(|release| &release.models).map(|(name, sql)| (name, sql)).collect();
    let names: BTreeSet<&TableName> = published.keys().copied().chain(draft.keys()).collect();
    let changed = |name: &TableName| {
        let (kind, what, grade, effect) = match (published.get(name), draft.get(name)) {
            (None, Some(_)) => ('+', "model added", Grade::Info, "The runner begins to build the gold table"),
            (Some(_), None) => ('-', "model removed", Grade::Breaking, "The gold table is no longer built; it stays"),
            (Some(old), Some(new)) if *old != new => {
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
            effect: effect.to_owned(),
        })
    };
    names.into_iter().filter_map(changed).collect()
}
