//! Different events of one key at one position.

use crate::error::EngineError;
use crate::keys::KeyEncoder;
use sluice_change::{ChangeBatch, Op, RowRef, SeqParts};
use sluice_contract::Contract;
use std::collections::HashMap;

/// A tie: two different events of one key with the same position, of which the tie-breaker picked one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Index of the change batch of the event that won, and its origin.
    pub winner: (usize, RowRef),
    /// The same of the event that it superseded.
    pub loser: (usize, RowRef),
}

impl Conflict {
    /// At most so many are reported per batch; all are counted.
    pub const MAX_PER_BATCH: usize = 1_000;
}

/// The first tie between two different events in `changes`, for `tie_policy: error`.
///
/// # Errors
/// [`EngineError`] if the changes are of another table.
pub fn tie_conflict(contract: &Contract, changes: &[&ChangeBatch]) -> Result<Option<Conflict>, EngineError> {
    let origin = |place: (usize, usize)| (place.0, changes[place.0].refs.at(place.1));
    let first = ties(contract, changes)?.into_iter().next();
    Ok(first.map(|(winner, loser)| Conflict { winner: origin(winner), loser: origin(loser) }))
}

/// Events that a different event of their key and position supersedes, duplicates of them too: batch and
/// row, ascending, for `tie_policy: quarantine`. Only events of `changes` are compared with each other.
///
/// # Errors
/// [`EngineError`] if the changes are of another table.
pub fn losing_events(contract: &Contract, changes: &[&ChangeBatch]) -> Result<Vec<(usize, usize)>, EngineError> {
    let mut losing: Vec<(usize, usize)> = ties(contract, changes)?.into_iter().map(|(_, loser)| loser).collect();
    losing.sort_unstable();
    Ok(losing)
}

/// An event: batch and row.
type Place = (usize, usize);

/// Pairs of a winning and a losing event, in the order in which the losing events were read.
fn ties(contract: &Contract, changes: &[&ChangeBatch]) -> Result<Vec<(Place, Place)>, EngineError> {
    let encoder = KeyEncoder::new(contract)?;
    let keys = changes.iter().map(|batch| encoder.encode(&batch.rows)).collect::<Result<Vec<_>, _>>()?;
    let mut newest: HashMap<(&[u8], u8, SeqParts), Place> = HashMap::new();
    let events = || {
        changes.iter().enumerate().flat_map(|(source, batch)| {
            let has_key = |op: &Op| *op != Op::Truncate && !op.is_left_out();
            let of_key = batch.ops.iter().enumerate().filter(move |(_, op)| has_key(op));
            of_key.map(move |(row, _)| (source, row))
        })
    };
    let seq = |(source, row): Place| changes[source].seqs.at(row);
    let position = |place: Place| {
        let seq = seq(place);
        (keys[place.0].row(place.1).data(), seq.rank, seq.parts)
    };
    for place in events() {
        let newest = newest.entry(position(place)).or_insert(place);
        if seq(*newest) < seq(place) {
            *newest = place;
        }
    }
    let winner = |place: Place| newest.get(&position(place)).copied().filter(|winner| seq(*winner) != seq(place));
    Ok(events().filter_map(|place| Some((winner(place)?, place))).collect())
}
