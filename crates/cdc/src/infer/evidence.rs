//! The evidence for a proposal, and what wants a decision.

use super::proposal::{Inferred, InferredColumn, InferredEvidence};
use crate::definitions::TableDefinition;
use crate::format::{Format, ProposedSequence};
use crate::profile::Profile;
use sluice_contract::QuestionKind;

/// Names of columns that look like an operation which the format does not know.
const OPERATION_NAMES: [&str; 6] = ["op", "_op", "operation", "change_type", "_change_type", "dml_type"];

/// The column by which targets of Singer and Stitch say that a row was deleted.
const SDC_DELETED: &str = "_sdc_deleted_at";

/// What was seen.
pub(crate) struct Seen<'s> {
    pub(crate) format: &'s dyn Format,
    pub(crate) profile: &'s Profile,
    /// In words, how the key was found.
    pub(crate) key_reason: &'s str,
    pub(crate) sequence: &'s ProposedSequence,
    /// The table as its source defines it.
    pub(crate) definition: Option<&'s TableDefinition>,
    /// The answer to which rows are deletes.
    pub(crate) deletes: Option<&'s str>,
    /// Files sampled, and files in all.
    pub(crate) files: (u64, u64),
    /// What was said of folders `key=value`.
    pub(crate) folders: &'s [InferredEvidence],
}

impl Seen<'_> {
    /// The evidence in the order in which it is shown.
    pub(crate) fn evidence(&self, inferred: &Inferred) -> Vec<InferredEvidence> {
        let mut all = self.of_files();
        all.extend(self.of_added_fields());
        all.extend(self.of_source_tables());
        all.extend(self.of_definition(inferred));
        all.push(self.of_key(inferred));
        all.extend(self.of_sequence(inferred));
        all.extend(self.of_deletes());
        all.extend(self.of_columns(&inferred.columns));
        all.extend(self.folders.iter().cloned());
        all
    }

    fn of_files(&self) -> Vec<InferredEvidence> {
        let profile = self.profile;
        let (files, total) = self.files;
        let whole = files - profile.damaged_files.min(files);
        let words = format!("Records are {}", self.format.record_words());
        vec![
            measured(words, profile.fitting, profile.records, "records"),
            measured("Files are whole", whole, files, "sampled files"),
            note(files > 0, "Files sampled", share(files, total.max(files), "files")),
        ]
    }

    /// What members of the rows are that are not called as usual.
    fn of_added_fields(&self) -> Option<InferredEvidence> {
        let added = &self.profile.added_fields;
        let words: Vec<String> = added.iter().map(|(field, member)| format!("{field} is {member}")).collect();
        let text = format!("Members that add.fields added, by their values: {}", words.join(", "));
        (!words.is_empty()).then(|| note(true, text, format!("{} members", words.len())))
    }

    /// Of which tables of the source the records are, where they say it and are not all of one.
    fn of_source_tables(&self) -> Option<InferredEvidence> {
        let tables = &self.profile.source_tables;
        let names: Vec<String> = tables.iter().map(|(name, count)| format!("{name} ({})", grouped(*count))).collect();
        let records: u64 = tables.values().sum();
        let text = format!(
            "Records of {} source tables: {}. Write source.table with the one that this contract is for, and keep its \
             columns",
            tables.len(),
            names.join(", ")
        );
        (tables.len() > 1)
            .then(|| question(QuestionKind::SourceTable, text, share(records, self.profile.records, "records")))
    }

    fn of_definition(&self, inferred: &Inferred) -> Option<InferredEvidence> {
        let definition = self.definition?;
        let defined = inferred.columns.iter().filter(|column| definition.column(&column.name).is_some()).count() as u64;
        let text = format!("The definition of {} has the columns", definition.name.join("."));
        Some(measured(text, defined, inferred.columns.len() as u64, "columns"))
    }

    fn of_key(&self, inferred: &Inferred) -> InferredEvidence {
        let (rows, reason) = (self.profile.rows, self.key_reason);
        if inferred.key.is_empty() {
            return question(QuestionKind::Key, format!("The key is not known: {reason}"), share(0, rows, "rows"));
        }
        note(rows > 0, format!("Key {}: {reason}", inferred.key.join(", ")), format!("{} rows", grouped(rows)))
    }

    fn of_sequence(&self, inferred: &Inferred) -> Vec<InferredEvidence> {
        let profile = self.profile;
        let parts = self.sequence.parts.iter().zip(&inferred.sequence).map(|(in_files, part)| {
            let column = profile.columns.iter().find(|column| column.name == *in_files);
            let is_of_folder = inferred.columns.iter().any(|column| column.from_folder.as_ref() == Some(in_files));
            let in_column = column.map(|column| column.shape.values()).or(is_of_folder.then_some(profile.records));
            let seen = profile.positioned.get(in_files.as_str()).copied().or(in_column).unwrap_or(0);
            let ok = match profile.unpositioned.get(in_files.as_str()) {
                Some(lacking) => *lacking == 0,
                None => seen + profile.snapshot_rows >= profile.records,
            };
            note(ok && seen > 0, format!("Order by {part}"), share(seen, profile.records, "records"))
        });
        let stated = &self.sequence.stated;
        let stated = stated.iter().map(|order| measured(&order.text, order.part, order.whole, order.what));
        let asked = self.sequence.question.iter();
        let asked = asked.map(|text| question(QuestionKind::Order, text, share(0, profile.records, "records")));
        parts.chain(stated).chain(asked).collect()
    }

    fn of_deletes(&self) -> Vec<InferredEvidence> {
        let profile = self.profile;
        let mut all = Vec::new();
        if let Some(condition) = self.deletes {
            all.push(note(true, format!("Deletes are the rows with {condition}"), "as answered"));
        } else if let Some(column) = &self.sequence.by_snapshot {
            let text = format!("Files are full snapshots of the version in {column}: rows that one lacks are deleted");
            all.push(note(true, text, "as answered"));
        } else if self.sequence.appends {
            all.push(note(true, "Every row is an event of its own: none is replaced or deleted", "as answered"));
        } else if let Some(files) = &self.sequence.by_files {
            let text = format!("Files are full snapshots of the date in {files}: rows that one lacks are deleted");
            all.push(note(true, text, "as answered"));
        } else if !self.format.name().carries_operations() {
            let text = "Rows carry no operation: nothing is deleted unless apply.delete_when says so";
            all.push(note(false, text, "0 deletes"));
            let operation = profile
                .columns
                .iter()
                .find(|column| OPERATION_NAMES.iter().any(|name| column.name.eq_ignore_ascii_case(name)));
            if let Some(column) = profile.columns.iter().find(|column| column.name == SDC_DELETED) {
                let text = format!(
                    "Column {SDC_DELETED} has the time at which a row was deleted, and deleted rows stay unless the contract \
                     says otherwise: write apply.keep: \"sdc_deleted_at is null\" where they are to go"
                );
                all.push(question(QuestionKind::Deletes, text, format!("{} values", grouped(column.shape.values()))));
            }
            if let Some(column) = operation {
                let text = format!(
                    "Column {} looks like an operation: say in apply.delete_when what deletes; of rows that Debezium \
                     flattened, write format: debezium_flat_json and source.add_fields instead",
                    column.name
                );
                all.push(question(QuestionKind::Deletes, text, format!("{} values", grouped(column.shape.values()))));
            }
        } else if profile.deletes > 0 {
            all.push(note(true, "Deletes arrive", format!("{} deletes", grouped(profile.deletes))));
        } else if self.format.name().is_debezium_flat() && profile.tombstones > 0 {
            let text = "Deletes may be in the empty records (null), which do not say their row: let the connector write \
                        them as rows, delete.tombstone.handling.mode=rewrite";
            all.push(question(QuestionKind::Deletes, text, format!("{} records", grouped(profile.tombstones))));
        } else if profile.by_key_alone == 0 {
            all.push(note(false, "No delete in the sample; check that the feed carries them", "0 deletes"));
        }
        if profile.by_key_alone > 0 {
            let text = match profile.has_key_file {
                true => "Deletes or patches that say their row in their key alone have it from the files of keys",
                false => {
                    "Deletes or patches say their row in their key alone, which is not in the files: let the sink write keys, \
                     store.kafka.keys=true"
                }
            };
            let count = format!("{} records", grouped(profile.by_key_alone));
            all.push(note(profile.has_key_file, text, count));
        }
        if profile.tombstones > 0 {
            all.push(note(true, "Tombstones are skipped", format!("{} lines", grouped(profile.tombstones))));
        }
        all
    }

    fn of_columns(&self, columns: &[InferredColumn]) -> Vec<InferredEvidence> {
        let profile = self.profile;
        let mut all = Vec::new();
        let unavailable: u64 = profile.columns.iter().map(|column| column.shape.unavailable).sum();
        if unavailable > 0 {
            let text = "Unchanged large values are not sent, the row keeps what it has";
            all.push(note(true, text, format!("{} values", grouped(unavailable))));
        }
        let count =
            |fits: &dyn Fn(&InferredColumn) -> bool| columns.iter().filter(|column| fits(column)).count() as u64;
        let of_all = |part: u64| share(part, columns.len() as u64, "columns");
        let open = count(&|column| column.data_type.contains('?'));
        if open > 0 {
            all.push(note(false, "Decimals come without their scale", of_all(open)));
        }
        let partial = count(&|column| column.rows < profile.rows);
        if partial > 0 {
            all.push(note(false, "Columns are not in all rows, the schema changed", of_all(partial)));
        }
        if profile.widths.len() > 1 {
            let text = "The number of CSV fields changes, each needs its layout";
            all.push(note(false, text, format!("{} layouts", profile.widths.len())));
        }
        all
    }
}

fn note(ok: bool, text: impl Into<String>, count: impl Into<String>) -> InferredEvidence {
    InferredEvidence { ok, question: None, text: text.into(), count: count.into() }
}

/// What has to be decided before the contract can be used: what is wrong here shows no error later.
fn question(kind: QuestionKind, text: impl Into<String>, count: impl Into<String>) -> InferredEvidence {
    InferredEvidence { ok: false, question: Some(kind), text: text.into(), count: count.into() }
}

/// A count that has to be all of something. None of nothing speaks for nothing.
fn measured(text: impl Into<String>, part: u64, whole: u64, what: &str) -> InferredEvidence {
    note(part > 0 && part == whole, text, share(part, whole, what))
}

fn share(part: u64, whole: u64, what: &str) -> String {
    format!("{} of {} {what}", grouped(part), grouped(whole))
}

/// A count with commas between thousands.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
