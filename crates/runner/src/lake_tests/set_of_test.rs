//! The contracts and models that a test is played by.

use super::mistakes::{no_contract, problem};
use crate::contract_set::{ContractSet, Model};
use sluice_api::{Layer, Problem};
use sluice_contract::{Contract, LakeTest, Source, TableName, TestContract};
use sluice_query::QueryEngine;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The draft as a test has it: sources lie in the lake of the test, and only the models that it asks for are made.
pub(super) struct SetOfTest<'a> {
    draft: &'a ContractSet,
    /// The set now.
    pub(super) set: ContractSet,
    /// Tables that are replayed.
    pub(super) tables: BTreeSet<TableName>,
}

impl<'a> SetOfTest<'a> {
    /// For a test, with what is wrong with it.
    pub(super) fn of(test: &LakeTest, draft: &'a ContractSet, engine: &QueryEngine) -> Result<Self, Vec<Problem>> {
        let mut set = ContractSet {
            contracts: draft.contracts.iter().map(|(name, contract)| (name.clone(), inside(contract))).collect(),
            changes: draft.changes.clone(),
            models: Vec::new(),
            problems: Vec::new(),
            invalid: draft.invalid.clone(),
            previewed: None,
        };
        let mut problems = Vec::new();
        set.models = models(test, draft, engine, &mut problems);
        let mut found = Self { draft, set, tables: BTreeSet::from([test.table.clone()]) };
        let brings_own =
            test.batches.first().is_some_and(|batch| matches!(batch.contract, Some(TestContract::Text { .. })));
        let named = test.batches.iter().flat_map(|batch| &batch.files);
        let named = named.filter_map(|file| Some((file.table.clone()?, file.line)));
        let own = (!brings_own).then(|| (test.table.clone(), 1));
        for (name, line) in own.into_iter().chain(named) {
            if found.set.contracts.get(&name).is_none_or(|contract| contract.source.is_none()) && !brings_own {
                problems.push(no_contract(draft, &name, test, line));
            }
            found.tables.insert(name);
        }
        if problems.is_empty() { Ok(found) } else { Err(problems) }
    }

    /// Another contract from here on.
    pub(super) fn change(&mut self, test: &LakeTest, contract: &TestContract) -> Result<(), Vec<Problem>> {
        let contract = match contract {
            TestContract::Draft => match self.draft.contracts.get(&test.table) {
                Some(contract) => contract.as_ref().clone(),
                None => return Err(vec![no_contract(self.draft, &test.table, test, 1)]),
            },
            TestContract::Text { text, line } => {
                let parsed = Contract::parse(text, &test.path);
                parsed.map_err(|problems| {
                    // The text begins at the line.
                    let moved = |problem: Problem| Problem { line: (problem.line + line).max(1) - 1, ..problem };
                    problems.into_iter().map(moved).collect::<Vec<_>>()
                })?
            }
        };
        if contract.source.is_none() {
            let message = format!("the contract of {} has no source", contract.name);
            return Err(vec![problem(test, 1, message, "Give it a source")]);
        }
        if let Some(view) = contract.changes_view() {
            self.set.changes.insert(view.name.clone(), Arc::new(view));
        }
        self.tables.insert(contract.name.clone());
        self.set.contracts.insert(contract.name.clone(), inside(&contract));
        Ok(())
    }
}

/// The models that a test asks for and those that they read.
fn models(test: &LakeTest, draft: &ContractSet, engine: &QueryEngine, problems: &mut Vec<Problem>) -> Vec<Model> {
    let by_name: BTreeMap<&TableName, &Model> = draft.models.iter().map(|model| (&model.name, model)).collect();
    let mut wanted: BTreeSet<TableName> = BTreeSet::new();
    let mut waiting = Vec::new();
    for batch in &test.batches {
        for (name, rows) in &batch.expect.gold {
            match by_name.get(name) {
                Some(_) => waiting.push(name.clone()),
                None => {
                    let known: Vec<String> = draft.models.iter().map(|model| model.name.to_string()).collect();
                    let message = format!("there is no model {name}");
                    let next = match known.as_slice() {
                        [] => "The draft has no models, models/<dataset>/<model>.sql".to_owned(),
                        known => format!("The draft has {}", known.join(", ")),
                    };
                    problems.push(problem(test, rows.line, message, next));
                }
            }
        }
    }
    while let Some(name) = waiting.pop() {
        let Some(model) = by_name.get(&name) else { continue };
        if wanted.insert(name) {
            let reads = engine.tables_in(&model.sql).into_iter();
            waiting.extend(reads.filter(|read| read.layer == Layer::Gold).map(|read| read.name));
        }
    }
    draft.models.iter().filter(|model| wanted.contains(&model.name)).cloned().collect()
}

/// A contract whose sources lie inside of the lake.
fn inside(contract: &Contract) -> Arc<Contract> {
    let mut contract = contract.clone();
    let moved = |source: &mut Source| source.path = inner_path(&source.path);
    contract.source.iter_mut().for_each(moved);
    contract.sources.iter_mut().for_each(moved);
    for backfill in &mut contract.backfills {
        backfill.path = inner_path(&backfill.path);
    }
    Arc::new(contract)
}

/// A path inside of the lake for one that may be outside of it; different paths stay different.
pub(crate) fn inner_path(path: &str) -> String {
    let is_inside = !path.contains("://") && !path.starts_with('/') && !path.contains(':');
    if is_inside {
        return path.to_owned();
    }
    let end = if path.ends_with('/') { "/" } else { "" };
    let plain = |letter: char| if letter.is_alphanumeric() || letter == '/' { letter } else { '_' };
    let parts: String = path.chars().map(plain).collect();
    let parts: Vec<&str> = parts.split('/').filter(|part| !part.is_empty()).collect();
    format!("landing/outside/{}{end}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::inner_path;

    #[test]
    fn a_source_outside_of_the_lake_has_its_place_in_it() {
        assert_eq!(inner_path("landing/orders/"), "landing/orders/");
        assert_eq!(inner_path("s3://raw-zone/orders/"), "landing/outside/s3_/raw_zone/orders/");
        assert_eq!(inner_path("/data/exports"), "landing/outside/data/exports");
    }
}
