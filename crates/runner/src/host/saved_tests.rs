//! Tests made of the real events of a key.

use super::{Host, OpenLake};
use crate::contract_set::ContractSet;
use crate::lake_tests::replayed::{Row, replayed, rows_of};
use crate::lake_tests::write::{WrittenExpectation, WrittenRow, is_writable, text};
use crate::pipeline::explain::{ExplainedKey, explain};
use crate::pipeline::incident_records::RecordPlace;
use crate::support::pseudonyms::Pseudonyms;
use crate::{Job, RunError};
use sluice_api::{Answer, JobId, Layer, SavedTest, TableName, TableRef, ask};
use sluice_contract::{Column, Contract, Scd};
use sluice_lake::correction_number;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

impl Answer<ask::ExplainTest> for Host {
    async fn answer(&self, request: ask::ExplainTest) -> Result<SavedTest, RunError> {
        let ask::ExplainTest { table, key, version, name, save } = request;
        let open = self.opened().await?;
        let key = open.key_as_given(&table, key).await;
        Box::pin(open.explain_test(&table, &key, version, name, save)).await
    }
}

impl OpenLake {
    async fn explain_test(
        &self,
        table: &TableRef,
        key: &[(String, String)],
        version: Option<u64>,
        name: Option<String>,
        save: bool,
    ) -> Result<SavedTest, RunError> {
        if table.layer != Layer::Silver {
            let next = format!("Name the table of silver that it is made of, for example silver.{}", table.name);
            return Err(RunError::input(format!("{table} has no events of its own"), next));
        }
        let job = Job::new(JobId(0), format!("Explain a row of {table}"));
        let contract = self.contract_of(table).await?;
        let found = explain(&self.lake, &self.engine, &contract, key, version, &job).await?;
        let mut notes = vec![
            format!(
                "The real events of one key of {}; personal values are replaced, equal ones by equal ones.",
                table.name
            ),
            format!("It expects what silver v{} has. Edit the rows at the end to what they should be:", found.version),
            "`sluice test` shows the difference until contract or data make it so.".to_owned(),
        ];
        let left_out = self.corrections(&table.name).await?;
        let records = prepared(&contract, records_of(&found), &left_out, &mut notes);
        if records.is_empty() {
            let next = "`sluice explain` shows the events of a key";
            return Err(RunError::not_found(format!("No record of {} has this key", table.name), next));
        }
        let path = path_of(&table.name, &name.unwrap_or_else(|| name_of_key(&contract, key)))?;
        let silver = self.expected_rows(&contract, &found, &path, &records, &mut notes).await?;
        let expect = WrittenExpectation { silver, ..WrittenExpectation::default() };
        let text = text(&contract, "What one key became", &notes, &records, &expect);
        if save {
            self.save_new_test(&path, &text).await?;
        }
        Ok(SavedTest { path, text, saved: save })
    }

    /// The rows of silver in the words of the test: what the replaced events make where silver has what the real ones make,
    /// and what silver has where it has something else.
    async fn expected_rows(
        &self,
        contract: &Arc<Contract>,
        found: &ExplainedKey,
        path: &str,
        records: &BTreeMap<RecordPlace, String>,
        notes: &mut Vec<String>,
    ) -> Result<Vec<WrittenRow>, RunError> {
        let draft = text(contract, "", &[], records, &WrittenExpectation::default());
        let played = Box::pin(replayed(&set_of(contract), path, &draft)).await?;
        if let Some(stopped) = &played.stopped {
            notes.push(format!("By themselves these events stop the table: {stopped}"));
        }
        let made = rows_of(std::slice::from_ref(&found.story.rows))?;
        let silver = match &found.silver {
            Ok(rows) => rows_of(rows)?,
            Err(because) => {
                notes.push(format!("Silver was not compared: {because}."));
                made.clone()
            }
        };
        if played.silver.len() != made.len() {
            notes.push(format!(
                "The replaced events make {} rows, the real ones {}: some values mean something that a replacement does not.",
                played.silver.len(),
                made.len()
            ));
        }
        if silver.len() != made.len() {
            notes.push(format!("Silver has {} rows of the key, its events make {}.", silver.len(), made.len()));
        }
        let names = columns_of(contract);
        let mut rows = Vec::new();
        for (at, is) in silver.iter().enumerate().take(played.silver.len().max(silver.len())) {
            let (played, made) = (played.silver.get(at), made.get(at));
            let mut row = WrittenRow::new();
            for (name, is_personal) in &names {
                let (Some(actual), wanted) = (is.get(name), made.and_then(|made| made.get(name))) else { continue };
                match played.and_then(|played| played.get(name)) {
                    Some(replaced) if wanted.is_none_or(|wanted| wanted == actual) => {
                        row.push((name.clone(), replaced.clone()));
                    }
                    _ if !is_personal => row.push((name.clone(), actual.clone())),
                    _ => notes
                        .push(format!("{name} of silver is not what the events make; it is personal and left out.")),
                }
            }
            rows.push(row);
        }
        Ok(rows)
    }

    /// Batches that are corrections of records in quarantine.
    pub(super) async fn corrections(&self, table: &TableName) -> Result<BTreeSet<u64>, RunError> {
        let manifests = self.lake.ledger().batches(table).await?;
        let is_one = |files: &[sluice_change::SourceFile]| {
            files.first().is_some_and(|file| correction_number(&file.path).is_some())
        };
        Ok(manifests.iter().filter(|of| is_one(&of.files)).map(|of| of.batch).collect())
    }

    /// Puts a test into the draft where none of its name is.
    pub(super) async fn save_new_test(&self, path: &str, text: &str) -> Result<(), RunError> {
        if self.lake.objects().exists(path).await? {
            let message = format!("There is a test {path} already");
            return Err(RunError::input(message, "Give this one another name, or remove that one"));
        }
        self.save_test(path, text.to_owned()).await
    }
}

/// The draft that has this contract alone.
pub(super) fn set_of(contract: &Arc<Contract>) -> ContractSet {
    let contracts = BTreeMap::from([(contract.name.clone(), Arc::clone(contract))]);
    ContractSet { contracts, ..ContractSet::default() }
}

/// Columns whose values a test states, and whether each is personal.
pub(super) fn columns_of(contract: &Contract) -> Vec<(String, bool)> {
    let own = contract.columns.iter().filter(|column| !column.removed);
    let own = own.map(|column| (column.name.clone(), column.pii));
    let more = match contract.apply.scd {
        Scd::Type2 => &[Column::START_AT, Column::END_AT][..],
        Scd::Type1 | Scd::Append => &[],
    };
    own.chain(more.iter().map(|name| ((*name).to_owned(), false))).collect()
}

/// The stated cells of rows that are there.
pub(super) fn stated(contract: &Contract, rows: &[Row]) -> Vec<WrittenRow> {
    let names = columns_of(contract);
    let row = |row: &Row| -> WrittenRow {
        names.iter().filter_map(|(name, _)| Some((name.clone(), row.get(name)?.clone()))).collect()
    };
    rows.iter().map(row).collect()
}

/// Records without personal values, those that a test can hold; of the others a note says why not.
pub(super) fn prepared(
    contract: &Contract,
    records: BTreeMap<RecordPlace, String>,
    corrections: &BTreeSet<u64>,
    notes: &mut Vec<String>,
) -> BTreeMap<RecordPlace, String> {
    let mut pseudonyms = Pseudonyms::of(contract);
    let (mut kept, mut lost) = (BTreeMap::new(), 0);
    for (at, record) in records {
        let record = pseudonyms.record(&record);
        if corrections.contains(&at.0) {
            notes.push(format!("Batch {} is the correction of a record in quarantine and is left out.", at.0));
        } else if is_writable(&record) {
            kept.insert(at, record);
        } else {
            lost += 1;
        }
    }
    if lost > 0 {
        notes.push(format!("Left out because they are no text of one line: {lost} records."));
    }
    kept
}

fn records_of(found: &ExplainedKey) -> BTreeMap<RecordPlace, String> {
    let mut records = BTreeMap::new();
    for (changes, batch) in found.changes.iter().zip(&found.batches) {
        for (row, record) in changes.records.iter().enumerate() {
            let at = changes.refs.at(row);
            let file = changes.files.get(at.file as usize).map_or_else(String::new, |file| file.path.clone());
            records.insert((*batch, file, at.row), record.clone());
        }
    }
    for (batch, file, reject) in &found.rejects {
        records.insert((*batch, file.clone(), reject.at.row), reject.raw.clone());
    }
    records
}

/// The place of a test by its name.
///
/// # Errors
/// If the name cannot be one of a file.
pub(super) fn path_of(table: &TableName, name: &str) -> Result<String, RunError> {
    let plain = name.strip_suffix(".yaml").unwrap_or(name);
    let is_plain = |letter: char| letter.is_alphanumeric() || letter == '-' || letter == '_';
    if plain.is_empty() || plain.len() > 100 || !plain.chars().all(is_plain) {
        let next = "Use letters, digits, - and _; with a / in it, or with .yaml, it is a file of this machine";
        return Err(RunError::input(format!("`{name}` is no name of a test"), next));
    }
    Ok(format!("tests/{}/{}/{plain}.yaml", table.dataset, table.table))
}

/// A name by the key, unless that is personal.
fn name_of_key(contract: &Contract, key: &[(String, String)]) -> String {
    let is_personal = contract.columns.iter().any(|column| column.pii && contract.apply.key.contains(&column.name));
    if is_personal {
        return "one_key".to_owned();
    }
    let text: Vec<String> = key.iter().map(|(name, value)| format!("{name}_{value}")).collect();
    let text = text.join("_");
    let plain = |letter: char| if letter.is_alphanumeric() || letter == '-' || letter == '_' { letter } else { '_' };
    text.chars().map(plain).take(60).collect()
}
