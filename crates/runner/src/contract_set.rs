//! The contracts and models that a replay works by: the lake's draft, or a published release.

use crate::RunError;
use sluice_api::{Layer, Previewed, TableRef};
use sluice_contract::{Contract, Problem, TableName};
use sluice_lake::{Lake, LakeError};
use sluice_publish::{Draft, InvalidContract, PublishError};
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
    /// Of contracts with `apply.changes_table` those of the tables of changes, by table. Nothing is loaded by them.
    pub changes: BTreeMap<TableName, Arc<Contract>>,
    /// Models.
    pub models: Vec<Model>,
    /// Problems of contracts and models that are left out.
    pub problems: Vec<Problem>,
    /// Contracts that are left out because of a mistake in them, by table.
    pub invalid: BTreeMap<TableName, InvalidContract>,
    /// What the release of them was previewed to do; `None` for a draft, and where that was not recorded.
    pub previewed: Option<Previewed>,
}

impl ContractSet {
    /// The draft in the lake. A contract or model with problems is left out and
    /// reported; the others continue.
    ///
    /// # Errors
    /// When the lake cannot be read.
    pub async fn draft(lake: &Lake) -> Result<Self, RunError> {
        let draft = sluice_publish::draft(lake).await.map_err(|error| match error {
            PublishError::Lake(error) => RunError::from(error),
            other => RunError::from(other),
        })?;
        Ok(Self::of(&draft))
    }

    /// The contracts and models of a set of texts; those with problems are left out and reported.
    #[must_use]
    pub fn of(draft: &Draft) -> Self {
        let contracts = draft.contracts.iter().map(|(name, contract)| (name.clone(), Arc::new(contract.clone())));
        let models = draft.models.iter().map(|(name, sql)| Model { name: name.clone(), sql: sql.clone() });
        Self {
            contracts: contracts.collect(),
            models: models.collect(),
            problems: draft.problems.clone(),
            invalid: draft.invalid.clone(),
            previewed: None,
            changes: BTreeMap::new(),
        }
        .with_changes()
    }

    /// The same with the tables of changes. A contract whose table of changes would be the table of another contract is
    /// left out and reported.
    fn with_changes(mut self) -> Self {
        let views: Vec<(TableName, Contract)> = self
            .contracts
            .values()
            .filter_map(|contract| Some((contract.name.clone(), contract.changes_view()?)))
            .collect();
        for (name, view) in views {
            let taken = self.contracts.keys().chain(self.invalid.keys()).find(|other| other.looks_like(&view.name));
            match taken {
                Some(other) => {
                    let message = format!("The table of changes of {name} would be {other}, which has a contract");
                    let fix = "Name that table otherwise, or remove apply.changes_table".to_owned();
                    let file = format!("contracts/{}/{}.yaml", name.dataset, name.table);
                    self.problems.push(Problem { file, line: 1, column: 1, message, fix });
                    self.contracts.remove(&name);
                }
                None => {
                    self.changes.insert(view.name.clone(), Arc::new(view));
                }
            }
        }
        self
    }

    /// The published release that is current.
    ///
    /// # Errors
    /// When nothing is published, or the lake cannot be read.
    pub async fn published(lake: &Lake) -> Result<(u64, Self), RunError> {
        let Some(release) = sluice_publish::current(lake).await? else {
            // A disk that is away for a moment looks like a lake of which nothing is published.
            if lake.local_root().is_some_and(|root| !root.exists()) {
                return Err(LakeError::NoLake { url: lake.url().to_owned() }.into());
            }
            let next = "Publish the draft with `sluice publish` first";
            return Err(RunError::not_found("Nothing is published in this lake", next));
        };
        let contracts =
            release.contracts.into_iter().map(|(_, contract)| (contract.name.clone(), Arc::new(contract))).collect();
        let models = release.models.into_iter().map(|(name, sql)| Model { name, sql }).collect();
        let set = Self { contracts, models, previewed: release.previewed, ..Self::default() };
        Ok((release.number, set.with_changes()))
    }

    /// The contract of a table of silver, tables of changes among them.
    #[must_use]
    pub fn silver(&self, name: &TableName) -> Option<&Arc<Contract>> {
        self.contracts.get(name).or_else(|| self.changes.get(name))
    }

    /// Whether a contract or model of the set makes the table.
    #[must_use]
    pub fn makes(&self, table: &TableRef) -> bool {
        match table.layer {
            Layer::Bronze => self.contracts.contains_key(&table.name),
            Layer::Silver => self.silver(&table.name).is_some(),
            Layer::Gold => self.models.iter().any(|model| model.name == table.name),
        }
    }

    /// The contract of a table.
    ///
    /// # Errors
    /// [`RunError::Contract`] with what is wrong with it; [`RunError::NotFound`] that names the tables there are.
    pub fn contract(&self, name: &TableName) -> Result<Arc<Contract>, RunError> {
        if let Some(invalid) = self.invalid.get(name) {
            return Err(RunError::Contract(vec![invalid.problem.clone()]));
        }
        self.silver(name).cloned().ok_or_else(|| {
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
