//! What publishing would change.

use crate::changes::{MODEL, TEST, changes};
use crate::contents::{Contents, Reads};
use crate::draft::draft;
use crate::lock::open_lock;
use crate::plan_document::{FORMAT, sealed};
use crate::proposal::proposal;
use crate::settings::lake_settings;
use crate::{Draft, PublishError, pointer, release, releases};
use sluice_api::{Layer, PlanDocument, PublishPlan, TableEffect, TableRef};
use sluice_contract::{ContractChange, TableName};
use sluice_lake::Lake;
use std::collections::{BTreeMap, BTreeSet};

/// What contents would change over the current release, by the contracts alone.
///
/// What is known to the caller alone is left to it, who seals the document again ([`crate::sealed`]): `tables` says what
/// the changed entries do at most, without a look at what silver and bronze hold or how many rows they have.
#[must_use]
pub fn plan_document(contents: &Contents, engine: &str) -> PlanDocument {
    let changes = changes(&contents.base, &contents.draft);
    sealed(PlanDocument {
        format: FORMAT,
        plan: String::new(),
        scope: contents.scope.clone(),
        base: contents.base_release(),
        base_hash: contents.base_file.as_ref().map(|file| file.hash.clone()),
        draft: contents.draft_hash.clone(),
        rollback: contents.rollback.clone(),
        hash: contents.draft.hash.clone(),
        engine: engine.to_owned(),
        taken: contents.taken.clone(),
        tables: effects(&changes),
        changes,
        records: Vec::new(),
        previewed: None,
        checksum: String::new(),
    })
}

/// Everything around a plan that the lake knows: the number that the release would have, problems, proposals, the
/// incident lock, and the releases so far.
///
/// `fingerprints` stays empty, failing checks are no blockers, and nobody is its author.
///
/// # Errors
/// [`PublishError::Lake`], [`PublishError::Corrupt`], [`PublishError::Settings`]. Problems of contracts are no error
/// but [`PublishPlan::blockers`].
pub async fn plan(lake: &Lake, contents: &Contents, document: PlanDocument) -> Result<PublishPlan, PublishError> {
    let approvals_needed = lake_settings(lake).await?.approvals;
    Ok(PublishPlan {
        next: release::highest(lake).await? + 1,
        changed_rows: Vec::new(),
        stay_decided: Vec::new(),
        contracts: contents.draft.contract_texts.len() as u64,
        blockers: contents.draft.blockers(),
        fingerprints: Vec::new(),
        author: None,
        approvals_needed,
        tests: None,
        proposal: proposal(lake, &document.plan, approvals_needed, document.base).await?.map(Box::new),
        lock: open_lock(lake).await?,
        releases: releases(lake).await?,
        document,
    })
}

/// The current release, and what the draft changes over it.
///
/// # Errors
/// [`PublishError::Lake`], [`PublishError::Corrupt`].
pub async fn draft_changes(lake: &Lake) -> Result<(Option<u64>, Vec<ContractChange>), PublishError> {
    let drafted = draft(lake).await?;
    let Some(newest) = pointer::newest(lake).await? else {
        return Ok((None, changes(&Draft::default(), &drafted)));
    };
    let file = release::read(lake, newest.release).await?;
    let base = Draft::of_documents(file.contracts, file.models, file.tests);
    Ok((Some(newest.release), changes(&base, &drafted)))
}

/// The most that the changes do to each table.
fn effects(changes: &[ContractChange]) -> Vec<TableEffect> {
    let mut effects: BTreeMap<TableRef, TableEffect> = BTreeMap::new();
    // A test changes no table.
    for change in changes.iter().filter(|change| change.place != TEST) {
        let layer = if change.place == MODEL { Layer::Gold } else { Layer::Silver };
        let table = TableRef { layer, name: change.table.clone() };
        let found = effects.entry(table).or_insert_with(|| TableEffect {
            layer,
            table: change.table.clone(),
            grade: None,
            effect: change.effect,
            note: String::new(),
            rows: None,
            readers: Vec::new(),
            rebuild_seconds: None,
            recomputed_keys: None,
        });
        found.effect = found.effect.max(change.effect);
        found.grade = found.grade.max(Some(change.grade));
        found.note = match layer {
            Layer::Gold => change.consequence.clone(),
            Layer::Bronze | Layer::Silver => found.effect.sentence().to_owned(),
        };
    }
    effects.into_values().collect()
}

/// The gold models of a set that read each table, also by way of other models.
#[must_use]
pub fn readers(draft: &Draft, reads: Reads<'_>) -> BTreeMap<TableRef, BTreeSet<TableName>> {
    let inputs: BTreeMap<&TableName, BTreeSet<TableRef>> =
        draft.models.iter().map(|(name, sql)| (name, reads(sql).into_iter().collect())).collect();
    let mut readers: BTreeMap<TableRef, BTreeSet<TableName>> = BTreeMap::new();
    for name in inputs.keys() {
        // Everything that the model reads, step by step.
        let mut waiting: Vec<&TableRef> = inputs[name].iter().collect();
        let mut seen: BTreeSet<&TableRef> = BTreeSet::new();
        while let Some(input) = waiting.pop() {
            if !seen.insert(input) {
                continue;
            }
            if input.layer == Layer::Gold {
                waiting.extend(inputs.get(&input.name).into_iter().flatten());
            }
        }
        for input in seen {
            readers.entry(input.clone()).or_default().insert((*name).clone());
        }
    }
    readers
}
