//! The draft: contracts and models as they are in the lake now.

use crate::PublishError;
use crate::release::{Document, set_hash};
use sluice_contract::{Contract, TableName, reference_problems};
use sluice_lake::{Lake, LakeError};
use std::collections::BTreeMap;

/// Everything a release would hold, and what stands in the way.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) contracts: Vec<Document>,
    pub(crate) models: Vec<Document>,
    pub(crate) parsed: BTreeMap<TableName, Contract>,
    pub(crate) sql: BTreeMap<TableName, String>,
    pub(crate) blockers: Vec<String>,
    pub(crate) hash: String,
}

pub(crate) async fn draft(lake: &Lake) -> Result<Draft, PublishError> {
    let mut blockers = Vec::new();
    let (mut contracts, mut parsed) = (Vec::new(), BTreeMap::new());
    let mut places: BTreeMap<TableName, String> = BTreeMap::new();
    for (path, text) in lake.contract_texts().await? {
        match Contract::parse(&text, &path) {
            Ok(contract) => {
                if let Some(first) = places.insert(contract.name.clone(), path.clone()) {
                    blockers.push(format!("{path}: {} has a contract in {first} already", contract.name));
                }
                parsed.insert(contract.name.clone(), contract);
            }
            Err(problems) => blockers.extend(problems.iter().map(ToString::to_string)),
        }
        contracts.push(Document::new(path, text));
    }
    if contracts.is_empty() {
        blockers.push("contracts/ is empty, there is nothing to publish".to_owned());
    }
    let (mut models, mut sql) = (Vec::new(), BTreeMap::new());
    match lake.models().await {
        Ok(found) => {
            for (name, path, text) in found {
                sql.insert(name, text.clone());
                models.push(Document::new(path, text));
            }
        }
        Err(LakeError::BadPath { path }) => {
            blockers.push(format!("{path}: a model belongs into models/<dataset>/<model>.sql"));
        }
        Err(error) => return Err(error.into()),
    }
    let with_path = parsed.iter().filter_map(|(name, contract)| Some((places.get(name)?.as_str(), contract)));
    let problems = reference_problems(with_path, &sql.keys().cloned().collect());
    blockers.extend(problems.iter().map(ToString::to_string));
    let hash = set_hash(&contracts, &models);
    Ok(Draft { contracts, models, parsed, sql, blockers, hash })
}
