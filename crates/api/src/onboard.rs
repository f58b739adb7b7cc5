//! From a folder of change files to a contract.

use crate::{Problem, QuestionKind, ResultView, TableName};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A table found under a source folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundTable {
    /// Folder, to be handed to [`crate::Request::InferContract`].
    pub path: String,
    /// Proposed name.
    pub name: TableName,
    /// Format in the contract's words, for example `debezium_json`; `None` when unknown.
    pub format: Option<String>,
    /// Number of files.
    pub files: u64,
    /// Bytes.
    pub bytes: u64,
    /// A contract exists.
    pub has_contract: bool,
}

/// What is in a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnboardSource {
    /// The source as given.
    pub source: String,
    /// Tables.
    pub tables: Vec<FoundTable>,
    /// Folders whose records are of no table: transactions, heartbeats and changes of the schema of Debezium.
    #[serde(default)]
    pub beside: Vec<String>,
    /// What was looked for when nothing was found.
    pub looked_for: Vec<String>,
    /// Names of files that are there and are none of those, a few of them.
    pub left_alone: Vec<String>,
}

/// A reason for a guess.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// It supports the guess (`true`) or wants a look (`false`).
    pub ok: bool,
    /// It is one of [`OnboardDraft::questions`].
    #[serde(default)]
    pub open: bool,
    /// What was seen.
    pub text: String,
    /// How often, for example `20,000 of 20,000 rows`.
    pub count: String,
}

/// A column of a draft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DraftColumn {
    /// Name.
    pub name: String,
    /// How it arrives, for example `bytes, base64`.
    pub arrives_as: String,
    /// Type for the contract.
    pub data_type: String,
    /// Share of nulls, 0 to 1.
    pub null_share: f64,
    /// Part of the key.
    pub key: bool,
    /// Looks like personal data, with the kind found.
    pub pii: Option<String>,
    /// What has to be looked at, if anything.
    pub decide: Option<String>,
    /// That is one of [`OnboardDraft::questions`].
    #[serde(default)]
    pub open: bool,
}

/// What a person has to decide before a proposal can be used. Those of one kind are answered together, by
/// [`crate::OnboardAnswer`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpenQuestion {
    /// What it is about.
    pub kind: QuestionKind,
    /// The column that it is about, if it is about one.
    pub column: Option<String>,
    /// The question.
    pub text: String,
    /// Answers that come to mind; none of them is taken by itself.
    #[serde(default)]
    pub suggestions: Vec<String>,
}

impl fmt::Display for OpenQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "Column {column}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// A proposed contract with its evidence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OnboardDraft {
    /// Folder.
    pub path: String,
    /// Table.
    pub name: TableName,
    /// Format in words for a heading, for example `Debezium PostgreSQL, JSON`.
    pub title: String,
    /// Format for the contract.
    pub format: String,
    /// Share of sampled files and records that fit, 0 to 1.
    pub confidence: f64,
    /// Evidence.
    pub evidence: Vec<Evidence>,
    /// Key columns.
    pub key: Vec<String>,
    /// Sequence parts in order.
    pub sequence: Vec<String>,
    /// Records by operation in the sample.
    pub operations: Vec<(String, u64)>,
    /// Columns.
    pub columns: Vec<DraftColumn>,
    /// Contract text.
    pub yaml: String,
    /// Problems in that text.
    pub problems: Vec<Problem>,
    /// What has to be decided before the contract can be used: the wrong answer would show no error later.
    #[serde(default)]
    pub questions: Vec<OpenQuestion>,
    /// Tables of the source that the sampled records say they are of, with how many are.
    #[serde(default)]
    pub source_tables: Vec<(String, u64)>,
    /// The contract that is there under this name, or under one that differs in upper and lower case only.
    #[serde(default)]
    pub existing: Option<TableName>,
    /// Files sampled and files in all.
    pub sampled_files: (u64, u64),
    /// Records sampled.
    pub sampled_rows: u64,
    /// Sample rows, decoded where possible.
    pub sample: ResultView,
}

impl OnboardDraft {
    /// What orders the events: the parts of the sequence, or in words what the format has by itself; empty where that has
    /// to be decided.
    #[must_use]
    pub fn order(&self) -> String {
        if !self.sequence.is_empty() {
            return self.sequence.join(", ");
        }
        let stated =
            self.evidence.iter().filter(|seen| !seen.open).find_map(|seen| seen.text.strip_prefix("Order by "));
        stated.unwrap_or_default().to_owned()
    }

    /// Everything that a person should look at before the proposal is saved, each once: problems of the text,
    /// questions, and what only wants a look.
    #[must_use]
    pub fn to_decide(&self) -> Vec<String> {
        let mut all: Vec<String> = self.problems.iter().map(|problem| problem.message.clone()).collect();
        all.extend(self.questions.iter().map(ToString::to_string));
        let columns = self.columns.iter().filter(|column| !column.open);
        all.extend(columns.filter_map(|column| Some(format!("{}: {}", column.name, column.decide.as_ref()?))));
        let evidence = self.evidence.iter().filter(|evidence| !evidence.ok && !evidence.open);
        all.extend(evidence.map(|evidence| evidence.text.clone()));
        all
    }
}

/// Outcome of checking a contract text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractCheck {
    /// Table, if the text names one.
    pub name: Option<TableName>,
    /// Problems; none means valid.
    pub problems: Vec<Problem>,
}

#[cfg(test)]
mod tests {
    use super::{DraftColumn, Evidence, OnboardDraft, OpenQuestion};
    use crate::{QuestionKind, ResultId, ResultView, TableName};

    #[test]
    fn what_is_a_question_is_said_once() {
        let evidence = |ok, open, text: &str| Evidence { ok, open, text: text.to_owned(), count: String::new() };
        let column = |name: &str, open, decide: &str| DraftColumn {
            name: name.to_owned(),
            arrives_as: String::new(),
            data_type: "string".to_owned(),
            null_share: 0.0,
            key: false,
            pii: None,
            decide: Some(decide.to_owned()),
            open,
        };
        let question = |kind, column: Option<&str>, text: &str| OpenQuestion {
            kind,
            column: column.map(str::to_owned),
            text: text.to_owned(),
            suggestions: Vec::new(),
        };
        let draft = OnboardDraft {
            path: String::new(),
            name: TableName { dataset: "shop".to_owned(), table: "orders".to_owned() },
            title: String::new(),
            format: String::new(),
            confidence: 1.0,
            evidence: vec![
                evidence(true, false, "Files are whole"),
                evidence(false, true, "The key is not known"),
                evidence(false, false, "One file is cut off"),
            ],
            key: Vec::new(),
            sequence: Vec::new(),
            operations: Vec::new(),
            columns: vec![column("at", true, "which zone"), column("iban", false, "personal?")],
            yaml: String::new(),
            problems: Vec::new(),
            questions: vec![
                question(QuestionKind::Key, None, "The key is not known"),
                question(QuestionKind::TimeZone, Some("at"), "which zone"),
            ],
            source_tables: Vec::new(),
            existing: None,
            sampled_files: (1, 1),
            sampled_rows: 1,
            sample: ResultView { id: ResultId(1), columns: Vec::new(), rows: 0, elapsed_ms: 0 },
        };
        let expected = ["The key is not known", "Column at: which zone", "iban: personal?", "One file is cut off"];
        assert_eq!(draft.to_decide(), expected);
    }
}
