//! What silver remembers besides its rows, as segments in the lake: tombstones, or the events of a table with
//! history that no row shows. Each commit names all segments; when there are many they become one.

use super::candidate::Candidate;
use super::state::Silver;
use crate::RunError;
use arrow::array::RecordBatch;
use sluice_contract::Contract;
use sluice_engine::{HistoryChange, KeyEncoder, LateArrivalState, Tombstones, forget_before, merge_segments};
use sluice_lake::Lake;

/// Segments from which on they are merged into one.
const SEGMENTS_MAX: usize = 16;

/// Writes what the plan deleted; the paths of all segments. When they are merged, deletes from before
/// `forget` (event time, milliseconds since 1970) are left out.
pub(super) async fn write_tombstones(
    silver: &Silver,
    lake: &Lake,
    contract: &Contract,
    candidate: &Candidate,
    replaces_all: bool,
    forget: Option<i64>,
) -> Result<Vec<String>, RunError> {
    let mut segments = if replaces_all { Vec::new() } else { silver.segments.clone() };
    let encoder = KeyEncoder::new(contract)?;
    let Some(mut segment) = candidate.deletes.segment(contract, &encoder)? else { return Ok(segments) };
    if segments.len() + 1 >= SEGMENTS_MAX {
        let mut all: Vec<RecordBatch> = Vec::with_capacity(SEGMENTS_MAX);
        for path in &segments {
            all.push(lake.ledger().get_state(path).await?);
        }
        all.push(segment);
        segment = merge_segments(&encoder, &all)?;
        if let Some(before) = forget {
            segment = forget_before(&segment, before)?;
        }
        segments.clear();
    }
    segments.push(lake.ledger().put_state(&contract.name, &segment).await?);
    Ok(segments)
}

/// Writes what the plan does to the side state of a table with history; the paths of all segments.
pub(super) async fn write_history(
    silver: &Silver,
    lake: &Lake,
    contract: &Contract,
    change: &HistoryChange,
    replaces_all: bool,
) -> Result<Vec<String>, RunError> {
    let mut segments = if replaces_all { Vec::new() } else { silver.segments.clone() };
    if change.is_empty() {
        return Ok(segments);
    }
    let none = LateArrivalState::default();
    let before = if replaces_all { &none } else { silver.history.as_ref() };
    let segment = if segments.len() + 1 >= SEGMENTS_MAX {
        let encoder = KeyEncoder::new(contract)?;
        let mut after = before.clone();
        after.apply(&encoder, change)?;
        segments.clear();
        after.to_batch(&encoder)?
    } else {
        change.segment(before)?
    };
    segments.push(lake.ledger().put_state(&contract.name, &segment).await?);
    Ok(segments)
}

/// All deletes that silver remembers as one segment; `None` if there are none.
///
/// # Errors
/// If the lake cannot be read.
pub(crate) async fn remembered_deletes(
    lake: &Lake,
    silver: &Silver,
    encoder: &KeyEncoder,
) -> Result<Option<RecordBatch>, RunError> {
    let mut segments = Vec::with_capacity(silver.segments.len());
    for path in &silver.segments {
        segments.push(lake.ledger().get_state(path).await?);
    }
    Ok(if segments.is_empty() { None } else { Some(merge_segments(encoder, &segments)?) })
}

/// What a segment says; nothing without one.
///
/// # Errors
/// If it is something else.
pub(crate) fn tombstones_of(encoder: &KeyEncoder, segment: Option<&RecordBatch>) -> Result<Tombstones, RunError> {
    let mut tombstones = Tombstones::default();
    if let Some(segment) = segment {
        tombstones.add_segment(encoder, segment)?;
    }
    Ok(tombstones)
}
