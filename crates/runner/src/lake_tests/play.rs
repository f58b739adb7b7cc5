//! Plays a test: its files land batch by batch, each is replayed, and what there is then is compared.

use super::compare::{CELLS_MAX, Compared, Rows};
use super::expectations::{Place, Rejected, rejected};
use super::given::{Landed, land};
use super::memory_lake::memory_lake;
use super::mistakes::{no_contract, problem};
use super::set_of_test::SetOfTest;
use crate::contract_set::ContractSet;
use crate::gold::declared_key::declared_key;
use crate::pipeline::decoder::DecoderOptions;
use crate::quality::read_records;
use crate::{Job, ReplayOptions, RunError, replay};
use sluice_api::{ApiError, JobId, LakeTestFailure, Problem, ReplaySummary};
use sluice_contract::{Contract, ExpectedRows, LakeTest, TableName, TestBatch};
use sluice_lake::{Lake, TableLocation};
use sluice_query::{QueryEngine, check_views};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Mutex;

/// What a test is played with.
pub(super) struct Playing<'a> {
    pub(super) set: &'a ContractSet,
    pub(super) engine: &'a QueryEngine,
    /// Models run one after the other: the engine knows one lake's tables at a time.
    pub(super) gold: &'a Mutex<()>,
    /// A folder of its own, for copies of files that DuckDB reads.
    pub(super) folder: PathBuf,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Played {
    pub(super) compared: u64,
    pub(super) problems: Vec<Problem>,
    pub(super) failures: Vec<LakeTestFailure>,
    /// The lake after the last batch; `None` if a problem stopped the test.
    pub(super) lake: Option<Lake>,
    /// Why the table stopped at the last batch, and the last batch that it had before.
    pub(super) stopped: Option<String>,
    pub(super) last_batch: u64,
}

pub(super) async fn play(test: &LakeTest, playing: Playing<'_>) -> Result<Played, RunError> {
    let Playing { set, engine, gold, folder } = playing;
    let mut found = Played::default();
    let mut set = match SetOfTest::of(test, set, engine) {
        Ok(set) => set,
        Err(problems) => return Ok(Played { problems, ..found }),
    };
    let lake = memory_lake(folder, test.now_ms, set.set.contracts.values())?;
    let _turn = if set.set.models.is_empty() { None } else { Some(gold.lock().await) };
    let mut records: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut position = 0;
    for (number, batch) in test.batches.iter().enumerate() {
        if let Some(contract) = &batch.contract
            && let Err(problems) = set.change(test, contract)
        {
            found.problems.extend(problems);
            return Ok(found);
        }
        for (file_number, file) in batch.files.iter().enumerate() {
            let name = file.table.as_ref().unwrap_or(&test.table);
            let Some(contract) = set.set.contracts.get(name) else {
                found.problems.push(no_contract(&set.set, name, test, file.line));
                return Ok(found);
            };
            match land(test, file, contract, (number + 1, file_number + 1), &mut position) {
                Ok(Landed { path, content, records: kept }) => {
                    lake.objects().put(&path, content.into()).await?;
                    match kept {
                        Some(kept) => records.insert(path, kept),
                        None => records.remove(&path),
                    };
                }
                Err(problem) => {
                    found.problems.push(problem);
                    return Ok(found);
                }
            }
        }
        let before = last_batch(&lake, &test.table).await?;
        let options = ReplayOptions {
            tables: set.tables.iter().cloned().collect(),
            concurrency: 1,
            decoder: DecoderOptions { records: Arc::new(records.clone()), ..DecoderOptions::default() },
            ..ReplayOptions::default()
        };
        let job = Job::new(JobId(0), test.path.clone());
        let summary = replay(&lake, engine, &set.set, &options, &job).await?;
        let Some(contract) = set.set.contracts.get(&test.table) else { return Ok(found) };
        let after = After {
            test,
            lake: &lake,
            set: &set.set,
            contract,
            summary: &summary,
            before,
            place: Place { batch: u32::try_from(number + 1).unwrap_or(u32::MAX) },
        };
        Box::pin(after.compare(batch, &mut found)).await?;
        let replayed = summary.tables.iter().find(|replayed| replayed.table == test.table);
        found.stopped = replayed.and_then(|replayed| Some(replayed.error.as_ref()?.message.clone()));
        found.last_batch = before;
    }
    found.lake = Some(lake);
    Ok(found)
}

async fn last_batch(lake: &Lake, table: &TableName) -> Result<u64, RunError> {
    Ok(lake.ledger().batches(table).await?.last().map_or(0, |manifest| manifest.batch))
}

/// The lake after a batch.
struct After<'a> {
    test: &'a LakeTest,
    lake: &'a Lake,
    set: &'a ContractSet,
    contract: &'a Arc<Contract>,
    summary: &'a ReplaySummary,
    /// Last batch that the table had before.
    before: u64,
    place: Place,
}

impl After<'_> {
    async fn compare(&self, batch: &TestBatch, found: &mut Played) -> Result<(), RunError> {
        let expect = &batch.expect;
        let replayed = self.summary.tables.iter().find(|replayed| replayed.table == self.test.table);
        let error: Option<&ApiError> = replayed.and_then(|replayed| replayed.error.as_ref());
        found.compared += u64::from(expect.stopped.is_some());
        found.failures.extend(self.place.stopped(batch.line, expect.stopped.as_ref(), error));
        let others = self.summary.tables.iter().filter(|replayed| replayed.table != self.test.table);
        for (name, error) in others.filter_map(|of| Some((&of.table, of.error.as_ref()?))) {
            let message = format!("{name} stopped: {error}");
            found.failures.push(self.place.failure(batch.line, "stopped", message, Vec::new()));
        }
        if expect.silver.is_some() || expect.columns.is_some() {
            let silver = self.rows(TableLocation::Silver(self.test.table.clone())).await?;
            if let Some(rows) = &expect.silver {
                self.compare_rows("silver", rows, &self.contract.apply.key, &silver, found);
            }
            if let Some(expected) = &expect.columns {
                found.compared += 1;
                found.failures.extend(self.place.columns(expected, silver.columns()));
            }
        }
        if let Some(expected) = &expect.changes {
            self.compare_changes(expected, found).await?;
        }
        if let Some(expected) = &expect.quarantine {
            found.compared += 1 + expected.len() as u64;
            found.failures.extend(self.place.quarantine(batch.line, expected, self.rejected().await?));
        }
        if !expect.checks.is_empty() {
            let last = last_batch(self.lake, &self.test.table).await?;
            let records = read_records(self.lake, &self.test.table, last).await?;
            let views = check_views(self.contract, &records);
            for expected in &expect.checks {
                found.compared += 1;
                match self.place.check(expected, &views, self.contract) {
                    Ok(failure) => found.failures.extend(failure),
                    Err(known) => {
                        let next = match known.as_str() {
                            "" => "The contract has no checks".to_owned(),
                            known => format!("Its checks are {known}"),
                        };
                        let message = format!("{} has no check {}", self.test.table, expected.check);
                        found.problems.push(problem(self.test, expected.line, message, next));
                    }
                }
            }
        }
        if let Some(line) = expect.all_checks {
            found.compared += 1;
            found.failures.extend(self.place.all_checks(line, &expect.checks, self.contract));
        }
        for expected in &expect.counters {
            found.compared += 1;
            let counters = replayed.map(|replayed| replayed.counters).unwrap_or_default();
            match self.place.counter(expected, counters) {
                Ok(failure) => found.failures.extend(failure),
                Err(known) => {
                    let message = format!("there is no counter {}", expected.name);
                    found.problems.push(problem(self.test, expected.line, message, format!("There are {known}")));
                }
            }
        }
        for (model, rows) in &expect.gold {
            self.compare_gold(model, rows, found).await?;
        }
        Ok(())
    }

    /// Rows of the table of changes have no key: each is looked for as a whole.
    async fn compare_changes(&self, expected: &ExpectedRows, found: &mut Played) -> Result<(), RunError> {
        let rows = match self.contract.changes_contract() {
            Some(changes) => self.rows(TableLocation::Silver(changes.name)).await?,
            None if expected.rows.is_empty() => {
                found.compared += 1;
                return Ok(());
            }
            None => {
                let message = "the contract does not say changes_table: true".to_owned();
                found.failures.push(self.place.failure(expected.line, "changes", message, Vec::new()));
                return Ok(());
            }
        };
        self.compare_rows("changes", expected, &[], &rows, found);
        Ok(())
    }

    async fn compare_gold(
        &self,
        model: &TableName,
        expected: &ExpectedRows,
        found: &mut Played,
    ) -> Result<(), RunError> {
        let what = format!("gold.{model}");
        if let Some(failed) = self.summary.gold_failed.iter().find(|failed| failed.model == *model) {
            found.failures.push(self.place.failure(expected.line, &what, failed.error.to_string(), Vec::new()));
            return Ok(());
        }
        let location = TableLocation::Gold(model.clone());
        if self.lake.table(location.clone()).snapshot(None).await?.is_none() {
            let message =
                "the model did not run: a table that it reads has no batch in this test, give it one with table";
            found.failures.push(self.place.failure(expected.line, &what, message.to_owned(), Vec::new()));
            return Ok(());
        }
        let rows = self.rows(location).await?;
        let model = self.set.models.iter().find(|of| of.name == *model);
        let key = model.and_then(|model| declared_key(&model.sql)).unwrap_or_default();
        self.compare_rows(&what, expected, &key, &rows, found);
        Ok(())
    }

    fn compare_rows(&self, what: &str, expected: &ExpectedRows, key: &[String], rows: &Rows, found: &mut Played) {
        let nameless = expected.rows.iter().filter(|row| !key.iter().all(|name| row.cells.contains_key(name)));
        let nameless: Vec<Problem> = nameless
            .map(|row| {
                let message = format!("the row of {what} does not name its key, {}", key.join(" and "));
                problem(self.test, row.line, message, "Add the key; a row is found by it")
            })
            .collect();
        if !nameless.is_empty() {
            found.problems.extend(nameless);
            return;
        }
        let Compared { compared, cells, differing, unknown } = rows.compare(expected, key);
        found.compared += compared;
        if let Some((line, column)) = unknown.first() {
            let message = format!("{what} has no column {column}");
            found.failures.push(self.place.failure(*line, what, message, Vec::new()));
        } else if differing > 0 {
            let shown = if differing > CELLS_MAX as u64 { format!(", {CELLS_MAX} are shown") } else { String::new() };
            let cells_word = if differing == 1 { "cell differs" } else { "cells differ" };
            let message = format!("{differing} {cells_word}{shown}");
            found.failures.push(self.place.failure(expected.line, what, message, cells));
        }
    }

    async fn rows(&self, location: TableLocation) -> Result<Rows, RunError> {
        let store = self.lake.table(location);
        match store.snapshot(None).await? {
            Some(snapshot) => Rows::of(&snapshot.schema, &store.read_files(&snapshot, &snapshot.files, None).await?),
            None => Ok(Rows::none()),
        }
    }

    async fn rejected(&self) -> Result<Vec<Rejected>, RunError> {
        let store = self.lake.table(TableLocation::Quarantine(self.test.table.clone()));
        match store.snapshot(None).await? {
            Some(snapshot) => rejected(&store.read_files(&snapshot, &snapshot.files, None).await?, self.before),
            None => Ok(Vec::new()),
        }
    }
}
