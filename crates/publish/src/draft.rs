//! The draft: contracts and models as they are in the lake now.

use crate::PublishError;
use crate::release::{Document, set_hash};
use sluice_contract::{Contract, Problem, TableName, reference_problems};
use sluice_lake::{Lake, LakeError};
use std::collections::BTreeMap;

/// The contracts and models of a lake's draft, and what is wrong with them.
#[derive(Debug, Default)]
pub struct Draft {
    /// Valid contracts by table; of two contracts of a table the last by path.
    pub contracts: BTreeMap<TableName, Contract>,
    /// Gold models, `(name, SQL)`, by path.
    pub models: Vec<(TableName, String)>,
    /// Problems of contracts. A contract with problems is left out.
    pub problems: Vec<Problem>,
    /// Path of a model that names no table; no model is read then.
    pub misplaced_model: Option<String>,
    /// Path of each contract.
    pub(crate) paths: BTreeMap<TableName, String>,
    pub(crate) contract_texts: Vec<Document>,
    pub(crate) model_texts: Vec<Document>,
    /// Hash of all texts, that of the release which they would be.
    pub(crate) hash: String,
}

impl Draft {
    /// Why it cannot be published, one sentence each.
    pub(crate) fn blockers(&self) -> Vec<String> {
        let mut blockers: Vec<String> = self.problems.iter().map(ToString::to_string).collect();
        if self.contract_texts.is_empty() {
            blockers.push("contracts/ is empty, there is nothing to publish".to_owned());
        }
        if let Some(path) = &self.misplaced_model {
            blockers.push(format!("{path}: a model belongs into models/<dataset>/<model>.sql"));
        }
        blockers
    }

    fn add(&mut self, path: String, text: String) {
        match Contract::parse(&text, &path) {
            Ok(contract) => {
                let beside = self
                    .contracts
                    .keys()
                    .find(|name| **name != contract.name && name.differs_in_case_at_most(&contract.name));
                if let Some(beside) = beside {
                    self.problems.push(Problem {
                        file: path.clone(),
                        line: 1,
                        column: 1,
                        message: format!(
                            "{} differs from {beside} in upper and lower case only, so both would be one folder on many \
                             disks and one name in SQL",
                            contract.name
                        ),
                        fix: "Give one of them another name (dataset)".to_owned(),
                    });
                    self.contract_texts.push(Document::new(path, text));
                    return;
                }
                if let Some(first) = self.paths.insert(contract.name.clone(), path.clone()) {
                    self.problems.push(Problem {
                        file: path.clone(),
                        line: 1,
                        column: 1,
                        message: format!("{} has a contract in {first} already", contract.name),
                        fix: "Keep one file per table".to_owned(),
                    });
                }
                self.contracts.insert(contract.name.clone(), contract);
            }
            Err(problems) => self.problems.extend(problems),
        }
        self.contract_texts.push(Document::new(path, text));
    }
}

/// Reads the draft of a lake.
///
/// # Errors
/// [`PublishError::Lake`] when the lake cannot be read. What is wrong in the texts is in the draft.
pub async fn draft(lake: &Lake) -> Result<Draft, PublishError> {
    let mut draft = Draft::default();
    for (path, text) in lake.ledger().contract_texts().await? {
        draft.add(path, text);
    }
    match lake.ledger().models().await {
        Ok(found) => {
            for (name, path, sql) in found {
                draft.models.push((name, sql.clone()));
                draft.model_texts.push(Document::new(path, sql));
            }
        }
        Err(LakeError::BadPath { path }) => draft.misplaced_model = Some(path),
        Err(error) => return Err(error.into()),
    }
    let models = draft.models.iter().map(|(name, _)| name.clone()).collect();
    let with_path =
        draft.contracts.iter().filter_map(|(name, contract)| Some((draft.paths.get(name)?.as_str(), contract)));
    let problems = reference_problems(with_path, &models);
    draft.problems.extend(problems);
    draft.hash = set_hash(&draft.contract_texts, &draft.model_texts);
    Ok(draft)
}
