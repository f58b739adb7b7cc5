//! Answers what became of a delivered file or record.

use super::explain::{operation, outcome, quarantined};
use super::holding_decisions::Holding;
use super::trace_words::verdict;
use super::{Host, OpenLake};
use crate::contract_set::ContractSet;
use crate::pipeline::source_files::new_files;
use crate::pipeline::source_listing::Look;
use crate::pipeline::trace::{TracedEvent, TracedFile, trace_file};
use crate::support::column_texts::ColumnTexts;
use crate::support::elapsed::elapsed_ms;
use crate::support::masked_record::masked_record;
use crate::{Job, RunError};
use arrow::array::RecordBatch;
use sluice_api::{
    Answer, EventOutcome, JobId, Layer, TRACED_MAX, TableName, TableRef, Trace, TraceCounts, TraceStage, TracedCell,
    TracedGold, TracedPlace, TracedRecord, ask, masked,
};
use sluice_change::{Op, SourceFile};
use sluice_contract::RecordNumber;
use sluice_contract::{Contract, RecordAction};
use sluice_lake::TableLocation;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// Names of files that an error proposes.
const NEAREST: usize = 5;

impl Answer<ask::Trace> for Host {
    async fn answer(&self, request: ask::Trace) -> Result<Vec<Trace>, RunError> {
        let ask::Trace { file, record, reveal } = request;
        self.opened().await?.trace(&file, record, reveal).await
    }
}

/// A delivery of a file: to which table, by which batch.
struct Delivery {
    contract: Arc<Contract>,
    batch: Option<u64>,
    file: SourceFile,
}

impl OpenLake {
    async fn trace(&self, path: &str, record: Option<RecordNumber>, reveal: bool) -> Result<Vec<Trace>, RunError> {
        let started = Instant::now();
        let job = Job::new(JobId(0), format!("Trace {path}"));
        let (deliveries, known) = self.deliveries(path).await?;
        let paths: BTreeSet<&str> = deliveries.iter().map(|delivery| delivery.file.path.as_str()).collect();
        if paths.is_empty() {
            let next = match nearest(path, &known) {
                _ if path.ends_with(":0") => "The records of a file are counted from 1".to_owned(),
                names if names.is_empty() => "`sluice batches TABLE` lists the files of each batch".to_owned(),
                names => format!("The nearest names are {}", names.join(", ")),
            };
            return Err(RunError::not_found(format!("{path} was not delivered to a table of this lake"), next));
        }
        if paths.len() > 1 {
            let shown: Vec<&str> = paths.into_iter().take(NEAREST).collect();
            let message = format!("{path} is the name of several files");
            return Err(RunError::input(message, format!("Write more of the path: {}", shown.join(", "))));
        }
        let mut traces = Vec::new();
        for Delivery { contract, batch, file } in deliveries {
            let Some(batch) = batch else {
                traces.push(waiting(&contract, file, record, started));
                continue;
            };
            let traced = trace_file(
                &self.lake,
                &self.engine,
                &contract,
                (batch, &file.path),
                record.map(RecordNumber::row),
                &job,
            )
            .await?;
            let is_nothing = traced.is_in_bronze && traced.events.is_empty() && traced.rejects.is_empty();
            if let Some(record) = record.filter(|_| is_nothing) {
                let message = format!("{} has no record {record} that bronze keeps", file.path);
                let next = format!("`sluice trace {}` counts its records", file.path);
                return Err(RunError::not_found(message, next));
            }
            let mut trace = view(&traced, (batch, file), record, reveal, started)?;
            trace.gold = self.gold_that_reads(&contract, &trace).await?;
            traces.push(trace);
        }
        Ok(traces)
    }

    /// Every delivery of the files whose path is, or ends with, `path`; and all paths.
    async fn deliveries(&self, path: &str) -> Result<(Vec<Delivery>, Vec<String>), RunError> {
        let wanted = path.trim_start_matches("./");
        let is_it = |file: &SourceFile| {
            file.path == wanted || file.path.strip_suffix(wanted).is_some_and(|front| front.ends_with('/'))
        };
        let sets = self.contracts.of(&self.lake).await?;
        let mut contracts: BTreeMap<TableName, Arc<Contract>> = BTreeMap::new();
        for set in sets.iter().rev() {
            contracts.extend(set.contracts.iter().map(|(name, contract)| (name.clone(), Arc::clone(contract))));
        }
        let (mut deliveries, mut known) = (Vec::new(), Vec::new());
        for contract in contracts.into_values().filter(|contract| contract.source.is_some()) {
            let batches = self.lake.ledger().batches(&contract.name).await?;
            let taken =
                batches.iter().flat_map(|batch| batch.files.iter().map(|file| (Some(batch.batch), file.clone())));
            // A source that cannot be listed has none that wait; its batches are known all the same.
            let waiting = new_files(&self.lake, &contract, &batches, Look::Everything).await;
            let waiting = waiting.map(|found| found.files).unwrap_or_default();
            for (batch, file) in taken.chain(waiting.into_iter().map(|file| (None, file))) {
                known.push(file.path.clone());
                if is_it(&file) {
                    deliveries.push(Delivery { contract: Arc::clone(&contract), batch, file });
                }
            }
        }
        Ok((deliveries, known))
    }

    /// Models that read the table, themselves or by others, and how many rows of theirs have the key of the record.
    async fn gold_that_reads(&self, contract: &Contract, trace: &Trace) -> Result<Vec<TracedGold>, RunError> {
        let set = ContractSet::draft(&self.lake).await?;
        let mut readers: Vec<TableRef> = vec![TableRef { layer: Layer::Silver, name: contract.name.clone() }];
        let mut models: Vec<TableName> = Vec::new();
        while let Some(read) = readers.pop() {
            for model in &set.models {
                if !models.contains(&model.name) && self.engine.tables_in(&model.sql).contains(&read) {
                    models.push(model.name.clone());
                    readers.push(TableRef { layer: Layer::Gold, name: model.name.clone() });
                }
            }
        }
        models.sort();
        // A masked key is none.
        let has_personal_key = contract.columns.iter().any(|column| column.pii && contract.apply.is_key(&column.name));
        let key = trace.records.first().map(|record| &record.key);
        let key = key.filter(|key| trace.record.is_some() && !key.is_empty() && !has_personal_key);
        let mut gold = Vec::new();
        for model in models {
            let store = self.lake.table(TableLocation::Gold(model.clone()));
            let snapshot = store.snapshot(None).await?;
            let rows = match (&snapshot, key) {
                (Some(snapshot), Some(key)) if key.keys().all(|name| snapshot.schema.field_with_name(name).is_ok()) => {
                    let names: Vec<&str> = key.keys().map(String::as_str).collect();
                    let rows = store.read_files(snapshot, &snapshot.files, Some(&names)).await?;
                    Some(rows_with(&rows, key)?)
                }
                _ => None,
            };
            gold.push(TracedGold { model, version: snapshot.map(|snapshot| snapshot.version), rows });
        }
        Ok(gold)
    }
}

fn rows_with(batches: &[RecordBatch], key: &BTreeMap<String, String>) -> Result<u64, RunError> {
    let mut count = 0;
    for rows in batches {
        let mut is_it = vec![true; rows.num_rows()];
        for (name, value) in key {
            let Some(column) = rows.column_by_name(name) else { continue };
            let texts = ColumnTexts::of(column)?;
            for (row, is_it) in is_it.iter_mut().enumerate() {
                *is_it &= texts.text(row).as_ref() == Some(value);
            }
        }
        count += is_it.into_iter().filter(|is_it| *is_it).count() as u64;
    }
    Ok(count)
}

/// Known paths with the longest common end or the same front.
fn nearest(path: &str, known: &[String]) -> Vec<String> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let common = |other: &String| {
        let other = other.rsplit('/').next().unwrap_or(other);
        let front = name.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
        let end = name.bytes().rev().zip(other.bytes().rev()).take_while(|(a, b)| a == b).count();
        front + end
    };
    let mut names: Vec<(usize, &String)> = known.iter().map(|other| (common(other), other)).collect();
    names.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    names.dedup_by(|a, b| a.1 == b.1);
    names
        .into_iter()
        .filter(|(common, _)| *common * 2 >= name.len())
        .take(NEAREST)
        .map(|(_, name)| name.clone())
        .collect()
}

fn waiting(contract: &Contract, file: SourceFile, record: Option<RecordNumber>, started: Instant) -> Trace {
    Trace {
        verdict: format!("It waits: the next batch of {} takes it. `sluice replay` does that", contract.name),
        table: contract.name.clone(),
        record,
        stage: TraceStage::Waiting,
        batch: None,
        size: file.size,
        modified_ms: file.modified_ms,
        file: file.path,
        silver_version: None,
        counts: TraceCounts::default(),
        records: Vec::new(),
        gold: Vec::new(),
        records_read: 0,
        elapsed_ms: elapsed_ms(started),
    }
}

fn view(
    traced: &TracedFile,
    (batch, file): (u64, SourceFile),
    record: Option<RecordNumber>,
    reveal: bool,
    started: Instant,
) -> Result<Trace, RunError> {
    let stage = match (traced.is_in_bronze, traced.is_in_silver) {
        (false, _) => TraceStage::Claimed,
        (true, false) => TraceStage::Bronze,
        (true, true) => TraceStage::Silver,
    };
    let holding = Holding::of(&traced.decided);
    let mut records = Vec::new();
    let mut counts = TraceCounts::default();
    for event in &traced.events {
        // The former key of a row that changed its key has no record of its own.
        if event.text.is_empty() && record.is_none() {
            continue;
        }
        let mut of_event = of_event(&traced.contract, event, record.is_some(), reveal)?;
        let decision = holding.on(batch, &file.path, event.record.row());
        // An edited record is one record.
        let is_replaced =
            event.op == Op::Dropped && decision.as_ref().is_some_and(|of| of.action == RecordAction::Edit);
        of_event.outcome = of_event.outcome.map(|outcome| outcome.decided(decision));
        if !event.text.is_empty() && !is_replaced {
            count(&mut counts, of_event.outcome.as_ref());
        }
        let is_applied = matches!(of_event.outcome, Some(EventOutcome::Applied | EventOutcome::Partly { .. }));
        if record.is_some() || !is_applied {
            records.push(of_event);
        }
    }
    for reject in &traced.rejects {
        if !reject.whole_file {
            counts.records += 1;
            counts.quarantined += 1;
        }
        records.push(TracedRecord {
            record: RecordNumber::of_row(reject.at.row),
            key: BTreeMap::new(),
            operation: if reject.whole_file { "rest of the file" } else { "record" }.to_owned(),
            position: String::new(),
            outcome: Some(quarantined(reject)),
            by: None,
            cells: Vec::new(),
            record_text: if reveal { reject.raw.clone() } else { masked_record(&reject.raw, &traced.contract) },
        });
    }
    records.sort_by_key(|record| record.record);
    let verdict = verdict(stage, &counts, &records, record, batch);
    records.truncate(TRACED_MAX);
    Ok(Trace {
        table: traced.contract.name.clone(),
        verdict,
        record,
        stage,
        batch: Some(batch),
        size: file.size,
        modified_ms: file.modified_ms,
        file: file.path,
        silver_version: traced.silver_version,
        counts,
        records,
        gold: Vec::new(),
        records_read: traced.records_read,
        elapsed_ms: elapsed_ms(started),
    })
}

fn count(counts: &mut TraceCounts, outcome: Option<&EventOutcome>) {
    counts.records += 1;
    match outcome {
        None => counts.unknown += 1,
        Some(EventOutcome::Applied | EventOutcome::Partly { .. }) => counts.applied += 1,
        Some(EventOutcome::LeftOut | EventOutcome::BeforeStart | EventOutcome::Dropped { .. }) => counts.left_out += 1,
        Some(EventOutcome::Quarantined { .. }) => counts.quarantined += 1,
        Some(
            EventOutcome::Older { .. }
            | EventOutcome::Duplicate { .. }
            | EventOutcome::Tie { .. }
            | EventOutcome::BeforeDelete { .. }
            | EventOutcome::NothingToDelete
            | EventOutcome::NoNewVersion,
        ) => counts.superseded += 1,
    }
}

fn of_event(
    contract: &Contract,
    event: &TracedEvent,
    with_cells: bool,
    reveal: bool,
) -> Result<TracedRecord, RunError> {
    let shown = |name: &str, text: String| {
        let is_personal = contract.column(name).is_none_or(|column| column.pii);
        if is_personal && !reveal { masked(&text) } else { text }
    };
    let text_of = |rows: &RecordBatch, name: &str, row: usize| -> Result<Option<String>, RunError> {
        let Some(column) = rows.column_by_name(name) else { return Ok(None) };
        Ok(ColumnTexts::of(column)?.text(row).map(|text| shown(name, text)))
    };
    let mut key = BTreeMap::new();
    for name in &contract.apply.key {
        if let Some(text) = text_of(&event.row, name, 0)? {
            key.insert(name.clone(), text);
        }
    }
    let explained =
        event.story.as_ref().and_then(|(story, index)| Some((story, *index, story.explained.events.get(*index)?)));
    let outcome = explained.map(|(_, _, explained)| outcome(explained.outcome));
    let by = explained.and_then(|(story, ..)| {
        let number = by_number(outcome.as_ref()?)?;
        let (batch, file, record) = story.places.get(number.checked_sub(1)? as usize)?.clone();
        Some(TracedPlace { batch, file, record: RecordNumber::of_row(record) })
    });
    let mut cells = Vec::new();
    if with_cells {
        let row = explained
            .and_then(|(story, ..)| Some((&story.explained.rows, story.explained.rows.num_rows().checked_sub(1)?)));
        for (position, column) in (0_u16..).zip(&contract.columns).filter(|(_, column)| !column.is_system()) {
            let now = match row {
                Some((rows, last)) => text_of(rows, &column.name, last)?,
                None => None,
            };
            cells.push(TracedCell {
                column: column.name.clone(),
                read: text_of(&event.row, &column.name, 0)?,
                absent: event.absent.contains(&position),
                now,
                of_record: explained.is_some_and(|(_, _, explained)| explained.wins.contains(&position)),
            });
        }
    }
    Ok(TracedRecord {
        record: event.record,
        key,
        operation: operation(event.op).to_owned(),
        position: event.position.clone(),
        outcome,
        by,
        cells,
        record_text: if reveal { event.text.clone() } else { masked_record(&event.text, contract) },
    })
}

fn by_number(outcome: &EventOutcome) -> Option<u32> {
    match outcome {
        EventOutcome::Partly { by } | EventOutcome::Older { by } | EventOutcome::BeforeDelete { by } => Some(*by),
        EventOutcome::Duplicate { of } => Some(*of),
        EventOutcome::Tie { with } => Some(*with),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn the_nearest_names_are_proposed() {
        let known =
            ["a/orders+0+0000000100.json".to_owned(), "a/orders+0+0000000200.json".to_owned(), "b/x.csv".to_owned()];
        let found = nearest("orders+0+0000000150.json", &known);
        assert_eq!(found, known[..2]);
        assert!(nearest("nothing", &known).is_empty());
    }
}
