//! What became of the records of a file: their keys first, then all events of these keys out of bronze.

use super::context::TableContext;
use super::decode::decoded_bronze_by_batch;
use super::decoder::{Decoder, DecoderOptions};
use super::key_events::{SoughtKeys, key_events};
use super::table_state::TableState;
use crate::support::blocking::blocking;
use crate::{Job, RunError};
use arrow::array::RecordBatch;
use futures::TryStreamExt;
use sluice_change::{ChangeBatch, Op, Reject};
use sluice_contract::Contract;
use sluice_contract::RecordNumber;
use sluice_engine::{KeyEncoder, KeyExplanation, explain_key};
use sluice_lake::{Lake, RecordDecisions, TableLocation};
use sluice_query::QueryEngine;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::pin::pin;
use std::sync::Arc;

/// One event of the file with the story of its key.
pub(crate) struct TracedEvent {
    pub(crate) record: RecordNumber,
    pub(crate) op: Op,
    pub(crate) position: String,
    /// The row as it was read, one row.
    pub(crate) row: RecordBatch,
    pub(crate) absent: Vec<u16>,
    pub(crate) text: String,
    /// The story, and which of its events this is; `None` while silver has not got the batch.
    pub(crate) story: Option<(Arc<Story>, usize)>,
}

/// The events of one key.
pub(crate) struct Story {
    pub(crate) explained: KeyExplanation,
    /// Batch, file and record of every event, in the order of `explained.events`.
    pub(crate) places: Vec<(u64, String, u64)>,
}

/// What is known of a file.
pub(crate) struct TracedFile {
    pub(crate) contract: Arc<Contract>,
    /// What was decided of single records when silver was made.
    pub(crate) decided: RecordDecisions,
    pub(crate) silver_version: Option<u64>,
    pub(crate) is_in_bronze: bool,
    pub(crate) is_in_silver: bool,
    pub(crate) events: Vec<TracedEvent>,
    pub(crate) rejects: Vec<Reject>,
    /// Records of bronze that were read.
    pub(crate) records_read: u64,
}

/// Traces the records of a file that a batch took, all or one.
///
/// # Errors
/// If the lake cannot be read.
pub(crate) async fn trace_file(
    lake: &Lake,
    engine: &QueryEngine,
    declared: &Arc<Contract>,
    (batch, path): (u64, &str),
    record: Option<u64>,
    job: &Job,
) -> Result<TracedFile, RunError> {
    let decoder = Decoder::new(DecoderOptions::default());
    let context = TableContext::open(lake, declared, engine, job, &decoder).await?;
    let mut table = TableState::open(&context).await?;
    // What silver is made of, whatever was decided since.
    table.records = table.records.up_to(table.silver.decided);
    let contract = Arc::clone(&context.contract);
    if contract.apply.from_snapshot.is_some() {
        let message = format!("{} is made of full snapshots, whose records are no events", contract.name);
        let next =
            format!("`sluice batches {}` says which batch took the file, `sluice diff` what changed", contract.name);
        return Err(RunError::input(message, next));
    }
    let is_in_bronze = batch <= table.bronze.batch;
    let is_in_silver = batch <= table.silver.batch();
    let mut traced = TracedFile {
        contract: Arc::clone(&contract),
        decided: table.records.clone(),
        silver_version: table.silver.version(),
        is_in_bronze,
        is_in_silver,
        events: Vec::new(),
        rejects: whole_file_rejects(lake, &contract, batch, path).await?,
        records_read: 0,
    };
    if !is_in_bronze {
        return Ok(traced);
    }
    let wanted = Wanted { path: path.to_owned(), record };
    let mut keys: Vec<u128> = Vec::new();
    let mut pieces = pin!(decoded_bronze_by_batch(&context, &table, batch..=batch).await?);
    while let Some(pieces) = pieces.try_next().await? {
        let (contract, wanted) = (Arc::clone(&contract), wanted.clone());
        let found = blocking(move || {
            let mut found = (Vec::new(), Vec::new(), Vec::new(), 0);
            for piece in pieces {
                found.3 += piece.decoded.rows_in;
                let (events, hashes, rejects) = wanted.of(&contract, &piece.decoded.changes, &piece.decoded.rejects)?;
                found.0.extend(events);
                found.1.extend(hashes);
                found.2.extend(rejects);
            }
            Ok(found)
        });
        let (events, hashes, rejects, read) = found.await?;
        traced.records_read += read;
        traced.events.extend(events);
        keys.extend(hashes);
        traced.rejects.extend(rejects);
    }
    if is_in_silver && !keys.is_empty() {
        traced.records_read += tell(&context, &table, (batch, &wanted.path), &keys, &mut traced.events).await?;
    }
    Ok(traced)
}

#[derive(Clone)]
struct Wanted {
    path: String,
    record: Option<u64>,
}

type Found = (Vec<TracedEvent>, Vec<u128>, Vec<Reject>);

impl Wanted {
    fn of(&self, contract: &Contract, changes: &ChangeBatch, rejects: &[Reject]) -> Result<Found, RunError> {
        let is_file = |file: u32| changes.files.get(file as usize).is_some_and(|file| file.path == self.path);
        let is_record = |record: u64| self.record.is_none_or(|wanted| wanted == record);
        let hashes = KeyEncoder::new(contract)?.hashes(&changes.rows)?;
        let (mut events, mut keys) = (Vec::new(), Vec::new());
        for (row, op) in changes.ops.iter().enumerate() {
            let at = changes.refs.at(row);
            if !is_file(at.file) || !is_record(at.row) {
                continue;
            }
            let absent = u32::try_from(row).ok().and_then(|row| changes.absent.get(&row)).cloned().unwrap_or_default();
            events.push(TracedEvent {
                record: RecordNumber::of_row(at.row),
                op: *op,
                position: changes.seqs.at(row).position(),
                row: changes.rows.slice(row, 1),
                absent,
                text: changes.records.get(row).cloned().unwrap_or_default(),
                story: None,
            });
            keys.push(hashes.get(row).copied().unwrap_or_default());
        }
        let rejects = rejects.iter().filter(|reject| is_file(reject.at.file) && is_record(reject.at.row));
        Ok((events, keys, rejects.cloned().collect()))
    }
}

/// Gives every event the story of its key; how many records of bronze were read for it.
async fn tell(
    context: &TableContext,
    table: &TableState,
    (batch, path): (u64, &str),
    keys: &[u128],
    events: &mut [TracedEvent],
) -> Result<u64, RunError> {
    let contract = Arc::clone(&context.contract);
    let sought = SoughtKeys::events_of(keys.iter().copied());
    let found = key_events(context, table, 1..=table.silver.batch(), sought).await?;
    let kept: Vec<(u64, ChangeBatch)> = found.batches.into_iter().zip(found.changes).collect();
    let stories = blocking(move || stories(&contract, &kept)).await?;
    // A record of two events has two keys.
    for (event, key) in events.iter_mut().zip(keys) {
        let Some(story) = stories.get(key) else { continue };
        let is_it = |(index, (of, file, record)): &(usize, &(u64, String, u64))| {
            (*of, file.as_str(), *record) == (batch, path, event.record.row())
                && story.explained.events.get(*index).is_some_and(|explained| explained.op == event.op)
        };
        event.story = story.places.iter().enumerate().find(is_it).map(|(index, _)| (Arc::clone(story), index));
    }
    Ok(found.read)
}

fn stories(contract: &Contract, kept: &[(u64, ChangeBatch)]) -> Result<HashMap<u128, Arc<Story>>, RunError> {
    let encoder = KeyEncoder::new(contract)?;
    let mut rows: BTreeMap<u128, Vec<Vec<u32>>> = BTreeMap::new();
    let mut truncates: Vec<Vec<u32>> = vec![Vec::new(); kept.len()];
    for (number, (_, changes)) in kept.iter().enumerate() {
        for ((row, op), hash) in (0_u32..).zip(&changes.ops).zip(encoder.hashes(&changes.rows)?) {
            if *op == Op::Truncate {
                truncates[number].push(row);
            } else {
                rows.entry(hash).or_insert_with(|| vec![Vec::new(); kept.len()])[number].push(row);
            }
        }
    }
    let mut stories = HashMap::with_capacity(rows.len());
    for (key, of_key) in rows {
        let (mut changes, mut batches) = (Vec::new(), Vec::new());
        for ((of_key, truncates), (batch, all)) in of_key.into_iter().zip(&truncates).zip(kept) {
            let picked: BTreeSet<u32> = of_key.into_iter().chain(truncates.iter().copied()).collect();
            if !picked.is_empty() {
                changes.push(all.picked(&picked.into_iter().collect::<Vec<_>>())?);
                batches.push(*batch);
            }
        }
        let explained = explain_key(contract, &changes)?;
        let place = |(source, row): (usize, usize)| {
            let changes: &ChangeBatch = &changes[source];
            let at = changes.refs.at(row);
            let file = changes.files.get(at.file as usize).map_or_else(String::new, |file| file.path.clone());
            (batches[source], file, at.row)
        };
        let places = explained.events.iter().map(|event| place(event.at)).collect();
        stories.insert(key, Arc::new(Story { explained, places }));
    }
    Ok(stories)
}

/// What the quarantine says of a file as a whole, which bronze has not.
async fn whole_file_rejects(lake: &Lake, contract: &Contract, batch: u64, path: &str) -> Result<Vec<Reject>, RunError> {
    use arrow::array::{Array, AsArray};
    use arrow::datatypes::Int64Type;
    let store = lake.table(TableLocation::Quarantine(contract.name.clone()));
    let Some(snapshot) = store.snapshot(None).await? else { return Ok(Vec::new()) };
    let columns = ["batch", "file", "whole_file", "reason", "detail", "row"];
    let mut found = Vec::new();
    for rows in store.read_files(&snapshot, &snapshot.files, Some(&columns)).await? {
        let numbers = |name: &str| rows.column_by_name(name).and_then(|column| column.as_primitive_opt::<Int64Type>());
        let texts = |name: &str| rows.column_by_name(name).and_then(|column| column.as_string_opt::<i32>());
        let whole = rows.column_by_name("whole_file").and_then(|column| column.as_boolean_opt());
        let (Some(of), Some(file), Some(whole)) = (numbers("batch"), texts("file"), whole) else { continue };
        let (Some(reason), Some(detail), Some(row)) = (texts("reason"), texts("detail"), numbers("row")) else {
            continue;
        };
        for at in 0..rows.num_rows() {
            let is_it = u64::try_from(of.value(at)) == Ok(batch) && file.value(at) == path && whole.value(at);
            if is_it && let Ok(reason) = reason.value(at).parse() {
                found.push(Reject {
                    at: sluice_change::RowRef { file: 0, row: u64::try_from(row.value(at)).unwrap_or(0), offset: 0 },
                    reason,
                    column: None,
                    detail: if detail.is_valid(at) { detail.value(at).to_owned() } else { String::new() },
                    further: Arc::default(),
                    raw: String::new(),
                    whole_file: true,
                });
            }
        }
    }
    Ok(found)
}
