//! A proposed contract, as it is shown to people.

use sluice_contract::{SourceFormat, TimeUnit};

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
    pub fn questions(&self) -> Vec<String> {
        let of_evidence = self.evidence.iter().filter(|evidence| evidence.open).map(|evidence| evidence.text.clone());
        let open = self.columns.iter().filter(|column| column.open);
        let of_columns = open.filter_map(|column| Some(format!("Column {}: {}", column.name, column.decide.as_ref()?)));
        of_evidence.chain(of_columns).collect()
    }
}

/// Something seen in the sample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InferredEvidence {
    /// It supports the guess (`true`) or wants a look (`false`).
    pub ok: bool,
    /// It is a question: the wrong answer would show no error later, so it has to be decided first.
    pub open: bool,
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
    /// How it arrives, for example `bytes, base64`.
    pub arrives_as: String,
    /// Type for the contract, or an open one such as `decimal(12,?)`.
    pub data_type: String,
    /// What its numbers count, where they are dates or times and no schema says it.
    pub unit: Option<TimeUnit>,
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
    /// It is a question, as [`InferredEvidence::open`].
    pub open: bool,
}
