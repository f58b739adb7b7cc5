//! The batches that come out of a plan.

use super::late_arrivals::{HistorySide, side_schema};
use super::pool::Pool;
use super::versions::Run;
use crate::silver::{Axis, seq_texts};
use crate::{EngineError, silver_schema};
use arrow::array::{ArrayRef, RecordBatch, StringArray, StringBuilder, UInt32Array};
use arrow::compute::take;
use sluice_change::Op;
use sluice_contract::Contract;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Versions as rows of silver.
pub(super) fn versions(
    contract: &Contract,
    axis: &Axis,
    pool: &Pool,
    versions: &[Run],
) -> Result<RecordBatch, EngineError> {
    let events = UInt32Array::from_iter_values(versions.iter().map(|run| run.values.event));
    let patched = versions.iter().enumerate().filter(|(_, run)| !run.values.patches.is_empty());
    let mut patches: BTreeMap<u16, Vec<(usize, Option<u32>)>> = BTreeMap::new();
    for (row, run) in patched {
        for &(column, author) in &run.values.patches {
            patches.entry(column).or_default().push((row, author));
        }
    }
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(contract.columns.len() + 4);
    for (position, array) in pool.rows.columns().iter().enumerate() {
        let of_column = u16::try_from(position).ok().and_then(|column| patches.get(&column));
        columns.push(match of_column {
            None => take(array, &events, None)?,
            Some(of_column) => {
                let mut places: Vec<Option<u32>> = events.iter().collect();
                for &(row, author) in of_column {
                    places[row] = author;
                }
                take(array, &UInt32Array::from(places), None)?
            }
        });
    }
    columns.push(axis.array(versions.iter().map(|run| Some(run.start))));
    columns.push(axis.array(versions.iter().map(|run| run.end)));
    columns.push(Arc::new(seq_texts(versions.iter().map(|run| pool.event(run.values.event).seq))?));
    columns.push(Arc::new(StringArray::from_iter(versions.iter().map(|run| others_json(contract, pool, run)))));
    Ok(RecordBatch::try_new(Arc::new(silver_schema(contract)), columns)?)
}

/// The `_col_seq` of a version.
fn others_json(contract: &Contract, pool: &Pool, run: &Run) -> Option<String> {
    if run.values.patches.is_empty() {
        return None;
    }
    let named: BTreeMap<&str, Option<String>> = run
        .values
        .patches
        .iter()
        .filter_map(|(position, author)| {
            let column = contract.columns.get(usize::from(*position))?;
            Some((column.name.as_str(), author.map(|at| pool.event(at).seq.to_string())))
        })
        .collect();
    serde_json::to_string(&named).ok()
}

/// Events as rows of the side state.
pub(super) fn side_rows(contract: &Contract, pool: &Pool, events: &[u32]) -> Result<RecordBatch, EngineError> {
    let places = UInt32Array::from(events.to_vec());
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(contract.columns.len() + 3);
    for array in pool.rows.columns() {
        columns.push(take(array, &places, None)?);
    }
    let mut absent = StringBuilder::new();
    for &at in events {
        let of_event = &pool.event(at).absent;
        let names =
            of_event.iter().filter_map(|&column| Some(contract.columns.get(usize::from(column))?.name.as_str()));
        let json = if of_event.is_empty() { None } else { serde_json::to_string(&names.collect::<Vec<_>>()).ok() };
        absent.append_option(json);
    }
    let letter = |at: &u32| if pool.event(*at).is_delete { Op::Delete.letter() } else { Op::Upsert.letter() };
    columns.push(Arc::new(StringArray::from_iter_values(events.iter().map(letter))));
    columns.push(Arc::new(seq_texts(events.iter().map(|&at| pool.event(at).seq))?));
    columns.push(Arc::new(absent.finish()));
    debug_assert_eq!(columns.len(), contract.columns.len() + HistorySide::OWN_COLUMNS);
    Ok(RecordBatch::try_new(Arc::new(side_schema(contract)), columns)?)
}
