//! Silver beside what its events make, and the versions of its rows beside each other, in bounded memory.
//!
//! Both sides are added up by ranges of the hashes of keys; only the rows of ranges that differ are held side by side.

use super::context::TableContext;
use super::decode::decoded_bronze;
use super::table_state::TableState;
use super::ties::quarantine_losing_changes;
use crate::RunError;
use crate::doctor::{Found, Place};
use crate::silver::event_runs::{EventRanges, EventRuns};
use crate::silver_hash::is_hash_of;
use crate::support::blocking::blocking;
use crate::support::column_texts::ColumnTexts;
use crate::support::newest_entry::newest_entry_with;
use arrow::array::{Array, ArrayRef, RecordBatch};
use arrow::row::{RowConverter, SortField};
use futures::TryStreamExt;
use sluice_api::FindingCode;
use sluice_contract::{Column, Contract, Scd, TiePolicy};
use sluice_engine::{KeyEncoder, PlanSources, plan_from_nothing, row_hashes};
use sluice_lake::{DeltaStore, Snapshot};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::Arc;

/// Ranges of hashes of keys.
const RANGES: usize = 4_096;
/// Ranges whose rows are held side by side.
const COMPARED_MAX: usize = 32;
/// Versions of rows in memory at a time.
const VERSIONS_MAX: u64 = 4_000_000;

/// Runs the checks of silver; says why where one cannot run.
///
/// # Errors
/// If the lake cannot be read.
pub(super) async fn state_checks(
    context: &TableContext,
    table: &TableState,
    found: &mut Found,
) -> Result<(), RunError> {
    let compare = FindingCode::SilverDiffers.check();
    let history = FindingCode::HistoryOverlaps.check();
    let Some(snapshot) = table.silver.snapshot.clone() else {
        let because = format!("silver.{} does not exist yet", context.contract.name);
        found.not_run.insert(compare, because.clone());
        found.not_run.insert(history, because);
        return Ok(());
    };
    let store = &table.silver.store;
    match not_comparable(context, table, &snapshot).await? {
        Some(because) => {
            found.not_run.insert(compare, because);
        }
        None => silver_differs(context, table, &snapshot, found).await?,
    }
    if context.contract.apply.scd == Scd::Type2 {
        history_overlaps(&context.contract, store, &snapshot, found).await?;
    } else {
        found.not_run.insert(history, "the table keeps no history".to_owned());
    }
    Ok(())
}

/// Why silver is not a function of bronze and the contract alone, or not of this contract.
async fn not_comparable(
    context: &TableContext,
    table: &TableState,
    snapshot: &Snapshot,
) -> Result<Option<String>, RunError> {
    let contract = &context.contract;
    let apply = &contract.apply;
    if apply.from_snapshot.is_some() {
        return Ok(Some("the table is made of full snapshots".to_owned()));
    }
    if apply.tombstone_retention.is_some() {
        return Ok(Some(
            "apply.tombstone_retention lets silver forget deletes, so it depends on when events came".to_owned(),
        ));
    }
    let made_by = newest_entry_with(&table.silver.store, snapshot.version, |info| info.contract.is_some()).await?;
    let made_by = made_by.and_then(|entry| entry.info.contract);
    let is_of_contract = made_by.is_some_and(|hash| is_hash_of(&hash, contract));
    let other = format!("silver v{} was made by another contract than the current one", snapshot.version);
    Ok((!is_of_contract).then_some(other))
}

/// The rows of a batch by the columns that say what rows are, in the order of the contract.
fn content(contract: &Contract, rows: &RecordBatch) -> Result<RecordBatch, RunError> {
    let own = [Column::START_AT, Column::END_AT, Column::DELETED, Column::OP];
    let declared = contract.columns.iter().map(|column| column.name.as_str()).filter(|name| !name.starts_with('_'));
    let columns = declared.chain(own).filter_map(|name| Some((name, rows.column_by_name(name)?.clone(), true)));
    Ok(RecordBatch::try_from_iter_with_nullable(columns)?)
}

/// Sums of the hashes of rows, by range of the hashes of their keys.
struct Sums(Vec<(u64, u128)>);

/// Rows by key, as a sum of their hashes, in some ranges.
type Keys = BTreeMap<u128, u128>;

fn range_of(key: u128) -> usize {
    usize::try_from(key >> (128 - 12)).unwrap_or(0)
}

fn number_of(hash: &[u8; 32]) -> u128 {
    hash.first_chunk::<16>().map_or(0, |half| u128::from_le_bytes(*half))
}

impl Sums {
    fn new() -> Self {
        Self(vec![(0, 0); RANGES])
    }

    fn add(&mut self, contract: &Contract, encoder: &KeyEncoder, rows: &RecordBatch) -> Result<(), RunError> {
        for (key, hash) in encoder.hashes(rows)?.into_iter().zip(row_hashes(&content(contract, rows)?)?) {
            if let Some((count, sum)) = self.0.get_mut(range_of(key)) {
                *count += 1;
                *sum = sum.wrapping_add(number_of(&hash));
            }
        }
        Ok(())
    }
}

/// What is done with rows of a side.
#[derive(Clone)]
enum Wanted {
    Sums,
    /// The rows of these ranges.
    Ranges(Arc<BTreeSet<usize>>),
}

struct Side {
    sums: Sums,
    keys: Keys,
    /// A key's columns as JSON, for some keys.
    texts: BTreeMap<u128, String>,
}

impl Side {
    fn new() -> Self {
        Self { sums: Sums::new(), keys: Keys::new(), texts: BTreeMap::new() }
    }

    fn add(
        &mut self,
        wanted: &Wanted,
        contract: &Contract,
        encoder: &KeyEncoder,
        rows: &RecordBatch,
    ) -> Result<(), RunError> {
        let Wanted::Ranges(ranges) = wanted else { return self.sums.add(contract, encoder, rows) };
        let hashes = row_hashes(&content(contract, rows)?)?;
        for (row, (key, hash)) in encoder.hashes(rows)?.into_iter().zip(hashes).enumerate() {
            if ranges.contains(&range_of(key)) {
                let sum = self.keys.entry(key).or_default();
                *sum = sum.wrapping_add(number_of(&hash));
                if let Entry::Vacant(entry) = self.texts.entry(key) {
                    entry.insert(key_text(contract, rows, row)?);
                }
            }
        }
        Ok(())
    }
}

fn key_text(contract: &Contract, rows: &RecordBatch, row: usize) -> Result<String, RunError> {
    let mut members = serde_json::Map::new();
    for name in &contract.apply.key {
        if let Some(column) = rows.column_by_name(name) {
            members.insert(name.clone(), ColumnTexts::of(column)?.text(row).into());
        }
    }
    Ok(serde_json::Value::Object(members).to_string())
}

async fn silver_differs(
    context: &TableContext,
    table: &TableState,
    snapshot: &Snapshot,
    found: &mut Found,
) -> Result<(), RunError> {
    let contract = &context.contract;
    let made = made_by_events(context, table, Wanted::Sums).await?;
    let held = held_by_silver(contract, &table.silver.store, snapshot, Wanted::Sums).await?;
    let differing: BTreeSet<usize> = (0..RANGES).filter(|range| made.sums.0[*range] != held.sums.0[*range]).collect();
    if differing.is_empty() {
        return Ok(());
    }
    let ranges: Arc<BTreeSet<usize>> = Arc::new(differing.iter().copied().take(COMPARED_MAX).collect());
    let made = made_by_events(context, table, Wanted::Ranges(Arc::clone(&ranges))).await?;
    let held = held_by_silver(contract, &table.silver.store, snapshot, Wanted::Ranges(Arc::clone(&ranges))).await?;
    let file = found.begin_file(&format!("silver.{} v{}", contract.name, snapshot.version), Some(table.silver.batch()));
    let place = Place { file, record: None };
    let mut of_kind: BTreeMap<&str, Vec<u128>> = BTreeMap::new();
    for (key, sum) in &made.keys {
        match held.keys.get(key) {
            None => of_kind.entry("a row that the events make is not in silver").or_default().push(*key),
            Some(other) if other != sum => {
                of_kind.entry("a row of silver has other values than its events make").or_default().push(*key);
            }
            Some(_) => {}
        }
    }
    for key in held.keys.keys().filter(|key| !made.keys.contains_key(key)) {
        of_kind.entry("silver has a row that no event makes").or_default().push(*key);
    }
    for (what, mut keys) in of_kind {
        keys.sort_unstable();
        for key in keys {
            let text = made.texts.get(&key).or_else(|| held.texts.get(&key)).map_or("", String::as_str);
            found.note(FindingCode::SilverDiffers, place, what, text);
        }
    }
    Ok(())
}

/// The rows that the events in bronze make, up to the last batch that silver has.
async fn made_by_events(context: &TableContext, table: &TableState, wanted: Wanted) -> Result<Side, RunError> {
    let contract = Arc::clone(&context.contract);
    let mut runs = EventRuns::new(&table.silver.store, &contract, context.rebuild_bytes)?;
    if table.silver.batch() > 0 {
        let mut decoded = pin!(decoded_bronze(context, table, 1..=table.silver.batch()).await?);
        while let Some(files) = decoded.try_next().await? {
            runs = blocking(move || {
                for file in files {
                    runs.add(file.changes)?;
                }
                Ok(runs)
            })
            .await?;
        }
    }
    let ranges: Arc<EventRanges> = Arc::new(blocking(move || runs.finish()).await?);
    let mut side = Side::new();
    for number in 0..ranges.len() {
        context.job.check()?;
        let (contract, ranges, wanted) = (Arc::clone(&contract), Arc::clone(&ranges), wanted.clone());
        side = blocking(move || {
            let encoder = KeyEncoder::new(&contract)?;
            let mut changes = Vec::new();
            for batch in ranges.read(number)? {
                changes.push(batch.without_left_out()?.0);
            }
            let changes = match contract.apply.tie_policy {
                TiePolicy::Quarantine => quarantine_losing_changes(&contract, changes)?.0,
                _ => changes,
            };
            let upserts = plan_from_nothing(&contract, &changes)?.merge.upserts;
            let sources = PlanSources { contract: &contract, existing: &[], changes: &changes };
            let rows = upserts.build(sources, 0..upserts.num_rows())?;
            if rows.num_rows() > 0 {
                side.add(&wanted, &contract, &encoder, &rows)?;
            }
            Ok(side)
        })
        .await?;
    }
    Ok(side)
}

async fn held_by_silver(
    contract: &Arc<Contract>,
    store: &DeltaStore,
    snapshot: &Snapshot,
    wanted: Wanted,
) -> Result<Side, RunError> {
    let mut side = Side::new();
    for file in snapshot.files.iter() {
        let rows = store.read_files(snapshot, std::slice::from_ref(file), None).await?;
        let (contract, wanted) = (Arc::clone(contract), wanted.clone());
        side = blocking(move || {
            let encoder = KeyEncoder::new(&contract)?;
            for rows in rows.iter().filter(|rows| rows.num_rows() > 0) {
                side.add(&wanted, &contract, &encoder, rows)?;
            }
            Ok(side)
        })
        .await?;
    }
    Ok(side)
}

/// A version of a row: its key, from when, until when.
type Version = (u128, Vec<u8>, Option<Vec<u8>>, String);

async fn history_overlaps(
    contract: &Arc<Contract>,
    store: &DeltaStore,
    snapshot: &Snapshot,
    found: &mut Found,
) -> Result<(), RunError> {
    let parts = u128::from(snapshot.rows() / VERSIONS_MAX + 1);
    let file = found.begin_file(&format!("silver.{} v{}", contract.name, snapshot.version), None);
    let place = Place { file, record: None };
    for part in 0..parts {
        let mut versions: Vec<Version> = Vec::new();
        for data_file in snapshot.files.iter() {
            let rows = store.read_files(snapshot, std::slice::from_ref(data_file), None).await?;
            let contract = Arc::clone(contract);
            versions.extend(blocking(move || versions_of(&contract, &rows, parts, part)).await?);
        }
        versions.sort_unstable();
        for of_key in versions.chunk_by(|a, b| a.0 == b.0) {
            for (at, (_, start, end, text)) in of_key.iter().enumerate() {
                let next = of_key.get(at + 1);
                let what = match (end, next) {
                    (Some(end), _) if end <= start => "a version lasts no time",
                    (None, Some(_)) => "a version has no end and another one follows",
                    (Some(end), Some((_, next, ..))) if end > next => "two versions overlap",
                    _ => continue,
                };
                found.note(FindingCode::HistoryOverlaps, place, what, text);
            }
        }
    }
    Ok(())
}

fn versions_of(contract: &Contract, rows: &[RecordBatch], parts: u128, part: u128) -> Result<Vec<Version>, RunError> {
    let encoder = KeyEncoder::new(contract)?;
    let mut versions = Vec::new();
    for rows in rows {
        let column = |name: &str| -> Result<ArrayRef, RunError> {
            let missing = || RunError::Internal(format!("silver.{} has no column {name}", contract.name));
            rows.column_by_name(name).cloned().ok_or_else(missing)
        };
        let (start, end) = (column(Column::START_AT)?, column(Column::END_AT)?);
        let converter = RowConverter::new(vec![SortField::new(start.data_type().clone())])?;
        let starts = converter.convert_columns(std::slice::from_ref(&start))?;
        let ends = converter.convert_columns(std::slice::from_ref(&end))?;
        for (row, key) in encoder.hashes(rows)?.into_iter().enumerate().filter(|(_, key)| key % parts == part) {
            let end = end.is_valid(row).then(|| ends.row(row).as_ref().to_vec());
            versions.push((key, starts.row(row).as_ref().to_vec(), end, key_text(contract, rows, row)?));
        }
    }
    Ok(versions)
}
