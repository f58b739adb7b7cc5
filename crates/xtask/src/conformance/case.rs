//! A case as its file has it.

use anyhow::Context;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;

/// A record, or a row that is expected.
pub(crate) type Row = Map<String, Value>;

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

/// Batches for a table, and what it then holds.
#[derive(Deserialize)]
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) settings: Settings,
    pub(crate) batches: Vec<Vec<Row>>,
    pub(crate) expect: Expected,
    /// The events may come in any order, in any batches.
    #[serde(default)]
    pub(crate) order_free: bool,
    /// The last batch delivered again changes nothing.
    #[serde(default)]
    pub(crate) replay_stable: bool,
}

/// How the table is kept.
#[derive(Deserialize)]
pub(crate) struct Settings {
    /// `1`, `2` or the name of another mode.
    pub(crate) scd: Value,
    pub(crate) keys: Vec<String>,
    pub(crate) sequence: Vec<String>,
    /// Boolean column that marks deletes.
    pub(crate) delete_when_true: Option<String>,
    /// Condition that marks deletes, `column = 'text'`.
    pub(crate) delete_when: Option<String>,
    /// Types by column; `a -> b` where it changes between the batches.
    #[serde(default)]
    pub(crate) types: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) not_stored: Vec<String>,
    pub(crate) track_history: Option<Vec<String>>,
    pub(crate) track_history_except: Option<Vec<String>>,
    /// Columns in which a null says nothing, or whether it does so in all.
    #[serde(default)]
    pub(crate) ignore_null: Value,
}

/// What the table holds at the end. One of the members decides.
#[derive(Default, Deserialize)]
pub(crate) struct Expected {
    pub(crate) rows: Option<Vec<Row>>,
    /// Versions of rows, with `start` and `end`.
    pub(crate) history: Option<Vec<Row>>,
    pub(crate) history_count: Option<usize>,
    /// Any of these.
    pub(crate) one_of: Option<Vec<Value>>,
    /// The other product refuses the batch.
    pub(crate) error: Option<String>,
    /// The other product refuses what a better one would do.
    pub(crate) spark_error: Option<String>,
    pub(crate) better: Option<Box<Self>>,
    /// Rows after that many batches.
    #[serde(default)]
    pub(crate) after: BTreeMap<String, Vec<Row>>,
    /// What a workbench has to say about the data.
    pub(crate) must_report: Option<String>,
}

/// The cases of a file.
pub(crate) fn read(path: &Path) -> anyhow::Result<Vec<Case>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file: File = serde_json::from_str(&text).with_context(|| format!("{} is no file of cases", path.display()))?;
    Ok(file.cases)
}
