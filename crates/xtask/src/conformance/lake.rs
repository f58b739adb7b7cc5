//! A lake with the table of a case.

use super::case::{Case, Row};
use super::table_lake::{Found, TableLake};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

/// A lake of a case.
pub(crate) struct CaseLake<'c> {
    case: &'c Case,
    files: usize,
    pub(crate) lake: TableLake,
}

impl<'c> CaseLake<'c> {
    /// An empty lake with the contract of the case.
    pub(crate) fn new(sluice: &Path, case: &'c Case) -> anyhow::Result<Self> {
        Ok(Self { case, files: 0, lake: TableLake::new(sluice)? })
    }

    /// The rows of the table, structs as JSON.
    pub(crate) fn rows(&self) -> anyhow::Result<Option<Vec<Found>>> {
        let types = &self.case.settings.types;
        let nested = types.iter().filter(|(_, ty)| ty.contains("struct<")).map(|(name, _)| name.as_str());
        self.lake.rows(&nested.collect::<Vec<_>>())
    }

    /// Delivers a batch as a file and replays it, with the contract that holds from the given batch on.
    pub(crate) fn replay(&mut self, batch: &[Row], number: usize) -> anyhow::Result<()> {
        self.lake.contract(&contract(self.case, number))?;
        self.files += 1;
        let mut text = String::new();
        for record in batch {
            writeln!(text, "{}", serde_json::to_string(record)?)?;
        }
        self.lake.deliver(&format!("{:04}.json", self.files), &text)?;
        self.lake.replay()
    }
}

/// The contract that says what the settings say, as it is from the given batch on.
fn contract(case: &Case, batch: usize) -> String {
    let settings = &case.settings;
    let mut text = String::from("dataset: c.t\nsource: {path: landing/t, format: debezium_flat_json}\napply:\n");
    let list = |names: &[String]| format!("[{}]", names.join(", "));
    let mut entry = |line: String| text.extend(["  ", &line, "\n"]);
    entry(format!("key: {}", list(&settings.keys)));
    entry(format!("sequence: {}", list(&settings.sequence)));
    entry("quarantine_limit: 1".to_owned());
    if let Some(column) = &settings.delete_when_true {
        entry(format!("delete_when: \"{column} = 'true'\""));
    }
    if let Some(condition) = &settings.delete_when {
        entry(format!("delete_when: \"{condition}\""));
    }
    if settings.scd == 2 {
        entry("scd: 2".to_owned());
        match &settings.track_history {
            Some(names) => entry(format!("track_history: {}", list(names))),
            None => {
                let mut except = settings.not_stored.clone();
                except.extend(settings.sequence.iter().cloned());
                except.extend(settings.track_history_except.iter().flatten().cloned());
                let except: BTreeSet<String> = except.into_iter().collect();
                entry(format!("track_history_except: {}", list(&except.into_iter().collect::<Vec<_>>())));
            }
        }
    }
    match &settings.ignore_null {
        Value::Bool(true) => entry("null_updates: ignore".to_owned()),
        Value::Array(names) => {
            let names: Vec<String> = names.iter().filter_map(text_of).collect();
            entry("null_updates: ignore".to_owned());
            entry(format!("null_updates_columns: {}", list(&names)));
        }
        _ => {}
    }
    text.push_str("schema:\n");
    for (name, ty) in columns(case, batch) {
        let key = if settings.keys.contains(&name) { ", primary_key: true" } else { "" };
        text.push_str(&format!("  - {{name: {name}, type: \"{}\"{key}}}\n", ty.replace(':', ": ").replace(',', ", ")));
    }
    text
}

fn text_of(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Columns with their types: as the case says, else as the values look.
fn columns(case: &Case, batch: usize) -> BTreeMap<String, String> {
    let mut columns = BTreeMap::new();
    for record in case.batches.iter().flatten() {
        for (name, value) in record {
            let ty = match (case.settings.types.get(name), value) {
                (Some(ty), _) => at_batch(ty, batch).to_owned(),
                (None, _) if name.ends_with("_at") => "timestamp".to_owned(),
                (None, Value::Number(_)) => "bigint".to_owned(),
                (None, Value::Bool(_)) => "boolean".to_owned(),
                (None, Value::Null) => continue,
                (None, _) => "string".to_owned(),
            };
            columns.insert(name.clone(), ty);
        }
    }
    for (name, ty) in &case.settings.types {
        columns.entry(name.clone()).or_insert_with(|| at_batch(ty, batch).to_owned());
    }
    columns
}

/// `int -> bigint` is the first in the first batch and the second from then on.
fn at_batch(ty: &str, batch: usize) -> &str {
    match ty.split_once(" -> ") {
        Some((before, _)) if batch == 0 => before,
        Some((_, after)) => after,
        None => ty,
    }
}
