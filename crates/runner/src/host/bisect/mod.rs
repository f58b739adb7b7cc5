//! Since when something is so in a table: its versions are halved, and the event of the batch that it began with is looked up.

mod search;
mod within;

use super::diff_sides::version_at;
use super::results::PastTables;
use super::{Host, OpenLake};
use crate::support::arrow_ipc::read_ipc;
use crate::support::blocking::blocking;
use crate::support::column_texts::ColumnTexts;
use crate::support::elapsed::elapsed_ms;
use crate::support::local_tables::version_files;
use crate::support::places::location;
use crate::{Job, RunError};
use arrow::array::{Array, AsArray};
use search::{Since, first_that_holds};
use sluice_api::{
    Answer, BisectFound, BisectQuestion, BisectStep, Bisection, EventOutcome, ExplainedEvent, JobKind, Layer,
    PageRequest, TableRef, ask, masked,
};
use sluice_contract::{Check, CheckRule, Contract, Severity, Verdict};
use sluice_lake::{DeltaStore, HistoryEntry, LakeError};
use sluice_query::{CheckInput, ParentTables, PastAt, PersonalColumns, RowProbe, TableFiles};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

impl Answer<ask::Bisect> for Host {
    async fn answer(&self, request: ask::Bisect) -> Result<Bisection, RunError> {
        let ask::Bisect { table, question, reveal, job } = request;
        let open = self.opened().await?;
        let title = format!("Bisect {table}");
        let work = async |job: &Job| open.bisect(table, question, reveal, job).await;
        self.as_job(job, JobKind::Bisect, title, |_| None, work).await
    }
}

/// A search under way.
struct Search<'a> {
    open: &'a OpenLake,
    job: &'a Job,
    table: TableRef,
    question: BisectQuestion,
    store: DeltaStore,
    /// Personal columns of the table; none if they are to be shown.
    personal: PersonalColumns,
    reveal: bool,
    /// The check that is asked for.
    check: Option<Arc<Contract>>,
}

/// What is known of the row with which it began.
enum Within {
    Row {
        /// Its key; personal values are masked.
        key: Vec<(String, String)>,
        event: Option<Box<ExplainedEvent>>,
        /// Why the event is not known, if it is not.
        because: Option<String>,
    },
    Unknown(String),
}

/// What one version says.
struct Look {
    holds: bool,
    shown: Option<String>,
}

impl OpenLake {
    async fn bisect(
        &self,
        table: TableRef,
        question: BisectQuestion,
        reveal: bool,
        job: &Job,
    ) -> Result<Bisection, RunError> {
        let started = Instant::now();
        if table.layer == Layer::Bronze {
            let next = "Bisect the silver table that is made of it, or trace a file with `sluice trace`";
            return Err(RunError::input(format!("{table} only grows: it has every record since it came"), next));
        }
        let store = self.snapshot(&table, None).await?.0;
        let Some((oldest, versions)) = store.maintenance().readable_versions().await? else {
            return Err(RunError::not_found(format!("{table} does not exist yet"), "Replay it first"));
        };
        let mut entries: Vec<HistoryEntry> = versions
            .into_iter()
            .filter(|version| version.changes_rows && version.entry.version != oldest.version)
            .map(|version| version.entry)
            .collect();
        entries.extend(store.history_until(oldest.version, 1).await?.into_iter().filter(|_| oldest.rows() > 0));
        entries.sort_by_key(|entry| entry.version);
        let personal = if reveal { PersonalColumns::default() } else { self.personal_of(&table).await? };
        let check = match &question {
            BisectQuestion::Check { check } => Some(self.asked_check(&table, check).await?),
            _ => None,
        };
        let question = match question {
            BisectQuestion::Value { key, column, value } => {
                BisectQuestion::Value { key: self.key_as_given(&table, key).await, column, value }
            }
            BisectQuestion::Row { key, is_there } => {
                BisectQuestion::Row { key: self.key_as_given(&table, key).await, is_there }
            }
            other @ (BisectQuestion::Check { .. } | BisectQuestion::Sql { .. }) => other,
        };
        let search = Search { open: self, job, table, question, store, personal, reveal, check };
        search.run(entries, started).await
    }

    /// The contract of a table with one check.
    async fn asked_check(&self, table: &TableRef, text: &str) -> Result<Arc<Contract>, RunError> {
        if table.layer != Layer::Silver {
            return Err(RunError::input(
                format!("{table} has no contract, and so no checks"),
                "Ask with a statement: --sql \"SELECT count(*) = 0 FROM …\"",
            ));
        }
        let check = Check::parse(text, None).map_err(|mistake| RunError::input(mistake.message, mistake.fix))?;
        let mut contract = Contract::clone(&*self.contract_of(table).await?);
        contract.checks = vec![CheckRule { check, severity: Severity::Fail, quarantines: false, line: 0 }];
        Ok(Arc::new(contract))
    }
}

impl Search<'_> {
    async fn run(self, entries: Vec<HistoryEntry>, started: Instant) -> Result<Bisection, RunError> {
        let what = self.table.to_string();
        let mut steps = Vec::new();
        let since = first_that_holds(entries.len(), async |at| {
            self.job.check()?;
            let Some(entry) = entries.get(at) else { return Ok(None) };
            let look = match self.look(entry).await {
                Ok(look) => look,
                // Its files are gone.
                Err(RunError::Lake(LakeError::NotFound { .. })) => return Ok(None),
                Err(error) => return Err(error),
            };
            self.job.progress(&what, |progress| {
                progress.done += 1;
                progress.note = format!("v{}", entry.version);
            });
            let holds = look.holds;
            steps.push(BisectStep {
                version: entry.version,
                at_ms: entry.timestamp_ms,
                batch: self.batch_of(entry),
                holds,
                shown: look.shown,
            });
            Ok::<_, RunError>(Some(holds))
        });
        let since = since.await?;
        let found = match since {
            Since::Position(at, before) => {
                let before = before.and_then(|before| entries.get(before));
                match entries.get(at) {
                    Some(entry) => Some(self.found(entry, before).await?),
                    None => None,
                }
            }
            Since::Never | Since::Unreadable => None,
        };
        let searched = entries.first().zip(entries.last()).map(|(first, last)| (first.version, last.version));
        let question = self.in_words();
        let verdict = verdict(&self.table, since, found.as_ref(), searched);
        Ok(Bisection {
            question,
            verdict,
            searched,
            versions: entries.len() as u64,
            steps,
            found,
            elapsed_ms: elapsed_ms(started),
            table: self.table,
        })
    }

    fn batch_of(&self, entry: &HistoryEntry) -> Option<u64> {
        entry.info.batch.filter(|_| self.table.layer == Layer::Silver)
    }

    async fn look(&self, entry: &HistoryEntry) -> Result<Look, RunError> {
        if let BisectQuestion::Sql { sql } = &self.question {
            return self.look_by_sql(sql, entry, None).await;
        }
        let snapshot =
            self.store.snapshot(Some(entry.version)).await?.ok_or_else(|| RunError::Lake(self.gone(entry)))?;
        let files = version_files(&self.store, &self.table, &snapshot).await?;
        let forgotten = match self.reveal {
            true => PersonalColumns::default(),
            false => self.open.forgotten_columns(&self.table, &self.store, &snapshot).await?,
        };
        let (engine, question) = (self.open.engine.clone(), self.question.clone());
        let probe = |key: &[(String, String)], value| RowProbe { key: key.to_vec(), value };
        match question {
            BisectQuestion::Value { key, column, value } => {
                let is_personal = self.personal.contains(&column) || forgotten.contains(&column);
                let probe = probe(&key, Some((column, value)));
                let row = blocking(move || Ok(engine.probe_row(&files, &probe)?)).await?;
                let shown = match (&row.shown, row.rows) {
                    (_, 0) => "no row".to_owned(),
                    (None, _) => "null".to_owned(),
                    (Some(text), _) if is_personal => masked(text),
                    (Some(text), _) => text.clone(),
                };
                Ok(Look { holds: row.with_value > 0, shown: Some(shown) })
            }
            BisectQuestion::Row { key, is_there } => {
                let probe = probe(&key, None);
                let row = blocking(move || Ok(engine.probe_row(&files, &probe)?)).await?;
                let shown = match row.rows {
                    0 => "no row".to_owned(),
                    1 => "1 row".to_owned(),
                    many => format!("{many} rows"),
                };
                Ok(Look { holds: (row.rows > 0) == is_there, shown: Some(shown) })
            }
            BisectQuestion::Check { .. } => self.look_by_check(files).await,
            BisectQuestion::Sql { .. } => Err(RunError::Internal("a statement is looked at by itself".to_owned())),
        }
    }

    async fn look_by_check(&self, files: TableFiles) -> Result<Look, RunError> {
        let Some(contract) = self.check.clone() else {
            return Err(RunError::Internal("no check was read".to_owned()));
        };
        let engine = self.open.engine.clone();
        let records = blocking(move || {
            let parents = ParentTables::new();
            let input = CheckInput { contract: &contract, files: &files.files, parents: &parents };
            let chosen: Vec<bool> = std::iter::once(true).collect();
            Ok(engine.check_chosen(&input, &chosen)?)
        })
        .await?;
        let record = records.into_iter().flatten().next();
        let Some(record) = record else { return Err(RunError::Internal("a check has no outcome".to_owned())) };
        match record.outcome.verdict {
            Verdict::NotEvaluated { reason } => Err(RunError::input(
                format!("{} cannot be evaluated on a version: {reason}", record.check),
                "Ask with a statement instead: --sql \"SELECT …\"",
            )),
            verdict => {
                let failed = record.outcome.failed.filter(|rows| *rows > 0);
                let shown = match (&verdict, failed) {
                    (Verdict::Passed, _) => "passes".to_owned(),
                    (_, Some(1)) => "1 row fails".to_owned(),
                    (_, Some(rows)) => format!("{rows} rows fail"),
                    (_, None) => "fails".to_owned(),
                };
                Ok(Look { holds: verdict == Verdict::Failed, shown: Some(shown) })
            }
        }
    }

    /// The first value of a statement whose tables are as they were at a commit; `rows`: those of the table instead.
    async fn look_by_sql(&self, sql: &str, entry: &HistoryEntry, rows: Option<TableFiles>) -> Result<Look, RunError> {
        let (engine, text) = (self.open.engine.clone(), sql.to_owned());
        let named = blocking(move || Ok(engine.all_tables(&text)?)).await?;
        if !named.iter().any(|past| past.table == self.table && past.at == PastAt::Now) {
            return Err(RunError::input(
                format!("The statement does not read {} as it is", self.table),
                format!("Write FROM {} without AT: its versions are searched", self.table),
            ));
        }
        // A version that the statement itself names stays.
        let then = async |table: &TableRef| match *table == self.table {
            true => Ok(entry.version),
            false => version_at(&self.open.lake.table(location(table)), table, entry.timestamp_ms).await,
        };
        let PastTables { read: mut tables, unknown } = self.open.versions_read(named, then).await?;
        if let Some(rows) = rows {
            for (past, _, files) in &mut tables {
                if past.table == self.table && past.at == PastAt::Now {
                    files.files.clone_from(&rows.files);
                }
            }
        }
        let personal = match self.reveal {
            true => PersonalColumns::default(),
            false => self.open.personal_in_sql(sql, &unknown).await?,
        };
        let (engine, text, job) = (self.open.engine.clone(), sql.to_owned(), self.job.id());
        let (names, rows) = blocking(move || {
            let text = engine.with_past_tables(&text, tables)?;
            let view = engine.query(job, &text)?;
            let page = engine.page(PageRequest { result: view.id, first_row: 0, rows: 1 });
            engine.drop_result(view.id);
            Ok((view.columns, read_ipc(&page?)?))
        })
        .await?;
        let first = rows.first().filter(|rows| rows.num_rows() > 0);
        let Some(rows) = first else { return Ok(Look { holds: false, shown: Some("no row".to_owned()) }) };
        let Some(answer) = rows.column(0).as_boolean_opt() else {
            return Err(RunError::input(
                "The first column of the statement is neither true nor false",
                "Write what is looked for as a condition: SELECT sum(total) < 0 FROM …",
            ));
        };
        let shown = match (rows.num_columns(), names.get(1)) {
            (2.., Some(column)) => {
                let text = ColumnTexts::of(rows.column(1))?.text(0);
                let is_personal = personal.contains(&column.name);
                Some(text.map_or_else(|| "null".to_owned(), |text| if is_personal { masked(&text) } else { text }))
            }
            _ => None,
        };
        Ok(Look { holds: answer.is_valid(0) && answer.value(0), shown })
    }

    fn gone(&self, entry: &HistoryEntry) -> LakeError {
        LakeError::NotFound { path: format!("{} v{}", self.table, entry.version) }
    }

    /// Where it began.
    async fn found(&self, entry: &HistoryEntry, before: Option<&HistoryEntry>) -> Result<BisectFound, RunError> {
        let batch = self.batch_of(entry);
        let files = match batch {
            Some(batch) => {
                let manifests = self.open.lake.ledger().batches(&self.table.name).await?;
                let manifest = manifests.iter().find(|manifest| manifest.batch == batch);
                manifest.into_iter().flat_map(|of| &of.files).map(|file| file.path.clone()).collect()
            }
            None => Vec::new(),
        };
        let of = |entry: Option<&HistoryEntry>| entry.and_then(|entry| entry.info.from.clone()).unwrap_or_default();
        let (old, new) = (of(before), of(Some(entry)));
        let names: BTreeMap<&String, ()> = old.keys().chain(new.keys()).map(|name| (name, ())).collect();
        let inputs = names.into_keys().map(|name| (name.clone(), old.get(name).copied(), new.get(name).copied()));
        let (mut event, mut key, mut no_event) = (None, Vec::new(), None);
        if before.is_some() && self.table.layer == Layer::Silver {
            match &self.question {
                BisectQuestion::Check { .. } | BisectQuestion::Sql { .. } => match self.within(entry).await? {
                    Within::Row { key: of, event: by, because } => {
                        (key, event, no_event) = (of, by.map(|event| *event), because);
                    }
                    Within::Unknown(because) => no_event = Some(because),
                },
                BisectQuestion::Value { .. } | BisectQuestion::Row { .. } => event = self.event(entry.version).await,
            }
        }
        Ok(BisectFound {
            version: entry.version,
            before: before.map(|entry| entry.version),
            batch,
            files,
            inputs: inputs.collect(),
            event,
            key,
            no_event,
        })
    }

    /// The event that made the row what it is in a version; `None` where that is not known.
    async fn event(&self, version: u64) -> Option<ExplainedEvent> {
        let (key, column) = match &self.question {
            BisectQuestion::Value { key, column, .. } => (key, Some(column)),
            BisectQuestion::Row { key, .. } => (key, None),
            BisectQuestion::Check { .. } | BisectQuestion::Sql { .. } => return None,
        };
        let explained = self.open.explain(&self.table, key.clone(), Some(version), self.reveal, self.job).await.ok()?;
        let is_applied = |event: &&ExplainedEvent| matches!(event.outcome, EventOutcome::Applied);
        let writer = match explained.rows.last() {
            Some(row) => {
                let cell = row.cells.iter().find(|cell| column.is_none_or(|column| cell.column == *column));
                let number = cell.and_then(|cell| cell.event)?;
                explained.events.iter().find(|event| event.number == number)
            }
            None => explained.events.iter().rev().find(is_applied),
        };
        writer.cloned()
    }

    fn in_words(&self) -> String {
        let row = |key: &[(String, String)]| {
            let part = |(name, value): &(String, String)| {
                let value = if self.personal.contains(name) { masked(value) } else { value.clone() };
                format!("{name} = {value}")
            };
            key.iter().map(part).collect::<Vec<_>>().join(", ")
        };
        match &self.question {
            BisectQuestion::Value { key, column, value } => {
                let value = match value {
                    None => "null".to_owned(),
                    Some(text) if self.personal.contains(column) => masked(text),
                    Some(text) => text.clone(),
                };
                format!("the row {} has {column} = {value}", row(key))
            }
            BisectQuestion::Row { key, is_there: true } => format!("there is a row {}", row(key)),
            BisectQuestion::Row { key, is_there: false } => format!("there is no row {}", row(key)),
            BisectQuestion::Check { check } => format!("{check} does not hold"),
            BisectQuestion::Sql { .. } => "the statement is true".to_owned(),
        }
    }
}

fn verdict(table: &TableRef, since: Since, found: Option<&BisectFound>, searched: Option<(u64, u64)>) -> String {
    let span = searched.map_or_else(String::new, |(first, last)| format!(" (v{first} to v{last} can be read)"));
    match (since, found) {
        (Since::Unreadable, _) => format!("No version of {table} can be read"),
        (Since::Never, _) | (_, None) => format!("It is not so in the latest version of {table}{span}"),
        (Since::Position(..), Some(found)) => {
            let Some(before) = found.before else {
                return format!("It is so since v{} at least, which is the first that can be read", found.version);
            };
            let version = found.version;
            let began = match (found.batch, &found.event) {
                (Some(batch), Some(event)) if event.batch == batch => format!(
                    "It is so since batch {batch} (v{version}), by record {} of {}: {}",
                    event.record, event.file, event.operation
                ),
                (Some(batch), _) => format!("It is so since batch {batch} (v{version})"),
                (None, _) => {
                    let changed = found.inputs.iter().filter(|(_, old, new)| old != new);
                    let from = |old: &Option<u64>| old.map_or_else(|| "nothing".to_owned(), |old| format!("v{old}"));
                    let changed: Vec<String> =
                        changed.map(|(name, old, new)| format!("{name} {} to {}", from(old), from(new))).collect();
                    match changed.is_empty() {
                        true => format!("It is so since v{version}"),
                        false => format!("It is so since v{version}, made when these changed: {}", changed.join(", ")),
                    }
                }
            };
            let row = found.key.iter().map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>().join(", ");
            let row = if row.is_empty() { String::new() } else { format!(", with the row {row}") };
            let unknown =
                found.no_event.as_ref().map_or_else(String::new, |why| format!(". Not known is by which event: {why}"));
            format!("{began}{row}{unknown}. It was not in v{before}")
        }
    }
}
