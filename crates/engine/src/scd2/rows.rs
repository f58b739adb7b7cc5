//! The batches that a plan results in.

use super::late_arrivals::{LateArrivalState, state_schema};
use super::pool::Pool;
use super::versions::Version;
use crate::error::EngineError;
use crate::silver::{ValidityType, col_seq, seq_texts, silver_schema};
use arrow::array::{ArrayRef, RecordBatch, StringArray, StringBuilder, UInt32Array};
use arrow::compute::take;
use sluice_change::Op;
use sluice_contract::Contract;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Versions as rows of silver.
pub(super) fn version_rows(
    contract: &Contract,
    validity: &ValidityType,
    pool: &Pool,
    versions: &[Version],
) -> Result<RecordBatch, EngineError> {
    let events = UInt32Array::from_iter_values(versions.iter().map(|version| version.values.event));
    let patched = versions.iter().enumerate().filter(|(_, version)| !version.values.patches.is_empty());
    let mut patches: BTreeMap<u16, Vec<(usize, Option<u32>)>> = BTreeMap::new();
    for (row, version) in patched {
        for &(column, written_by) in &version.values.patches {
            patches.entry(column).or_default().push((row, written_by));
        }
    }
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(contract.columns.len() + 4);
    for (position, array) in pool.rows.columns().iter().enumerate() {
        let of_column = u16::try_from(position).ok().and_then(|column| patches.get(&column));
        columns.push(match of_column {
            None => take(array, &events, None)?,
            Some(of_column) => {
                let mut places: Vec<Option<u32>> = events.iter().collect();
                for &(row, written_by) in of_column {
                    places[row] = written_by;
                }
                take(array, &UInt32Array::from(places), None)?
            }
        });
    }
    columns.push(validity.array(versions.iter().map(|version| Some(version.start))));
    columns.push(validity.array(versions.iter().map(|version| version.end)));
    columns.push(Arc::new(seq_texts(versions.iter().map(|version| pool.event(version.values.event).seq))?));
    columns.push(Arc::new(StringArray::from_iter(versions.iter().map(|version| col_seq_of(contract, pool, version)))));
    Ok(RecordBatch::try_new(Arc::new(silver_schema(contract)), columns)?)
}

/// The `_col_seq` of a version.
fn col_seq_of(contract: &Contract, pool: &Pool, version: &Version) -> Option<String> {
    if version.values.patches.is_empty() {
        return None;
    }
    let seq_of = |written_by: Option<u32>| written_by.map(|at| pool.event(at).seq);
    let patches = version.values.patches.iter();
    col_seq::write(contract, patches.map(|&(column, written_by)| (column, seq_of(written_by))))
}

/// Events as rows of the late-arrival state.
pub(super) fn state_rows(contract: &Contract, pool: &Pool, events: &[u32]) -> Result<RecordBatch, EngineError> {
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
    debug_assert_eq!(columns.len(), contract.columns.len() + LateArrivalState::OWN_COLUMNS);
    Ok(RecordBatch::try_new(Arc::new(state_schema(contract)), columns)?)
}
