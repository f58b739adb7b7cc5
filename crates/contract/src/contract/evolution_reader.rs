//! Reads what the contract says of columns that come, go and change.

use super::Reader;
use crate::document::{ColumnDocument, SourceDocument};
use crate::{Column, ColumnType, Evolution, SchemaPolicy, folded_name, parse_duration_seconds};
use serde_saphyr::Spanned;
use std::collections::{BTreeMap, BTreeSet};

/// Lengths of a position as text: with three parts, and with more.
const POSITION_LENS: [usize; 2] = [66, 99];

impl Reader<'_> {
    /// Mode and policy; each has a default that follows from the other.
    pub(super) fn evolution(&mut self, source: &SourceDocument) -> (Evolution, SchemaPolicy) {
        let evolution = source.evolution.as_ref().and_then(|written| {
            let found = Evolution::all().into_iter().find(|mode| mode.as_str() == written.value);
            if found.is_none() {
                let words = Evolution::all().map(Evolution::as_str).join(", ");
                let message = format!("`{}` is not a mode of schema evolution", written.value);
                self.problem(written, message, format!("Use {words}"));
            }
            found
        });
        let policy = source.schema_policy.as_ref().and_then(|written| {
            let found = SchemaPolicy::all().into_iter().find(|policy| policy.as_str() == written.value);
            if found.is_none() {
                let message = format!("`{}` is not a schema policy", written.value);
                self.problem(written, message, "Use strict, evolve or quarantine");
            }
            found
        });
        match (evolution, policy) {
            (Some(evolution), Some(policy)) => (evolution, policy),
            (Some(evolution), None) => (evolution, SchemaPolicy::of_evolution(evolution)),
            (None, Some(policy)) => (policy.evolution(), policy),
            (None, None) => (Evolution::default(), SchemaPolicy::default()),
        }
    }

    pub(super) fn hints(&mut self, source: &SourceDocument, columns: &[Column]) -> BTreeMap<String, ColumnType> {
        let mut hints = BTreeMap::new();
        for (name, written) in &source.hints {
            if columns.iter().any(|column| folded_name(&column.name) == folded_name(name)) {
                let message = format!("`{name}` has a hint and is declared in the schema");
                self.problem(written, message, "Remove the hint, the schema says the type");
            }
            match written.value.parse() {
                Ok(data_type) => {
                    hints.insert(name.clone(), data_type);
                }
                Err(mistake) => self.mistake(written, mistake),
            }
        }
        hints
    }

    /// Members that never reach silver; `drop` is the same list under its former name.
    pub(super) fn ignored(&mut self, source: &SourceDocument, columns: &[Column]) -> BTreeSet<String> {
        let listed = || source.ignored.iter().chain(&source.drop);
        for written in listed() {
            // A member that a column is made of is no column of its own.
            let is_column =
                |column: &Column| column.from.is_none() && folded_name(&column.name) == folded_name(&written.value);
            if columns.iter().any(is_column) {
                let message = format!("`{}` is ignored and declared in the schema", written.value);
                self.problem(written, message, "Remove it from source.ignored, or from schema");
            }
        }
        listed().map(|written| written.value.clone()).collect()
    }

    pub(super) fn review(&mut self, written: &Spanned<String>, evolution: Evolution) -> Option<u64> {
        if !evolution.adds() {
            let message = format!("Nothing is added after the review: source.evolution is {evolution}");
            let fix = "Write evolution: add_new_columns, or remove review; undecided columns stay in the inbox then";
            self.problem(written, message, fix);
        }
        let seconds = parse_duration_seconds(&written.value);
        if seconds.is_none() {
            self.problem(written, format!("`{}` is not a duration", written.value), "Write for example review: 7d");
        }
        seconds
    }

    pub(super) fn since(&mut self, column: &ColumnDocument) -> Option<String> {
        let written = column.since.as_ref()?;
        let is_position = |text: &str| {
            POSITION_LENS.contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'g'))
        };
        if !is_position(&written.value) {
            let message = format!("`{}` is not a position", written.value);
            self.problem(
                written,
                message,
                "Write the `_seq` of the column's first event, as `sluice schema decide` does",
            );
        }
        if column.required || column.primary_key {
            let message =
                format!("`{}` begins later than the table and cannot be required or a key", column.name.value);
            self.problem(written, message, "Drop required and primary_key, or since");
        }
        Some(written.value.clone())
    }
}
