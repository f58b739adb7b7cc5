//! The contracts and models that a replay works by: the lake's draft, or a published release.

use crate::RunError;
use sluice_contract::{
    Column, ColumnSet, ColumnType, Contract, KeyChange, Problem, Scd, TableName, TiePolicy, reference_problems,
};
use sluice_lake::Lake;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A gold model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// `dataset.model`.
    pub name: TableName,
    /// One `SELECT` over silver and other models.
    pub sql: String,
}

/// Contracts by table, models by name, and what could not be read.
#[derive(Clone, Debug, Default)]
pub struct ContractSet {
    /// Valid contracts.
    pub contracts: BTreeMap<TableName, Arc<Contract>>,
    /// Models.
    pub models: Vec<Model>,
    /// Problems of contracts that are left out.
    pub problems: Vec<Problem>,
}

impl ContractSet {
    /// The draft in the lake. A contract with problems is left out and reported; the others go on.
    ///
    /// # Errors
    /// When the lake can not be read.
    pub async fn draft(lake: &Lake) -> Result<Self, RunError> {
        let mut set = Self::default();
        let mut files = BTreeMap::new();
        for (path, text) in lake.contract_texts().await? {
            match Contract::parse(&text, &path) {
                Ok(contract) => {
                    files.insert(contract.name.clone(), path.clone());
                    if let Some(other) = set.contracts.insert(contract.name.clone(), Arc::new(contract)) {
                        set.problems.push(Problem {
                            file: path,
                            line: 1,
                            column: 1,
                            message: format!("{} has a second contract", other.name),
                            mend: "Keep one file per table".to_owned(),
                        });
                    }
                }
                Err(problems) => set.problems.extend(problems),
            }
        }
        set.models = lake.models().await?.into_iter().map(|(name, _, sql)| Model { name, sql }).collect();
        let contracts =
            set.contracts.iter().filter_map(|(name, contract)| Some((files.get(name)?.as_str(), &**contract)));
        let models = set.models.iter().map(|model| model.name.clone()).collect();
        set.problems.extend(reference_problems(contracts, &models));
        Ok(set)
    }

    /// The published release that is current.
    ///
    /// # Errors
    /// When nothing is published, or the lake can not be read.
    pub async fn published(lake: &Lake) -> Result<(u64, Self), RunError> {
        let release = sluice_publish::current(lake).await?.ok_or_else(|| {
            RunError::not_found("Nothing is published in this lake", "Publish the draft with `sluice publish` first")
        })?;
        let contracts =
            release.contracts.into_iter().map(|(_, contract)| (contract.name.clone(), Arc::new(contract))).collect();
        let models = release.models.into_iter().map(|(name, sql)| Model { name, sql }).collect();
        Ok((release.number, Self { contracts, models, problems: Vec::new() }))
    }

    /// The contract of a table.
    ///
    /// # Errors
    /// [`RunError::NotFound`] that names the tables there are.
    pub fn contract(&self, name: &TableName) -> Result<Arc<Contract>, RunError> {
        self.contracts.get(name).cloned().ok_or_else(|| {
            let known: Vec<String> = self.contracts.keys().map(ToString::to_string).collect();
            let next = if known.is_empty() {
                "Onboard a table first with `sluice onboard`".to_owned()
            } else {
                format!("There are {}", known.join(", "))
            };
            RunError::not_found(format!("There is no valid contract for {name}"), next)
        })
    }
}

/// Hash of everything in a contract that decides what silver holds. When it changes, silver is
/// rebuilt from bronze, or its columns are changed where that is enough.
#[must_use]
pub(crate) fn silver_hash(contract: &Contract) -> String {
    let columns = contract.columns.iter().map(|column| format!("{}\0{}", column.name, column_signature(column)));
    hash_of(std::iter::once(rules_hash(contract)).chain(columns))
}

/// The part of [`silver_hash`] that is not about single columns.
pub(crate) fn rules_hash(contract: &Contract) -> String {
    let mut parts = vec!["2".to_owned()];
    parts.extend(contract.apply.key.iter().cloned().chain(contract.sequence()));
    if let Some(delete) = &contract.apply.delete_when {
        parts.extend([delete.column.clone(), delete.value.clone()]);
    }
    parts.extend(apply_rules(contract));
    if let Some(source) = &contract.source {
        parts.push(format!("{source:?}"));
    }
    hash_of(parts.into_iter())
}

/// Hash of everything in a column that decides its values.
pub(crate) fn column_signature(column: &Column) -> String {
    hash_of(
        [
            column.data_type.to_string(),
            (if column.required { "required" } else { "nullable" }).to_owned(),
            (if column.removed { "removed" } else { "kept" }).to_owned(),
            column.default.clone().unwrap_or_else(|| "\0".to_owned()),
            column.renamed_from.join("\0"),
        ]
        .into_iter(),
    )
}

fn hash_of(texts: impl Iterator<Item = String>) -> String {
    let mut hasher = blake3::Hasher::new();
    for text in texts {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// The apply rules that decide what silver holds, besides key, sequence and `delete_when`, as text. Only
/// those that are not the default, so that a new kind of rule does not rebuild the tables that there are.
fn apply_rules(contract: &Contract) -> Vec<String> {
    let apply = &contract.apply;
    let mut rules = Vec::new();
    let mut rule = |name: &str, value: Option<String>| rules.extend(value.map(|value| format!("{name}: {value}")));
    let in_micros = |name: &String| {
        let column = contract.column(name).map(|column| &column.data_type);
        matches!(column, Some(ColumnType::Date | ColumnType::Timestamp | ColumnType::TimestampNtz))
    };
    rule("sequence", contract.sequence().iter().any(in_micros).then(|| "microseconds".to_owned()));
    rule("scd", (apply.scd != Scd::Type1).then(|| apply.scd.as_str().to_owned()));
    rule("track_history", (apply.track_history != ColumnSet::All).then(|| apply.track_history.to_string()));
    rule("truncate_when", apply.truncate_when.as_ref().map(ToString::to_string));
    rule("ignore_nulls", apply.ignore_nulls.as_ref().map(ToString::to_string));
    rule("update_columns", apply.update_columns.clone());
    rule("tie_policy", (apply.tie_policy != TiePolicy::Content).then(|| apply.tie_policy.as_str().to_owned()));
    rule("key_change", (apply.key_change != KeyChange::Split).then(|| apply.key_change.as_str().to_owned()));
    rule("tombstone_retention", apply.tombstone_retention.map(|seconds| seconds.to_string()));
    rule("from_snapshot", apply.from_snapshot.as_ref().map(|rule| rule.files.to_string()));
    rules
}
