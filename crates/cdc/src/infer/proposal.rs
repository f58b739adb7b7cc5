//! A proposed contract, as it is shown to people.

use crate::profile::guess::WrittenReading;
use sluice_contract::{QuestionKind, SourceFormat, Step, TakenFolder, TimeUnit, WrittenAnswer};

/// A proposed contract with the evidence for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Inferred {
    /// Format.
    pub format: SourceFormat,
    /// Format in words for a heading, for example `Debezium PostgreSQL, JSON`.
    pub title: String,
    /// Share of sampled files and records that fit, 0 to 1.
    pub confidence: f64,
    /// What was seen.
    pub evidence: Vec<InferredEvidence>,
    /// Key columns in order.
    pub key: Vec<String>,
    /// Sequence parts, most significant first. Empty where the data leaves open what orders the events; then the
    /// evidence has the question.
    pub sequence: Vec<String>,
    /// Columns, or names of files, that may have the version of full snapshots (`apply.from_snapshot`).
    pub snapshots: Vec<String>,
    /// Folders `key=value` of which it is asked whether they are columns.
    pub folders: Vec<String>,
    /// Folders that say when a file was delivered, by which rows may be ordered.
    pub date_folders: Vec<String>,
    /// Records by operation in the sample.
    pub operations: Vec<(String, u64)>,
    /// Columns in order.
    pub columns: Vec<InferredColumn>,
    /// A whole contract in the house format.
    pub yaml: String,
    /// Records sampled.
    pub sampled_rows: u64,
    /// Tables of the source that the sampled records say they are of, with how many are.
    pub source_tables: Vec<(String, u64)>,
}

impl Inferred {
    /// What has to be decided before the contract can be used.
    #[must_use]
    pub fn questions(&self) -> Vec<InferredQuestion> {
        let of_evidence = self.evidence.iter().filter_map(|evidence| {
            let kind = evidence.question?;
            Some(InferredQuestion {
                kind,
                column: None,
                text: evidence.text.clone(),
                suggestions: self.suggested(kind),
            })
        });
        let of_columns = self.columns.iter().filter_map(|column| {
            let (kind, text) = (column.question?, column.decide.clone()?);
            let suggestions = match kind {
                QuestionKind::Type => vec![column.data_type.clone(), "string".to_owned()],
                QuestionKind::Dates | QuestionKind::Numbers => {
                    let readings = column.readings.iter().filter_map(|reading| reading.answer);
                    let answers = readings.chain([WrittenAnswer::Text]);
                    answers.map(|answer| answer.as_str().to_owned()).collect()
                }
                _ => self.suggested(kind),
            };
            Some(InferredQuestion { kind, column: Some(column.name.clone()), text, suggestions })
        });
        of_evidence.chain(of_columns).collect()
    }

    /// What is asked about the table in a kind of questions.
    pub(super) fn asked(&self, kind: QuestionKind) -> impl Iterator<Item = &str> {
        let of_kind = move |evidence: &&InferredEvidence| evidence.question == Some(kind);
        self.evidence.iter().filter(of_kind).map(|evidence| evidence.text.as_str())
    }

    /// Answers that come to mind; none of them is taken by itself.
    fn suggested(&self, kind: QuestionKind) -> Vec<String> {
        let named = |fits: &dyn Fn(&InferredColumn) -> bool| -> Vec<String> {
            let columns = self.columns.iter().filter(|column| fits(column));
            columns.take(SUGGESTIONS_MAX).map(|column| column.name.clone()).collect()
        };
        let texts = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match kind {
            QuestionKind::Key => named(&|column| {
                let name = column.name.to_ascii_lowercase();
                column.nulls == 0 && (name == "id" || name.ends_with("_id") || name.ends_with("_no"))
            }),
            QuestionKind::Order => {
                let by_snapshots = self.snapshots.iter().map(|name| format!("{BY_SNAPSHOTS}{name}"));
                let mut all: Vec<String> = by_snapshots.take(SUGGESTIONS_MAX).collect();
                all.extend(named(&|column| column.data_type.starts_with("timestamp")));
                all.extend(
                    Some(self.date_folders.join(", "))
                        .filter(|_| !self.date_folders.is_empty() && !self.format.carries_operations()),
                );
                all
            }
            QuestionKind::Folders => {
                let of = |in_key| TakenFolder::answer(&self.folders, in_key);
                vec![of(true), of(false), TakenFolder::no_answer()]
            }
            QuestionKind::Scale => texts(&["2", "4", "10"]),
            QuestionKind::Unit => texts(&TimeUnit::ALL.map(TimeUnit::as_str)),
            QuestionKind::TimeZone => texts(&["UTC"]),
            QuestionKind::Binary => texts(&["hex", "base64"]),
            QuestionKind::Written => texts(&["as proposed"]),
            QuestionKind::Deletes
            | QuestionKind::Type
            | QuestionKind::Dates
            | QuestionKind::Numbers
            | QuestionKind::Names
            | QuestionKind::SourceTable => Vec::new(),
        }
    }
}

/// What an answer begins with that names the version of full snapshots, not a watermark.
pub(super) const BY_SNAPSHOTS: &str = "snapshots by ";
/// The answer that every row is an event of its own.
pub(super) const BY_APPENDING: &str = "append";
/// Suggestions of a question at most.
const SUGGESTIONS_MAX: usize = 4;

/// Something that a person has to decide: the wrong answer would show no error later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferredQuestion {
    /// What it is about.
    pub kind: QuestionKind,
    /// The column that it is about, if it is about one.
    pub column: Option<String>,
    /// The question.
    pub text: String,
    /// Answers that come to mind.
    pub suggestions: Vec<String>,
}

impl std::fmt::Display for InferredQuestion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.column {
            Some(column) => write!(f, "Column {column}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// Something seen in the sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferredEvidence {
    /// It supports the guess (`true`) or wants a look (`false`).
    pub ok: bool,
    /// It is a question: the wrong answer would show no error later, so it has to be decided first.
    pub question: Option<QuestionKind>,
    /// What was seen.
    pub text: String,
    /// How often, for example `20,000 of 20,000 rows`.
    pub count: String,
}

/// A column found in the sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferredColumn {
    /// Name.
    pub name: String,
    /// Its name in the files, where that cannot be the name of a column (`_id`).
    pub renamed_from: Option<String>,
    /// Where it is inside of a member of the record (`_doc.city`).
    pub path: Option<String>,
    /// The key of the folders that it is taken from.
    pub from_folder: Option<String>,
    /// How it arrives, for example `bytes, base64`.
    pub arrives_as: String,
    /// Type for the contract, or an open one such as `decimal(12,?)`.
    pub data_type: String,
    /// What its numbers count, where they are dates or times and no schema says it.
    pub unit: Option<TimeUnit>,
    /// Functions that read how the source writes its values.
    pub steps: Vec<Step>,
    /// How they may be read, by the answer that says so.
    pub readings: Vec<WrittenReading>,
    /// Sampled rows in which it is null.
    pub nulls: u64,
    /// Sampled rows that have it.
    pub rows: u64,
    /// Part of the key.
    pub key: bool,
    /// Looks like personal data, with the kind found.
    pub pii: Option<String>,
    /// What a person has to decide, if anything.
    pub decide: Option<String>,
    /// Texts that are null in this column, besides `null_text` of the files.
    pub nulls_written: Vec<&'static str>,
    /// It is a question, as [`InferredEvidence::question`].
    pub question: Option<QuestionKind>,
}
