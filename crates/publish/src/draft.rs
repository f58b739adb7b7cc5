//! A set of contracts and models, and what is wrong with them: the draft as it is in the lake now, a release, or what a
//! release is to hold.

use crate::PublishError;
use crate::document::{Document, model_name, named_table, set_hash};
use sluice_contract::{Contract, Mistake, Problem, TableName, difference_of_names, reference_problems};
use sluice_lake::{DocumentText, Lake, ModelText};
use std::collections::BTreeMap;

/// Contracts and models, and what is wrong with them.
#[derive(Debug, Default)]
pub struct Draft {
    /// Valid contracts by table; of two contracts of a table the last by path.
    pub contracts: BTreeMap<TableName, Contract>,
    /// Gold models, `(name, SQL)`, by path.
    pub models: Vec<(TableName, String)>,
    /// Tests, `(path, text)`, by path. What is wrong in one is found where it is run.
    pub tests: Vec<(String, String)>,
    /// Problems of contracts, and of models whose path names no table. What has a problem of its own is left out.
    pub problems: Vec<Problem>,
    /// Contracts that are not valid, by the table they are of: a table is not without a contract because of a mistake
    /// in it.
    pub invalid: BTreeMap<TableName, InvalidContract>,
    /// Path of each contract.
    pub(crate) paths: BTreeMap<TableName, String>,
    pub(crate) contract_texts: Vec<Document>,
    pub(crate) model_texts: Vec<Document>,
    pub(crate) test_texts: Vec<Document>,
    /// Hash of all texts, that of the release which they would be.
    pub(crate) hash: String,
}

/// A contract of the draft with a mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidContract {
    /// Path in the lake.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Its first problem.
    pub problem: Problem,
}

impl Draft {
    /// The draft of these files, `(path, text)`: contracts, models and tests by the folder that they are in.
    #[must_use]
    pub fn of_texts(texts: impl IntoIterator<Item = (String, String)>) -> Self {
        let (mut contracts, mut models, mut tests) = (Vec::new(), Vec::new(), Vec::new());
        for (path, text) in texts {
            let documents = match path.split('/').next() {
                Some("contracts") => &mut contracts,
                Some("models") => &mut models,
                Some("tests") => &mut tests,
                _ => continue,
            };
            documents.push(Document::new(path, text));
        }
        Self::of_documents(contracts, models, tests)
    }

    /// Hash of all its texts.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// Path of a table's contract in the lake.
    #[must_use]
    pub fn path_of(&self, table: &TableName) -> Option<&str> {
        self.paths.get(table).map(String::as_str)
    }

    /// Path and text of every contract, model and test.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.contract_texts.iter().chain(&self.model_texts).chain(&self.test_texts);
        all.map(|text| (text.path.as_str(), text.text.as_str()))
    }

    /// The set of these texts, by path.
    pub(crate) fn of(contracts: Vec<DocumentText>, models: Vec<ModelText>, tests: Vec<DocumentText>) -> Self {
        let mut draft = Self::default();
        for DocumentText { path, text } in contracts {
            match text {
                Ok(text) => draft.add(path, text),
                Err(mistake) => draft.problems.push(unreadable(path, mistake)),
            }
        }
        for DocumentText { path, text } in tests {
            match text {
                Ok(text) => {
                    draft.tests.push((path.clone(), text.clone()));
                    draft.test_texts.push(Document::new(path, text));
                }
                Err(mistake) => draft.problems.push(unreadable(path, mistake)),
            }
        }
        for ModelText { path, name, sql } in models {
            let sql = match sql {
                Ok(sql) => sql,
                Err(mistake) => {
                    draft.problems.push(unreadable(path, mistake));
                    continue;
                }
            };
            match name {
                Ok(name) => {
                    let mut others = draft.models.iter().map(|(other, _)| other);
                    match others.find(|other| **other != name && other.looks_like(&name)) {
                        Some(beside) => draft.problems.push(Problem {
                            message: format!(
                                "gold.{name} differs from gold.{beside} {} only, so both would be one folder on many disks",
                                difference_of_names(&name.to_string(), &beside.to_string())
                            ),
                            fix: "Give one of the models another name".to_owned(),
                            file: path.clone(),
                            line: 1,
                            column: 1,
                        }),
                        None => draft.models.push((name, sql.clone())),
                    }
                    draft.model_texts.push(Document::new(path, sql));
                }
                Err(message) => draft.problems.push(Problem {
                    file: path,
                    line: 1,
                    column: 1,
                    message: format!("this file makes no gold table, {message}"),
                    fix: "Rename or move it; notes belong into files that do not end in .sql".to_owned(),
                }),
            }
        }
        let models = draft.models.iter().map(|(name, _)| name.clone()).collect();
        let with_path =
            draft.contracts.iter().filter_map(|(name, contract)| Some((draft.paths.get(name)?.as_str(), contract)));
        let problems = reference_problems(with_path, &models);
        draft.problems.extend(problems);
        // Of two files of a table one is valid.
        draft.invalid.retain(|table, _| !draft.contracts.contains_key(table));
        draft.hash = set_hash(&draft.contract_texts, &draft.model_texts, &draft.test_texts);
        draft
    }

    /// The set of stored texts.
    pub(crate) fn of_documents(contracts: Vec<Document>, models: Vec<Document>, tests: Vec<Document>) -> Self {
        let text_of = |Document { path, text, .. }: Document| DocumentText { path, text: Ok(text) };
        let (contracts, tests) =
            (contracts.into_iter().map(text_of).collect(), tests.into_iter().map(text_of).collect());
        let models = models.into_iter().map(|Document { path, text, .. }| {
            let name = model_name(&path).ok_or_else(|| "a model is models/<dataset>/<model>.sql".to_owned());
            ModelText { name, path, sql: Ok(text) }
        });
        Self::of(contracts, models.collect(), tests)
    }

    /// Why it cannot be published, one sentence each.
    pub(crate) fn blockers(&self) -> Vec<String> {
        let mut blockers: Vec<String> = self.problems.iter().map(ToString::to_string).collect();
        if self.contract_texts.is_empty() {
            blockers.push("contracts/ is empty, there is nothing to publish".to_owned());
        }
        blockers
    }

    fn add(&mut self, path: String, text: String) {
        match Contract::parse(&text, &path) {
            Ok(contract) => {
                let beside =
                    self.contracts.keys().find(|name| **name != contract.name && name.looks_like(&contract.name));
                if let Some(beside) = beside {
                    self.problems.push(Problem {
                        file: path.clone(),
                        line: 1,
                        column: 1,
                        message: format!(
                            "{} differs from {beside} {} only, so both would be one folder on many disks and one name in SQL",
                            contract.name,
                            difference_of_names(&contract.name.to_string(), &beside.to_string())
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
            Err(problems) => {
                if let Some((table, problem)) = named_table(&path, &text).zip(problems.first().cloned()) {
                    self.invalid.insert(table, InvalidContract { path: path.clone(), text: text.clone(), problem });
                }
                self.problems.extend(problems);
            }
        }
        self.contract_texts.push(Document::new(path, text));
    }
}

fn unreadable(file: String, Mistake { message, fix }: Mistake) -> Problem {
    Problem { file, line: 0, column: 0, message, fix }
}

/// Reads the draft of a lake.
///
/// # Errors
/// [`PublishError::Lake`] when the lake cannot be read. What is wrong in the texts is in the draft.
pub async fn draft(lake: &Lake) -> Result<Draft, PublishError> {
    let ledger = lake.ledger();
    Ok(Draft::of(ledger.contract_texts().await?, ledger.models().await?, ledger.test_texts().await?))
}

#[cfg(test)]
mod tests {
    use super::Draft;
    use crate::document::Document;

    fn document(path: &str, text: &str) -> Document {
        Document::new(path.to_owned(), text.to_owned())
    }

    #[test]
    fn a_contract_with_a_mistake_is_kept_beside_the_valid_ones() {
        let contract = document("contracts/shop/carts.yaml", "dataset: shop.carts\nschema: [");
        let draft = Draft::of_documents(vec![contract], Vec::new(), Vec::new());
        assert!(draft.contracts.is_empty());
        assert_eq!(draft.invalid.len(), 1);
    }

    #[test]
    fn of_models_whose_names_differ_in_case_only_the_first_holds() {
        let paths = ["models/shop/Daily.sql", "models/shop/daily.sql", "models/SHOP/daily.sql", "models/shop/days.sql"];
        let draft = Draft::of_documents(Vec::new(), paths.map(|path| document(path, "SELECT 1")).into(), Vec::new());
        let names: Vec<String> = draft.models.iter().map(|(name, _)| name.to_string()).collect();
        assert_eq!(names, ["shop.Daily", "shop.days"]);
        let problems: Vec<&str> = draft.problems.iter().map(|problem| problem.file.as_str()).collect();
        assert_eq!(problems, paths[1..3].to_vec());
        assert!(draft.problems[0].message.contains("gold.shop.Daily"), "{:?}", draft.problems);
    }
}
